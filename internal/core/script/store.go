package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/revcache"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Devices is what scripts ask of the devices.
type Devices interface {
	// CountAgents counts the computers with our agent in any of the groups; in none, all.
	CountAgents(ctx context.Context, q sqldb.Querier, groups []string) (int, error)
	// GroupExists tells whether there is a group of devices.
	GroupExists(ctx context.Context, q sqldb.Querier, id string) (bool, error)
	// GroupIDs returns the groups that a device is in.
	GroupIDs(ctx context.Context, c scope.Caller, id string) ([]string, error)
}

// Parts are what the store stands on. All are needed.
type Parts struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *audit.Log
	Zone     *zone.Zone
	Revision *zone.Revision
	Keys     *seal.Keyring
	Safety   *safety.Safety
	Devices  Devices
}

// Store keeps the scripts of the zone.
type Store struct {
	with Parts
	db   *sqldb.DB
	live *revcache.Cache[struct{}, []Script]
}

const kindRun = "script.run"

// New returns the scripts, and registers them with safety as what puts an approved version in force.
func New(p Parts) *Store {
	s := &Store{with: p, db: p.DB, live: revcache.New[struct{}, []Script](1)}
	p.Safety.Register(kindRun, safety.Act{Do: s.approved, Undo: s.rejected})
	return s
}

func contentField(id string, number int64) seal.Field {
	return seal.Field{Table: "script_version", Column: "content", Row: id + "/" + strconv.FormatInt(number, 10)}
}

const selectScript = `SELECT s.id, s.name, s.live, s.created, v.number, v.interpreter, v.content, v.minutes, v.seconds, v.groups,
	v.reach, v.state, v.approval, v.by_kind, v.by_whom, v.created FROM script s JOIN script_version v ON v.script = s.id`

// row is a script whose text is still sealed.
type row struct {
	Script
	content []byte
}

func scanRow(r sqldb.Row) (x row, err error) {
	var created, made int64
	var groups string
	err = r.Scan(&x.ID, &x.Name, &x.Live, &created, &x.Number, &x.Interpreter, &x.content, &x.Minutes, &x.Seconds, &groups, &x.Reach,
		&x.State, &x.Approval, &x.ByKind, &x.By, &made)
	if err != nil {
		return x, err
	}
	x.Script.Created, x.Version.Created = sqldb.Time(created), sqldb.Time(made)
	return x, json.Unmarshal([]byte(groups), &x.Groups)
}

func (s *Store) open(ctx context.Context, x row) (Script, error) {
	plain, err := s.with.Keys.Open(ctx, s.db, contentField(x.ID, x.Number), seal.Zone, x.content)
	x.Text = string(plain)
	return x.Script, err
}

func missing(err error) error {
	if errors.Is(err, sqldb.ErrNotFound) {
		return problem.New(problem.NotFound, "script.unknown", "There is no such script.")
	}
	return err
}

// List returns the scripts by name, each with its newest version but for its text. It needs the right script.read.
func (s *Store) List(ctx context.Context, c scope.Caller) ([]Script, error) {
	if err := c.Require(scope.ScriptRead); err != nil {
		return nil, err
	}
	rows, err := sqldb.All(ctx, s.db, scanRow, selectScript+" AND v.number = s.newest ORDER BY s.folded")
	list := make([]Script, len(rows))
	for i, x := range rows {
		list[i] = x.Script
	}
	return list, err
}

// Get returns one script with its newest version. It needs the right script.read.
func (s *Store) Get(ctx context.Context, c scope.Caller, id string) (Script, error) {
	if err := c.Require(scope.ScriptRead); err != nil {
		return Script{}, err
	}
	x, err := sqldb.One(ctx, s.db, scanRow, selectScript+" AND v.number = s.newest WHERE s.id = $1", id)
	if err != nil {
		return Script{}, missing(err)
	}
	return s.open(ctx, x)
}

// Add makes a script. Where it reaches more computers than the rules for destructive acts let one person reach, it waits for
// another's approval. It needs the right script.edit over the whole zone.
func (s *Store) Add(ctx context.Context, c scope.Caller, d Draft) (Script, error) {
	id := sqldb.NewID()
	err := s.write(ctx, c, &d, func(tx *sqldb.Tx) (int64, error) {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM script")
		if err == nil && n >= maxScripts {
			err = problem.Newf(problem.Conflict, "script.many", "A zone has at most %d scripts: remove one that is no longer used.", maxScripts)
		}
		if err != nil {
			return 0, err
		}
		_, err = tx.Exec(ctx, "INSERT INTO script (id, name, folded, newest, live, created) VALUES ($1, $2, $3, 1, 0, $4)",
			id, d.Name, sqldb.Fold(d.Name), sqldb.Micros(s.with.Clock.Now()))
		return 1, named(err)
	}, id)
	if err != nil {
		return Script{}, err
	}
	return s.Get(ctx, scope.System("script"), id)
}

// Edit gives a script a new version; the one that computers run stays in force until the new one is. seen is the number of the
// newest version that the caller knows. It needs the right script.edit over the whole zone.
func (s *Store) Edit(ctx context.Context, c scope.Caller, id string, seen int64, d Draft) (Script, error) {
	err := s.write(ctx, c, &d, func(tx *sqldb.Tx) (int64, error) {
		n, err := tx.Exec(ctx, "UPDATE script SET name = $1, folded = $2, newest = newest + 1 WHERE id = $3 AND newest = $4",
			d.Name, sqldb.Fold(d.Name), id, seen)
		if err != nil {
			return 0, named(err)
		}
		if n == 0 {
			if _, err := sqldb.One(ctx, tx, sqldb.Scan1[int64], "SELECT newest FROM script WHERE id = $1", id); err != nil {
				return 0, missing(err)
			}
			return 0, problem.New(problem.Precondition, "script.changed", "This script has been changed in the meantime: look at it again.")
		}
		return seen + 1, nil
	}, id)
	if err != nil {
		return Script{}, err
	}
	return s.Get(ctx, scope.System("script"), id)
}

func named(err error) error {
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, "script.name", "Another script has this name.").WithField("name")
	}
	return err
}

// write writes a version of a script, and asks for its approval where it reaches many.
func (s *Store) write(ctx context.Context, c scope.Caller, d *Draft, number func(*sqldb.Tx) (int64, error), id string) error {
	if err := c.Require(scope.ScriptEdit); err != nil {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, g := range d.Groups {
			if ok, err := s.with.Devices.GroupExists(ctx, tx, g); err != nil || !ok {
				return errors.Join(err, problem.New(problem.Invalid, "script.groups", "There is no such group of devices.").WithField("groups"))
			}
		}
		n, err := number(tx)
		if err != nil {
			return err
		}
		reach, err := s.with.Devices.CountAgents(ctx, tx, d.Groups)
		if err != nil {
			return err
		}
		v := Version{Draft: *d, Number: n, Reach: reach, State: Awaiting, ByKind: c.Kind, By: c.ID}
		if err := s.insert(ctx, tx, id, v); err != nil {
			return err
		}
		if err := s.record(ctx, tx, c, "script.written", id, v); err != nil {
			return err
		}
		return s.release(ctx, tx, c, id, v)
	})
}

func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, id string, v Version) error {
	content, err := s.with.Keys.Seal(ctx, tx, contentField(id, v.Number), seal.Zone, []byte(v.Text))
	if err != nil {
		return err
	}
	groups, err := json.Marshal(append([]string{}, v.Groups...))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO script_version (script, number, interpreter, content, minutes, seconds, groups, reach, state, approval,
		by_kind, by_whom, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12)`,
		id, v.Number, v.Interpreter, []byte(content), v.Minutes, v.Seconds, string(groups), v.Reach, string(v.State), string(v.ByKind), v.By,
		sqldb.Micros(s.with.Clock.Now()))
	return err
}

func (s *Store) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, v Version) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "script", ID: id},
		After: map[string]any{"name": v.Name, "version": v.Number, "sha256": digest(v.Text), "minutes": v.Minutes, "groups": v.Groups, "reach": v.Reach},
	})
}

// Remove takes a script away from the computers that run it, with all its versions; what became of it stays. It needs the right
// script.edit over the whole zone.
func (s *Store) Remove(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.ScriptEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		x, err := sqldb.One(ctx, tx, scanRow, selectScript+" AND v.number = s.newest WHERE s.id = $1", id)
		if err != nil {
			return missing(err)
		}
		if x.State == Awaiting {
			if err := s.with.Safety.Cancel(ctx, tx, c, x.Approval); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "DELETE FROM script WHERE id = $1", id); err != nil {
			return err
		}
		if x.Script, err = s.open(ctx, x); err != nil {
			return err
		}
		if err := s.record(ctx, tx, c, "script.removed", id, x.Version); err != nil {
			return err
		}
		return s.with.Zone.Bump(ctx, tx)
	})
}

// words are what an approver agrees to.
func words(v Version) string {
	often := "once"
	if v.Minutes > 0 {
		often = fmt.Sprintf("every %d minutes", v.Minutes)
	}
	reach := "1 computer"
	if v.Reach != 1 {
		reach = fmt.Sprintf("%d computers", v.Reach)
	}
	return fmt.Sprintf("Run the script %q, version %d, as administrator on %s, %s, by %s; its SHA-256 is %s",
		v.Name, v.Number, reach, often, v.Interpreter, digest(v.Text))
}
