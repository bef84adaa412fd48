package adminapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// The keys of an operation's metadata.
const (
	metaWho   = "who"
	metaRoute = "route"
)

const (
	// maxBody bounds most requests.
	maxBody = 64 << 10
	// bodyTime is how long the body of a request may take to arrive.
	bodyTime = 20 * time.Second
)

// operation says what huma and the gate need to know of one operation.
type operation struct {
	id      string // unique, for generated clients
	method  string
	path    string // under Base
	tag     string
	summary string
	words   string
	who     gate.Who
	status  int           // of a success; 0 means 200, or 204 without a body
	body    int64         // the most octets of a request; 0 means maxBody
	time    time.Duration // as in [gate.Route]
	early   bool          // also for a session that still lacks its second factor
	csv     string        // the media type of the answer where it is no JSON
}

// add makes an operation of the API.
func add[I, O any](a *API, o operation, handle func(context.Context, *I) (*O, error)) {
	if o.who == (gate.Who{}) {
		a.faults = append(a.faults, fmt.Errorf("operation %s does not say who may call it", o.id))
	}
	if o.body == 0 {
		o.body = maxBody
	}
	if o.early {
		a.early[o.method+" "+Base+o.path] = true
	}
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: Base + o.path, Tags: []string{o.tag}, Summary: o.summary,
		Description: o.describe(), DefaultStatus: o.status, MaxBodyBytes: o.body, BodyReadTimeout: bodyTime,
		Metadata: map[string]any{metaWho: o.who},
	}
	route := gate.Route{Time: o.time}
	if o.method != http.MethodGet {
		route.Body = o.body + 1 // so that huma sees that there is too much
	}
	op.Metadata[metaRoute] = route
	if o.who.Audience() == gate.AudienceAdmin {
		op.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	}
	if o.csv != "" {
		op.Responses = map[string]*huma.Response{"200": {
			Description: "OK", Content: map[string]*huma.MediaType{o.csv: {Schema: &huma.Schema{Type: "string"}}},
		}}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.failure(ctx, o, err)
		}
		return out, nil
	})
}

func (o operation) describe() string {
	words := o.words
	if words != "" {
		words += "\n\n"
	}
	if r := o.who.Right(); r != "" {
		return words + "Needs the right `" + string(r) + "`."
	}
	return words + "Needs no right: " + o.who.Reason() + "."
}

// failure turns an error of a handler into the answer, and tells the log of what is our fault.
func (a *API) failure(ctx context.Context, o operation, err error) error {
	p := problem.From(err)
	if p.Kind == problem.Internal && !errors.Is(err, context.Canceled) {
		a.Log.ErrorContext(ctx, "a request failed", logfield.Route, o.method+" "+Base+o.path,
			logfield.Request, gate.RequestID(ctx), logfield.Error, p.Detail)
	}
	return fail(p, gate.RequestID(ctx))
}

// caller returns who asks, as the gate has proven it.
func caller(ctx context.Context) scope.Caller { return gate.Caller(ctx) }

// none is the input or output of operations that have none.
type none struct{}

// answer is an output with a body.
type answer[T any] struct{ Body T }

func reply[T any](body T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{body}, nil
}

func done(err error) (*none, error) { return &none{}, err }

// byID is the input of operations on one object.
type byID struct {
	ID string `path:"id" maxLength:"64"`
}

// with is the input of operations that have only a body.
type with[T any] struct{ Body T }

// idWith is the input of operations on one object that have a body.
type idWith[T any] struct {
	ID   string `path:"id" maxLength:"64"`
	Body T
}
