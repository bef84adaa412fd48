package server

import (
	"context"
	"path/filepath"
	"time"

	"drover/internal/base/blob"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/event"
	"drover/internal/core/platform"
	"drover/internal/core/report"
	"drover/internal/core/scope"
	"drover/internal/core/spool"
	"drover/internal/service/collection"
)

// openSpool puts together what takes files and events from computers, and the reports over what they told. The files lie beside the database, on this server.
func (z *Zone) openSpool() error {
	blobs, err := blob.Open(filepath.Join(z.Config.Data, "spool"))
	if err != nil {
		return err
	}
	self, err := serverID(z.Config.Data)
	if err != nil {
		return err
	}
	z.Spool = spool.New(spool.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Keys: z.Keys, Blobs: blobs, Devices: z.Devices, Self: self})
	z.Events = event.New(event.Parts{DB: z.DB, Clock: z.Clock, Bus: z.Bus})
	z.Reports = report.New(report.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Devices: z.Devices, Inventory: z.Inventory, Admins: z.Admins})
	z.Devices.Follow(z.Spool)
	z.Devices.Follow(z.Events)
	z.Users.Follow(z.Spool)
	return nil
}

// newCollection makes the service that takes what computers tell.
func (s *Server) newCollection() *collection.Service {
	z := s.zone
	return collection.New(collection.Deps{
		Log: s.log, Clock: z.Clock, Inventory: z.Inventory, ByToken: z.Enrol.ByToken, Inventoried: z.Devices.Inventoried,
		AsksAbout: asks{z}.AsksAbout, Spool: z.Spool, Events: z.Events, Journal: z.Journal, Asks: asks{z}.Asks,
		OwnerOf: z.ownerOf, Requested: z.logRequested, Seen: z.Devices.Touch,
	})
}

func (z *Zone) ownerOf(ctx context.Context, id string) (string, time.Time, error) {
	d, err := z.Devices.Get(ctx, scope.System("collection"), id)
	if err != nil {
		return "", time.Time{}, err
	}
	since, err := z.Enrol.Owned(ctx, id)
	return d.Owner, since, err
}

// errNoRequest is of the kind after which an agent drops the file.
var errNoRequest = problem.New(problem.Invalid, "collect.unrequested",
	"A computer's log is taken only as the answer to an order for it; nothing of it was read.").WithField("order")

// logRequested tells whether an order asks the device for its log. An agent may have told that the order is done before the log
// comes.
func (z *Zone) logRequested(ctx context.Context, id, order string) error {
	c, err := z.Commands.Get(ctx, scope.System("collection"), order)
	if problem.Is(err, problem.NotFound) {
		return errNoRequest
	}
	if err != nil {
		return err
	}
	handed := c.State == command.Delivered || c.State == command.Acknowledged || c.State == command.Postponed || c.State == command.Done
	if c.Device != id || c.Kind != platform.RequestLog || !handed || !z.Clock.Now().Before(c.Expires) {
		return errNoRequest
	}
	return nil
}

// uploadChapter is which files a user's computers have sent; what was in them is told where it was imported to.
func (z *Zone) uploadChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	list, err := z.Spool.OfOwner(ctx, exporter, owner)
	return each(list, err, add, func(f spool.File) map[string]any {
		return map[string]any{"device": f.Device, "kind": f.Kind, "size": f.Size, "begun": f.Begun, "state": f.State, "reason": f.Reason}
	})
}

// agentEventChapter is what the agents of a user's computers have said of themselves.
func (z *Zone) agentEventChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	return z.devicesOf(ctx, owner, func(d device.Device) error {
		return page.Walk(func(after string) ([]event.Event, string, error) {
			p, err := z.Events.List(ctx, exporter, event.Query{Device: d.ID, Request: page.Request{Limit: page.MaxLimit, After: after}})
			return p.Items, p.Next, err
		}, func(e event.Event) error {
			return add(map[string]any{"device": d.ID, "at": e.At, "received": e.Received, "kind": e.Kind, "level": e.Level, "words": e.Words})
		})
	})
}
