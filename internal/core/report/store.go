package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/inventory"
	"drover/internal/core/scope"
)

// Admins is what reports ask of the administrators.
type Admins interface {
	// CallerOf returns an administrator with the rights of this moment; a problem of kind Forbidden for one who is not active.
	CallerOf(ctx context.Context, id string) (scope.Caller, error)
}

// ErrLater is what a [Post] fails with when nobody was sent anything and may be an hour later.
var ErrLater = problem.New(problem.Unavailable, "report.later", "The mail server could not be reached; it is tried again in an hour.")

// retry is after how long a report that nobody was sent is sent again.
const retry = time.Hour

// Post sends a file to administrators, by their ids. It fails where none of them can be reached.
type Post func(ctx context.Context, to []string, subject, words, name, media string, data []byte) error

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB        *sqldb.DB
	Clock     clock.Clock
	Log       *audit.Log
	Devices   *device.Store
	Inventory *inventory.Store
	Admins    Admins
}

// Store keeps reports.
type Store struct {
	with Parts
	db   *sqldb.DB
}

// New returns the reports of the zone.
func New(p Parts) *Store { return &Store{with: p, db: p.DB} }

const columnsText = "r.id, r.name, r.owner, r.shared, r.content, r.version, r.created, r.changed, r.due, r.sent, r.fault"

func scan(x sqldb.Row) (r Report, err error) {
	var content string
	var created, changed, due, sent int64
	if err := x.Scan(&r.ID, &r.Name, &r.Owner, &r.Shared, &content, &r.Version, &created, &changed, &due, &sent, &r.Fault); err != nil {
		return r, err
	}
	r.Created, r.Changed, r.Due, r.Sent = sqldb.Time(created), sqldb.Time(changed), sqldb.Time(due), sqldb.Time(sent)
	return r, json.Unmarshal([]byte(content), &r.Content)
}

var errNone = problem.New(problem.NotFound, "report.none", "There is no such report, or it is not shared with you.")

// reads is the condition that the caller may read a report: its own, and those that are shared.
func reads(c scope.Caller, a *sqldb.Args) (string, error) {
	if c.Kind == scope.Internal {
		return "1 = 1", nil
	}
	if c.Kind != scope.Admin && c.Kind != scope.Token {
		return "", errNone
	}
	if _, err := c.Scope(scope.DeviceRead); err != nil {
		return "", err
	}
	return "(r.owner = " + a.Add(c.ID) + " OR r.shared)", nil
}

// changes is the condition that the caller may change a report: its own, and all for who may change administrators.
func changes(c scope.Caller, a *sqldb.Args) (string, error) {
	if c.Kind == scope.Internal || c.Require(scope.AdminEdit) == nil {
		return "1 = 1", nil
	}
	if c.Kind != scope.Admin && c.Kind != scope.Token {
		return "", errNone
	}
	return "r.owner = " + a.Add(c.ID), nil
}

// List returns the caller's own reports and those that are shared, in the order in which they were made.
func (s *Store) List(ctx context.Context, c scope.Caller, req page.Request) (page.Page[Report], error) {
	size, err := req.Size()
	if err != nil {
		return page.Page[Report]{}, err
	}
	var a sqldb.Args
	where, err := reads(c, &a)
	if err != nil {
		return page.Page[Report]{}, err
	}
	if req.After != "" {
		where += " AND r.id > " + a.Add(req.After)
	}
	rows, err := sqldb.All(ctx, s.db, scan, "SELECT "+columnsText+" FROM report r WHERE "+where+" ORDER BY r.id LIMIT "+a.Add(size+1), a.List()...)
	return page.Cut(rows, size, func(r Report) string { return r.ID }), err
}

// Get returns one report.
func (s *Store) Get(ctx context.Context, c scope.Caller, id string) (Report, error) {
	var a sqldb.Args
	where, err := reads(c, &a)
	if err != nil {
		return Report{}, err
	}
	return s.one(ctx, s.db, id, where, &a)
}

func (s *Store) one(ctx context.Context, q sqldb.Querier, id, where string, a *sqldb.Args) (Report, error) {
	r, err := sqldb.One(ctx, q, scan, "SELECT "+columnsText+" FROM report r WHERE r.id = "+a.Add(id)+" AND "+where, a.List()...)
	if errors.Is(err, sqldb.ErrNotFound) {
		err = errNone
	}
	return r, err
}

const maxReports = 200 // of one administrator

// Add saves a report of the caller's own.
func (s *Store) Add(ctx context.Context, c scope.Caller, d Draft) (Report, error) {
	if c.Kind != scope.Admin && c.Kind != scope.Token {
		return Report{}, problem.New(problem.Forbidden, "report.owner", "A report belongs to an administrator.")
	}
	if err := s.may(c, &d); err != nil {
		return Report{}, err
	}
	content, err := json.Marshal(d.Content)
	if err != nil {
		return Report{}, err
	}
	id, now := sqldb.NewID(), s.with.Clock.Now()
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM report r WHERE r.owner = $1", c.ID)
		if err != nil {
			return err
		}
		if n >= maxReports {
			return problem.Newf(problem.Conflict, "report.many", "You have %d reports: remove one first.", maxReports)
		}
		_, err = tx.Exec(ctx, `INSERT INTO report (id, name, owner, shared, content, version, created, changed, due, sent, fault)
			VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, 0, '')`, id, d.Name, c.ID, d.Shared, string(content), sqldb.Micros(now), sqldb.Micros(now), due(d.Content, now))
		if err != nil {
			return err
		}
		return s.record(ctx, tx, c, "report.added", id, d)
	})
	if err != nil {
		return Report{}, err
	}
	return s.Get(ctx, c, id)
}

// due is 0 for what is never sent.
func due(x Content, now time.Time) int64 {
	if t := x.next(now); !t.IsZero() {
		return sqldb.Micros(t)
	}
	return 0
}

// may checks a draft, and that its writer may see what it asks for.
func (s *Store) may(c scope.Caller, d *Draft) error {
	if err := d.check(); err != nil {
		return err
	}
	if _, err := c.Scope(scope.DeviceRead); err != nil {
		return err
	}
	for _, key := range d.Content.Columns {
		if col, _ := columnOf(key); col.section != "" || key == softwareColumn {
			if _, err := c.Scope(scope.InventoryRead); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, d Draft) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "report", ID: id},
		After: map[string]any{"name": d.Name, "shared": d.Shared, "every": d.Content.Every, "to": d.Content.To},
	})
}

// Edit changes a report; version is the one that was read.
func (s *Store) Edit(ctx context.Context, c scope.Caller, id string, version int64, d Draft) (Report, error) {
	if err := s.may(c, &d); err != nil {
		return Report{}, err
	}
	content, err := json.Marshal(d.Content)
	if err != nil {
		return Report{}, err
	}
	now := s.with.Clock.Now()
	err = s.change(ctx, c, id, func(tx *sqldb.Tx, r Report) error {
		if r.Version != version {
			return problem.New(problem.Precondition, "report.version", "The report has changed since it was read: read it again.")
		}
		_, err := tx.Exec(ctx, `UPDATE report SET name = $1, shared = $2, content = $3, version = version + 1, changed = $4, due = $5, fault = ''
			WHERE id = $6`, d.Name, d.Shared, string(content), sqldb.Micros(now), due(d.Content, now), id)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, c, "report.changed", id, d)
	})
	if err != nil {
		return Report{}, err
	}
	return s.Get(ctx, c, id)
}

// Remove deletes a report.
func (s *Store) Remove(ctx context.Context, c scope.Caller, id string) error {
	return s.change(ctx, c, id, func(tx *sqldb.Tx, r Report) error {
		if _, err := tx.Exec(ctx, "DELETE FROM report WHERE id = $1", id); err != nil {
			return err
		}
		return s.record(ctx, tx, c, "report.removed", id, Draft{Name: r.Name, Shared: r.Shared, Content: r.Content})
	})
}

func (s *Store) change(ctx context.Context, c scope.Caller, id string, do func(*sqldb.Tx, Report) error) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var a sqldb.Args
		where, err := changes(c, &a)
		if err != nil {
			return err
		}
		r, err := s.one(ctx, tx, id, where, &a)
		if err != nil {
			return err
		}
		return do(tx, r)
	})
}

// maxSent bounds an answer that is sent, in octets: mail servers refuse more.
const maxSent = 8 << 20

var errLong = problem.New(problem.TooLarge, "report.long", "The answer has more than 8 MiB, which is too long for a mail: narrow the report, or fetch it here.")

// Send sends the reports that are due, each with what its owner may see now. One server at a time calls it. What goes wrong with
// one is noted with it and stops none of the others; what fails with [ErrLater] is due again in an hour, and else at its next time.
func (s *Store) Send(ctx context.Context, post Post) error {
	now := s.with.Clock.Now()
	list, err := sqldb.All(ctx, s.db, scan, "SELECT "+columnsText+" FROM report r WHERE r.due > 0 AND r.due <= $1 ORDER BY r.due, r.id LIMIT 100", sqldb.Micros(now))
	if err != nil {
		return err
	}
	for _, r := range list {
		failed := s.send(ctx, r, post)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fault, sent, next := "", sqldb.Micros(now), due(r.Content, now)
		if failed != nil {
			fault, sent = problem.From(failed).Message, sqldb.Micros(r.Sent)
		}
		if errors.Is(failed, ErrLater) {
			next = min(next, sqldb.Micros(now.Add(retry)))
		}
		noted := s.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE report SET due = $1, sent = $2, fault = $3 WHERE id = $4 AND version = $5",
				next, sent, fault, r.ID, r.Version)
			return err
		})
		if p := problem.From(failed); p != nil && p.Kind != problem.Internal {
			failed = nil // it is told with the report
		}
		err = errors.Join(err, failed, noted)
	}
	return err
}

func (s *Store) send(ctx context.Context, r Report, post Post) error {
	c, err := s.with.Admins.CallerOf(ctx, r.Owner)
	if err != nil {
		return err
	}
	write, err := s.answer(ctx, c, r, r.Content.Format)
	if err != nil {
		return err
	}
	var out bounded
	if err := write(&out); err != nil {
		return err
	}
	name, media := "report.csv", "text/csv"
	if r.Content.Format == JSON {
		name, media = "report.json", "application/json"
	}
	return post(ctx, r.Content.To, r.Name, "The report \""+r.Name+"\" is attached.\n", name, media, out.Bytes())
}

// bounded is a buffer that fails when it grows too long.
type bounded struct{ bytes.Buffer }

// Write writes.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxSent {
		return 0, errLong
	}
	return b.Buffer.Write(p)
}
