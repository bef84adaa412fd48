package companion

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/problem"
	"drover/internal/core/journal"
	"drover/internal/gate/openapi"
)

// limits bound the uploads of each kind, in octets.
var limits = map[Kind]int64{
	DeviceLog: 4 << 20, Location: 64 << 10, PhoneLog: 1 << 20, TextLog: 1 << 20, File: journal.MaxFile,
}

// megabytes is the bound of a file in words.
var megabytes = fmt.Sprintf("%d MiB", journal.MaxFile>>20)

func (s *Service) addUploads() {
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "upload", Method: http.MethodPut, Path: "/data/{kind}/{id}", Tag: "data", Body: journal.MaxFile, Request: &huma.RequestBody{
			Required: true, Content: map[string]*huma.MediaType{
				"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
			},
		},
		Summary: "Send a piece of personal data, where the policy asks for it",
		Words: "403 collect.off before anything is read where it does not. The same id again is the same piece. At most: device-log " +
			"4 MiB, location 64 KiB, phone-log and text-log 1 MiB, file " + megabytes + ". A file is its content, and path and sha256 say " +
			"which. All else is a JSON array of 1 to 500 things, times as RFC 3339 writes them: of location {at, latitude, " +
			"longitude, accuracy} in degrees and metres, of phone-log {at, number, direction (in, out, missed), seconds}, of " +
			"text-log {at, number, direction (in, out), text}, of device-log {from, until, text}. A device-log answers an order " +
			"request-log, which command names.",
	}), s.upload)
}

// piece is an upload. Its body is not read before it is known to be wanted.
type piece struct {
	SignedBody
	Kind    string `path:"kind" enum:"device-log,location,phone-log,text-log,file"`
	ID      string `path:"id" minLength:"16" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"Made by the device."`
	Command string `query:"command" maxLength:"64" doc:"The order that it answers."`

	Path     string    `query:"path" maxLength:"1024" doc:"Of a file: where it lies on the device."`
	Modified time.Time `query:"modified" doc:"Of a file: when it was changed last."`
	SHA256   string    `query:"sha256" pattern:"^[0-9a-f]{64}$" doc:"Of a file: the SHA-256 of its content."`

	media string
	body  io.Reader
}

// Resolve keeps the body; it is called by huma.
func (p *piece) Resolve(ctx huma.Context) []error {
	p.media, p.body = ctx.Header("Content-Type"), ctx.BodyReader()
	return nil
}

func (s *Service) upload(ctx context.Context, in *piece) (*none, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.device(ctx, p.Device)
	if err != nil {
		return nil, err
	}
	kind := Kind(in.Kind)
	u := Upload{
		ID: in.ID, Kind: kind, Device: d, Command: in.Command, Type: in.media, Made: in.made(s.Tag),
		File: FileFacts{Path: in.Path, Modified: in.Modified, SHA256: in.SHA256},
	}
	return done(s.Collector.Keep(ctx, u, &limited{in.body, limits[kind]}))
}

var errTooMuch = problem.New(problem.TooLarge, "collect.size", "A piece of this kind may not be so large.")

// limited fails past its limit.
type limited struct {
	io.Reader
	left int64
}

// Read reads, and fails past the limit.
func (l *limited) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooMuch
	}
	return n, err
}
