//go:build !linux

package bench

func diskOf(folder string) Disk { return Disk{Folder: folder} }
