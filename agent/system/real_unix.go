//go:build unix

package system

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// find returns where a program lies, seen from within the root.
func (r Real) find(name string) (string, error) {
	for _, dir := range searchPath {
		info, err := os.Stat(r.path(dir + "/" + name))
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return dir + "/" + name, nil
		}
	}
	return "", ErrNoProgram
}

func environment() []string {
	return []string{"PATH=" + strings.Join(searchPath, ":"), "LC_ALL=C", "HOME=/root"}
}

// confine puts the program into the root, and into a group of its own so that its end is that of its children.
func (r Real) confine(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if r.root != "/" {
		cmd.SysProcAttr.Chroot = r.root
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// SyncDir makes the names in a directory durable.
func SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
