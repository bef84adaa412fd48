package adminapi

import (
	"context"
	"time"

	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
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
	body    int64         // the most octets of a request; 0 means 64 KiB
	time    time.Duration // as in [gate.Route]
	early   bool          // also for a session that still lacks its second factor
	csv     string        // the media type of the answer where it is no JSON
}

// add makes an operation of the API.
func add[I, O any](a *API, o operation, handle func(context.Context, *I) (*O, error)) {
	if o.early {
		a.early[o.method+" "+Base+o.path] = true
	}
	described := openapi.Operation{
		ID: o.id, Method: o.method, Path: o.path, Tag: o.tag, Summary: o.summary, Words: o.words, Who: o.who, Status: o.status,
		Body: o.body, Time: o.time, Type: o.csv,
	}
	if o.who.Audience() == gate.AudienceAdmin {
		described.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	}
	openapi.Add(a.API, described, handle)
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
