//go:build unix

package system

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
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

// guarded refuses a directory that somebody else than the administrator could have changed, or one on the way to it, links
// included: what is done there with the rights of the administrator could be led elsewhere. What is not there yet will be ours.
func guarded(dir string) error {
	for at := range ancestors(dir) {
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		owner := info.Sys().(*syscall.Stat_t).Uid
		open := info.Mode()&fs.ModeSymlink == 0 && info.Mode()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0
		if owner != 0 && int(owner) != os.Geteuid() || open {
			return fmt.Errorf("%s can be changed by others than the administrator", at)
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			real, err := filepath.EvalSymlinks(at)
			if err != nil {
				return err
			}
			if err := guarded(real); err != nil {
				return err
			}
		}
	}
	return nil
}

// ancestors are the directories on the way to one, the root first, and itself.
func ancestors(dir string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield("/") {
			return
		}
		for i := range len(dir) {
			if i > 0 && dir[i] == '/' && !yield(dir[:i]) {
				return
			}
		}
		if dir != "/" {
			yield(dir)
		}
	}
}

// SyncDir makes the names in a directory durable.
func SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
