package logfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"
)

// Line is one line of the log.
type Line struct {
	At      time.Time
	Level   slog.Level
	Message string
	Fields  map[string]string // numbers and the like in their JSON form
}

// errWhole ends a walk before the log's beginning.
var errWhole = errors.New("logfile: enough")

// Walk calls visit for each line, newest first, until it returns false. Lines that cannot be read, such as one that a
// crash has torn, are left out. Only one walk runs at a time.
func (f *File) Walk(visit func(Line) bool) error {
	f.reading.Lock()
	defer f.reading.Unlock()
	files, err := f.openAll()
	if err != nil {
		return err
	}
	defer func() {
		for _, file := range files {
			_ = file.Close() // it was only read
		}
	}()
	for _, file := range files {
		err := walk(file, visit)
		if errors.Is(err, errWhole) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openAll opens every file at one moment between two rotations.
func (f *File) openAll() (files []*os.File, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, path := range f.paths() {
		file, err := os.Open(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return files, err
		}
		files = append(files, file)
	}
	return files, nil
}

// walk visits the lines of one file from its end, of the last [MaxSize] octets at most.
func walk(file *os.File, visit func(Line) bool) error {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	text := make([]byte, min(size, MaxSize))
	n, err := file.ReadAt(text, size-int64(len(text)))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	text = bytes.TrimSuffix(text[:n], []byte("\n"))
	for len(text) > 0 {
		at := bytes.LastIndexByte(text, '\n')
		line, ok := parse(text[at+1:])
		if ok && !visit(line) {
			return errWhole
		}
		text = text[:max(at, 0)]
	}
	return nil
}

// parse reads one line as slog writes it.
func parse(text []byte) (l Line, ok bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(text, &all) != nil || json.Unmarshal(all[slog.TimeKey], &l.At) != nil ||
		json.Unmarshal(all[slog.LevelKey], &l.Level) != nil || json.Unmarshal(all[slog.MessageKey], &l.Message) != nil {
		return Line{}, false
	}
	l.Fields = make(map[string]string, len(all))
	for name, value := range all {
		switch name {
		case slog.TimeKey, slog.LevelKey, slog.MessageKey:
			continue
		}
		words := string(value)
		if json.Unmarshal(value, &words) != nil {
			words = string(value)
		}
		l.Fields[name] = words
	}
	return l, true
}
