package agents

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"drover/internal/base/problem"
	"drover/internal/gate"
)

// Nothing is the input of a request without a body, and the answer that has none but success.
type Nothing struct{}

var errBody = problem.New(problem.Malformed, "request.body", "The body cannot be read: it must be one JSON value as the protocol says.")

// Handle makes a handler of what a service does with a request in JSON. What was sent is read whole and has the digest that
// was signed before do is called. Who calls, [gate.Caller] of the context tells: the device's id, and as the session the id of
// its key. Members that are not known are passed over: an agent may be newer than its server.
func Handle[I, O any](do func(ctx context.Context, in I) (O, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in I
		if err := Read(r, &in); err != nil {
			gate.WriteProblem(w, r, err)
			return
		}
		out, err := do(r.Context(), in)
		if err != nil {
			gate.WriteProblem(w, r, err)
			return
		}
		Answer(w, out)
	})
}

// firstRoom bounds what is set aside for a body by its word alone.
const firstRoom = 8 << 10

// Read reads a body to its end into v; nothing where v is a [Nothing]. Problems: of kind Malformed when it is no JSON or not
// what was signed, TooLarge when it is larger than the route takes.
func Read(r *http.Request, v any) error {
	raw := bytes.NewBuffer(make([]byte, 0, min(max(r.ContentLength, 0), firstRoom)+bytes.MinRead))
	if _, err := raw.ReadFrom(r.Body); err != nil {
		return readError(err)
	}
	if _, none := v.(*Nothing); none {
		return nil
	}
	if err := json.Unmarshal(raw.Bytes(), v); err != nil {
		return errBody.WithDetail(err)
	}
	return nil
}

// readError keeps what already says what is wrong; what else ends a body early is the sender's.
func readError(err error) error {
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return errBody.WithDetail(err)
}

// Answer writes v in JSON.
func Answer(w http.ResponseWriter, v any) {
	raw, err := json.Marshal(v)
	if err != nil { // a type of the protocol
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(raw)
}
