package companion

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/duress"
	"drover/internal/core/enrol"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

// Base is where the protocol's paths begin.
const Base = "/companion/v1"

// wellKnown is where an application that knows nothing but a mail address asks the domain's web server (RFC 8615).
const wellKnown = "/.well-known/drover-companion"

// startPath is where the link of an invitation leads whoever opens it in a browser.
const startPath = Base + "/start"

const startPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Enrol this device</title></head>
<body><h1>Enrol this device</h1><p>This link is an invitation. Open it with your organization's management application on the
device that you want to enrol, or scan its QR code there. Give it to nobody: who has it enrols in your name.</p></body></html>
`

// Kind is a kind of personal data that a device can send.
type Kind string

// The kinds.
const (
	DeviceLog Kind = "device-log"
	Location  Kind = "location"
	PhoneLog  Kind = "phone-log"
	TextLog   Kind = "text-log"
	File      Kind = "file"
)

// Upload is one piece of personal data on its way in. The id is the device's: the same one again is the same piece.
type Upload struct {
	ID      string
	Kind    Kind
	Device  device.Device
	Command string // the order that it answers, or ""
	Type    string // the media type, as the device says
	Made    time.Time
	File    FileFacts // of a [File]
}

// FileFacts are what a device says of a file that it sends.
type FileFacts struct {
	Path     string // on the device; it never names a file of the server
	Modified time.Time
	SHA256   string // of the content, in hexadecimal digits
}

// Collector takes personal data, as far as the policy of a device asks for it.
type Collector interface {
	// Keep reads to the end and keeps what it has read. Where reading fails, nothing is kept. Before anything is read it asks
	// whether the upload is wanted now, and returns a problem of kind Forbidden when it is not.
	Keep(ctx context.Context, u Upload, body io.Reader) error
}

// Deps are what the service stands on. All are needed.
type Deps struct {
	Log       *slog.Logger
	Clock     clock.Clock
	Bus       *bus.Bus
	Enrol     *enrol.Store
	Devices   *device.Store
	Commands  *command.Commands
	Duress    *duress.Store
	Collector Collector
	// Effective returns what a device must obey, with the mail server's own policy where there is one.
	Effective func(context.Context, device.Device) (*policy.Effective, error)
	// Schedules returns the schedules that reach a device; the first holds.
	Schedules func(context.Context, device.Device) ([]policy.Scheduled, error)
	// Serves tells whether the zone serves a mail domain.
	Serves func(ctx context.Context, domain string) (bool, error)
	// Zone returns the zone's name for people.
	Zone func(context.Context) (string, error)
	URL  string // where devices reach the zone
	Tag  string // of signatures; see [httpsig.Verifier]
	// Nonces remembers the signatures of devices that are not known yet.
	Nonces *httpsig.Nonces
}

// Service is the companion's protocol.
type Service struct {
	Deps
	*openapi.API
	held *holding
}

// New makes the service. Run [Service.Run] beside it.
func New(d Deps) *Service {
	s := &Service{Deps: d, held: newHolding()}
	s.API = openapi.New(openapi.Config{Service: zone.ServiceCompanion, Log: d.Log, Document: description()})
	for _, add := range []func(){s.addEnrolment, s.addKey, s.addPolicy, s.addCommands, s.addWait, s.addUploads} {
		add()
	}
	s.Serve(startPath, "text/html; charset=utf-8", []byte(startPage), "the page is the same for everybody; what stands behind # in its link is not sent")
	s.Publish(Base+"/openapi.json", "the description of the protocol holds no data and is the same in every zone")
	return s
}

func description() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Drover's companion protocol", Version: "1", Description: signing,
		},
		Components: &huma.Components{
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"signature": {
					Type: "apiKey", In: "header", Name: "Signature",
					Description: "An HTTP message signature (RFC 9421) by the device's key.",
				},
			},
		},
		Tags: []*huma.Tag{
			{Name: "enrolment", Description: "How a device comes into the zone."},
			{Name: "key", Description: "The device's key, and its end."},
			{Name: "policy", Description: "What a device must obey."},
			{Name: "commands", Description: "Orders to a device."},
			{Name: "state", Description: "What a device has to do, and what it tells of itself."},
			{Name: "data", Description: "Personal data, where the policy asks for it."},
		},
	}
}

// signing is how requests are signed, for those who write an application.
const signing = `What an application on a phone and the server say to each other.

Every request but the first three is signed (RFC 9421) by a key that the device has made and that never leaves it: Ed25519
(alg ed25519) or ECDSA P-256 (alg ecdsa-p256-sha256). The signature covers @method, @path and @query, and where there is a
body also content-digest (RFC 9530, sha-256 or sha-512) and content-type. Its parameters are created (the time, within 300
seconds of the server's), nonce (16 to 128 characters, never used twice), keyid and tag (as discovery tells). A request
that is repeated is signed anew. When the clock is too far off, the answer is 401 with the code signature.clock, and its
Date field is the server's time.

keyid is the unpadded base64url of the SHA-256 of the key's SubjectPublicKeyInfo. The enrolment is signed by the new key.

Errors are problems (RFC 9457); their code is stable. 401 key.unknown: the device must enrol anew. 403 device.wiped or
device.retired: an administrator must let it enrol again first.`

// Signed are the fields of every request that a device has signed.
type Signed struct {
	Input     string `header:"Signature-Input" required:"true" maxLength:"2000" doc:"What the signature covers (RFC 9421 section 4.1)."`
	Signature string `header:"Signature" required:"true" maxLength:"500" doc:"The signature (RFC 9421 section 4.2)."`
}

// SignedBody are those of a request with a body.
type SignedBody struct {
	Signed
	Digest string `header:"Content-Digest" required:"true" maxLength:"300" doc:"Of the body (RFC 9530)."`
}

// made returns when the device signed the request; the gate has checked it.
func (x Signed) made(tag string) time.Time {
	list, err := httpsig.Parse(map[string][]string{"Signature-Input": {x.Input}, "Signature": {x.Signature}})
	if err != nil {
		return time.Time{}
	}
	for _, one := range list {
		if one.Tag == tag {
			return one.Created
		}
	}
	return time.Time{}
}

// caller returns the device that calls, as the gate has proven it.
func caller(ctx context.Context) scope.Caller { return gate.Caller(ctx) }

// proof returns what the device's key proves now; a problem when the device must stay out.
func (s *Service) proof(ctx context.Context) (enrol.Proof, error) {
	p, err := s.Enrol.Proof(ctx, caller(ctx).Session)
	if err != nil {
		return p, err
	}
	if p.Refusal != nil {
		return p, p.Refusal
	}
	if p.State != enrol.Good {
		return p, errEnded
	}
	s.Devices.Touch(caller(ctx), p.Device)
	return p, nil
}

var errEnded = problem.New(problem.Unauthenticated, "key.ended", "This key can only report the erasing of its device any more.")

type none struct{}

type answer[T any] struct{ Body T }

func reply[T any](body T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{body}, nil
}

func done(err error) (*none, error) { return &none{}, err }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// byDevice completes an operation that a device calls.
func byDevice(o openapi.Operation) openapi.Operation {
	o.Who, o.Path = gate.Device(), Base+o.Path
	o.Security = []map[string][]string{{"signature": {}}}
	return o
}
