package server

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

const (
	logSize = 16 << 20
	logKeep = 4
)

// openLog opens the server's own log: lines of JSON in DIR/log/drover.log, which only its owner reads, and which works
// without the database; what matters is repeated on standard error.
func openLog(cfg Config) (*slog.Logger, func(), error) {
	f := &rotating{path: filepath.Join(cfg.Data, "log", "drover.log")}
	if err := f.open(); err != nil {
		return nil, nil, err
	}
	opts := &slog.HandlerOptions{Level: cfg.Level()}
	log := slog.New(slog.NewMultiHandler(
		slog.NewJSONHandler(f, opts), slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: max(cfg.Level(), slog.LevelWarn)}),
	))
	return log, func() { _ = f.Close() }, nil
}

// rotating is a file that is moved aside when it has grown; a few old ones are kept.
type rotating struct {
	path string
	mu   sync.Mutex
	file *os.File
	size int64
}

var _ io.WriteCloser = (*rotating)(nil)

func (r *rotating) open() error {
	dir := filepath.Dir(r.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the log directory: %w", err)
	}
	f, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("the log %s can be read by others: run chmod 0600 on it", r.path)
	}
	r.file, r.size = f, info.Size()
	return nil
}

// Write appends one line.
func (r *rotating) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size+int64(len(p)) > logSize {
		if err := r.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := r.file.Write(p)
	r.size += int64(n)
	return n, err
}

// rotate moves the file aside and begins a new one. Where that does not work the old one grows: a log that is too large
// is better than none.
func (r *rotating) rotate() error {
	for i := logKeep - 1; i >= 1; i-- {
		_ = os.Rename(fmt.Sprintf("%s.%d", r.path, i), fmt.Sprintf("%s.%d", r.path, i+1)) // it may not be there yet
	}
	if err := os.Rename(r.path, r.path+".1"); err != nil {
		r.size = 0 // it is tried again when as much has been written
		return nil // see above
	}
	old := r.file
	if err := r.open(); err != nil {
		return err
	}
	return old.Close()
}

// Close closes the file.
func (r *rotating) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file.Close()
}
