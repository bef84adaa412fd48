package enrol

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/netip"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// foreignAgents tells whether the inventory agents of others are let in, by tokens.
var foreignAgents = zone.Setting[bool]{Name: "collection.foreign", Right: scope.ServiceEdit}

// InventoryToken is what is known of a device's token. The token itself is kept nowhere.
type InventoryToken struct {
	Created time.Time
	By      string
}

// IssueToken makes the token by which an inventory agent proves that it tells of this device; an earlier one ends. It needs
// the right device.enrol over the device.
func (s *Store) IssueToken(ctx context.Context, c scope.Caller, device string) (token string, err error) {
	var secret [tokenSize]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return "", err
	}
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	return token, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.with.Devices.Find(ctx, tx, c, scope.DeviceEnrol, device)
		if err != nil {
			return err
		}
		if err := d.Refusal(); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO collection_token (device, token_hash, created, by_whom) VALUES ($1, $2, $3, $4)
			ON CONFLICT (device) DO UPDATE SET token_hash = excluded.token_hash, created = excluded.created, by_whom = excluded.by_whom`,
			d.ID, hashToken(token), sqldb.Micros(s.with.Clock.Now()), c.ID)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, c, "device.inventory-token-made", d.ID, d.Owner, nil)
	})
}

// EndToken ends a device's token. It needs the right device.enrol over the device.
func (s *Store) EndToken(ctx context.Context, c scope.Caller, device string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.with.Devices.Find(ctx, tx, c, scope.DeviceEnrol, device)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "DELETE FROM collection_token WHERE device = $1", d.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.New(problem.Conflict, "collection.token", "The device has no token.")
		}
		return s.record(ctx, tx, c, "device.inventory-token-ended", d.ID, d.Owner, nil)
	})
}

// TokenOf returns what is known of a device's token; a problem of kind NotFound when it has none.
func (s *Store) TokenOf(ctx context.Context, c scope.Caller, device string) (InventoryToken, error) {
	if _, err := s.with.Devices.Find(ctx, s.db, c, scope.DeviceRead, device); err != nil {
		return InventoryToken{}, err
	}
	t, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (t InventoryToken, err error) {
		var created int64
		err = r.Scan(&created, &t.By)
		t.Created = sqldb.Time(created)
		return t, err
	}, "SELECT created, by_whom FROM collection_token WHERE device = $1", device)
	if errors.Is(err, sqldb.ErrNotFound) {
		err = problem.New(problem.NotFound, "collection.token", "The device has no token.")
	}
	return t, err
}

var errToken = problem.New(problem.Unauthenticated, "collection.token",
	"This token does not count, or not any more: an administrator makes another on the computer's page.")

// ByToken returns the device whose inventory a token lets tell. strict tells that the door insists on signatures: then tokens
// count alone where inventory agents of others are let in. Where they are not, but the door does not insist, the device is
// unproven. Wrong tokens are counted by network. Problems: Unauthenticated, Throttled, Forbidden when the device must stay out or
// inventory agents of others are not let in.
func (s *Store) ByToken(ctx context.Context, addr netip.Addr, token string, strict bool) (c scope.Caller, unproven bool, err error) {
	on, _, err := zone.Get(ctx, s.db, foreignAgents)
	if err != nil {
		return c, false, err
	}
	if !on && strict {
		return c, false, errForeign
	}
	c, err = s.byToken(ctx, addr, token)
	return c, !on, err
}

func (s *Store) byToken(ctx context.Context, addr netip.Addr, token string) (scope.Caller, error) {
	id, err := sqldb.One(ctx, s.db, sqldb.Scan1[string], "SELECT device FROM collection_token WHERE token_hash = $1", hashToken(token))
	if errors.Is(err, sqldb.ErrNotFound) {
		return scope.Caller{}, s.wrongToken(ctx, addr)
	}
	if err != nil {
		return scope.Caller{}, err
	}
	d, err := s.with.Devices.Get(ctx, self, id)
	if err != nil {
		return scope.Caller{}, err
	}
	return scope.Caller{Kind: scope.Device, ID: id, Addr: addr}, d.Refusal()
}

var errForeign = problem.New(problem.Forbidden, "collection.foreign", "This zone does not take inventories from agents of others.")

// wrongToken counts and records a wrong token, and returns the problem. Nobody guesses one: what is bounded is the record.
func (s *Store) wrongToken(ctx context.Context, addr netip.Addr) error {
	if err := s.tries.Count(ctx, throttle.Network(addr)); err != nil {
		return err
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "device.inventory-refused", Caller: scope.Caller{Kind: scope.Internal, ID: "enrol", Addr: addr},
			Subject: audit.Subject{Kind: "collection"}, Outcome: audit.Refused,
		})
	})
	return errors.Join(errToken, err)
}

// TakesForeign tells whether the inventory agents of others are let in, with the setting's version. It needs the
// right service.read.
func (s *Store) TakesForeign(ctx context.Context, c scope.Caller) (bool, int64, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return false, 0, err
	}
	return zone.Get(ctx, s.db, foreignAgents)
}

// TakeForeign lets the inventory agents of others in, or not. It needs the right service.edit.
func (s *Store) TakeForeign(ctx context.Context, c scope.Caller, on bool, version int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return zone.Set(ctx, s.with.Zone, tx, c, foreignAgents, on, version) })
}
