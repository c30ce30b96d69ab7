//go:build unix

package daemon

import (
	"os"
	"syscall"
)

// locks says that files can be locked here.
const locks = true

// lockFile reports whether f is ours alone until it is closed or the process
// ends, however it ends.
func lockFile(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
