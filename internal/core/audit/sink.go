package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// FileSink appends heads to a file, one JSON object a line, each on the disk before Write returns. The file wants to
// live on another disk, or to be shipped away: it is what shows that the database was cut or rolled back.
type FileSink struct {
	path string
	mu   sync.Mutex
}

// NewFileSink returns a sink that appends to path and makes the file (mode 0600) when needed.
func NewFileSink(path string) *FileSink { return &FileSink{path: path} }

// Name tells what it is.
func (s *FileSink) Name() string { return "file" }

// Write appends one head.
func (s *FileSink) Write(h Head) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.OpenFile(s.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep the head of the audit log: %w", err)
	}
	// The newline in front ends a line that a crash has torn.
	_, err = f.Write(append(append([]byte{'\n'}, line...), '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep the head of the audit log: %w", err)
	}
	return nil
}

// ReadHeads reads the heads that a [FileSink] wrote; none when there is no file. A crash may leave a torn line; torn
// counts the lines that are no head.
func ReadHeads(path string) (heads []Head, torn int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var h Head
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil || h.Number == 0 {
			torn++
			continue
		}
		heads = append(heads, h)
	}
	return heads, torn, lines.Err()
}
