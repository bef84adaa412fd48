// Package csvsafe reads and writes comma-separated values that people open in spreadsheets. What a device or an import
// calls itself may look like a formula there; the writer takes its sting, and the reader undoes what the writer did.
package csvsafe

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"
)

// starts are the characters with which spreadsheets begin a formula, in their ASCII and their full-width forms, and
// those that spreadsheets skip before they look.
const starts = "=+-@\t\r\n＝＋－＠"

// Formula tells whether a spreadsheet would take the cell for a formula.
func Formula(cell string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " \u00a0\ufeff"))
	return cell != "" && strings.ContainsRune(starts, r)
}

// Cell returns the cell as it is written: one that looks like a formula gets an apostrophe in front, which spreadsheets
// read as "this is text".
func Cell(s string) string {
	if Formula(s) {
		return "'" + s
	}
	return s
}

// Plain undoes [Cell].
func Plain(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && Formula(rest) {
		return rest
	}
	return s
}

// Writer writes rows whose cells are all made safe. Lines end with CR LF (RFC 4180 section 2).
type Writer struct{ w *csv.Writer }

// NewWriter returns a writer on w. Call [Writer.Flush] at the end.
func NewWriter(w io.Writer) *Writer {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return &Writer{c}
}

// Write writes one row.
func (w *Writer) Write(cells ...string) error {
	safe := make([]string, len(cells))
	for i, c := range cells {
		safe[i] = Cell(c)
	}
	return w.w.Write(safe)
}

// Flush writes what is buffered and returns the first error there was.
func (w *Writer) Flush() error {
	w.w.Flush()
	return w.w.Error()
}
