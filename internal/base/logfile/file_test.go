package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func opened(t *testing.T) *File {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), "log", "drover.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestTheLogIsPrivateAndBounded(t *testing.T) {
	f := opened(t)
	line := bytes.Repeat([]byte("x"), 1<<20)
	fill := func() {
		t.Helper()
		for range MaxSize / len(line) * (MaxOld + 2) {
			if n, err := f.Write(line); n != len(line) || err != nil {
				t.Fatalf("wrote %d bytes (%v)", n, err)
			}
		}
	}
	fill()
	state, err := f.State()
	if err != nil || state.Files != MaxOld+1 || state.Size > MaxSize*(MaxOld+1) || state.Mode != 0o600 || state.Dir != 0o700 {
		t.Fatalf("%+v (%v)", state, err)
	}
	// Where the old file cannot be moved aside, the log goes on rather than fall silent.
	for i := 1; i <= MaxOld; i++ {
		old := fmt.Sprintf("%s.%d", f.path, i)
		if err := errors.Join(os.Remove(old), os.MkdirAll(old+"/in/the/way", 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	fill()
	if state, err := f.State(); err != nil || state.Lost != 0 || state.Fault != nil {
		t.Fatalf("%+v (%v)", state, err)
	}
}

func TestALogThatOthersReadIsRefused(t *testing.T) {
	for _, name := range []string{"drover.log", "drover.log.3", "."} {
		path := filepath.Join(t.TempDir(), "log", "drover.log")
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		open := filepath.Join(filepath.Dir(path), name)
		if name != "." {
			if err := os.WriteFile(open, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(open, 0o750); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "chmod 0") {
			t.Errorf("with %s open to others: %v", name, err)
		}
	}
}

func TestALostLineIsSeen(t *testing.T) {
	f := opened(t)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("x\n")); err == nil {
		t.Fatal("a closed file took a line")
	}
	if state, err := f.State(); err != nil || state.Lost != 1 || state.Fault == nil {
		t.Fatalf("%+v (%v)", state, err)
	}
}

func TestLinesAreReadFromTheEnd(t *testing.T) {
	f := opened(t)
	f.size = 2000 // several files
	log := slog.New(slog.NewJSONHandler(f, nil))
	for i := range 60 {
		log.Warn("something happened", "count", i, "words", "a\nb")
	}
	if _, err := f.Write([]byte("{\"torn\n\n")); err != nil {
		t.Fatal(err)
	}
	var counts []string
	err := f.Walk(func(l Line) bool {
		if l.Level != slog.LevelWarn || l.Message != "something happened" || l.Fields["words"] != "a\nb" || l.At.IsZero() {
			t.Fatalf("read %+v", l)
		}
		counts = append(counts, l.Fields["count"])
		return len(counts) < 40
	})
	if err != nil || len(counts) != 40 || counts[0] != "59" || counts[39] != "20" {
		t.Fatalf("read %v (%v)", counts, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"time":"2026-03-01T12:00:00Z","level":"INFO","msg":"x","a":{"b":1}}`))
	f.Add([]byte(`{"time":1}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if l, ok := parse(text); ok && l.Fields == nil {
			t.Fatal("a line without fields")
		}
	})
}
