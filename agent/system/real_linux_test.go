package system_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"drover/agent/system"
)

func TestFilesBelowARoot(t *testing.T) {
	m := system.At(t.TempDir())
	if _, err := m.Read("/etc/x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if err := m.Write("/etc/x/y", []byte("text"), 0o640); err != nil {
		t.Fatal(err)
	}
	raw, err := m.Read("/../../etc/x/y")
	mode, err2 := m.Mode("/etc/x/y")
	names, err3 := m.List("/etc/x")
	if string(raw) != "text" || mode.Perm() != 0o640 || len(names) != 1 || errors.Join(err, err2, err3) != nil {
		t.Errorf("%q, %v, %q, %v", raw, mode, names, errors.Join(err, err2, err3))
	}
	if err := m.Remove("/etc/x"); err == nil {
		t.Error("a directory was removed")
	}
	if err := errors.Join(m.Remove("/etc/x/y"), m.Remove("/etc/x/y")); err != nil || system.Exists(m, "/etc/x/y") {
		t.Errorf("%v", err)
	}
}

// A pipe in the place of a file holds nobody up.
func TestAPipeIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(dir+"/pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := system.At(dir).Read("/pipe"); err == nil {
		t.Error("it was read")
	}
}

// What others may change is no way for the administrator's writes: they could lead it to any file.
func TestAPathThatOthersMayChangeIsRefused(t *testing.T) {
	root := t.TempDir()
	m := system.At(root)
	for path, mode := range map[string]fs.FileMode{"etc": 0o755, "open": 0o777, "home/ann": 0o755} {
		if err := os.MkdirAll(filepath.Join(root, path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(root, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Lchown(filepath.Join(root, "home/ann"), 1000, 1000); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"etc/safe": root + "/etc", "etc/file": root + "/home/ann/file", "home/ann/link": root + "/etc", "ann": root + "/home/ann"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "home/ann/file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{
		"/etc/x": true, "/etc/safe/x": true, "/new/dir/x": true, "/open/x": false, "/home/ann/x": false, "/home/ann/link/x": false, "/ann/x": false, "/etc/file": false,
	} {
		if err := m.Write(path, []byte("x"), 0o644); (err == nil) != ok {
			t.Errorf("write %s: %v", path, err)
		}
		if strings.HasSuffix(path, "/x") {
			if err := m.Remove(path); (err == nil) != ok {
				t.Errorf("remove %s: %v", path, err)
			}
		}
	}
}

func TestProgramsAreFoundByNameAndBounded(t *testing.T) {
	t.Setenv("DROVER_TEST_SECRET", "x")
	m := system.Here()
	if _, err := m.Run(t.Context(), system.Command("no-such-program")); !errors.Is(err, system.ErrNoProgram) {
		t.Errorf("%v", err)
	}
	if _, err := m.Run(t.Context(), system.Command("/bin/sh")); err == nil {
		t.Error("a path was taken for a name")
	}
	out, err := m.Run(t.Context(), system.Program{Name: "sh", Args: []string{"-c", "cat; env; echo no >&2; exit 7"}, Input: "input\n"})
	if err != nil || out.Status != 7 || out.Errors != "no\n" || !strings.HasPrefix(out.Text, "input\n") || strings.Contains(out.Text, "SECRET") {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := system.Do(t.Context(), m, system.Command("sh", "-c", "echo why >&2; exit 1")); err == nil || !strings.Contains(err.Error(), "ended with 1: why") {
		t.Errorf("%v", err)
	}
	out, err = m.Run(t.Context(), system.Command("head", "-c", "9000000", "/dev/zero"))
	if err != nil || len(out.Text) != 4<<20 {
		t.Errorf("%d octets, %v", len(out.Text), err)
	}
}

// A program that does not end is ended with its children.
func TestAProgramThatDoesNotEndIsEnded(t *testing.T) {
	p := system.Command("sh", "-c", "sleep 600 & echo $!; wait")
	p.Patience = 200 * time.Millisecond
	out, err := system.Here().Run(context.Background(), p)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	child := strings.TrimSpace(out.Text)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		raw, err := os.ReadFile("/proc/" + child + "/stat")
		if err != nil || strings.Contains(string(raw), ") Z ") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("its child %s is still there: %s", child, raw)
		}
	}
}
