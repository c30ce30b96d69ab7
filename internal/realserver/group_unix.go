//go:build unix

package realserver

import (
	"os/exec"
	"syscall"
)

func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup fails when nobody is left, which is what its callers want.
func signalGroup(pid int, sig syscall.Signal) { _ = syscall.Kill(-pid, sig) }
