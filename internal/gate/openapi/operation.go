package openapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/logfield"
	"drover/internal/base/problem"
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

// Operation says what huma and the gate need to know of one operation.
type Operation struct {
	ID       string // unique, for generated clients
	Method   string
	Path     string // under the API's base
	Tag      string
	Summary  string
	Words    string
	Who      gate.Who
	Security []map[string][]string
	Status   int               // of a success; 0 means 200, or 204 without a body
	Body     int64             // the most octets of a request; 0 means 64 KiB
	Time     time.Duration     // as in [gate.Route]
	Type     string            // the media type of the answer where it is no JSON
	Request  *huma.RequestBody // of a request whose body the handler reads by itself
}

// WhoOf returns who may call an operation of a document that this package made.
func WhoOf(op *huma.Operation) gate.Who {
	who, _ := op.Metadata[metaWho].(gate.Who)
	return who
}

// Add makes an operation of the API.
func Add[I, O any](a *API, o Operation, handle func(context.Context, *I) (*O, error)) {
	if o.Who == (gate.Who{}) {
		a.faults = append(a.faults, fmt.Errorf("operation %s does not say who may call it", o.ID))
	}
	if o.Body == 0 {
		o.Body = maxBody
	}
	op := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: a.with.Base + o.Path, Tags: []string{o.Tag}, Summary: o.Summary,
		Description: o.describe(), DefaultStatus: o.Status, MaxBodyBytes: o.Body, BodyReadTimeout: bodyTime,
		Security: o.Security, RequestBody: o.Request, Metadata: map[string]any{metaWho: o.Who},
	}
	route := gate.Route{Time: o.Time}
	if o.Method != http.MethodGet {
		route.Body = o.Body + 1 // so that huma sees that there is too much
	}
	op.Metadata[metaRoute] = route
	if o.Type != "" {
		op.Responses = map[string]*huma.Response{"200": {
			Description: "OK", Content: map[string]*huma.MediaType{o.Type: {Schema: &huma.Schema{Type: "string"}}},
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

func (o Operation) describe() string {
	words := o.Words
	if words != "" {
		words += "\n\n"
	}
	switch {
	case o.Who.Right() != "":
		return words + "Needs the right `" + string(o.Who.Right()) + "`."
	case o.Who.Audience() == gate.AudienceDevice || o.Who.Audience() == gate.AudienceAgent:
		return words + "Needs the device's signature."
	case o.Who.Audience() == gate.AudienceUser:
		return words + "Needs a user who is signed in."
	}
	return words + "Needs no right: " + o.Who.Reason() + "."
}

// failure turns an error of a handler into the answer, and tells the log of what is our fault.
func (a *API) failure(ctx context.Context, o Operation, err error) error {
	p := problem.From(err)
	if p.Kind == problem.Internal && !errors.Is(err, context.Canceled) {
		a.with.Log.ErrorContext(ctx, "a request failed", logfield.Route, o.Method+" "+a.with.Base+o.Path,
			logfield.Request, gate.RequestID(ctx), logfield.Error, p.Detail)
	}
	return fail(p, gate.RequestID(ctx), a.with.Challenge)
}
