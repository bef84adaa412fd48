package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Outcome says how what was asked for ended.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused"
	Failed  Outcome = "failed"
)

// Subject is what a record is about.
type Subject struct {
	Kind string // "device", "command", "policy", ...
	ID   string // its row id
}

// Record is one thing that happened. It holds pseudonyms and states, no names; what is personal goes into Personal and
// is sealed under the key of the user it belongs to.
type Record struct {
	Action  string // "command.approved": subject and past participle, stable
	Caller  scope.Caller
	Subject Subject
	Device  string // the device concerned, or ""
	Owner   string // the user concerned, or ""
	Before  any    // what it was, made into JSON; nil for nothing
	After   any    // what it is now
	Reason  string // why, in the caller's words; may be personal only when Owner is set, and is then sealed
	Outcome Outcome
	// Personal is sealed under Owner's key. It needs an Owner.
	Personal map[string]string
}

// Keys seals personal values.
type Keys interface {
	Seal(ctx context.Context, tx *sqldb.Tx, f seal.Field, o seal.Owner, plain []byte) (seal.Sealed, error)
	Open(ctx context.Context, q sqldb.Querier, f seal.Field, o seal.Owner, sealed seal.Sealed) ([]byte, error)
}

// Log writes and reads the audit log.
type Log struct {
	db    *sqldb.DB
	clock clock.Clock
	keys  Keys
	bus   *bus.Bus
}

// New returns the log on db.
func New(db *sqldb.DB, c clock.Clock, k Keys, b *bus.Bus) *Log {
	return &Log{db: db, clock: c, keys: k, bus: b}
}

// details is the part of a record that is kept as JSON text. Text, not JSONB: the chain covers the very bytes.
type details struct {
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Append writes a record in the transaction of what it records: both happen or neither does.
func (l *Log) Append(ctx context.Context, tx *sqldb.Tx, r Record) error {
	if r.Outcome == "" {
		r.Outcome = OK
	}
	id, d := sqldb.NewID(), details{Before: r.Before, After: r.After}
	personal := r.Personal
	if r.Owner == "" {
		d.Reason = r.Reason
	} else if r.Reason != "" {
		personal = with(personal, "reason", r.Reason)
	}
	address := ""
	if r.Caller.Addr.IsValid() {
		address = r.Caller.Addr.String()
	}
	if r.Caller.Kind == scope.User || r.Caller.Kind == scope.Device {
		// Where a person's phone is on the network is that person's business.
		if address != "" && r.Owner != "" {
			personal = with(personal, "address", address)
		}
		address = ""
	}
	sealed, err := l.sealPersonal(ctx, tx, id, r.Owner, personal)
	if err != nil {
		return err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("audit record %s: %w", r.Action, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO audit_record (id, at, action, outcome, caller_kind, caller, caller_token, address,
		subject_kind, subject, device, owner, details, personal)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id, sqldb.Micros(l.clock.Now()), r.Action, string(r.Outcome), string(r.Caller.Kind), r.Caller.ID, r.Caller.Token,
		address, r.Subject.Kind, r.Subject.ID, r.Device, r.Owner, string(text), []byte(sealed))
	if err != nil {
		return fmt.Errorf("write the audit record %s: %w", r.Action, err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO audit_pending (record) VALUES ($1)", id); err != nil {
		return fmt.Errorf("write the audit record %s: %w", r.Action, err)
	}
	tx.AfterCommit(func() { l.bus.Publish(bus.Message{Topic: "event", Body: "audit " + id}) })
	return nil
}

func with(m map[string]string, k, v string) map[string]string {
	c := map[string]string{k: v}
	for k, v := range m {
		c[k] = v
	}
	return c
}

func personalField(id string) seal.Field {
	return seal.Field{Table: "audit_record", Column: "personal", Row: id}
}

func (l *Log) sealPersonal(ctx context.Context, tx *sqldb.Tx, id, owner string, values map[string]string) (seal.Sealed, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if owner == "" {
		return nil, fmt.Errorf("an audit record has personal values but names nobody whose they are")
	}
	plain, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	return l.keys.Seal(ctx, tx, personalField(id), seal.User(owner), plain)
}

// Entry is one record as it is read.
type Entry struct {
	ID         string
	At         time.Time
	Action     string
	Outcome    Outcome
	CallerKind scope.Kind
	Caller     string
	Token      string
	Address    string
	Subject    Subject
	Device     string
	Owner      string
	Before     json.RawMessage
	After      json.RawMessage
	Reason     string
	Personal   bool  // it has sealed values: see [Log.Reveal]
	Number     int64 // its place in the chain, 0 while it waits for the sealer
}
