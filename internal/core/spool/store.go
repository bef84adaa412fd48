package spool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"drover/internal/base/blob"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Keys seals and opens what belongs to a user.
type Keys interface {
	Seal(ctx context.Context, tx *sqldb.Tx, f seal.Field, o seal.Owner, plain []byte) (seal.Sealed, error)
	Open(ctx context.Context, q sqldb.Querier, f seal.Field, o seal.Owner, sealed seal.Sealed) ([]byte, error)
}

// Devices is what the spool asks of the devices.
type Devices interface {
	Get(ctx context.Context, c scope.Caller, id string) (device.Device, error)
}

// Blobs keeps what is too large for rows.
type Blobs interface {
	Put(name string, data []byte) error
	Get(name string) ([]byte, error)
	Delete(name string) error
	Walk(visit func(name string, made time.Time) error) error
}

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB      *sqldb.DB
	Clock   clock.Clock
	Log     *audit.Log
	Keys    Keys
	Blobs   Blobs
	Devices Devices
	Self    string // this server: it imports what lies in its own blobs
}

// Store keeps files.
type Store struct {
	with Parts
	db   *sqldb.DB
	wake chan struct{}
}

// New returns the spool of this server. Run [Store.Run] beside it.
func New(p Parts) *Store { return &Store{with: p, db: p.DB, wake: make(chan struct{}, 1)} }

var (
	errDevice = problem.New(problem.Forbidden, "upload.device", "Only a device itself sends this.")
	errNone   = problem.New(problem.NotFound, "upload.none", "There is no such upload, or not any more: begin it again.")
	errOther  = problem.New(problem.Conflict, "upload.other", "An upload of this id has another kind, size or hash.").WithField("id")
	errBusy   = problem.New(problem.Unavailable, "upload.busy", "As many files wait as the zone keeps: try again later.").WithRetry(5 * time.Minute)
	errMany   = problem.Newf(problem.Throttled, "upload.many", "Of this device %d files wait or are set aside: try again later.", maxOpen).WithRetry(time.Hour)
	errFull   = problem.New(problem.Unavailable, "upload.full", "The server's disk is full. Nothing of this chunk has been kept: try again later.").
			WithRetry(5 * time.Minute)
	errOffset = problem.New(problem.Conflict, "upload.offset", "The chunk does not begin where the last one ended: ask for the upload, and go on there.").
			WithField("offset")
	errChunk = problem.Newf(problem.TooLarge, "upload.chunk", "A chunk has 1 to %d octets, and ends where the file ends.", Chunk)
	errHash  = problem.New(problem.Invalid, "upload.hash", "It is another file than the one that was announced: its hash differs. Nothing of it has been kept.").
			WithField("sha256")
)

// Begin begins a file, or tells how it stands where it has begun. c is the device itself. Problems: Conflict ("upload.other")
// where its id belongs to another file, Throttled and Unavailable where too much waits.
func (s *Store) Begin(ctx context.Context, c scope.Caller, d Draft) (File, error) {
	if c.Kind != scope.Device {
		return File{}, errDevice
	}
	if err := d.check(); err != nil {
		return File{}, err
	}
	f, err := s.find(ctx, s.db, c.ID, d.Upload)
	if errors.Is(err, sqldb.ErrNotFound) {
		return s.begin(ctx, c, d)
	}
	if err == nil && !f.is(d) {
		return File{}, errOther
	}
	if err == nil && f.State == Receiving && f.server != s.with.Self {
		return s.takeOver(ctx, f)
	}
	return f, err
}

func (s *Store) find(ctx context.Context, q sqldb.Querier, deviceID, upload string) (File, error) {
	return sqldb.One(ctx, q, scanFile, "SELECT "+columns+" FROM spool_file f WHERE f.device = $1 AND f.upload = $2", deviceID, upload)
}

func (s *Store) begin(ctx context.Context, c scope.Caller, d Draft) (File, error) {
	dev, err := s.with.Devices.Get(ctx, scope.System("spool"), c.ID)
	if err != nil {
		return File{}, err
	}
	var f File
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.checkRoom(ctx, tx, c.ID, d.Size); err != nil {
			return err
		}
		now := sqldb.Micros(s.with.Clock.Now())
		_, err := tx.Exec(ctx, `INSERT INTO spool_file (id, device, owner, upload, kind, command, media, size, sha256, server, received,
			state, tries, due, reason, begun, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 'receiving', 0, 0, '', $11, $12)
			ON CONFLICT (device, upload) DO NOTHING`,
			sqldb.NewID(), c.ID, dev.Owner, d.Upload, string(d.Kind), d.Command, d.Media, d.Size, d.SHA256, s.with.Self, now, now)
		if err != nil {
			return err
		}
		if f, err = s.find(ctx, tx, c.ID, d.Upload); err == nil && !f.is(d) {
			err = errOther
		}
		return err
	})
	return f, err
}

// checkRoom bounds what waits, of one device and in all.
func (s *Store) checkRoom(ctx context.Context, q sqldb.Querier, deviceID string, size int64) error {
	own, err := sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM spool_file WHERE device = $1 AND state <> 'imported'", deviceID)
	if err != nil {
		return err
	}
	if own >= maxOpen {
		return errMany
	}
	type sum struct{ n, octets int64 }
	all, err := sqldb.One(ctx, q, func(r sqldb.Row) (x sum, err error) { return x, r.Scan(&x.n, &x.octets) },
		"SELECT count(*), CAST(COALESCE(sum(size), 0) AS BIGINT) FROM spool_file WHERE state <> 'imported'")
	if err == nil && (all.n >= maxFiles || all.octets+size > maxBytes) {
		err = errBusy
	}
	return err
}

// takeOver begins a file anew that another server has begun to receive: its pieces lie there.
func (s *Store) takeOver(ctx context.Context, f File) (File, error) {
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE spool_file SET server = $1, received = 0 WHERE id = $2 AND state = 'receiving'", s.with.Self, f.ID)
		if err == nil {
			_, err = tx.Exec(ctx, "DELETE FROM spool_piece WHERE file = $1", f.ID)
		}
		if err == nil {
			f, err = s.find(ctx, tx, f.Device, f.Upload)
		}
		return err
	})
	return f, err
}

// Of returns how a file stands. c is the device itself.
func (s *Store) Of(ctx context.Context, c scope.Caller, id string) (File, error) {
	if c.Kind != scope.Device {
		return File{}, errDevice
	}
	f, err := sqldb.One(ctx, s.db, scanFile, "SELECT "+columns+" FROM spool_file f WHERE f.id = $1 AND f.device = $2", id, c.ID)
	if errors.Is(err, sqldb.ErrNotFound) {
		err = errNone
	}
	return f, err
}

// Put keeps one chunk and returns once it is durable; with the last one the whole is checked. c is the device itself. Problems:
// Conflict ("upload.offset") where the chunk begins elsewhere than at the octets that are kept, Invalid ("upload.hash") where
// the whole is another file, Unavailable ("upload.full") where the disk is full.
func (s *Store) Put(ctx context.Context, c scope.Caller, id string, offset int64, body io.Reader) (File, error) {
	f, err := s.Of(ctx, c, id)
	if err != nil {
		return f, err
	}
	if f.State != Receiving || f.server != s.with.Self || f.Received != offset {
		return f, errOffset
	}
	data, err := io.ReadAll(io.LimitReader(body, Chunk+1))
	if err != nil {
		return f, err
	}
	if len(data) == 0 || len(data) > Chunk || offset+int64(len(data)) > f.Size {
		return f, errChunk
	}
	p := piece{file: f.ID, start: offset, size: int64(len(data)), blob: sqldb.NewID()}
	if err := s.keep(ctx, f, p, data); err != nil {
		return f, err
	}
	if f.Received = p.start + p.size; f.Received < f.Size {
		return f, s.note(ctx, f, p)
	}
	return s.finish(ctx, f, p, data)
}

// piece is one chunk as it is kept.
type piece struct {
	file        string
	start, size int64
	blob        string
}

func (p piece) field() seal.Field {
	return seal.Field{Table: "spool_piece", Column: "blob", Row: p.blob}
}

// keep seals a chunk and has it on the disk. Only then is it noted: what was kept and not noted is swept.
func (s *Store) keep(ctx context.Context, f File, p piece, data []byte) error {
	var sealed seal.Sealed
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		sealed, err = s.with.Keys.Seal(ctx, tx, p.field(), seal.User(f.Owner), data)
		return err
	})
	if err != nil {
		return err
	}
	err = s.with.Blobs.Put(p.blob, sealed)
	if errors.Is(err, blob.ErrFull) {
		return errFull.WithDetail(err)
	}
	return err
}

func (s *Store) note(ctx context.Context, f File, p piece) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.noteIn(ctx, tx, f, p, Receiving) })
}

func (s *Store) noteIn(ctx context.Context, tx *sqldb.Tx, f File, p piece, to State) error {
	n, err := tx.Exec(ctx, `UPDATE spool_file SET received = $1, state = $2, due = $3, changed = $4
		WHERE id = $5 AND state = 'receiving' AND received = $6 AND server = $7`, p.start+p.size, string(to),
		sqldb.Micros(s.with.Clock.Now()), sqldb.Micros(s.with.Clock.Now()), f.ID, p.start, s.with.Self)
	if err == nil && n == 0 {
		return errOffset // the same chunk came twice at once
	}
	if err == nil {
		_, err = tx.Exec(ctx, "INSERT INTO spool_piece (file, start, size, blob) VALUES ($1, $2, $3, $4)", p.file, p.start, p.size, p.blob)
	}
	return err
}

// finish checks the whole, as it lies on the disk, and hands it to the workers.
func (s *Store) finish(ctx context.Context, f File, last piece, data []byte) (File, error) {
	sum := sha256.New()
	pieces, err := s.pieces(ctx, f.ID)
	if err != nil {
		return f, err
	}
	for _, p := range pieces {
		plain, err := s.open(ctx, f, p)
		if err != nil {
			return f, err
		}
		sum.Write(plain)
	}
	sum.Write(data)
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return f, errors.Join(errHash, s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.deleteIn(ctx, tx, f.ID) }))
	}
	f.State = Waiting
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		tx.AfterCommit(s.Wake)
		return s.noteIn(ctx, tx, f, last, Waiting)
	})
	return f, err
}

func (s *Store) pieces(ctx context.Context, id string) ([]piece, error) {
	return sqldb.All(ctx, s.db, func(r sqldb.Row) (p piece, err error) { return p, r.Scan(&p.file, &p.start, &p.size, &p.blob) },
		"SELECT file, start, size, blob FROM spool_piece WHERE file = $1 ORDER BY start", id)
}

func (s *Store) open(ctx context.Context, f File, p piece) ([]byte, error) {
	sealed, err := s.with.Blobs.Get(p.blob)
	if err != nil {
		return nil, fmt.Errorf("read a piece of a file: %w", err)
	}
	return s.with.Keys.Open(ctx, s.db, p.field(), seal.User(f.Owner), seal.Sealed(sealed))
}

// deleteIn forgets a file. Its blobs are swept.
func (s *Store) deleteIn(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM spool_piece WHERE file = $1", id)
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM spool_file WHERE id = $1", id)
	}
	return err
}

// Wake has the workers look.
func (s *Store) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
