// Package page cuts long lists into pages by key: the next page begins after the last row of this one, so that a page
// deep in the list costs what the first does, and rows that come or go in between shift nothing.
package page

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

const (
	// MaxLimit bounds the rows of one page.
	MaxLimit = 500
	// MaxTotal is where counting stops: "10,000+".
	MaxTotal = 10_000

	maxCursor = 2048
)

// Request says which page is wanted.
type Request struct {
	Limit int    // 1 to [MaxLimit]; 0 means 50
	After string // the cursor that the page before gave, "" for the first
}

// Size returns the number of rows wanted.
func (r Request) Size() (int, error) {
	if r.Limit == 0 {
		return 50, nil
	}
	if r.Limit < 0 || r.Limit > MaxLimit {
		return 0, problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d rows.", MaxLimit).WithField("limit")
	}
	return r.Limit, nil
}

// Page is one part of a list.
type Page[T any] struct {
	Items  []T
	Next   string // the cursor of the next page, "" at the end
	Total  int    // rows of all pages, counted up to [MaxTotal]
	Capped bool   // there are more than Total
}

// Cut makes a page of the rows that a statement with LIMIT size+1 gave; cursor names the place behind a row.
func Cut[T any](rows []T, size int, cursor func(T) string) Page[T] {
	if len(rows) <= size {
		return Page[T]{Items: rows}
	}
	rows = rows[:size]
	return Page[T]{Items: rows, Next: cursor(rows[size-1])}
}

// Cursor names the place behind a row: the value it is sorted by, and its id.
func Cursor[K string | int64](key K, id string) string {
	text, err := json.Marshal([]any{key, id})
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Parse reads a cursor whose key is of the type asked for.
func Parse[K string | int64](cursor string) (key K, id string, err error) {
	bad := problem.New(problem.Invalid, "page.cursor", "This is no cursor of this list: start again from the first page.").
		WithField("cursor")
	if len(cursor) > maxCursor {
		return key, "", bad
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return key, "", bad
	}
	var parts []json.RawMessage
	if json.Unmarshal(text, &parts) != nil || len(parts) != 2 ||
		json.Unmarshal(parts[0], &key) != nil || json.Unmarshal(parts[1], &id) != nil {
		return key, "", bad
	}
	if text, _ := any(key).(string); strings.Contains(text+id, "\x00") { // no row has it, and PostgreSQL does not look for it
		return key, "", bad
	}
	return key, id, nil
}

// Total counts the rows of "SELECT 1 " + from, up to [MaxTotal].
func Total(ctx context.Context, q sqldb.Querier, from string, args ...any) (n int, capped bool, err error) {
	// The bound is a constant of ours: written out, it needs no placeholder behind those of from.
	n, err = sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM (SELECT 1 "+from+" LIMIT 10001) x", args...)
	if n > MaxTotal {
		return MaxTotal, true, err
	}
	return n, false, err
}

// Like returns the pattern for a LIKE with ESCAPE '\' that finds the word anywhere.
func Like(word string) string {
	out := make([]byte, 0, len(word)+2)
	out = append(out, '%')
	for i := range len(word) {
		if c := word[i]; c == '%' || c == '_' || c == '\\' {
			out = append(out, '\\')
		}
		out = append(out, word[i])
	}
	return string(append(out, '%'))
}
