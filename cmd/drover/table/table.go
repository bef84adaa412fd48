// Package table writes tables for people: columns aligned by what a terminal shows, and nothing from a device that a
// terminal would obey.
package table

import (
	"bufio"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gap stands between two columns.
const gap = 2

// Table is a table in the making.
type Table struct {
	heads []string
	rows  [][]string
}

// New begins a table with these columns.
func New(heads ...string) *Table { return &Table{heads: heads} }

// Row adds a row, one cell for each column.
func (t *Table) Row(cells ...string) {
	row := make([]string, len(t.heads))
	for i := range row {
		if i < len(cells) {
			row[i] = Clean(cells[i])
		}
	}
	t.rows = append(t.rows, row)
}

// Empty tells whether there is no row.
func (t *Table) Empty() bool { return len(t.rows) == 0 }

// Write writes the table, or the sentence when there is no row.
func (t *Table) Write(w io.Writer, empty string) error {
	out := bufio.NewWriter(w)
	if t.Empty() {
		out.WriteString(empty + "\n") // Flush tells
		return out.Flush()
	}
	write(out, append([][]string{t.heads}, t.rows...))
	return out.Flush()
}

// Facts are names with values, one a line.
type Facts struct{ rows [][]string }

// Add adds a fact. One without a value is left out.
func (f *Facts) Add(name, value string) {
	if value != "" {
		f.rows = append(f.rows, []string{Clean(name), Clean(value)})
	}
}

// Write writes the facts, the values aligned.
func (f *Facts) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	write(out, f.rows)
	return out.Flush()
}

// write aligns rows of one length; a bufio.Writer keeps the first error until it is flushed.
func write(out *bufio.Writer, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+gap))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n") // Flush tells
	}
}

// Clean makes text safe to show on a terminal in one line: control characters, which could move the cursor or hide what
// follows, and characters that turn the direction of writing become a dot.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return '·'
		}
		return r
	}, s)
}
