package bench

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// filesystems are the names of those that are common: statfs(2).
var filesystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC:      "ext4",
	unix.XFS_SUPER_MAGIC:       "xfs",
	unix.BTRFS_SUPER_MAGIC:     "btrfs",
	unix.OVERLAYFS_SUPER_MAGIC: "overlayfs",
	unix.TMPFS_MAGIC:           "tmpfs",
	unix.RAMFS_MAGIC:           "ramfs",
}

// diskOf tells what a folder is on; nothing of no folder.
func diskOf(folder string) Disk {
	var stat unix.Statfs_t
	if folder == "" || unix.Statfs(folder, &stat) != nil {
		return Disk{Folder: folder}
	}
	kind := int64(stat.Type) //nolint:unconvert // not an int64 on every architecture
	name, known := filesystems[kind]
	if !known {
		name = fmt.Sprintf("filesystem %#x", kind)
	}
	return Disk{Folder: folder, Filesystem: name, Volatile: kind == unix.TMPFS_MAGIC || kind == unix.RAMFS_MAGIC}
}
