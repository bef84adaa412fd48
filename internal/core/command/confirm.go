package command

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// challengeTime is how long a device that was handed an order to erase may take to confirm it. Past it the order must be
// fetched anew, so that none lies about on a device and is carried out when nobody expects it any more.
const challengeTime = 5 * time.Minute

// Challenge is what a device must answer with before it erases anything.
type Challenge struct {
	Token string // "" where the order needs no confirmation
	Until time.Time
}

var errChallenge = problem.New(problem.Conflict, "command.challenge", "The confirmation came too late or was for another delivery: fetch the order anew.")

// held finds an order of the device and channel.
func (cs *Commands) held(ctx context.Context, q sqldb.Querier, device string, ch platform.Channel, id string) (Command, error) {
	c, err := sqldb.One(ctx, q, scanCommand, selectCommand+" WHERE c.id = $1 AND c.device = $2 AND c.channel = $3", id, device, string(ch))
	if errors.Is(err, sqldb.ErrNotFound) {
		return c, problem.New(problem.NotFound, "command.unknown", "There is no such command.")
	}
	return c, err
}

// Challenge begins the delivery in two steps of an order that was handed out: the device confirms, and only then is told
// to go. An order that destroys nothing needs none. For channels that can confirm.
func (cs *Commands) Challenge(ctx context.Context, c *Command) (Challenge, error) {
	if kinds[c.Kind].class == "" {
		return Challenge{}, nil
	}
	ask := Challenge{Token: rand.Text(), Until: cs.clock.Now().Add(challengeTime).Truncate(time.Second)}
	return ask, cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE command SET challenge = $1, challenged = $2 WHERE id = $3 AND state = 'delivered'",
			ask.Token, sqldb.Micros(ask.Until), c.ID)
		if err == nil && n != 1 {
			err = errMoved
		}
		return err
	})
}

// Standing is [Commands.Challenge] for a channel that may ask for the same order again before its device confirms it: the
// challenge stays the same while there is time left to answer it.
func (cs *Commands) Standing(ctx context.Context, c *Command) (Challenge, error) {
	if c.challenge != "" && cs.clock.Now().Add(challengeTime/2).Before(c.challenged) {
		return Challenge{Token: c.challenge, Until: c.challenged}, nil
	}
	return cs.Challenge(ctx, c)
}

// Confirm takes a device's word that it is about to carry out an order to erase, and tells it to go by returning nil. The
// approval must still stand, the device still belong to whom it belonged, and the answer come in time; from then on the
// device is kept out. The same confirmation made again is told to go again. For channels that can confirm.
func (cs *Commands) Confirm(ctx context.Context, device string, ch platform.Channel, id, token string) error {
	var moot bool
	err := cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		moot = false
		c, err := cs.held(ctx, tx, device, ch, id)
		if err != nil {
			return err
		}
		if c.challenge == "" || subtle.ConstantTimeCompare([]byte(c.challenge), []byte(token)) != 1 {
			return errChallenge
		}
		if c.State == Acknowledged {
			return nil // told twice
		}
		now := cs.clock.Now()
		if c.State != Delivered || !now.Before(c.challenged) || !now.Before(c.Expires) {
			return errChallenge
		}
		if moot, err = cs.handedOver(ctx, tx, &c); err != nil || moot {
			return err
		}
		stands, err := cs.safety.Covers(ctx, tx, c.Approval, kinds[c.Kind].class, c.Device)
		if err != nil {
			return err
		}
		if moot = !stands; moot {
			return cs.moot(ctx, tx, &c, "No approval covers it any more.")
		}
		by := scope.Caller{Kind: scope.Device, ID: c.Device}
		if err := cs.move(ctx, tx, by, &c, Acknowledged, "The device has confirmed it and was told to go."); err != nil {
			return err
		}
		if keepsOut(c.Kind) {
			return cs.wiped(ctx, tx, by, c.Device)
		}
		return nil
	})
	if err == nil && moot {
		err = errChallenge
	}
	return err
}

// keepsOut tells whether a device that carries the order out must enrol anew.
func keepsOut(k platform.Command) bool { return k == platform.FullWipe || k == platform.SelectiveWipe }

// open fills in the text that the device is to show. What was about somebody who is erased stays shut.
func (cs *Commands) open(ctx context.Context, c *Command) error {
	if len(c.payload) == 0 {
		return nil
	}
	plain, err := cs.keys.Open(ctx, cs.db, payloadField(c.ID), seal.User(c.Owner), c.payload)
	if errors.Is(err, seal.ErrErased) {
		return nil
	}
	c.Text = string(plain)
	return err
}

// ReportFrom is [Commands.Report] for a channel whose device names the order: it must be the device's own.
func (cs *Commands) ReportFrom(ctx context.Context, device string, ch platform.Channel, id string, a Answer) error {
	if _, err := cs.held(ctx, cs.db, device, ch, id); err != nil {
		return err
	}
	return cs.Report(ctx, id, a)
}

// redeliver is how long a device may be silent about an order that it was given before it is told again that one waits.
const redeliver = 30 * time.Second

// Due tells whether an order waits for the device on this channel that can be handed out now.
func (cs *Commands) Due(ctx context.Context, device string, ch platform.Channel) (bool, error) {
	if !cs.Pending(device) {
		return false, nil
	}
	now := cs.clock.Now()
	n, err := sqldb.One(ctx, cs.db, sqldb.Scan1[int], `SELECT count(*) FROM command WHERE device = $1 AND channel = $2
		AND ((state IN ('queued', 'delayed') AND not_before <= $3) OR (state = 'delivered' AND changed <= $4))`,
		device, string(ch), sqldb.Micros(now), sqldb.Micros(now.Add(-redeliver)))
	return n > 0, err
}

// Consented tells whether the computer was handed an order since, which nobody has taken back, by which its agent may be removed.
func (cs *Commands) Consented(ctx context.Context, device string, since time.Time) (bool, error) {
	return sqldb.One(ctx, cs.db, sqldb.Scan1[bool], `SELECT EXISTS (SELECT 1 FROM command WHERE device = $1 AND kind = $2
		AND state IN ('delivered', 'acknowledged', 'done') AND created >= $3)`, device, string(platform.Uninstall), sqldb.Micros(since))
}
