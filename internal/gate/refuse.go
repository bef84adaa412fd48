package gate

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/base/problem"
)

// Why the gate refuses. The reasons are labels of a counter and words of the log.
const (
	refusedPath            = "path"
	refusedRoute           = "route"
	refusedMethod          = "method"
	refusedOff             = "off"
	refusedAddress         = "address"
	refusedRate            = "rate"
	refusedOrigin          = "origin"
	refusedUnauthenticated = "unauthenticated"
	refusedForbidden       = "forbidden"
	refusedThrottled       = "throttled"
	refusedUnavailable     = "unavailable"
	refusedTooLarge        = "too-large"
	refusedPanic           = "panic"
)

var reasons = []string{
	refusedPath, refusedRoute, refusedMethod, refusedOff, refusedAddress, refusedRate, refusedOrigin, refusedUnauthenticated,
	refusedForbidden, refusedThrottled, refusedUnavailable, refusedTooLarge, refusedPanic,
}

// A service that is switched off answers as if it did not exist.
var (
	errNoRoute = problem.New(problem.NotFound, "request.route", "There is nothing at this path.")
	errUnknown = problem.New(problem.Unavailable, "request.unknown",
		"Whether this service is on cannot be told now; try again soon.").WithRetry(10 * time.Second)
	errOrigin = problem.New(problem.Forbidden, "request.origin",
		"A page of another site sent this request; open Drover's own page and try again.")
	errForbidden = problem.New(problem.Forbidden, "request.caller", "This is not for callers of your kind.")
	errTooLarge  = problem.New(problem.TooLarge, "request.size", "The body of this request is larger than is read here.")
)

// document is a problem as RFC 9457 writes it, with the members of ours that it allows for.
type document struct {
	Type    string          `json:"type"`
	Title   string          `json:"title"`
	Status  int             `json:"status"`
	Code    string          `json:"code"`
	Detail  string          `json:"detail"`
	Field   string          `json:"field,omitempty"`
	Errors  []documentField `json:"errors,omitempty"`
	Request string          `json:"request,omitempty"`
}

type documentField struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// WriteProblem answers with the problem within err (RFC 9457). What an [http.MaxBytesReader] says becomes 413. The
// detail of a fault of ours goes to the log, never to the caller. The handler returns after it.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := asProblem(err)
	if x := exchangeOf(r.Context()); x != nil && p.Kind == problem.Internal {
		x.gate.log.Error("a request failed", logfield.Service, x.meter.service, logfield.Route, x.pattern(),
			logfield.Request, x.requestID(), logfield.Error, p.Detail)
	}
	writeDocument(w, p, p.Status(), RequestID(r.Context()))
}

func writeDocument(w http.ResponseWriter, p *problem.Error, status int, request string) {
	d := document{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: p.Code, Detail: p.Message,
		Field: p.Field, Request: request,
	}
	for _, f := range p.Fields {
		d.Errors = append(d.Errors, documentField(f))
	}
	raw, err := json.Marshal(d)
	if err != nil { // a struct of strings and numbers
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	if status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if p.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.Retry+time.Second-1)/time.Second)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

// drainable is how much of an unread body is worth reading to keep a connection.
const drainable = 16 << 10

// refuse answers in the service's stead, with a constant text.
func (x *exchange) refuse(r *http.Request, reason string, err error) {
	x.refused = reason
	if r.ContentLength < 0 || r.ContentLength > drainable {
		x.response.Header().Set("Connection", "close")
	}
	if reason == refusedMethod {
		writeDocument(&x.response, errMethod, http.StatusMethodNotAllowed, x.requestID())
		return
	}
	WriteProblem(&x.response, r.WithContext(x), err)
}

var errMethod = problem.New(problem.Malformed, "request.method", "This path does not take that method.")
