package spool

import (
	"context"
	"errors"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
)

// Query says which files are wanted.
type Query struct {
	Device string // "" for all
	State  State  // "" for all
	page.Request
}

// List returns files of the devices that the caller may see, the newest first.
func (s *Store) List(ctx context.Context, c scope.Caller, q Query) (page.Page[File], error) {
	sc, err := c.Scope(scope.InventoryRead)
	if err != nil {
		return page.Page[File]{}, err
	}
	size, err := q.Size()
	if err != nil {
		return page.Page[File]{}, err
	}
	var a sqldb.Args
	where := sc.Devices("f.device", &a)
	if q.Device != "" {
		where += " AND f.device = " + a.Add(q.Device)
	}
	if q.State != "" {
		if !q.State.Known() {
			return page.Page[File]{}, problem.New(problem.Invalid, "upload.state", "A file is receiving, waiting, imported or aside.").WithField("state")
		}
		where += " AND f.state = " + a.Add(string(q.State))
	}
	p := page.Page[File]{}
	if p.Total, p.Capped, err = page.Total(ctx, s.db, "FROM spool_file f WHERE "+where, a.List()...); err != nil {
		return p, err
	}
	if q.After != "" { // ids are made in the order of time
		where += " AND f.id < " + a.Add(q.After)
	}
	rows, err := sqldb.All(ctx, s.db, scanFile, "SELECT "+columns+" FROM spool_file f WHERE "+where+" ORDER BY f.id DESC LIMIT "+a.Add(size+1), a.List()...)
	cut := page.Cut(rows, size, func(f File) string { return f.ID })
	p.Items, p.Next = cut.Items, cut.Next
	return p, err
}

// Retry has a file that was set aside be tried again.
func (s *Store) Retry(ctx context.Context, c scope.Caller, id string) error {
	err := s.change(ctx, c, id, "upload.retried", func(tx *sqldb.Tx) error {
		tx.AfterCommit(s.Wake)
		_, err := tx.Exec(ctx, "UPDATE spool_file SET state = 'waiting', tries = 0, due = $1, reason = '', changed = $2 WHERE id = $3",
			sqldb.Micros(s.with.Clock.Now()), sqldb.Micros(s.with.Clock.Now()), id)
		return err
	})
	return err
}

// Drop deletes a file that was set aside.
func (s *Store) Drop(ctx context.Context, c scope.Caller, id string) error {
	return s.change(ctx, c, id, "upload.dropped", func(tx *sqldb.Tx) error { return s.deleteIn(ctx, tx, id) })
}

func (s *Store) change(ctx context.Context, c scope.Caller, id, action string, do func(*sqldb.Tx) error) error {
	sc, err := c.Scope(scope.DeviceRefresh)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var a sqldb.Args
		where := "f.id = " + a.Add(id) + " AND " + sc.Devices("f.device", &a)
		f, err := sqldb.One(ctx, tx, scanFile, "SELECT "+columns+" FROM spool_file f WHERE "+where, a.List()...)
		switch {
		case errors.Is(err, sqldb.ErrNotFound):
			return errNone
		case err != nil:
			return err
		case f.State != Aside:
			return problem.New(problem.Conflict, "upload.aside", "This file is not set aside: there is nothing to decide.")
		}
		if err := do(tx); err != nil {
			return err
		}
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: action, Caller: c, Subject: audit.Subject{Kind: "upload", ID: id}, Device: f.Device,
			After: map[string]any{"kind": f.Kind, "size": f.Size},
		})
	})
}

const (
	// AsideKept is how long what was set aside is kept.
	AsideKept = 30 * 24 * time.Hour

	receivingKept = 7 * 24 * time.Hour  // since the last chunk
	importedKept  = 30 * 24 * time.Hour // so that the same upload is known
	orphanAge     = time.Hour           // a chunk is noted long before
	ownerAway     = 24 * time.Hour      // a server that runs takes what is due within a minute
)

// Sweep forgets what is too old, sets aside what lies at a server that is gone, and deletes the blobs of this server that belong to
// no file. Each server calls it.
func (s *Store) Sweep(ctx context.Context) error {
	now := s.with.Clock.Now()
	if err := s.setAsideAbsent(ctx, now); err != nil {
		return err
	}
	for state, kept := range map[State]time.Duration{Receiving: receivingKept, Imported: importedKept, Aside: AsideKept} {
		if err := s.forgetOld(ctx, state, now.Add(-kept)); err != nil {
			return err
		}
	}
	var batch []string
	err := s.with.Blobs.Walk(func(name string, made time.Time) error {
		if time.Since(made) < orphanAge { // of the file system's clock
			return nil
		}
		if batch = append(batch, name); len(batch) < 200 {
			return nil
		}
		err := s.sweep(ctx, batch)
		batch = nil
		return err
	})
	return errors.Join(err, s.sweep(ctx, batch))
}

// setAsideAbsent sets aside the files that another server holds and has not read for a day: somebody is told, and may drop them
// so that they fill no bound any more. When that server is back, they can be tried again.
func (s *Store) setAsideAbsent(ctx context.Context, now time.Time) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE spool_file SET state = 'aside', changed = $1,
			reason = 'The server that holds this file has not read it for a day. Try it again when that server is back; if its disk is lost, drop it.'
			WHERE state = 'waiting' AND server <> $2 AND due < $3`, sqldb.Micros(now), s.with.Self, sqldb.Micros(now.Add(-ownerAway)))
		return err
	})
}

func (s *Store) forgetOld(ctx context.Context, state State, before time.Time) error {
	ids, err := sqldb.All(ctx, s.db, sqldb.Scan1[string], "SELECT f.id FROM spool_file f WHERE f.state = $1 AND f.changed < $2 AND "+
		journal.Unheld("f.owner")+" ORDER BY f.changed, f.id LIMIT 1000", string(state), sqldb.Micros(before))
	for _, id := range ids {
		if err == nil {
			err = s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.deleteIn(ctx, tx, id) })
		}
	}
	return err
}

func (s *Store) sweep(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	var a sqldb.Args
	used, err := sqldb.All(ctx, s.db, sqldb.Scan1[string], "SELECT p.blob FROM spool_piece p WHERE p.blob IN "+a.In(names...), a.List()...)
	if err != nil {
		return err
	}
	keep := make(map[string]bool, len(used))
	for _, n := range used {
		keep[n] = true
	}
	for _, n := range names {
		if !keep[n] {
			err = errors.Join(err, s.with.Blobs.Delete(n))
		}
	}
	return err
}

// DeviceMoved forgets what a removed device has sent, as [device.Follower].
func (s *Store) DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	if to != device.Removed {
		return nil
	}
	_, err := tx.Exec(ctx, "DELETE FROM spool_piece WHERE file IN (SELECT f.id FROM spool_file f WHERE f.device = $1)", id)
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM spool_file WHERE device = $1", id)
	}
	return err
}

// UserChanged is for [directory.Follower]: files hang on ids, not on names.
func (s *Store) UserChanged(context.Context, *sqldb.Tx, directory.User) error { return nil }

// UserErased deletes the files of a user, as [directory.Follower].
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM spool_piece WHERE file IN (SELECT f.id FROM spool_file f WHERE f.owner = $1)", id)
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM spool_file WHERE owner = $1", id)
	}
	return err
}

// OfOwner returns the files of a user, for the archive of what is kept of the user.
func (s *Store) OfOwner(ctx context.Context, c scope.Caller, owner string) ([]File, error) {
	if c.Kind != scope.Internal {
		return nil, errDevice
	}
	return sqldb.All(ctx, s.db, scanFile, "SELECT "+columns+" FROM spool_file f WHERE f.owner = $1 ORDER BY f.id", owner)
}
