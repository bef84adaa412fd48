package blob_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"drover/internal/base/blob"
	"drover/internal/base/sqldb"
)

func TestABlobIsKeptWhole(t *testing.T) {
	d, err := blob.Open(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	name, data := sqldb.NewID(), bytes.Repeat([]byte("x"), 1<<20)
	if err := d.Put(name, data); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Get(name); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d octets, %v", len(got), err)
	}
	var seen []string
	if err := d.Walk(func(n string, _ time.Time) error { seen = append(seen, n); return nil }); err != nil || len(seen) != 1 || seen[0] != name {
		t.Fatal(seen, err)
	}
	if err := errors.Join(d.Delete(name), d.Delete(name)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(name); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

func TestS7S8NoNameFromOutsideBecomesAPath(t *testing.T) {
	d, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "../../etc/passwd", sqldb.NewID() + "/../x", sqldb.NewID() + "\x00", "A" + sqldb.NewID()[1:]} {
		_, read := d.Get(name)
		if d.Put(name, nil) == nil || read == nil || d.Delete(name) == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
}

func TestWhatWasBeingWrittenIsNoBlob(t *testing.T) {
	root := t.TempDir()
	d, err := blob.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	name := sqldb.NewID()
	if err := d.Put(name, []byte("x")); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(root, name[34:], sqldb.NewID()+".part")
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(half, old, old); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := d.Walk(func(string, time.Time) error { n++; return nil }); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Error("what was being written long ago is still there")
	}
}
