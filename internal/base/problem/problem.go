// Package problem is the one kind of error that reaches people: a code for machines, a sentence that says how to mend
// it, and a detail that only the log sees. It maps to HTTP in one place, as RFC 9457 asks.
package problem

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Kind says what went wrong in the terms of HTTP (RFC 9110 section 15).
type Kind int

// The kinds, with the status each becomes.
const (
	Internal        Kind = iota // 500: our fault
	Invalid                     // 422: the input breaks a rule
	Malformed                   // 400: the input cannot be read at all
	Unauthenticated             // 401: who asks is not known
	Forbidden                   // 403: who asks may not
	NotFound                    // 404: not there, or not for this caller
	Conflict                    // 409: the state of the thing does not allow it
	Precondition                // 412: it has changed since it was read
	TooLarge                    // 413: over a bound
	Throttled                   // 429: too often
	Unavailable                 // 503: for the moment
)

var statuses = map[Kind]int{
	Internal: http.StatusInternalServerError, Invalid: http.StatusUnprocessableEntity, Malformed: http.StatusBadRequest,
	Unauthenticated: http.StatusUnauthorized, Forbidden: http.StatusForbidden, NotFound: http.StatusNotFound,
	Conflict: http.StatusConflict, Precondition: http.StatusPreconditionFailed,
	TooLarge: http.StatusRequestEntityTooLarge, Throttled: http.StatusTooManyRequests,
	Unavailable: http.StatusServiceUnavailable,
}

// Error is a problem. Code and Message are safe to show to anyone who may call; Detail is for the log alone.
type Error struct {
	Kind    Kind
	Code    string // stable, dotted, for machines: "upstream.url"
	Message string // one sentence for people: what is wrong and how to mend it
	Field   string // the input it is about, or ""
	Fields  []Field
	Retry   time.Duration // when trying again may help; 0 when it is not known
	Detail  error         // for the log alone
}

// Field is one fault of one input, where several are reported at once.
type Field struct {
	Name    string
	Message string
}

// New returns a problem. The message is a sentence.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Newf is New with a format for the message. Never format what a device sent into it.
func Newf(kind Kind, code, format string, args ...any) *Error {
	return New(kind, code, fmt.Sprintf(format, args...))
}

// Error returns code and message, never the detail.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap returns the detail, so that errors.Is sees through a problem.
func (e *Error) Unwrap() error { return e.Detail }

// Status returns the HTTP status of the problem.
func (e *Error) Status() int { return statuses[e.Kind] }

// WithField returns a copy that names the input at fault.
func (e *Error) WithField(name string) *Error {
	c := *e
	c.Field = name
	return &c
}

// WithFields returns a copy that names several inputs at fault.
func (e *Error) WithFields(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &c
}

// WithDetail returns a copy that carries err for the log.
func (e *Error) WithDetail(err error) *Error {
	c := *e
	c.Detail = err
	return &c
}

// WithRetry returns a copy that says when to try again.
func (e *Error) WithRetry(d time.Duration) *Error {
	c := *e
	c.Retry = d
	return &c
}

// From returns the problem within err. An error that is no problem becomes Internal with a constant message, so that
// nothing of it reaches the caller. From(nil) is nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Error](err); ok {
		return p
	}
	return New(Internal, "internal", "Something went wrong inside Drover; the server's log says what.").WithDetail(err)
}

// Is tells whether err is a problem of the given kind.
func Is(err error, kind Kind) bool {
	p, ok := errors.AsType[*Error](err)
	return ok && p.Kind == kind
}
