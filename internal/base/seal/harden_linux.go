package seal

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Harden keeps the keys in this process's memory from leaving it: no core dump, and no tracing or reading of its memory
// by other processes of the same user. It cannot keep root out. Call it first in main: children that are started by
// exec do not inherit the second half.
func Harden() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("switch core dumps off: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("switch tracing off: %w", err)
	}
	return nil
}
