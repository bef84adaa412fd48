package portal

import (
	"context"
	"io/fs"
	"log/slog"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/core/admin"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/enrol"
	"drover/internal/core/journal"
	"drover/internal/core/policy"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
	"drover/internal/gate/pages"
)

// Path is where the pages are, and Base where the API's paths begin.
const (
	Path = "/portal"
	Base = Path + "/api/v1"
)

// Deps are what the portal stands on. All are needed.
type Deps struct {
	Log         *slog.Logger
	Clock       clock.Clock
	Bus         *bus.Bus
	Zone        *zone.Zone
	Selves      *selfservice.Store
	Directories *directory.Providers
	Admins      *admin.Store
	Devices     *device.Store
	Commands    *command.Commands
	Compliance  *compliance.Store
	Enrol       *enrol.Store
	Journal     *journal.Store
	Privacy     *privacy.Store
	// Effective returns what a device must obey, with the mail server's own policy where there is one.
	Effective func(context.Context, device.Device) (*policy.Effective, error)
	// Authority returns the certificate (DER) of the zone's own authority, nil where others vouch for the server.
	Authority func() ([]byte, error)
	URL       string // where devices and users reach the zone
	Start     string // the path of the page that an invitation leads to, with what stands before its token
	Files     fs.FS  // the front ends, as package web holds them
	// Tiles tells from where maps take their tiles; see [zone.TileOrigin].
	Tiles func(context.Context) string
}

// Portal is the self-service.
type Portal struct {
	Deps
	*openapi.API
	pages *pages.Pages
	hub   *hub
}

// New makes the portal. It fails when the front end cannot be read.
func New(d Deps) (*Portal, error) {
	front, err := pages.New(d.Files, "portal", Path)
	if err != nil {
		return nil, err
	}
	front.Images = d.Tiles
	p := &Portal{Deps: d, pages: front, hub: newHub(d.Devices.Owners)}
	d.Bus.Subscribe(eventTopic, p.hub.hear) // as long as the server runs
	p.API = openapi.New(openapi.Config{Service: zone.ServicePortal, Base: Base, Log: d.Log, Document: description()})
	for _, add := range []func(){p.addSession, p.addProof, p.addDevices, p.addEvents, p.addCommands, p.addEnrolment, p.addProfile, p.addData} {
		add()
	}
	p.Publish(Base+"/openapi.json", "the description of the API holds no data and is the same in every zone")
	p.addPages()
	return p, nil
}

func description() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Drover's portal API", Version: "1",
			Description: "What users do with their own devices and data. Sign in for a session cookie. What destroys something, or " +
				"shows where somebody is, needs a proof first: without one it answers 403 with the code proof.needed. A proof is " +
				"good for one act within five minutes. Errors are problems (RFC 9457).",
		},
		Components: &huma.Components{
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"session": {Type: "apiKey", In: "cookie", Name: CookieName, Description: "What signing in gives."},
			},
		},
		Tags: []*huma.Tag{
			{Name: "session", Description: "Signing in, and proving it once more."},
			{Name: "devices", Description: "One's own devices."},
			{Name: "commands", Description: "Orders to one's own devices."},
			{Name: "enrolment", Description: "How another device comes into the zone."},
			{Name: "data", Description: "What is kept of oneself, and who has looked at it."},
		},
	}
}

// byUser completes an operation that a signed-in user calls.
func byUser(tag, id, method, path, summary string) openapi.Operation {
	return openapi.Operation{
		ID: id, Method: method, Path: path, Tag: tag, Summary: summary, Who: gate.User(),
		Security: []map[string][]string{{"session": {}}},
	}
}

// caller returns who asks, as the gate has proven it.
func caller(ctx context.Context) scope.Caller { return gate.Caller(ctx) }

type none struct{}

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

// stamp writes a time, "" for never.
func stamp(t time.Time) string {
	if t.IsZero() || t.UnixMicro() == 0 {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func each[A, B any](list []A, turn func(A) B) []B {
	out := make([]B, len(list))
	for i, x := range list {
		out[i] = turn(x)
	}
	return out
}
