//go:build unix && !linux

package child

import "syscall"

// Only Linux lets a child die with its parent whatever happens; elsewhere a
// parent killed with SIGKILL leaves its children behind.
func groupAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func awaitExit(pid int) bool { return false }

func rusageBytes(ru *syscall.Rusage) int64 { return ru.Maxrss }

func peakBytes(pid int) int64 { return 0 }
