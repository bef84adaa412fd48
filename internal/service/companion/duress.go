package companion

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// duress takes a device's word that its user was forced to unlock it. The answer is the same whether anybody is told or
// not, and neither the device's page nor its owner's tells of it: who stands behind the user sees the same screens.
func (s *Service) duress(ctx context.Context, _ *Signed) (*none, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.device(ctx, p.Device)
	if err != nil {
		return nil, err
	}
	e, err := s.Effective(ctx, d)
	if err != nil {
		return nil, err
	}
	to := e.Value(platform.LockDuressAddress).Line()
	if !e.Value(platform.LockDuress).IsTrue() || to == "" {
		return &none{}, nil
	}
	return &none{}, s.alarm.raise(ctx, d, to)
}

const (
	// maxAlarms bounds the alarms that wait for the mail server.
	maxAlarms = 100
	// quiet is how long the same device raises no second alarm: who holds it may press the button again and again.
	quiet = time.Minute
	// retryAlarm and giveUp are how often, and how long, an alarm is tried when the mail server does not take it.
	retryAlarm = 15 * time.Second
	giveUp     = 6 * time.Hour
)

// alarm sends what must be told at once.
type alarm struct {
	with Deps

	mu     sync.Mutex
	raised map[string]time.Time // by device
	queue  chan call
}

// call is one alarm.
type call struct {
	device, to, subject, words string
	at                         time.Time
}

func newAlarm(d Deps) *alarm {
	return &alarm{with: d, raised: map[string]time.Time{}, queue: make(chan call, maxAlarms)}
}

// raise records the alarm and hands it to the mail server. The record names neither owner nor device where they are
// looked for, and only who has the right to see it does.
func (a *alarm) raise(ctx context.Context, d device.Device, to string) error {
	now := a.with.Clock.Now()
	if !a.first(d.ID, now) {
		return nil
	}
	c := call{device: d.ID, to: to, at: now, subject: "Duress: " + d.OwnerName + " was forced to unlock a device"}
	c.words = "The user " + d.OwnerName + " has unlocked the device \"" + d.Name + "\" at " + now.Format("2006-01-02 15:04:05") +
		" UTC by the altered form of the password, which tells that it was under duress.\n\nWho has the device sees nothing of this mail. " +
		"Do not call the device, and do not lock or erase it before you know that the user is safe.\n"
	if err := a.record(ctx, c, audit.OK); err != nil {
		return err
	}
	select {
	case a.queue <- c:
	default:
		a.with.Log.Error("an urgent notice was not sent: the mail server is behind")
		return a.record(ctx, c, audit.Failed)
	}
	return nil
}

// first tells whether the device has raised no alarm lately, and takes note of this one.
func (a *alarm) first(device string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, at := range a.raised {
		if now.Sub(at) >= quiet {
			delete(a.raised, id)
		}
	}
	if _, lately := a.raised[device]; lately {
		return false
	}
	a.raised[device] = now
	return true
}

func (a *alarm) record(ctx context.Context, c call, o audit.Outcome) error {
	return a.with.Record(ctx, audit.Record{
		Action: audit.Duress, Caller: scope.System("companion"), Subject: audit.Subject{Kind: "duress"}, Outcome: o,
		After: map[string]any{"device": c.device},
	})
}

// run sends alarms until ctx ends, several at once: one that hangs must not keep the next.
func (a *alarm) run(ctx context.Context) {
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case c := <-a.queue:
					a.send(ctx, c)
				}
			}
		})
	}
	senders.Wait()
}

func (a *alarm) send(ctx context.Context, c call) {
	tick := time.NewTicker(retryAlarm)
	defer tick.Stop()
	for {
		err := a.with.Tell(ctx, c.to, c.subject, c.words)
		if err == nil {
			return
		}
		a.with.Log.Error("an urgent notice was not sent", slog.Any(logfield.Error, err))
		if a.with.Clock.Now().Sub(c.at) > giveUp {
			_ = a.record(ctx, c, audit.Failed) // the log has it
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
