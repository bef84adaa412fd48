package system

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// patience is how long a program may take that says nothing of it.
const patience = 2 * time.Minute

// maxOutput bounds each output of a program, in octets.
const maxOutput = 4 << 20

// Real is the computer that the agent runs on, or a directory that stands for its root; programs then run within that
// directory too.
type Real struct{ root string }

// Here is the machine itself.
func Here() Real { return Real{root: "/"} }

// At is the machine whose root is a directory.
func At(root string) Real { return Real{root: root} }

// Platform is that of the program.
func (Real) Platform() string {
	if runtime.GOOS == "darwin" {
		return MacOS
	}
	return runtime.GOOS
}

// Root returns the directory that stands for the machine.
func (r Real) Root() string { return r.root }

func (r Real) path(path string) string {
	if r.root == "/" {
		return filepath.FromSlash(path)
	}
	return filepath.Join(r.root, filepath.Clean("/"+path))
}

// Read reads a file.
func (r Real) Read(path string) ([]byte, error) {
	info, err := os.Stat(r.path(path))
	if err == nil && !info.Mode().IsRegular() { // a pipe would hold the agent up for ever
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(r.path(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(raw) > MaxFile {
		return nil, fmt.Errorf("%s is larger than %d octets", path, MaxFile)
	}
	return raw, err
}

// List lists a directory.
func (r Real) List(path string) ([]string, error) {
	entries, err := os.ReadDir(r.path(path))
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	slices.Sort(names)
	return names, err
}

// Mode looks at a file.
func (r Real) Mode(path string) (fs.FileMode, error) {
	info, err := os.Stat(r.path(path))
	if err != nil {
		return 0, err
	}
	return info.Mode(), nil
}

// Write replaces a file, so that a crash leaves the old one or the new one. A link is followed: it stays one. A path through
// what others than the administrator may change is refused: it could be made to lead elsewhere meanwhile.
func (r Real) Write(path string, content []byte, mode fs.FileMode) error {
	target := r.path(path)
	if err := guarded(filepath.Dir(target)); err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(target); err == nil {
		target = real
	}
	if err := guarded(filepath.Dir(target)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return Replace(target, content, mode)
}

// Remove deletes a file. A path is refused as by [Real.Write].
func (r Real) Remove(path string) error {
	if err := guarded(filepath.Dir(r.path(path))); err != nil {
		return err
	}
	info, err := os.Lstat(r.path(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a directory", path)
	}
	return os.Remove(r.path(path))
}

// Run runs a program.
func (r Real) Run(ctx context.Context, p Program) (Output, error) {
	if strings.ContainsAny(p.Name, `/\`) {
		return Output{}, fmt.Errorf("%q is no name of a program", p.Name)
	}
	name, err := r.find(p.Name)
	if err != nil {
		return Output{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.Patience, patience))
	defer cancel()
	cmd := exec.CommandContext(ctx, name, p.Args...)
	cmd.Env = environment()
	cmd.Dir = "/"
	cmd.Stdin = strings.NewReader(p.Input)
	cmd.WaitDelay = time.Second // its children may hold the pipes
	said, failed := &bounded{}, &bounded{}
	cmd.Stdout, cmd.Stderr = said, failed
	r.confine(cmd)
	err = cmd.Run()
	out := Output{Text: said.kept.String(), Errors: failed.kept.String(), Status: cmd.ProcessState.ExitCode()}
	if ctx.Err() != nil {
		return out, fmt.Errorf("%s: %w", p, context.Cause(ctx))
	}
	if _, ended := errors.AsType[*exec.ExitError](err); ended || errors.Is(err, exec.ErrWaitDelay) {
		return out, nil
	}
	return out, err
}

// bounded keeps the beginning of what is written to it. The buffer is no embedded one: its ReadFrom would know no bound.
type bounded struct{ kept bytes.Buffer }

// Write takes everything and keeps what has room.
func (b *bounded) Write(p []byte) (int, error) {
	b.kept.Write(p[:min(len(p), maxOutput-b.kept.Len())])
	return len(p), nil
}

// Torn is a pattern of the files that [Replace] leaves where it is broken off.
const Torn = ".new-*"

// Replace replaces a file in one step and durably: after it returns the new content is there, before that the old or the
// new one, whatever happens to the process or the machine.
func Replace(path string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), Torn)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}
