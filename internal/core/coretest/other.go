package coretest

import (
	"log/slog"
	"testing"

	"drover/internal/base/bus"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/zone"
)

// Other is the ground of another server of the same zone. No message reaches it: it knows of a change made here once
// [Ground.Settle] has read the revision, as every server does each second.
func (g *Ground) Other(t testing.TB) *Ground {
	t.Helper()
	o := *g
	o.Bus = bus.New()
	o.Log = audit.New(o.DB, o.Clock, o.Keys, o.Bus)
	o.Zone = zone.New(o.DB, o.Log, o.Bus)
	o.Revision = zone.NewRevision(o.DB, o.Bus, slog.New(slog.DiscardHandler))
	o.Safety = safety.New(safety.Parts{
		DB: o.DB, Clock: o.Clock, Log: o.Log, Zone: o.Zone, Keys: o.Keys, Bus: o.Bus, Tell: func(string, string) {},
	})
	o.Safety.SetAdministrators(Staff{})
	o.Settle(t)
	return &o
}
