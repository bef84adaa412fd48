package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/lease"
	"drover/internal/base/sqldb"
)

// link is one place of the chain.
type link struct {
	number int64
	record string
	hash   []byte
}

// raw is a record as it lies in the table; the chain covers all of it.
type raw struct {
	id, action, outcome, callerKind, caller, token, address string
	subjectKind, subject, device, owner, details            string
	at                                                      int64
	personal                                                []byte
}

const rawColumns = `r.id, r.at, r.action, r.outcome, r.caller_kind, r.caller, r.caller_token, r.address,
	r.subject_kind, r.subject, r.device, r.owner, r.details, r.personal`

func (x *raw) targets() []any {
	return []any{
		&x.id, &x.at, &x.action, &x.outcome, &x.callerKind, &x.caller, &x.token, &x.address,
		&x.subjectKind, &x.subject, &x.device, &x.owner, &x.details, &x.personal,
	}
}

// next computes the hash of the link that puts x behind previous: SHA-256 over the number, the hash before, and each
// field with its length in front, so that no two records share an encoding.
func (x *raw) next(number int64, previous []byte) []byte {
	var b bytes.Buffer
	put := func(p []byte) {
		b.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		b.Write(p)
	}
	put([]byte("drover audit 1"))
	put(binary.BigEndian.AppendUint64(nil, uint64(number)))
	put(previous)
	put(binary.BigEndian.AppendUint64(nil, uint64(x.at)))
	for _, s := range []string{
		x.id, x.action, x.outcome, x.callerKind, x.caller, x.token, x.address,
		x.subjectKind, x.subject, x.device, x.owner, x.details,
	} {
		put([]byte(s))
	}
	put(x.personal)
	h := sha256.Sum256(b.Bytes())
	return h[:]
}

// Head is the signed end of the chain at one moment.
type Head struct {
	Number    int64     `json:"number"`
	At        time.Time `json:"at"`
	Hash      []byte    `json:"hash"`
	Signature []byte    `json:"signature"`
}

func (h Head) message() []byte {
	m := append([]byte("drover audit head 1\x00"), binary.BigEndian.AppendUint64(nil, uint64(h.Number))...)
	m = binary.BigEndian.AppendUint64(m, uint64(h.At.UnixMicro()))
	return append(m, h.Hash...)
}

// Verify tells whether the head was signed with the zone's key.
func (h Head) Verify(key ed25519.PublicKey) bool {
	return ed25519.Verify(key, h.message(), h.Signature)
}

// Sink keeps heads outside the database.
type Sink interface {
	Write(Head) error
	Name() string // for people: "file"
}

// batch bounds how many records one transaction of the sealer links.
const batch = 500

// Sealer chains committed records. Several servers may run one; a lease lets one of them work at a time, and is taken
// in the very transaction that links, so that the chain cannot fork.
type Sealer struct {
	db    *sqldb.DB
	clock clock.Clock
	key   ed25519.PrivateKey
	lease *lease.Lease
	sinks []Sink

	mu     sync.Mutex
	health []SinkHealth
}

// SinkHealth is how one place outside the database took the heads that this server has sealed.
type SinkHealth struct {
	Name   string // "file", "syslog"
	OK     bool   // the last write succeeded, or there was none
	Number int64  // the last head it took; 0 for none since the server started
	At     time.Time
	Error  string // of the last write
}

// NewSealer returns the sealer of the server known as node. The key signs the heads.
func NewSealer(db *sqldb.DB, c clock.Clock, key ed25519.PrivateKey, node string, sinks ...Sink) *Sealer {
	health := make([]SinkHealth, len(sinks))
	for i, k := range sinks {
		health[i] = SinkHealth{Name: k.Name(), OK: true}
	}
	return &Sealer{
		db: db, clock: c, key: key, sinks: sinks, health: health,
		lease: lease.New(db, c, "audit.sealer", node, 10*time.Second),
	}
}

// Seal links what has been committed and is not linked yet, and returns how many records that were. Call it every
// second or faster.
func (s *Sealer) Seal(ctx context.Context) (sealed int, err error) {
	for {
		n, head, err := s.step(ctx)
		if err != nil {
			return sealed, fmt.Errorf("seal the audit log: %w", err)
		}
		sealed += n
		if n > 0 {
			if err := s.publish(head); err != nil {
				return sealed, err
			}
		}
		if n < batch {
			return sealed, nil
		}
	}
}

// publish writes the head to every sink, even when one fails.
func (s *Sealer) publish(h Head) error {
	var errs []error
	for i, k := range s.sinks {
		err := k.Write(h)
		s.note(i, h, err)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *Sealer) note(i int, h Head, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := &s.health[i]
	if x.OK = err == nil; x.OK {
		x.Number, x.At, x.Error = h.Number, h.At, ""
		return
	}
	x.Error = err.Error()
}

// Health tells how the places outside the database took what this server has sealed: on the one that holds the lease.
func (s *Sealer) Health() []SinkHealth {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.health)
}

// waits tells whether any record waits to be linked. It spares an idle zone the lease, which is a write.
func (s *Sealer) waits(ctx context.Context) (bool, error) {
	return sqldb.One(ctx, s.db, sqldb.Scan1[bool], "SELECT EXISTS (SELECT 1 FROM audit_pending)")
}

func (s *Sealer) step(ctx context.Context) (n int, head Head, err error) {
	if waits, err := s.waits(ctx); err != nil || !waits {
		return 0, Head{}, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		held, err := s.lease.TakeIn(ctx, tx)
		if err != nil || !held {
			return err
		}
		waiting, err := sqldb.All(ctx, tx, func(r sqldb.Row) (x raw, err error) {
			err = r.Scan(x.targets()...)
			return x, err
		}, `SELECT `+rawColumns+` FROM audit_pending p JOIN audit_record r ON r.id = p.record
			ORDER BY p.record LIMIT $1`, batch)
		if err != nil || len(waiting) == 0 {
			return err
		}
		last, err := lastLink(ctx, tx)
		if err != nil {
			return err
		}
		links := make([]link, len(waiting))
		for i := range waiting {
			last = link{last.number + 1, waiting[i].id, waiting[i].next(last.number+1, last.hash)}
			links[i] = last
		}
		if err := insertLinks(ctx, tx, links); err != nil {
			return err
		}
		head = s.sign(last)
		n = len(links)
		_, err = tx.Exec(ctx, "INSERT INTO audit_head (number, at, hash, signature) VALUES ($1, $2, $3, $4)",
			head.Number, sqldb.Micros(head.At), head.Hash, head.Signature)
		return err
	})
	return n, head, err
}

func (s *Sealer) sign(l link) Head {
	h := Head{Number: l.number, At: s.clock.Now().Truncate(time.Microsecond), Hash: l.hash}
	h.Signature = ed25519.Sign(s.key, h.message())
	return h
}

func scanLink(r sqldb.Row) (l link, err error) {
	err = r.Scan(&l.number, &l.record, &l.hash)
	return l, err
}

func lastLink(ctx context.Context, q sqldb.Querier) (link, error) {
	l, err := sqldb.One(ctx, q, scanLink, "SELECT number, record, hash FROM audit_link ORDER BY number DESC LIMIT 1")
	if errors.Is(err, sqldb.ErrNotFound) {
		return link{hash: make([]byte, sha256.Size)}, nil
	}
	return l, err
}

func insertLinks(ctx context.Context, tx *sqldb.Tx, links []link) error {
	var a sqldb.Args
	text, ids := "INSERT INTO audit_link (number, record, hash) VALUES ", make([]string, len(links))
	for i, l := range links {
		if i > 0 {
			text += ","
		}
		text += "(" + a.Add(l.number) + "," + a.Add(l.record) + "," + a.Add(l.hash) + ")"
		ids[i] = l.record
	}
	if _, err := tx.Exec(ctx, text, a.List()...); err != nil {
		return err
	}
	var d sqldb.Args
	_, err := tx.Exec(ctx, "DELETE FROM audit_pending WHERE record IN "+d.In(ids...), d.List()...)
	return err
}

// Run seals every half second until ctx ends, and once more then. Errors are handed to report.
func (s *Sealer) Run(ctx context.Context, report func(error)) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := s.Seal(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			s.finish(report)
			return
		case <-tick.C:
		}
	}
}

func (s *Sealer) finish(report func(error)) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_, err := s.Seal(ctx)
	if err := errors.Join(err, s.lease.Release(ctx)); err != nil {
		report(err)
	}
}
