package journal

import (
	"os"
	"syscall"
)

// mountSmall mounts a file system of one MiB.
func mountSmall(dir string) error {
	if os.Getuid() != 0 {
		return os.ErrPermission
	}
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m")
}

func unmount(dir string) error { return syscall.Unmount(dir, 0) }
