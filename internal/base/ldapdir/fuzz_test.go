package ldapdir

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// FuzzStartTLSAnswer has a server answer anything before TLS begins.
func FuzzStartTLSAnswer(f *testing.F) {
	good := []byte("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")
	f.Add(good)
	f.Add([]byte("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"))
	f.Add([]byte("\x30\x84\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		from := bytes.NewReader(answer)
		err := startTLS(struct {
			io.Reader
			io.Writer
		}{from, io.Discard})
		if bytes.Equal(answer, good) && err != nil {
			t.Errorf("a right answer: %v", err)
		}
		if len(answer) == 0 && (err == nil || errors.Is(err, ErrNoStartTLS)) {
			t.Errorf("no answer: %v", err)
		}
	})
}
