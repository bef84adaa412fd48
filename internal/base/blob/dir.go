package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// ErrFull is returned when the disk, or what of it may be used, is full.
var ErrFull = errors.New("there is no room left for blobs")

// Dir keeps blobs in a directory, in 256 directories below it. Several goroutines may use it.
type Dir struct{ root string }

// Open uses the directory, which it makes (mode 0700) when it is not there.
func Open(root string) (*Dir, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of blobs: %w", err)
	}
	return &Dir{root}, nil
}

// names are ids as sqldb.NewID makes them: no name that comes from outside becomes a path.
var names = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

const unfinished = ".part"

func (d *Dir) path(name string) (string, error) {
	if !names.MatchString(name) {
		return "", errors.New("that is no name of a blob")
	}
	return filepath.Join(d.root, name[len(name)-2:], name), nil
}

// Put keeps a blob and returns once it is durable. The name must be a new one. It fails with [ErrFull] when there is no room,
// and leaves nothing then.
func (d *Dir) Put(name string, data []byte) error {
	path, err := d.path(name)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := d.makeDir(dir); err != nil {
		return full(err)
	}
	if err := write(path+unfinished, data); err != nil {
		return errors.Join(full(err), os.Remove(path+unfinished))
	}
	if err := os.Rename(path+unfinished, path); err != nil {
		return full(err)
	}
	return full(syncDir(dir))
}

func (d *Dir) makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(d.root)
}

func write(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir has the names in a directory survive. Windows keeps them by itself and has no such call.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// Get returns a blob; [fs.ErrNotExist] when there is none.
func (d *Dir) Get(name string) ([]byte, error) {
	path, err := d.path(name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Delete removes a blob; nil when there is none.
func (d *Dir) Delete(name string) error {
	path, err := d.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Walk calls visit with the name and the age of every blob, and of what was being written when the server ended, which can
// be deleted alone.
func (d *Dir) Walk(visit func(name string, made time.Time) error) error {
	return filepath.WalkDir(d.root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && e.IsDir() {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		name, part := strings.CutSuffix(e.Name(), unfinished)
		if part && time.Since(info.ModTime()) > time.Hour {
			return os.Remove(path)
		}
		if part || !names.MatchString(name) {
			return nil
		}
		return visit(name, info.ModTime())
	})
}
