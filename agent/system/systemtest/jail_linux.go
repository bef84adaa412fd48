package systemtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// jailed names what runs in the process that [InJail] starts.
const jailed = "DROVER_TEST_JAIL"

// Main runs the tests of a package, or in the process that [InJail] starts, one of the functions.
func Main(m *testing.M, inside map[string]func() error) {
	name, root, ok := strings.Cut(os.Getenv(jailed), "=")
	if !ok {
		os.Exit(m.Run())
	}
	err := enter(root, os.Args[1:])
	if err == nil {
		err = inside[name]()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// InJail runs a function that [Main] knows in a process of its own, as root of a root directory of its own and in its own
// namespaces of mounts, processes and the network: what it does to the system, it does to nothing of the machine's. It
// needs root. The files are found in /tmp, under their own names.
func InJail(t *testing.T, name string, files ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", files...)
	cmd.Env = []string{
		jailed + "=" + name + "=" + t.TempDir(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
}

// enter makes the root directory and moves into it: the machine's programs, of which every change is the jail's alone, and a
// few of its files as copies.
func enter(root string, files []string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("the jail needs root: %w", err)
	}
	if err := syscall.Mount("jail", root, "tmpfs", 0, "size=256m,mode=755"); err != nil {
		return err
	}
	for _, dir := range []string{"usr", "etc", "proc", "dev", "tmp", "run", "root", "home", "var/lib", "var/log", "var/lib/drover-agent", "var/lib/dpkg/info", "upper", "work"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	for _, link := range []string{"bin", "sbin", "lib", "lib64"} {
		if err := os.Symlink("usr/"+link, filepath.Join(root, link)); err != nil {
			return err
		}
	}
	if err := overlay("/usr", root); err != nil {
		return err
	}
	for _, dev := range []string{"null", "zero", "random", "urandom"} {
		if err := os.WriteFile(filepath.Join(root, "dev", dev), nil, 0o600); err != nil {
			return err
		}
		if err := syscall.Mount("/dev/"+dev, filepath.Join(root, "dev", dev), "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	for _, path := range []string{"ld.so.cache", "os-release", "login.defs", "pam.d", "security", "apt/apt.conf.d", "nsswitch.conf", "alternatives"} {
		if err := copyTree("/etc/"+path, filepath.Join(root, "etc", path)); err != nil {
			return err
		}
	}
	for _, path := range files {
		if err := copyTree(path, filepath.Join(root, "tmp", filepath.Base(path))); err != nil {
			return err
		}
	}
	if err := syscall.Mount("proc", filepath.Join(root, "proc"), "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := syscall.Chroot(root); err != nil {
		return err
	}
	return os.Chdir("/")
}

func overlay(dir, root string) error {
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work", dir, root, root)
	return syscall.Mount("overlay", root+dir, "overlay", 0, options)
}

func copyTree(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if link, err := os.Readlink(path); err == nil {
			return os.Symlink(link, target)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, raw, 0o644)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
