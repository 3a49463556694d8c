package journal

import (
	"os"

	"golang.org/x/sys/windows"
)

// lock locks a file until it is closed or its process ends, however that ends.
func lock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{})
}
