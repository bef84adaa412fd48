package zone

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// OffSetting lists the services that are switched off.
var OffSetting = Setting[[]Service]{Name: "services.off", Default: []Service{}, Right: scope.ServiceEdit, Check: checkOff}

func checkOff(off []Service) error {
	for _, s := range off {
		if !s.Known() {
			return problem.New(problem.Invalid, "service.unknown", "There is no such service.").WithField("service")
		}
		if s == ServiceAdminAPI || s == ServiceMonitoring {
			return problem.Newf(problem.Conflict, "service.required", "The service %s cannot be switched off: nothing could switch it on again.", s)
		}
	}
	return nil
}

// Off returns the services that are switched off, and the version of that list.
func (z *Zone) Off(ctx context.Context, c scope.Caller) ([]Service, int64, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return nil, 0, err
	}
	return Get(ctx, z.db, OffSetting)
}

// Switch switches a service on or off. version is the one of [Zone.Off] that the caller has seen.
func (z *Zone) Switch(ctx context.Context, c scope.Caller, name Service, on bool, version int64) error {
	return z.db.Write(ctx, func(tx *sqldb.Tx) error {
		off, _, err := Get(ctx, tx, OffSetting)
		if err != nil {
			return err
		}
		off = slices.DeleteFunc(slices.Clone(off), func(s Service) bool { return s == name })
		if !on {
			off = append(off, name)
		}
		return Set(ctx, z, tx, c, OffSetting, off, version)
	})
}

// Switches tells from memory which services are on. Until it has read for the first time, and when it cannot read any
// more for as long as decisions need, all but what administers the server are off.
type Switches struct {
	db       *sqldb.DB
	bus      *bus.Bus
	revision *Revision
	off      atomic.Pointer[switched]
	follower func()
}

type switched struct {
	revision int64
	off      []Service
}

// NewSwitches returns the switches of a server. Run [Switches.Run] beside them.
func NewSwitches(db *sqldb.DB, b *bus.Bus, r *Revision) *Switches {
	return &Switches{db: db, bus: b, revision: r}
}

// Follow has f called after each change of a switch, for what must end when its service is switched off. Call it before
// [Switches.Run]; f must not block.
func (s *Switches) Follow(f func()) { s.follower = f }

var administering = []Service{ServiceAdminAPI, ServiceMonitoring, ServiceDashboard}

// On tells whether a service is switched on.
func (s *Switches) On(name Service) bool {
	x := s.off.Load()
	if x == nil {
		return slices.Contains(administering, name)
	}
	return !slices.Contains(x.off, name)
}

// Known tells whether the switches have been read and still count.
func (s *Switches) Known() bool { return s.off.Load() != nil }

// Read reads the switches now, unless the revision says that they are as they were.
func (s *Switches) Read(ctx context.Context) error {
	revision, err := s.revision.Current()
	if err != nil {
		s.off.Store(nil)
		return err
	}
	before := s.off.Load()
	if before != nil && before.revision == revision {
		return nil
	}
	off, _, err := Get(ctx, s.db.Pulse(), OffSetting)
	if err != nil {
		return err
	}
	s.off.Store(&switched{revision, off})
	if s.follower != nil && before != nil && !slices.Equal(before.off, off) {
		s.follower()
	}
	return nil
}

// Run keeps the switches in step with the zone until ctx ends.
func (s *Switches) Run(ctx context.Context, log *slog.Logger) {
	changed := make(chan struct{}, 1)
	cancel := s.bus.Subscribe(Topic, func(bus.Message) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := s.Read(ctx); err != nil && ctx.Err() == nil && s.revision.read.Load() != nil {
			log.Error("the switches of the services cannot be read", slog.Any(logfield.Error, err))
		}
		if s.off.Load() != nil {
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
