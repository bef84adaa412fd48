package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// groupSize is how many transactions may share one commit on SQLite: past 256 the gain is small and the first of them
// waits too long.
const groupSize = 256

// gatherTime is how long a write that may wait is kept for others to share its commit, which costs more than many writes.
const gatherTime = 5 * time.Millisecond

// Tx is one writing transaction.
type Tx struct {
	tx     *sql.Tx
	engine Engine
	after  []func()
}

// Engine tells which engine runs below.
func (t *Tx) Engine() Engine { return t.engine }

// Exec runs one statement and returns how many rows it touched.
func (t *Tx) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	r, err := t.tx.ExecContext(t.statementContext(ctx), text, args...)
	if err != nil {
		return 0, classify(err)
	}
	return r.RowsAffected()
}

// Query runs one reading statement within the transaction.
func (t *Tx) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(t.statementContext(ctx), text, args...) // the caller closes
}

// AfterCommit has fn run once the transaction is durable, in the goroutine that called [DB.Write].
func (t *Tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

// statementContext takes the cancellation away on SQLite: an interrupted statement there rolls back the whole
// transaction, and with it the work of every other caller in the group.
func (t *Tx) statementContext(ctx context.Context) context.Context {
	if t.engine == SQLite {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// write is one caller's transaction on its way to the writer.
type write struct {
	ctx     context.Context // it lives as long as the call
	fn      func(*Tx) error
	patient bool
	tx      *Tx
	err     error
	panic   any
	done    chan struct{}
}

// Write runs fn in one transaction and returns when it is durable. When fn returns an error, nothing of it is kept.
// fn must not call Write, must not wait for the network, and may run on another goroutine.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return db.write(&write{ctx: ctx, fn: fn, done: make(chan struct{})})
}

// WriteSoon is [DB.Write] for what machines tell by the thousand: on SQLite it may wait some milliseconds, so that many share
// one commit.
func (db *DB) WriteSoon(ctx context.Context, fn func(*Tx) error) error {
	return db.write(&write{ctx: ctx, fn: fn, patient: true, done: make(chan struct{})})
}

func (db *DB) write(w *write) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if db.engine == SQLite {
		db.writeTogether(w)
	} else {
		db.writeAlone(w)
	}
	if w.panic != nil {
		panic(w.panic)
	}
	if w.err != nil {
		return w.err
	}
	for _, f := range w.tx.after {
		f()
	}
	return nil
}

// writeTogether hands w to the one writer and waits for it.
func (db *DB) writeTogether(w *write) {
	select {
	case db.writes <- w:
	case <-db.quit:
		w.err = ErrClosed
		return
	case <-w.ctx.Done():
		w.err = w.ctx.Err()
		return
	}
	select {
	case <-w.done:
	case <-db.done:
		select {
		case <-w.done: // it was among the last
		default:
			w.err = ErrClosed
		}
	}
}

// writeAlone runs one transaction with a commit of its own.
func (db *DB) writeAlone(w *write) {
	tx, err := db.writer.BeginTx(w.ctx, nil)
	if err != nil {
		w.err = classify(err)
		return
	}
	w.tx = &Tx{tx: tx, engine: db.engine}
	if !w.run() {
		_ = tx.Rollback() // the connection is given up when this fails
		return
	}
	w.err = classify(tx.Commit())
}

// run calls fn and tells whether its work may be kept.
func (w *write) run() (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			w.panic, ok = p, false
		}
	}()
	w.err = w.fn(w.tx)
	return w.err == nil
}

// writeGroups is the one writer of an SQLite database.
func (db *DB) writeGroups() {
	defer close(db.done)
	for {
		select {
		case w := <-db.writes:
			db.writeAll(db.gather(w))
		case <-db.quit:
			for w := db.waiting(); w != nil; w = db.waiting() {
				db.writeAll([]*write{w})
			}
			return
		}
	}
}

// gather returns w, and where it may wait those that come meanwhile. One that may not wait ends it.
func (db *DB) gather(w *write) []*write {
	list := []*write{w}
	if !w.patient {
		return list
	}
	over := time.NewTimer(gatherTime)
	defer over.Stop()
	for len(list) < groupSize {
		select {
		case w := <-db.writes:
			list = append(list, w)
			if !w.patient {
				return list
			}
		case <-over.C:
			return list
		case <-db.quit:
			return list
		}
	}
	return list
}

// writeAll runs the list in one group; what a group leaves over when its transaction is lost, in the next.
func (db *DB) writeAll(list []*write) {
	for len(list) > 0 {
		list = db.writeGroup(list)
	}
}

// writeGroup runs those of the list, and whatever else waits, in one transaction: each in a savepoint, all in one commit. It
// returns those of the list that it has not come to.
func (db *DB) writeGroup(list []*write) (left []*write) {
	tx, err := db.writer.BeginTx(context.Background(), nil)
	if err != nil {
		list[0].err = classify(err)
		close(list[0].done)
		return list[1:]
	}
	var kept, group []*write
	for w := list[0]; w != nil; {
		group = append(group, w)
		ok, lost := db.runInSavepoint(tx, w)
		if ok {
			kept = append(kept, w)
		}
		if lost || len(group) >= groupSize {
			break
		}
		if len(group) < len(list) {
			w = list[len(group)]
		} else {
			w = db.waiting()
		}
	}
	err = classify(tx.Commit())
	for _, k := range kept {
		k.err = err
	}
	// Only now, for those that failed too: who hears that a row is there already must find it.
	for _, g := range group {
		close(g.done)
	}
	return list[min(len(group), len(list)):]
}

// waiting returns the next write if one waits already.
func (db *DB) waiting() *write {
	select {
	case w := <-db.writes:
		return w
	default:
		return nil
	}
}

// runInSavepoint runs w and tells whether its work is part of the group's commit. lost tells that the whole transaction
// is gone, as SQLite has it on a full disk or a failed read: its commit will fail, and whoever came now would write
// outside of any transaction.
func (db *DB) runInSavepoint(tx *sql.Tx, w *write) (ok, lost bool) {
	if w.err = w.ctx.Err(); w.err != nil {
		return false, false
	}
	if _, err := tx.Exec("SAVEPOINT w"); err != nil {
		w.err = classify(err)
		return false, true
	}
	w.tx = &Tx{tx: tx, engine: SQLite}
	ok = w.run()
	end := "RELEASE w"
	if !ok {
		end = "ROLLBACK TO w; RELEASE w"
	}
	if _, err := tx.Exec(end); err != nil {
		w.err = errors.Join(w.err, fmt.Errorf("end the savepoint: %w", classify(err)))
		return false, true
	}
	return ok, false
}
