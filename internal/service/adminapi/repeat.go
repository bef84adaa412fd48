package adminapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/logfield"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

const (
	keyHeader = "Idempotency-Key"
	// replayed tells that an answer is one that was given before.
	replayed = "Idempotency-Replayed"
	// keepTime bounds the keeping of an answer, which goes on when its caller has gone.
	keepTime = 10 * time.Second
)

// ownKeys are the operations whose key core itself knows, for as long as the command is there.
var ownKeys = map[string]bool{"sendCommand": true, "sendDeviceCommand": true}

// takesKey returns the operation at a path when it may carry a key by which a repeated request is the same request: every
// POST of an administrator but a look at personal data, of which no second copy is kept. Others are nil.
func (a *API) takesKey(method, path string) *huma.Operation {
	item := a.Document().Paths[path]
	if method != http.MethodPost || item == nil || item.Post == nil || ownKeys[item.Post.OperationID] {
		return nil
	}
	if who := openapi.WhoOf(item.Post); who.Audience() != gate.AudienceAdmin || who.Right() == scope.UserPersonalRead {
		return nil
	}
	return item.Post
}

// describeKeys adds the header to the description of every operation that takes it.
func (a *API) describeKeys() {
	limit := 100
	for path := range a.Document().Paths {
		if op := a.takesKey(http.MethodPost, path); op != nil {
			op.Parameters = append(op.Parameters, &huma.Param{
				Name: keyHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &limit},
				Description: "Chosen by the caller, unique for the caller. For 24 hours the same request with the same key is answered as it was, and not done again.",
			})
		}
	}
}

// Routes returns the API's ways in for the gate: one for each operation. It fails when an operation does not say who may
// call it.
func (a *API) Routes() ([]gate.Route, error) {
	routes, err := a.API.Routes()
	out := slices.Clone(routes)
	for i, r := range out {
		if a.takesKey(r.Method, r.Pattern) != nil {
			out[i].Handler = a.once(r.Method+" "+r.Pattern, r.Handler)
		}
	}
	return out, err
}

// once lets a request that carries a key happen once.
func (a *API) once(operation string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get(keyHeader)
		if key == "" {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body) // the gate bounds it
		if err != nil {
			gate.WriteProblem(w, r, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		what := sha256.Sum256(append([]byte(r.URL.RequestURI()+"\x00"), body...))
		repeat, before, err := a.Admins.Once(r.Context(), gate.Caller(r.Context()), operation, key, what[:])
		if err != nil {
			gate.WriteProblem(w, r, err)
			return
		}
		if before != nil {
			again(w, before)
			return
		}
		a.first(w, r, next, repeat)
	})
}

// first carries a request out and keeps its answer when it succeeded: what failed may be tried again.
func (a *API) first(w http.ResponseWriter, r *http.Request, next http.Handler, repeat admin.Repeat) {
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	var answer *admin.Answer
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keepTime)
		defer cancel()
		if err := a.Admins.Answered(ctx, repeat, answer); err != nil {
			a.Log.ErrorContext(ctx, "an answer was not kept for its repetition", logfield.Request, gate.RequestID(ctx), slog.Any(logfield.Error, err))
		}
	}()
	next.ServeHTTP(rec, r)
	if rec.status >= 200 && rec.status < 300 {
		answer = &admin.Answer{Status: rec.status, ETag: rec.Header().Get("ETag"), Body: rec.body.Bytes()}
	}
}

// again gives an answer that was given before.
func again(w http.ResponseWriter, a *admin.Answer) {
	if a.ETag != "" {
		w.Header().Set("ETag", a.ETag)
	}
	if len(a.Body) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set(replayed, "true")
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // who has gone asks again
}

// recorder keeps what is answered. Answers are made whole in memory before they are written.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Write notes the body.
func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
