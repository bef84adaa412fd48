package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"drover/agent/schedule"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/talk"
	"drover/internal/base/clock"
	"drover/internal/base/logfield"
)

const (
	codeReview = "registration.review" // an administrator decides first
	codeClosed = "registration.closed" // nobody is taken in at the moment
	codeFull   = "registration.full"   // too many wait
)

// Waits tells whether the zone has not decided yet: the registration goes well later, or is refused, without anything that
// somebody does at this computer.
func Waits(err error) bool { return talk.IsRefused(err, codeReview, codeClosed, codeFull) }

// passes tells whether an answer to a registration that waits says nothing of how it ends: the server is away or busy.
func passes(err error) bool {
	r, refused := errors.AsType[*talk.Refused](err)
	return !refused || Waits(err) || talk.IsOff(err) || r.Status == http.StatusTooManyRequests || r.Status >= http.StatusInternalServerError
}

// settle ends the wait of a registration that has come to an end, and keeps one that waits. A computer that is to leave
// another zone waits in memory alone: until it is let in it belongs there, and its agent works for that zone.
func settle(s *store.Store, c clock.Clock, j Join, member bool, answer error) error {
	old, begun, err := s.Join()
	switch {
	case err != nil || member:
		return err
	case answer == nil && begun:
		return s.DropJoin()
	case answer == nil || !begun && !Waits(answer):
		return nil
	}
	if !begun {
		old.Since = c.Now()
	}
	said := store.Summary{Server: j.Server, Since: old.Since, Tried: c.Now(), Problem: answer.Error(), Joining: store.JoinWaits}
	if !passes(answer) {
		said.Joining = store.JoinRefused
		return errors.Join(s.DropJoin(), s.SetSummary(said))
	}
	next := store.Join{Server: j.Server, Pin: j.Pin, Key: j.Key, Attributes: j.Attributes, Since: old.Since}
	if talk.IsRefused(answer, codeReview) { // the zone has counted it
		next.Key = ""
	}
	return errors.Join(s.SetJoin(next), s.SetSummary(said))
}

// Knock asks again and again, less and less often, until the zone has let the computer in or refused it, or ctx ends.
func Knock(ctx context.Context, s *store.Store, m system.Machine, c clock.Clock, version string, j Join) (store.Identity, error) {
	for n := 1; ; n++ {
		timer := time.NewTimer(schedule.Knock(n))
		select {
		case <-ctx.Done():
			timer.Stop()
			return store.Identity{}, ctx.Err()
		case <-timer.C:
		}
		id, err := Register(ctx, s, m, c, version, j)
		if ctx.Err() != nil {
			return id, ctx.Err()
		}
		if err == nil || !passes(err) {
			return id, err
		}
	}
}

// Resume goes on with the registration that waits, as the service does after a restart. [ErrStranger] when none does.
func Resume(ctx context.Context, s *store.Store, m system.Machine, c clock.Clock, version string, log *slog.Logger) error {
	j, waits, err := s.Join()
	if err != nil {
		return err
	}
	if !waits {
		return ErrStranger
	}
	log.Info("the zone has not decided yet: the agent asks again by itself", slog.String(logfield.Address, j.Server))
	_, err = Knock(ctx, s, m, c, version, Join{Server: j.Server, Pin: j.Pin, Key: j.Key, Attributes: j.Attributes})
	return err
}
