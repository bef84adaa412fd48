package sqldb

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
)

// NewID returns a fresh id: a version 7 UUID (RFC 9562 section 5.7), so that ids sort roughly by age.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Micros turns a time into what is stored: microseconds since 1970, UTC; the zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time turns stored microseconds back; 0 is the zero time.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Args gathers the arguments of a statement that is put together from parts, and hands out their placeholders in
// rising order.
type Args struct{ list []any }

// Add takes a value and returns its placeholder.
func (a *Args) Add(v any) string {
	a.list = append(a.list, v)
	return "$" + strconv.Itoa(len(a.list))
}

// In returns "($1,$2,...)" for the values; "(NULL)", which matches nothing, for none.
func (a *Args) In(vs ...string) string {
	if len(vs) == 0 {
		return "(NULL)"
	}
	ps := make([]string, len(vs))
	for i, v := range vs {
		ps[i] = a.Add(v)
	}
	return "(" + strings.Join(ps, ",") + ")"
}

// List returns the values in order.
func (a *Args) List() []any { return a.list }

// Clean makes text storable on both engines: valid UTF-8 without NUL, which PostgreSQL refuses, and at most limit
// bytes, cut between characters. What a device sends goes through it.
func Clean(s string, limit int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

// Shown is [Clean] for text that people are shown, on pages, in tables and on terminals: without control characters but line
// feeds and tabs, and without what turns the direction of the writing around it (incident S22).
func Shown(s string, limit int) string {
	if printed(s) && len(s) <= limit { // as nearly all is
		return s
	}
	return Clean(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) || r > unicode.MaxLatin1 && unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, s), limit)
}

var oneLine = strings.NewReplacer("\n", " ", "\t", " ")

// Line is [Shown] on one line: line feeds and tabs become spaces.
func Line(s string, limit int) string {
	if printed(s) && len(s) <= limit {
		return s
	}
	return Shown(oneLine.Replace(s), limit)
}

// printed tells whether s is printable ASCII and nothing else.
func printed(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Fold brings text to the form in which it is searched and compared: lower case by Unicode, outer spaces gone. The
// engines' own lower() differ beyond ASCII.
func Fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
