package spool

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Importer takes what is in a file into the zone. It is called for two files at once. The same file may come twice, where the
// server ended in between: the second time must change nothing. A problem of the sender's making (Invalid, Malformed, TooLarge,
// Forbidden, NotFound, Conflict) sets the file aside at once; after any other fault it is tried again.
type Importer func(ctx context.Context, f File, body io.Reader) error

const (
	workers   = 2 // that import at once
	atOnce    = 50
	lookEvery = 5 * time.Second
	maxTries  = 8
	firstWait = 5 * time.Second
	longest   = 10 * time.Minute
)

// Run imports what waits on this server, until ctx ends.
func (s *Store) Run(ctx context.Context, log *slog.Logger, take Importer) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		n, err := s.Work(ctx, log, take)
		if err != nil && ctx.Err() == nil {
			log.Error("files wait that computers have sent: they cannot be read or noted", slog.Any(logfield.Error, err))
		}
		if n == atOnce && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// Work imports the files that are due, at most 50, two at a time, and returns how many there were.
func (s *Store) Work(ctx context.Context, log *slog.Logger, take Importer) (int, error) {
	list, err := sqldb.All(ctx, s.db, scanFile, "SELECT "+columns+` FROM spool_file f WHERE f.state = 'waiting' AND f.server = $1 AND f.due <= $2
		ORDER BY f.due, f.id LIMIT 50`, s.with.Self, sqldb.Micros(s.with.Clock.Now()))
	if err != nil {
		return 0, err
	}
	todo := make(chan File)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for f := range todo {
				if err := s.attempt(ctx, log, f, take); err != nil && ctx.Err() == nil {
					log.Error("a file of a computer is not imported yet", slog.String(logfield.Device, f.Device), slog.Any(logfield.Error, err))
				}
			}
		})
	}
	for _, f := range list {
		todo <- f
	}
	close(todo)
	wait.Wait()
	return len(list), nil
}

// attempt tries one file. That it is tried is written down first: a file that ends the server each time is set aside too.
func (s *Store) attempt(ctx context.Context, log *slog.Logger, f File, take Importer) error {
	if f.Tries >= maxTries {
		return s.setAside(ctx, f, orElse(f.Reason, "The server ended each time while it read this file."))
	}
	pause := min(firstWait<<f.Tries, longest)
	if err := s.mark(ctx, f, f.Tries+1, s.with.Clock.Now().Add(pause), ""); err != nil {
		return err
	}
	err := protect(func() error { return take(ctx, f, &reader{ctx: ctx, s: s, f: f}) })
	switch {
	case err == nil:
		return s.imported(ctx, f)
	case ctx.Err() != nil: // the server stops: that is not the file's fault
		return s.mark(context.WithoutCancel(ctx), f, f.Tries, s.with.Clock.Now(), f.Reason)
	case poison(err):
		log.Warn("a file of a computer is set aside", slog.String(logfield.Device, f.Device), slog.String(logfield.Kind, string(f.Kind)),
			slog.Any(logfield.Error, err))
		return s.setAside(ctx, f, problem.From(err).Message)
	}
	return joinNote(err, s.mark(ctx, f, f.Tries+1, s.with.Clock.Now().Add(pause), problem.From(err).Message))
}

func joinNote(err, note error) error {
	if note != nil {
		return fmt.Errorf("%w; and that could not be noted: %w", err, note)
	}
	return err
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

var errPanic = problem.New(problem.Malformed, "upload.panic", "What is in the file made the import fail in a way that is a fault of Drover's; the server's log says where.")

// protect has a fault in an import be one of the file, not of the server.
func protect(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errPanic.WithDetail(fmt.Errorf("panic: %T", v)) // its text may hold what was sent
		}
	}()
	return fn()
}

// poison tells whether an import would fail the same way each time.
func poison(err error) bool {
	for _, k := range []problem.Kind{
		problem.Invalid, problem.Malformed, problem.TooLarge, problem.Forbidden, problem.NotFound, problem.Conflict,
	} {
		if problem.Is(err, k) {
			return true
		}
	}
	return false
}

func (s *Store) mark(ctx context.Context, f File, tries int, due time.Time, reason string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE spool_file SET tries = $1, due = $2, reason = $3 WHERE id = $4 AND state = 'waiting'",
			tries, sqldb.Micros(due), reason, f.ID)
		return err
	})
}

func (s *Store) setAside(ctx context.Context, f File, reason string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE spool_file SET state = 'aside', reason = $1, changed = $2 WHERE id = $3 AND state = 'waiting'",
			reason, sqldb.Micros(s.with.Clock.Now()), f.ID)
		return err
	})
}

// imported forgets the octets of a file, and that it was there after some weeks: until then the same upload is the same.
func (s *Store) imported(ctx context.Context, f File) error {
	pieces, err := s.pieces(ctx, f.ID)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE spool_file SET state = 'imported', reason = '', changed = $1 WHERE id = $2 AND state = 'waiting'",
			sqldb.Micros(s.with.Clock.Now()), f.ID)
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM spool_piece WHERE file = $1", f.ID)
		tx.AfterCommit(func() {
			for _, p := range pieces {
				_ = s.with.Blobs.Delete(p.blob) // what stays is swept
			}
		})
		return err
	})
}

// reader reads a file piece by piece, so that one piece is in memory at once.
type reader struct {
	ctx  context.Context
	s    *Store
	f    File
	list []piece
	rest []byte
	read bool
}

// Read reads.
func (r *reader) Read(b []byte) (int, error) {
	if !r.read {
		list, err := r.s.pieces(r.ctx, r.f.ID)
		if err != nil {
			return 0, err
		}
		r.list, r.read = list, true
	}
	for len(r.rest) == 0 {
		if len(r.list) == 0 {
			return 0, io.EOF
		}
		plain, err := r.s.open(r.ctx, r.f, r.list[0])
		if err != nil {
			return 0, err
		}
		r.rest, r.list = plain, r.list[1:]
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
