package zone_test

import (
	"log/slog"
	"testing"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

func TestSwitches(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		b := bus.New()
		r := zone.NewRevision(db, b, slog.New(slog.DiscardHandler))
		s := zone.NewSwitches(db, b, r)
		told := 0
		s.Follow(func() { told++ })
		if s.On(zone.ServiceActiveSync) || !s.On(zone.ServiceAdminAPI) {
			t.Fatal("before it has read, a switch is on that should not be, or the way to mend it is off")
		}
		read := func() {
			t.Helper()
			if err := r.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		read()
		if !s.On(zone.ServiceActiveSync) {
			t.Fatal("activesync is off by default")
		}
		z := newZone(db, b)
		off := func(v []zone.Service, version int64) error {
			return db.Write(t.Context(), func(tx *sqldb.Tx) error {
				return zone.Set(t.Context(), z, tx, scope.System("test"), zone.OffSetting, v, version)
			})
		}
		if err := off([]zone.Service{zone.ServiceActiveSync}, 0); err != nil {
			t.Fatal(err)
		}
		read()
		read()
		if told != 1 {
			t.Errorf("one change of a switch was told %d times", told)
		}
		if s.On(zone.ServiceActiveSync) || !s.On(zone.ServiceAutodiscover) {
			t.Fatal("the wrong service is off")
		}
		if err := off([]zone.Service{zone.ServiceAdminAPI}, 1); !problem.Is(err, problem.Conflict) {
			t.Fatalf("the admin API was switched off: %v", err)
		}
		if err := off([]zone.Service{"flying"}, 1); !problem.Is(err, problem.Invalid) {
			t.Fatalf("an unknown service was switched off: %v", err)
		}
	})
}
