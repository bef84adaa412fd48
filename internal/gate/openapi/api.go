package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"drover/internal/core/zone"
	"drover/internal/gate"
)

// Config says what an API is. All fields are needed but Challenge.
type Config struct {
	Service   zone.Service // that its routes belong to
	Base      string       // where its paths begin
	Log       *slog.Logger // nil only where nothing is served
	Document  *huma.OpenAPI
	Challenge string // the WWW-Authenticate field of answers to callers that are not proven, or ""
}

// API is a set of described operations.
type API struct {
	with   Config
	huma   huma.API
	routes []gate.Route
	faults []error
}

// New makes an API without operations. What is wrong with those that are added is told by [API.Routes].
func New(c Config) *API {
	a := &API{with: c}
	if c.Document.Components.Schemas == nil {
		c.Document.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	}
	a.huma = huma.NewAPI(huma.Config{
		OpenAPI:       c.Document,
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		// A misspelt filter must not look like one that matches everything.
		RejectUnknownQueryParameters: true,
	}, a)
	return a
}

// Handle takes an operation from huma and makes it a route; see huma.Adapter.
func (a *API) Handle(op *huma.Operation, handle func(huma.Context)) {
	route, _ := op.Metadata[metaRoute].(gate.Route)
	route.Service, route.Method, route.Pattern, route.Who = a.with.Service, op.Method, op.Path, WhoOf(op)
	route.Handler = withoutNul(func(w http.ResponseWriter, r *http.Request) { handle(humago.NewContext(op, r, w)) })
	a.routes = append(a.routes, route)
}

// ServeHTTP is what huma.Adapter asks for; requests come through the gate.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// AddRoute adds a way in that is no operation and is not described.
func (a *API) AddRoute(r gate.Route) {
	r.Service = a.with.Service
	a.routes = append(a.routes, r)
}

// Routes returns the API's ways in for the gate: one for each operation. It fails when an operation does not say who may
// call it.
func (a *API) Routes() ([]gate.Route, error) { return a.routes, errors.Join(a.faults...) }

// Document returns the description of the operations that were added so far.
func (a *API) Document() *huma.OpenAPI { return a.huma.OpenAPI() }

// JSON returns the description as a document: OpenAPI 3.1 in JSON.
func (a *API) JSON() []byte {
	raw, err := json.MarshalIndent(a.Document(), "", "  ")
	if err != nil { // made of our own types alone
		panic(fmt.Sprintf("the OpenAPI document: %v", err))
	}
	return append(raw, '\n')
}

// Publish serves the document as it is now at a path of its own, to everybody; the reason is shown in the exposure report.
func (a *API) Publish(path, reason string) {
	a.Serve(path, "application/vnd.oai.openapi+json;version=3.1", a.JSON(), reason)
}

// Serve serves one constant text, to everybody.
func (a *API) Serve(path, kind string, body []byte, reason string) {
	a.AddRoute(gate.Route{
		Method: http.MethodGet, Pattern: path, Who: gate.Anyone(reason),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(body)
		}),
	})
}
