package zone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Zone changes what belongs to the zone as a whole.
type Zone struct {
	db  *sqldb.DB
	log *audit.Log
	bus *bus.Bus
}

// New returns the zone on db.
func New(db *sqldb.DB, log *audit.Log, b *bus.Bus) *Zone { return &Zone{db: db, log: log, bus: b} }

// Bump raises the revision in the transaction and tells of it after the commit. Call it in each transaction that
// changes something on which servers decide from memory: rules, policies, mail servers, settings.
func (z *Zone) Bump(ctx context.Context, tx *sqldb.Tx) error {
	return z.bump(ctx, tx, "UPDATE zone_revision SET revision = revision + 1 WHERE one = 1 RETURNING revision, people")
}

// BumpPeople is [Zone.Bump] for what is said of single users and devices: who they are, their groups, whether they are
// let in. It costs every server all that it remembers of any of them.
func (z *Zone) BumpPeople(ctx context.Context, tx *sqldb.Tx) error {
	return z.bump(ctx, tx,
		"UPDATE zone_revision SET revision = revision + 1, people = revision + 1 WHERE one = 1 RETURNING revision, people")
}

func (z *Zone) bump(ctx context.Context, tx *sqldb.Tx, text string) error {
	n, err := sqldb.One(ctx, tx, scanNumbers, text)
	if err != nil {
		return fmt.Errorf("raise the zone's revision: %w", err)
	}
	tx.AfterCommit(func() { z.bus.Publish(bus.Message{Topic: raised, Body: n.String()}) })
	return nil
}

// Setting is one value that administrators change while the zone runs.
type Setting[T any] struct {
	Name    string      // stable, dotted
	Default T           // in force until somebody sets another
	Right   scope.Right // needed to change it; [scope.SettingEdit] for most
	Check   func(T) error
}

// Get reads a setting and its version, which is 0 while the default is in force.
func Get[T any](ctx context.Context, q sqldb.Querier, s Setting[T]) (value T, version int64, err error) {
	type row struct {
		value   string
		version int64
	}
	r, err := sqldb.One(ctx, q, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.value, &x.version)
		return x, err
	}, "SELECT value, version FROM zone_setting WHERE name = $1", s.Name)
	if errors.Is(err, sqldb.ErrNotFound) {
		return s.Default, 0, nil
	}
	if err != nil {
		return s.Default, 0, err
	}
	if err := json.Unmarshal([]byte(r.value), &value); err != nil {
		return s.Default, 0, fmt.Errorf("setting %s: %w", s.Name, err)
	}
	return value, r.version, nil
}

// Set changes a setting within a transaction, with its audit record, and raises the revision. version is the one that
// the caller has seen; a problem of kind Precondition when another change came between.
func Set[T any](ctx context.Context, z *Zone, tx *sqldb.Tx, c scope.Caller, s Setting[T], v T, version int64) error {
	if err := c.Require(s.Right); err != nil {
		return err
	}
	if s.Check != nil {
		if err := s.Check(v); err != nil {
			return err
		}
	}
	before, current, err := Get(ctx, tx, s)
	if err != nil {
		return err
	}
	changed := problem.New(problem.Precondition, "setting.changed",
		"This setting has been changed in the meantime: look at it again before you change it.").WithField(s.Name)
	if current != version {
		return changed
	}
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("setting %s: %w", s.Name, err)
	}
	n, err := tx.Exec(ctx, `INSERT INTO zone_setting (name, value, version) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version
		WHERE zone_setting.version = $4`, s.Name, string(value), version+1, version)
	if err != nil {
		return err
	}
	if n != 1 { // another server's change came between the reading and the writing
		return changed
	}
	err = z.log.Append(ctx, tx, audit.Record{
		Action: "setting.changed", Caller: c, Subject: audit.Subject{Kind: "setting", ID: s.Name}, Before: before, After: v,
	})
	if err != nil {
		return err
	}
	return z.Bump(ctx, tx)
}
