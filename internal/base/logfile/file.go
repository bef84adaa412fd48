package logfile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// MaxSize is the most octets of one file.
	MaxSize = 16 << 20
	// MaxOld is how many old files are kept besides the one that is written.
	MaxOld = 4
)

// File is a file that is moved aside when it has grown; a few old ones are kept. It may be used by many goroutines.
type File struct {
	path string
	size int64 // the most octets of one file

	mu      sync.Mutex
	file    *os.File
	written int64
	health  Health

	reading sync.Mutex // one reader at a time: each holds a whole file
}

// Health tells how the writing fares.
type Health struct {
	Lost  int64     // lines that could not be written since the start
	At    time.Time // when a line was last written
	Fault error     // of the last attempt; nil when it was written
}

var _ io.WriteCloser = (*File)(nil)

// Open opens the log at path, and makes it and its directory where they are not there. It refuses a log that others
// than its owner may read.
func Open(path string) (*File, error) {
	f := &File{path: path, size: MaxSize}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the log directory: %w", err)
	}
	if err := f.private(); err != nil {
		return nil, err
	}
	return f, f.open()
}

// At returns the log at path for reading alone, whoever writes it.
func At(path string) *File { return &File{path: path} }

// private refuses what others may read: the directory, the file, and the old files.
func (f *File) private() error {
	for _, path := range append(f.paths(), filepath.Dir(f.path)) {
		info, err := os.Stat(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 == 0 {
			continue
		}
		mode := "0600"
		if info.IsDir() {
			mode = "0700"
		}
		return fmt.Errorf("the log %s can be read by others: run chmod %s on it", path, mode)
	}
	return nil
}

// paths are the file that is written and the old ones, newest first.
func (f *File) paths() []string {
	list := []string{f.path}
	for i := range MaxOld {
		list = append(list, fmt.Sprintf("%s.%d", f.path, i+1))
	}
	return list
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	f.file, f.written = file, info.Size()
	return nil
}

// Write appends one line.
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.write(p)
	if f.health.Fault = err; err != nil {
		f.health.Lost++
	} else {
		f.health.At = time.Now()
	}
	return n, err
}

func (f *File) write(p []byte) (int, error) {
	if f.written+int64(len(p)) > f.size {
		if err := f.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Write(p)
	f.written += int64(n)
	return n, err
}

// rotate moves the file aside and begins a new one. Where that does not work the old one grows: a log that is too large
// is better than none.
func (f *File) rotate() error {
	paths := f.paths()
	for i := len(paths) - 1; i >= 2; i-- {
		_ = os.Rename(paths[i-1], paths[i]) // it may not be there yet
	}
	if err := os.Rename(f.path, paths[1]); err != nil {
		f.written = 0 // it is tried again when as much has been written
		return nil    // see above
	}
	old := f.file
	if err := f.open(); err != nil {
		return err
	}
	return old.Close()
}

// State is what can be seen of the log on the disk, and how the writing fares.
type State struct {
	Path  string
	Files int
	Size  int64 // octets of all files
	Mode  os.FileMode
	Dir   os.FileMode // of the directory
	Health
}

// State looks at the log on the disk.
func (f *File) State() (State, error) {
	s := State{Path: f.path}
	dir, err := os.Stat(filepath.Dir(f.path))
	if err != nil {
		return s, err
	}
	s.Dir = dir.Mode().Perm()
	for _, path := range f.paths() {
		info, err := os.Stat(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return s, err
		}
		s.Files++
		s.Size += info.Size()
		s.Mode |= info.Mode().Perm()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.Health = f.health
	return s, nil
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
