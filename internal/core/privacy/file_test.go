package privacy_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/journal"
)

// A device that lost its connection sends the file again while the server still waits for the rest of its first try.
func TestAFileSentTwiceIsKeptOnceAndWhole(t *testing.T) {
	for name, rest := range map[string]string{"the first try ends well": "", "the first try ends badly": "x"} {
		t.Run(name, func(t *testing.T) { each(t, func(t *testing.T, f *fixture) { sendTwice(t, f, rest) }) })
	}
}

func sendTwice(t *testing.T, f *fixture, spoiled string) {
	f.asks[journal.File] = journal.Ask{Wanted: true, Paths: []string{"/"}}
	content := bytes.Repeat([]byte("drover"), 200_000)
	sum := sha256.Sum256(content)
	file := journal.Copy{Path: "/a.pdf", Modified: f.Clock.Now(), SHA256: hex.EncodeToString(sum[:])}
	from := f.source()
	from.Piece = "one"

	body, first := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- f.journal.KeepFile(t.Context(), f.itself(), from, file, body) }()
	half := len(content) / 2
	if _, err := first.Write(content[:half]); err != nil {
		t.Fatal(err)
	}
	if err := f.journal.KeepFile(t.Context(), f.itself(), from, file, bytes.NewReader(content)); err != nil {
		t.Fatal("the second try:", err)
	}
	if _, err := first.Write(append(content[half:len(content):len(content)], spoiled...)); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; (spoiled == "" && err != nil) || (spoiled != "" && !problem.Is(err, problem.Invalid)) {
		t.Fatal("the first try:", err)
	}
	if err := f.journal.KeepFile(t.Context(), f.itself(), from, file, strings.NewReader("something else")); err != nil {
		t.Fatal("what is kept already is not read again:", err)
	}
	if parts, wanted := f.count(t, "journal_part"), f.count(t, "journal_part p JOIN journal_entry e ON e.content = p.content"); parts != wanted {
		t.Errorf("%d pieces, of which %d belong to a file", parts, wanted)
	}
	p, err := f.privacy.Entries(t.Context(), f.owner(), f.query(journal.File), "")
	if err != nil || len(p.Items) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	var got bytes.Buffer
	_, write, err := f.privacy.File(t.Context(), f.owner(), p.Items[0].ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := write(&got); err != nil || !bytes.Equal(got.Bytes(), content) {
		t.Errorf("%d bytes of %d, %v", got.Len(), len(content), err)
	}
}
