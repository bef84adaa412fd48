package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"drover/agent/system"
)

// Store is a directory. One process may use it at a time; within that, many goroutines.
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

// Open opens the store in a directory and makes it where it is not there. Left-overs of writes that a crash broke off are
// removed.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil { // the person at the machine may read the summary in it
		return nil, err
	}
	for _, sub := range []string{"", dirDocuments, dirJournal, dirEvents, dirUploads} {
		path := filepath.Join(dir, sub)
		if sub != "" {
			if err := os.MkdirAll(path, 0o700); err != nil {
				return nil, err
			}
		}
		torn, err := filepath.Glob(filepath.Join(path, ".new-*"))
		if err != nil {
			return nil, err
		}
		for _, name := range torn {
			if err := os.Remove(name); err != nil {
				return nil, err
			}
		}
	}
	return s, s.readQueue()
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
		return false, fmt.Errorf("%s cannot be read: %w", s.path(names...), err)
	}
	return true, nil
}

// drop deletes a file durably; nil when there is none.
func (s *Store) drop(names ...string) error {
	path := s.path(names...)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return system.SyncDir(filepath.Dir(path))
}
