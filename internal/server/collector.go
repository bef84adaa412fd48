package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/service/companion"
)

// collector puts what companion applications send into the journal.
type collector struct{ *Zone }

var errUnrequested = problem.New(problem.Forbidden, "collect.unrequested",
	"A device's log is taken only as the answer to a request for it that is under way; nothing of it was read.")

// requested tells whether the upload answers a request for the device's log that the device has fetched and that has not
// expired.
func (z collector) requested(ctx context.Context, u companion.Upload) error {
	c, err := z.Commands.Get(ctx, scope.System("collector"), u.Command)
	if problem.Is(err, problem.NotFound) {
		return errUnrequested
	}
	if err != nil {
		return err
	}
	underway := c.State == command.Delivered || c.State == command.Postponed
	if c.Device != u.Device.ID || c.Kind != platform.RequestLog || !underway || !z.Clock.Now().Before(c.Expires) {
		return errUnrequested
	}
	return nil
}

// Keep asks the policy of the device, and for a log also whether somebody has requested it; then it reads what is sent and keeps
// it.
func (z collector) Keep(ctx context.Context, u companion.Upload, body io.Reader) error {
	itself := scope.Caller{Kind: scope.Device, ID: u.Device.ID}
	from, err := z.Journal.Admit(ctx, itself, journal.Source{
		Device: u.Device.ID, Owner: u.Device.Owner, Piece: string(u.Kind) + "/" + u.ID,
	}, journal.Kind(u.Kind))
	if err != nil {
		return err
	}
	switch u.Kind {
	case companion.File:
		file := journal.Copy{Path: u.File.Path, Modified: u.File.Modified, SHA256: u.File.SHA256}
		return z.Journal.KeepFile(ctx, itself, from, file, body)
	case companion.Location:
		return z.keepPositions(ctx, itself, from, body)
	case companion.PhoneLog:
		return keep[journal.Call](ctx, z, itself, from, body)
	case companion.TextLog:
		return keep[journal.Text](ctx, z, itself, from, body)
	case companion.DeviceLog:
		if err := z.requested(ctx, u); err != nil {
			return err
		}
		return keep[journal.Lines](ctx, z, itself, from, body)
	}
	return errForm
}

// keepPositions keeps where the device was and judges the last of it by the rules for areas.
func (z collector) keepPositions(ctx context.Context, c scope.Caller, from journal.Source, body io.Reader) error {
	list, err := items[journal.Position](body)
	if err != nil {
		return err
	}
	if err := z.Journal.Keep(ctx, c, from, told(list)...); err != nil {
		return err
	}
	last := list[0]
	for _, p := range list {
		if p.At.After(last.At) {
			last = p
		}
	}
	return z.Compliance.Placed(ctx, c, c.ID, last.At, compliance.Position{Latitude: last.Latitude, Longitude: last.Longitude})
}

// item is a thing of the journal that is read from JSON.
type item[T any] interface {
	*T
	journal.Item
}

func keep[T any, P item[T]](ctx context.Context, z collector, c scope.Caller, from journal.Source, body io.Reader) error {
	list, err := items[T](body)
	if err != nil {
		return err
	}
	return z.Journal.Keep(ctx, c, from, told[T, P](list)...)
}

func told[T any, P item[T]](list []T) []journal.Item {
	out := make([]journal.Item, len(list))
	for i := range list {
		out[i] = P(&list[i])
	}
	return out
}

var (
	errForm = problem.New(problem.Malformed, "collect.form",
		"This is no JSON array of what the protocol describes for the kind. Nothing has been kept.")
	errMany = problem.Newf(problem.Invalid, "collect.many", "Send 1 to %d things at once. Nothing has been kept.", journal.MaxItems)
)

// items reads a JSON array of 1 to [journal.MaxItems] things, strictly and one by one, so that a longer one takes no more of the
// server than that many. What a device has sent is in no error.
func items[T any](body io.Reader) ([]T, error) {
	from := &source{Reader: body}
	list, err := decodeItems[T](json.NewDecoder(from))
	switch {
	case from.broken != nil:
		return nil, from.broken
	case errors.Is(err, errMany):
		return nil, err
	case err != nil:
		return nil, errForm
	}
	return list, nil
}

// source tells what went wrong with reading from what went wrong with what was read.
type source struct {
	io.Reader
	broken error
}

// Read reads, and keeps the fault that ends it.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.broken = err
	}
	return n, err
}

func decodeItems[T any](d *json.Decoder) (list []T, err error) {
	d.DisallowUnknownFields()
	if begin, err := d.Token(); err != nil || begin != json.Delim('[') {
		return nil, errForm
	}
	for d.More() {
		if len(list) == journal.MaxItems {
			return nil, errMany
		}
		var x T
		if err := d.Decode(&x); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	if _, err := d.Token(); err != nil { // the end of the array
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errForm
	}
	if len(list) == 0 {
		return nil, errMany
	}
	return list, nil
}
