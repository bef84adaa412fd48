package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/httpsig"
	"drover/internal/core/audit"
	"drover/internal/core/enrol"
	"drover/internal/core/scope"
	"drover/internal/server"
	"drover/internal/simulate/agents"
)

// seeders register at the same time, so that they share commits.
const seeders = 128

// seed makes a zone with so many computers. They come in by the core's own registration, with keys and certificates of their
// own, but not over the network: what is measured is what they do afterwards.
func seed(ctx context.Context, data string, count int) (list []agents.Identity, err error) {
	cfg := server.Config{
		Data: data, DeviceAddr: "127.0.0.1:0", AdminAddr: "127.0.0.1:0", TLSMode: "zone", ProxyHeader: "X-Forwarded-For", LogLevel: "info",
	}
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	z, err := server.OpenZone(ctx, cfg, clock.System{}, slog.New(slog.DiscardHandler), func(string, string) {})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	_, secret, err := z.Enrol.AddAuthKey(ctx, scope.System("bench"), enrol.AuthKeyDraft{Name: "bench", Uses: count, Life: time.Hour})
	if err != nil {
		return nil, err
	}
	list = make([]agents.Identity, count)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range seeders {
		all.Go(func() {
			for n := int(next.Add(1)) - 1; n < count && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
				id, err := enter(ctx, z, secret, n)
				if list[n] = id; err != nil {
					cancel(err)
				}
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	_, err = audit.NewSealer(z.DB, z.Clock, z.Keys.SigningKey(), "bench").Seal(ctx) // as a server does beside it
	return list, err
}

func enter(ctx context.Context, z *server.Zone, secret string, n int) (agents.Identity, error) {
	key, err := agents.NewKey()
	if err != nil {
		return agents.Identity{}, err
	}
	id, err := httpsig.Thumbprint(key.Public())
	if err != nil {
		return agents.Identity{}, err
	}
	f := agents.Facts("bench", n)
	k, _, err := z.Enrol.RegisterComputer(ctx, enrol.Registration{
		Secret: secret, Public: key.Public(), KeyID: id, Addr: netip.MustParseAddr("127.0.0.1"), Server: z.DoorStore.Self(),
		Facts: enrol.ComputerFacts{
			Host: f.Host, Serial: f.Serial, UUID: f.UUID, Machine: f.Machine, Maker: f.Maker, Model: f.Model, Platform: f.Platform,
			OS: f.OS, OSVersion: f.OSVersion, Arch: f.Arch, Agent: f.Agent,
		},
	})
	return agents.Identity{Device: k.Device, Key: key}, err
}
