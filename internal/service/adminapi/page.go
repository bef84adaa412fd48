package adminapi

import (
	"strconv"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
)

// Paged are the parameters of lists.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Rows of a page."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"What the page before gave as next."`
}

func (p Paged) request() page.Request { return page.Request{Limit: p.Limit, After: p.Cursor} }

// each turns a list of core into one of the API, never nil.
func each[A, B any](list []A, turn func(A) B) []B {
	out := make([]B, len(list))
	for i, x := range list {
		out[i] = turn(x)
	}
	return out
}

// pageOf turns a page of core into one of the API.
func pageOf[A, B any](p page.Page[A], turn func(A) B) adminv1.Page[B] {
	return adminv1.Page[B]{Items: each(p.Items, turn), Next: p.Next, Total: &p.Total, TotalCapped: p.Capped}
}

// uncounted is a page of a list that is not counted.
func uncounted[A, B any](list []A, next string, turn func(A) B) adminv1.Page[B] {
	return adminv1.Page[B]{Items: each(list, turn), Next: next}
}

// whole is a list that fits one page.
func whole[A, B any](list []A, turn func(A) B) adminv1.Page[B] {
	n := len(list)
	return adminv1.Page[B]{Items: each(list, turn), Total: &n}
}

func pages[A, B any](p page.Page[A], err error, turn func(A) B) (*answer[adminv1.Page[B]], error) {
	if err != nil {
		return nil, err
	}
	return reply(pageOf(p, turn), nil)
}

// stamp writes a time, "" for never.
func stamp(t time.Time) string {
	if t.IsZero() || t.UnixMicro() == 0 {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Seen is the version that an edit is based on.
type Seen struct {
	IfMatch string `header:"If-Match" required:"true" maxLength:"40" doc:"The ETag of what is changed, as it was read."`
}

// version reads the ETag.
func (s Seen) version() (int64, error) {
	n, err := strconv.ParseInt(strings.Trim(s.IfMatch, `"`), 10, 64)
	if err != nil {
		return 0, problem.New(problem.Precondition, "request.version", "If-Match must be the ETag that reading this gave.")
	}
	return n, nil
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// tagged is an output that can be edited.
type tagged[T any] struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Body T
}

func tag[T any](version int64, body T, err error) (*tagged[T], error) {
	if err != nil {
		return nil, err
	}
	return &tagged[T]{etag(version), body}, nil
}

// edit is the input of edits.
type edit[T any] struct {
	Seen
	ID   string `path:"id" maxLength:"64"`
	Body T
}
