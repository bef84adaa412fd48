package door

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Doors are the doors of this server as its gate asks for them, from memory. Until they have been read for the first time
// nothing is let in but the monitoring; when they cannot be read any more for as long as decisions need, nothing is but
// what administers the server, by the rules that were known last.
type Doors struct {
	store    *Store
	bus      *bus.Bus
	revision *zone.Revision
	plan     atomic.Pointer[planned]
	lost     atomic.Bool
	failing  time.Time // since when the document, not the revision, cannot be read
	follower func()
}

type planned struct {
	revision int64
	number   int64
	hour     int64     // of reading: servers that are gone are forgotten
	next     time.Time // when a rule ends; zero for never
	doors    Plan
	document Document
	servers  []Node
}

// NewDoors returns the doors of a server. Run [Doors.Run] beside them.
func NewDoors(s *Store, b *bus.Bus, r *zone.Revision) *Doors {
	return &Doors{store: s, bus: b, revision: r}
}

// Follow has f called after each change, and when a rule has ended, for what must end when its door is closed. Call it before
// [Doors.Run]; f must not block.
func (d *Doors) Follow(f func()) { d.follower = f }

var open = &Door{On: true, Level: Open}

// Door returns the door of a service at this moment; nil while nothing can be told about it.
func (d *Doors) Door(name zone.Service) *Door {
	p := d.plan.Load()
	if p == nil {
		if name == zone.ServiceMonitoring {
			return open
		}
		return nil
	}
	if d.lost.Load() && !administering(name) {
		return nil
	}
	return p.doors[name]
}

func administering(name zone.Service) bool {
	return name == zone.ServiceAdminAPI || name == zone.ServiceMonitoring || name == zone.ServiceDashboard
}

// Number returns the version of the document that is in force on this server.
func (d *Doors) Number() int64 {
	if p := d.plan.Load(); p != nil {
		return p.number
	}
	return 0
}

// Known tells whether the doors have been read and still count.
func (d *Doors) Known() bool { return d.plan.Load() != nil && !d.lost.Load() }

// Read reads the doors now, unless the revision says that they are as they were. One goroutine alone may call it.
func (d *Doors) Read(ctx context.Context) error {
	revision, err := d.revision.Current()
	if err != nil {
		d.lost.Store(true)
		return err
	}
	now := d.store.with.Clock.Now()
	before := d.plan.Load()
	ends := before != nil && !before.next.IsZero() && !now.Before(before.next)
	if before != nil && before.revision == revision && before.hour == hourOf(now) && !ends {
		d.lost.Store(false)
		return nil
	}
	plan, err := d.planNow(ctx, revision, now)
	if err != nil {
		if d.failing.IsZero() {
			d.failing = time.Now()
		}
		d.lost.Store(d.lost.Load() || time.Since(d.failing) > staleAfter)
		return err
	}
	d.failing = time.Time{}
	d.plan.Store(plan)
	d.lost.Store(false)
	if d.follower != nil && before != nil && (before.number != plan.number || ends) {
		d.follower()
	}
	return nil
}

func (d *Doors) planNow(ctx context.Context, revision int64, now time.Time) (*planned, error) {
	v, err := newest(ctx, d.store.db.Pulse())
	if err != nil {
		return nil, err
	}
	servers, err := nodes(ctx, d.store.db.Pulse())
	if err != nil {
		return nil, err
	}
	self := d.store.Self()
	plan := v.Document.Compile(self, d.store.living(servers))
	return &planned{revision, v.Number, hourOf(now), v.Document.nextEnd(self, now), plan, v.Document, servers}, nil
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// nextEnd is when a rule that holds on a server ends next; the zero time for never.
func (d *Document) nextEnd(server string, now time.Time) (next time.Time) {
	own := d.place(server)
	for _, f := range append(d.Zone.filters(), own.filters()...) {
		for _, r := range f.Rules {
			if r.Until.After(now) && (next.IsZero() || r.Until.Before(next)) {
				next = r.Until
			}
		}
	}
	return next
}

// Closest returns what a computer is told of the zone's servers, from memory; a problem of kind Unavailable while that is
// not known. A device is told what is close to itself alone.
func (d *Doors) Closest(c scope.Caller, a Asker) (Closest, error) {
	p := d.plan.Load()
	switch {
	case c.Kind != scope.Device || c.ID != a.Device:
		return Closest{}, problem.New(problem.Forbidden, "doors.closest", "A device is told which servers are close to itself.")
	case p == nil:
		return Closest{}, problem.New(problem.Unavailable, "doors.unknown", "This server does not know its doors yet: ask again.").WithRetry(time.Second)
	}
	return p.document.Closest(p.servers, a, d.store.with.Clock.Now()), nil
}

const (
	readEvery  = time.Second
	staleAfter = 5 * time.Second
)

// Run keeps the doors in step with the zone until ctx ends.
func (d *Doors) Run(ctx context.Context, log *slog.Logger) {
	changed := make(chan struct{}, 1)
	cancel := d.bus.Subscribe(zone.Topic, func(bus.Message) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer cancel()
	tick := time.NewTicker(readEvery / 10)
	defer tick.Stop()
	for told := false; ; {
		err := d.Read(ctx)
		// At the very start the revision has not been read; the same words every second help nobody.
		if err != nil && ctx.Err() == nil && d.plan.Load() != nil && !told {
			log.Error("the doors of the services cannot be read", slog.Any(logfield.Error, err))
		}
		told = err != nil
		if d.plan.Load() != nil {
			tick.Reset(readEvery)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-tick.C:
		}
	}
}
