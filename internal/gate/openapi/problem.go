package openapi

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/gate"
)

func init() {
	// Huma has one error type for the whole program; this is the only package that makes APIs of it.
	huma.NewError = func(status int, words string, errs ...error) huma.StatusError {
		return refused("", status, words, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, words string, errs ...error) huma.StatusError {
		return refused(gate.RequestID(ctx.Context()), status, words, errs)
	}
	huma.DefaultArrayNullable = false
}

// response is a problem with the headers that belong to it.
type response struct {
	*adminv1.Problem
	headers http.Header
}

// GetHeaders is asked by huma.
func (r *response) GetHeaders() http.Header { return r.headers }

// fail writes a problem as RFC 9457 does. What it says was made by us: no input stands in it.
func fail(p *problem.Error, request, challenge string) *response {
	r := &response{headers: make(http.Header), Problem: &adminv1.Problem{
		Type: "about:blank", Title: http.StatusText(p.Status()), Status: p.Status(), Code: p.Code, Detail: p.Message,
		Field: p.Field, Request: request,
	}}
	for _, f := range p.Fields {
		r.Errors = append(r.Errors, adminv1.Fault{Location: locate(f.Name), Message: f.Message})
	}
	if p.Field != "" && len(r.Errors) == 0 {
		r.Errors = []adminv1.Fault{{Location: locate(p.Field), Message: p.Message}}
	}
	if p.Retry > 0 {
		r.headers.Set("Retry-After", strconv.Itoa(int((p.Retry+time.Second-1)/time.Second)))
	}
	if p.Kind == problem.Unauthenticated && challenge != "" {
		r.headers.Set("WWW-Authenticate", challenge)
	}
	return r
}

// locate says in which part of the request an input of core stands.
func locate(name string) string {
	switch name {
	case "limit", "cursor", "sort", "q":
		return "query." + name
	}
	return safely("body." + name)
}

// What is said of requests that huma could not read. Its own words may hold pieces of the input.
var refusals = map[int]*problem.Error{
	http.StatusBadRequest:            problem.New(problem.Malformed, "request.malformed", "The request cannot be read: its body must be JSON as the API describes it."),
	http.StatusRequestEntityTooLarge: problem.New(problem.TooLarge, "request.size", "The body of this request is larger than is read here."),
	http.StatusUnprocessableEntity:   problem.New(problem.Invalid, "request.invalid", "The request is not as the API describes it; see the errors for what to mend."),
}

// errEmpty is said of a body that is not there, whatever its type would be.
var errEmpty = problem.New(problem.Malformed, "request.empty", "The request has no body: what was sent is empty.")

// noBody is what huma says then.
const noBody = "request body is required"

// errInternal stands for a fault of ours, of which nothing is told.
var errInternal = errors.New("internal")

// refused answers a request that did not come as far as its handler.
func refused(request string, status int, words string, errs []error) *adminv1.Problem {
	said, known := refusals[status]
	p := &adminv1.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Request: request}
	switch {
	case words == noBody:
		p.Code, p.Detail = errEmpty.Code, errEmpty.Message
	case known:
		p.Code, p.Detail = said.Code, said.Message
	case status == http.StatusUnsupportedMediaType:
		p.Code, p.Detail = "request.type", "The body has a type that is not taken here: send application/json."
	case status >= http.StatusInternalServerError:
		internal := problem.From(errInternal)
		p.Code, p.Detail = internal.Code, internal.Message
	default:
		p.Code, p.Detail = "request.refused", "The request was refused."
	}
	for _, err := range errs {
		if own, ok := errors.AsType[*problem.Error](err); ok { // of a reader that we put before the body
			return fail(own, request, "").Problem
		}
		if d, ok := err.(huma.ErrorDetailer); ok && len(p.Errors) < 20 {
			detail := d.ErrorDetail()
			p.Errors = append(p.Errors, adminv1.Fault{Location: safely(detail.Location), Message: ownWords(detail.Message)})
		}
	}
	return p
}

var plainLocation = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)

// safely returns the location, without what a sender has made up: names of properties may be anything.
func safely(location string) string {
	if plainLocation.MatchString(location) {
		return location
	}
	part, _, _ := strings.Cut(location, ".")
	if plainLocation.MatchString(part) {
		return part
	}
	return "request"
}

// ownWords lets through what huma's validation says of a schema, which is made of the schema alone.
func ownWords(message string) string {
	for _, begin := range []string{
		"expected ", "unexpected property", "unknown query parameter", "required ", "invalid integer",
		"invalid float", "invalid boolean", noBody,
	} {
		if strings.HasPrefix(message, begin) {
			return message
		}
	}
	return "This cannot be read."
}
