package seal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"drover/internal/base/problem"
)

const (
	maxKeyFile = 4 << 10
	tempPrefix = "tmp-"
	lockWait   = 30 * time.Second // what is done under a lock takes milliseconds
)

// errLink says that a symbolic link stands in a file's place.
var errLink = errors.New("a symbolic link")

// readPrivate reads a file of the key store after checking that nobody else can read or replace it. What is checked is
// what has been opened: another server may put a new file in its place at any moment.
func readPrivate(path string, limit int64) ([]byte, error) {
	f, err := openNoFollow(path)
	if errors.Is(err, errLink) {
		return nil, notPrivate(path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || !ownedAlone(info) {
		return nil, notPrivate(path)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, err
}

func notPrivate(path string) error {
	return problem.Newf(problem.Unavailable, "seal.permissions",
		"%s must be a plain file or directory that belongs to the user Drover runs as and that nobody else may read or "+
			"write: correct its owner, and its mode to 0600 (0700 for the directory). Nothing has been changed.", path)
}

func unreadable(path string, err error) error {
	return problem.Newf(problem.Unavailable, "seal.file",
		"%s in the key store is damaged: put it back from the key store's backup. Nothing has been changed.", path).
		WithDetail(err)
}

// writePrivate replaces a file in one step: after a crash it holds the old bytes or the new ones.
func writePrivate(path string, data []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, tempPrefix) // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, destroyFile(f.Name()))
	}
	return syncDir(dir)
}

// destroyFile overwrites a file with random bytes and removes it. A file that is not there is no error.
func destroyFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = overwrite(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := io.CopyN(f, rand.Reader, info.Size()); err != nil {
		return err
	}
	return f.Sync()
}

// withLock runs fn while no other process and no other part of this one holds the lock file.
func withLock(ctx context.Context, path string, fn func() error) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }() // which also unlocks
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		ok, err := tryLock(f)
		if err != nil {
			return fmt.Errorf("lock %s: %w", path, err)
		}
		if ok {
			return fn()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", path, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
