package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"drover/agent/system"
)

// Store is a directory. Many goroutines may use it, and beside the agent a command of the person at the machine.
type Store struct {
	dir string

	mu     sync.Mutex
	events []string // the names in the queue, oldest first
	next   int      // the number of the next event
}

const (
	private = 0o600
	public  = 0o644
)

// The directories below the store's own.
const (
	dirDocuments = "documents"
	dirJournal   = "journal"
	dirEvents    = "events"
	dirUploads   = "uploads"
)

// damaged ends the names of files that are set aside.
const damaged = ".damaged"

var errDamaged = errors.New("the file is damaged")

var subdirectories = []string{dirDocuments, dirJournal, dirEvents, dirUploads}

// Open opens the store in a directory and makes it where it is not there. Another process may have it open.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil { // the person at the machine may read the summary in it
		return nil, err
	}
	for _, sub := range subdirectories {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	return s, s.readQueue()
}

// Sweep removes what a crash left of writes that it broke off, and damaged files that nobody needs any more. For the agent alone,
// when it begins: a write that is under way would be lost.
func (s *Store) Sweep(now time.Time) error {
	for _, sub := range append([]string{""}, subdirectories...) {
		files, err := os.ReadDir(s.path(sub))
		if err != nil {
			return err
		}
		for _, f := range files {
			torn, _ := filepath.Match(system.Torn, f.Name())
			if !torn && !outlived(f, now) {
				continue
			}
			if err := os.Remove(s.path(sub, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// outlived tells whether a file is damaged and so old that no order comes again whose entry it was.
func outlived(f fs.DirEntry, now time.Time) bool {
	if !strings.HasSuffix(f.Name(), damaged) {
		return false
	}
	info, err := f.Info()
	return err == nil && now.Sub(info.ModTime()) > 2*remember
}

// Dir is where the store lies.
func (s *Store) Dir() string { return s.dir }

// Remove deletes the whole store: the agent has left the zone.
func (s *Store) Remove() error { return os.RemoveAll(s.dir) }

func (s *Store) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

// put writes a value as JSON.
func (s *Store) put(v any, mode fs.FileMode, names ...string) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return system.Replace(s.path(names...), raw, mode)
}

// get reads a value; false when there is none.
func (s *Store) get(v any, names ...string) (bool, error) {
	raw, err := os.ReadFile(s.path(names...))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return false, fmt.Errorf("%s cannot be read: %w: %w", s.path(names...), errDamaged, err)
	}
	return true, nil
}

// kept reads a value that the agent can do without; false when there is none. A damaged file is set aside: it must not keep an
// agent from its work for ever.
func (s *Store) kept(v any, names ...string) (bool, error) {
	ok, err := s.get(v, names...)
	if !errors.Is(err, errDamaged) {
		return ok, err
	}
	path := s.path(names...)
	return false, os.Rename(path, path+damaged)
}

// isDamaged tells whether a file was set aside.
func (s *Store) isDamaged(names ...string) bool {
	_, err := os.Lstat(s.path(names...) + damaged)
	return err == nil
}

// drop deletes a file durably; nil when there is none.
func (s *Store) drop(names ...string) error {
	path := s.path(names...)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return system.SyncDir(filepath.Dir(path))
}
