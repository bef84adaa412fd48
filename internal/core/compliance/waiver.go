package compliance

import (
	"context"
	"errors"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
)

const (
	maxReason = 500
	maxWaiver = 366 * 24 * time.Hour
)

const waiverColumns = "w.id, w.device, w.owner, w.rule, w.reason, w.until, w.created_at, w.created_by"

// sealedWaiver is a waiver whose reason is not opened.
type sealedWaiver struct {
	Waiver
	owner  string
	reason seal.Sealed
}

func reasonField(id string) seal.Field {
	return seal.Field{Table: "compliance_waiver", Column: "reason", Row: id}
}

func scanWaiver(r sqldb.Row) (w sealedWaiver, err error) {
	var until, created int64
	err = r.Scan(&w.ID, &w.Device, &w.owner, &w.Rule, (*[]byte)(&w.reason), &until, &created, &w.By)
	w.Until, w.Created = sqldb.Time(until), sqldb.Time(created)
	return w, err
}

// Waive exempts a device within the caller's scope. It holds from the next look at the device on.
func (s *Store) Waive(ctx context.Context, c scope.Caller, w Waiver) (Waiver, error) {
	if err := c.Require(scope.ComplianceEdit); err != nil {
		return Waiver{}, err
	}
	d, err := s.with.Devices.Find(ctx, s.db, c, scope.ComplianceEdit, w.Device)
	if err != nil {
		return Waiver{}, err
	}
	now := s.with.Clock.Now()
	if w.Reason = strings.TrimSpace(w.Reason); w.Reason == "" || sqldb.Clean(w.Reason, maxReason) != w.Reason {
		return Waiver{}, invalid("reason", "Say why the device is exempt, in at most 500 bytes.")
	}
	if !w.Until.After(now) || w.Until.After(now.Add(maxWaiver)) {
		return Waiver{}, invalid("until", "An exemption ends, within a year.")
	}
	w.ID, w.Created, w.By = sqldb.NewID(), now, c.ID
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if w.Rule != "" {
			if _, err := ruleByID(ctx, tx, w.Rule); err != nil {
				return err
			}
		}
		sealed, err := s.with.Keys.Seal(ctx, tx, reasonField(w.ID), seal.User(d.Owner), []byte(w.Reason))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO compliance_waiver (id, device, owner, rule, reason, until, created_at, created_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, w.ID, w.Device, d.Owner, w.Rule, []byte(sealed), sqldb.Micros(w.Until), sqldb.Micros(now), c.ID)
		if err != nil {
			return err
		}
		return s.recordWaiver(ctx, tx, c, "compliance.waived", w)
	})
	if err != nil {
		return Waiver{}, err
	}
	return w, s.Look(ctx, w.Device)
}

func (s *Store) recordWaiver(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action string, w Waiver) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "waiver", ID: w.ID}, Device: w.Device,
		After: map[string]any{"rule": w.Rule, "until": sqldb.Micros(w.Until)},
	})
}

// EndWaiver takes an exemption back.
func (s *Store) EndWaiver(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.ComplianceEdit); err != nil {
		return err
	}
	var w sealedWaiver
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		w, err = sqldb.One(ctx, tx, scanWaiver, "SELECT "+waiverColumns+" FROM compliance_waiver w WHERE w.id = $1 AND w.until > $2",
			id, sqldb.Micros(s.with.Clock.Now()))
		if errors.Is(err, sqldb.ErrNotFound) {
			return problem.New(problem.NotFound, "compliance.waiver", "There is no such exemption.")
		}
		if err != nil {
			return err
		}
		if err := s.endWaivers(ctx, tx, "id", id); err != nil {
			return err
		}
		return s.recordWaiver(ctx, tx, c, "compliance.waiver-ended", w.Waiver)
	})
	if err != nil {
		return err
	}
	return s.Look(ctx, w.Device)
}

// endWaivers ends the exemptions of a device, of a rule, or the one of that id. Those of a user on whose data a legal hold
// stands are over, and stay.
func (s *Store) endWaivers(ctx context.Context, tx *sqldb.Tx, column, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM compliance_waiver WHERE "+column+" = $1 AND "+journal.Unheld("compliance_waiver.owner"), id)
	if err != nil {
		return err
	}
	now := sqldb.Micros(s.with.Clock.Now())
	_, err = tx.Exec(ctx, "UPDATE compliance_waiver SET until = $1 WHERE "+column+" = $2 AND until > $3", now, id, now)
	return err
}

// dropWaivers deletes exemptions that are over, but none of a user on whose data a legal hold stands.
func (s *Store) dropWaivers(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM compliance_waiver WHERE until <= $1 AND "+journal.Unheld("compliance_waiver.owner"),
			sqldb.Micros(s.with.Clock.Now()))
		return err
	})
}

// Waivers returns the exemptions in force within the caller's scope, those that end first first; of one device, or of all
// when device is empty. At most 500.
func (s *Store) Waivers(ctx context.Context, c scope.Caller, device string) ([]Waiver, error) {
	sc, err := c.Scope(scope.ComplianceRead)
	if err != nil {
		return nil, err
	}
	var a sqldb.Args
	where := "w.until > " + a.Add(sqldb.Micros(s.with.Clock.Now()))
	if device != "" {
		where += " AND w.device = " + a.Add(device)
	}
	where += " AND " + sc.Devices("w.device", &a)
	rows, err := sqldb.All(ctx, s.db, scanWaiver, "SELECT "+waiverColumns+" FROM compliance_waiver w WHERE "+where+" ORDER BY w.until, w.id LIMIT 500", a.List()...)
	if err != nil {
		return nil, err
	}
	pieces := make([]seal.Piece, len(rows))
	for i, w := range rows {
		pieces[i] = seal.Piece{Field: reasonField(w.ID), Owner: seal.User(w.owner), Sealed: w.reason}
	}
	reasons, err := s.with.Keys.OpenAll(ctx, s.db, pieces)
	if err != nil {
		return nil, err
	}
	list := make([]Waiver, len(rows))
	for i, w := range rows {
		w.Reason = string(reasons[i])
		list[i] = w.Waiver
	}
	return list, nil
}
