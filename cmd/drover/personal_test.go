package main

import (
	"bytes"
	"io"
	"os"
	"testing"

	"drover/api/adminv1"
)

func TestALogIsShownAsLines(t *testing.T) {
	at := "2026-03-02T18:00:00Z"
	when := moment(at)
	under := "                  "
	for want, x := range map[string]adminv1.PersonalEntry{
		when + "  one\n" + under + "two\n" + under + "2026-03-02 18:00  three\n": {
			At: at, Lines: &adminv1.LogLines{Text: "one\ntwo\r\n2026-03-02 18:00  three\n"},
		},
		when + "  one\n" + under + "\n" + under + "t·wo\n": {At: at, Lines: &adminv1.LogLines{Text: "one\n\nt\x1bwo"}},
		when + "  \n": {At: at, Lines: &adminv1.LogLines{}},
		when + "  in 1: hello\n" + under + "you\n": {
			At: at, Text: &adminv1.TextMessage{Direction: "in", Number: "1", Text: "hello\nyou"},
		},
	} {
		var out bytes.Buffer
		s := &session{console: newConsole(os.Stdin, &out, io.Discard)}
		if err := s.sayEntry(x); err != nil || out.String() != want {
			t.Errorf("%v, it says %q, want %q", err, out.String(), want)
		}
	}
}
