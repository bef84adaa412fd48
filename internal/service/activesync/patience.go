package activesync

import (
	"context"
	"time"
)

// patience is how long the zone may take to answer one question. An exchange has no end of its own, since it may be a held
// Ping: a database that answers nothing would keep every request, and a client waits no longer than a minute.
const patience = 20 * time.Second

// patient is [Core] with an end to every question.
type patient struct{ Core }

func (p patient) Standing(ctx context.Context, upstream, user, deviceID string, v Version) (*Standing, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.Standing(ctx, upstream, user, deviceID, v)
}

func (p patient) FreshStanding(ctx context.Context, upstream, user, deviceID string, v Version) (*Standing, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.FreshStanding(ctx, upstream, user, deviceID, v)
}

func (p patient) Remember(ctx context.Context, list []Seat) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.Remember(ctx, list)
}

func (p patient) Enrol(ctx context.Context, c Contact) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.Enrol(ctx, c)
}

func (p patient) PendingWipe(ctx context.Context, deviceID string, key uint32) (*Standing, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.PendingWipe(ctx, deviceID, key)
}

func (p patient) KeepKeys(ctx context.Context, device string, k Keys) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.KeepKeys(ctx, device, k)
}

func (p patient) KeepInformation(ctx context.Context, device string, i Information) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.KeepInformation(ctx, device, i)
}

func (p patient) KeepUpstream(ctx context.Context, device, upstream string, u UpstreamPolicy) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.KeepUpstream(ctx, device, upstream, u)
}

func (p patient) Next(ctx context.Context, device string) (Order, string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.Next(ctx, device)
}

func (p patient) Untold(ctx context.Context, device, upstream string) (Order, string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.Untold(ctx, device, upstream)
}

func (p patient) Told(ctx context.Context, orderID string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.Told(ctx, orderID)
}

func (p patient) Report(ctx context.Context, o Outcome) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Core.Report(ctx, o)
}
