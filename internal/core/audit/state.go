package audit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// State is how the log stands, as far as it can be told without walking it.
type State struct {
	Number   int64     // the last link of the chain
	Hash     string    // its hash, in hexadecimal
	Signed   int64     // the last signed head in the database
	SignedAt time.Time // when that was
	Waiting  int64     // the unsealed tail: committed, not chained yet
	Oldest   time.Time // the oldest of the tail
	Verified *Verified // the last verification; nil for none
}

// Verified is what a verification found.
type Verified struct {
	At     time.Time `json:"at"`
	Linked int64     `json:"linked"`
	Faults int       `json:"faults"`
}

// A verification is itself a record, from which the last one is known.
const (
	verifiedAction  = "audit.verified"
	verifiedSubject = "audit-chain"
)

// NoteVerified records that the log was verified, and what was found.
func (l *Log) NoteVerified(ctx context.Context, c scope.Caller, r Report) error {
	if err := c.Require(scope.AuditVerify); err != nil {
		return err
	}
	return l.db.Write(ctx, func(tx *sqldb.Tx) error {
		return l.Append(ctx, tx, Record{
			Action: verifiedAction, Caller: c, Subject: Subject{Kind: "audit", ID: verifiedSubject},
			After: Verified{At: l.clock.Now().UTC(), Linked: r.Linked, Faults: len(r.Faults)},
		})
	})
}

// State tells how the log stands.
func (l *Log) State(ctx context.Context, c scope.Caller) (s State, err error) {
	if err := c.Require(scope.AuditVerify); err != nil {
		return s, err
	}
	err = l.db.Read(ctx, func(q sqldb.Querier) error {
		last, err := lastLink(ctx, q)
		if err != nil {
			return err
		}
		s.Number, s.Hash = last.number, hex.EncodeToString(last.hash)
		if s.Signed, s.SignedAt, err = lastHead(ctx, q); err != nil {
			return err
		}
		if s.Waiting, s.Oldest, err = tail(ctx, q); err != nil {
			return err
		}
		s.Verified, err = lastVerified(ctx, q)
		return err
	})
	return s, err
}

type counted struct{ n, at int64 }

func scanCounted(r sqldb.Row) (c counted, err error) {
	err = r.Scan(&c.n, &c.at)
	return c, err
}

func lastHead(ctx context.Context, q sqldb.Querier) (int64, time.Time, error) {
	h, err := sqldb.One(ctx, q, scanCounted, "SELECT number, at FROM audit_head ORDER BY number DESC LIMIT 1")
	if errors.Is(err, sqldb.ErrNotFound) {
		return 0, time.Time{}, nil
	}
	return h.n, sqldb.Time(h.at), err
}

// tail counts the records that no link covers yet.
func tail(ctx context.Context, q sqldb.Querier) (int64, time.Time, error) {
	t, err := sqldb.One(ctx, q, scanCounted, "SELECT count(*), coalesce(min(r.at), 0) FROM audit_pending p JOIN audit_record r ON r.id = p.record")
	return t.n, sqldb.Time(t.at), err
}

func lastVerified(ctx context.Context, q sqldb.Querier) (*Verified, error) {
	text, err := sqldb.One(ctx, q, sqldb.Scan1[string],
		"SELECT details FROM audit_record WHERE subject = $1 AND action = $2 ORDER BY at DESC, id DESC LIMIT 1", verifiedSubject, verifiedAction)
	if errors.Is(err, sqldb.ErrNotFound) {
		return nil, nil // none is no error
	}
	if err != nil {
		return nil, err
	}
	var d struct{ After Verified }
	return &d.After, json.Unmarshal([]byte(text), &d)
}
