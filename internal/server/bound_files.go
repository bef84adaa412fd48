//go:build !windows

package server

import "syscall"

// files returns how many files the process may have open; Go has raised the limit to the highest allowed at the start.
func files() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 // what POSIX systems have at least
	}
	return int(min(uint64(limit.Cur), 1<<20))
}
