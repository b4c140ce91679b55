package handover

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNoControlSocketOnADiskThatIsReadOnly(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "size=64k"); err != nil {
		t.Skipf("mounting a disk is not permitted here: %v", err)
	}
	defer func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	if _, err := ListenControl(filepath.Join(dir, SocketName), nil); err == nil || !strings.HasSuffix(err.Error(), "mount the disk of "+dir+" writable") {
		t.Errorf("%v", err)
	}
}
