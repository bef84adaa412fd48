package access

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/logfield"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// The rows of devices hold what was decided last, for lists. A request brings its device's row in step; here the rows of those
// that send none are.

const (
	// sweepSize is how many devices are decided on at once.
	sweepSize = 500
	// sweepEvery is how often all are decided on though nobody told anything: rules and words on single devices end by time.
	sweepEvery = 5 * time.Minute
	// topic is where a change of the rules is told.
	topic = "access"
)

// self decides for the lists.
var self = scope.System("access")

// Due tells whether a sweep should be made: some minutes after the last one, and when the rules have changed. It says so once.
func (s *Store) Due(context.Context) (bool, error) {
	now := s.with.Clock.Now()
	if !s.changedRules.Swap(false) && sqldb.Micros(now) < s.nextSweep.Load() {
		return false, nil
	}
	s.nextSweep.Store(sqldb.Micros(now.Add(sweepEvery)))
	return true, nil
}

// Sweep notes what is decided for every device in use. One server at a time calls it, when it is [Store.Due].
func (s *Store) Sweep(ctx context.Context) error {
	for after := ""; ; {
		list, err := s.with.Devices.Sweep(ctx, self, scope.DeviceRead, after, sweepSize)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := s.note(ctx, list); err != nil {
			return err
		}
		after = list[len(list)-1].ID
	}
}

// Look notes what is decided for devices now, at most 500.
func (s *Store) Look(ctx context.Context, ids ...string) error {
	list, err := s.with.Devices.Members(ctx, self, ids...)
	if err != nil || len(list) == 0 {
		return err
	}
	return s.note(ctx, list)
}

// Run looks at devices soon after something is told of them, until ctx ends.
func (s *Store) Run(ctx context.Context, log *slog.Logger) {
	device.Watch(ctx, s.with.Bus, func(ctx context.Context, ids []string) {
		if err := s.Look(ctx, ids...); err != nil && ctx.Err() == nil {
			log.Error("what is decided for devices was not noted and will be at the next sweep", slog.Int(logfield.Count, len(ids)), slog.Any(logfield.Error, err))
		}
	})
}

// note writes what is decided for devices where their rows say otherwise.
func (s *Store) note(ctx context.Context, list []device.Member) error {
	gather, err := s.gathered(ctx, list)
	if err != nil {
		return err
	}
	news := map[string]device.Access{}
	for _, m := range list {
		t, err := s.trail(ctx, m.Device, gather)
		if err != nil {
			return err
		}
		if t.Action != m.Access {
			news[m.ID] = t.Action
		}
	}
	if len(news) == 0 {
		return nil
	}
	return s.with.Devices.SaveAccess(ctx, self, news)
}

// gathered reads what many are decided from with few statements.
func (s *Store) gathered(ctx context.Context, list []device.Member) (gatherer, error) {
	ids, owners, groups := make([]string, len(list)), make([]string, len(list)), make(map[string][]string, len(list))
	for i, m := range list {
		ids[i], owners[i], groups[m.ID] = m.ID, m.Owner, m.Groups
	}
	if err := s.Remember(ctx, self, ids); err != nil {
		return nil, err
	}
	b, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	var of map[string][]string
	if b.userGroups {
		slices.Sort(owners)
		if of, err = s.with.Users.Memberships(ctx, self, slices.Compact(owners)...); err != nil {
			return nil, err
		}
	}
	return func(_ context.Context, _ *book, d device.Device) (Facts, error) {
		f := FactsOf(d)
		f.UserGroups, f.DeviceGroups = of[d.Owner], groups[d.ID]
		return f, nil
	}, nil
}

// rulesChanged has all devices decided on anew once it is committed.
func (s *Store) rulesChanged(tx *sqldb.Tx) {
	tx.AfterCommit(func() { s.with.Bus.Publish(bus.Message{Topic: topic}) })
}
