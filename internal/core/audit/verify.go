package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Fault is one thing that is wrong with the log.
type Fault struct {
	Number int64  `json:"number"` // the place in the chain, 0 when it has none
	Record string `json:"record,omitempty"`
	Words  string `json:"words"`
}

// Report is what a verification found. The log is sound when there are no faults.
type Report struct {
	Linked  int64     `json:"linked"`           // records in the chain
	Waiting int64     `json:"waiting"`          // the unsealed tail: committed, not chained yet
	Oldest  time.Time `json:"oldest,omitzero"`  // the oldest of the tail
	Heads   int       `json:"heads"`            // signed heads compared, in the database and outside
	Torn    int       `json:"torn"`             // unreadable lines in the file of heads
	Faults  []Fault   `json:"faults,omitempty"` // at most maxFaults
}

const maxFaults = 100

func (r *Report) fault(number int64, record, words string) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, Fault{number, record, words})
	}
}

// Verify walks the whole chain and compares it with the heads kept outside the database. It needs no lock: what is
// appended meanwhile is the next verification's business.
func (l *Log) Verify(ctx context.Context, c scope.Caller, key ed25519.PublicKey, outside []Head, torn int) (Report, error) {
	if err := c.Require(scope.AuditVerify); err != nil {
		return Report{}, err
	}
	rep := Report{Torn: torn}
	err := l.db.Read(ctx, func(q sqldb.Querier) error {
		heads, err := headsByNumber(ctx, q, key, outside, &rep)
		if err != nil {
			return err
		}
		last, err := walk(ctx, q, heads, &rep)
		if err != nil {
			return err
		}
		for n := range heads {
			if n > last {
				rep.fault(n, "", "a signed head is there, but the chain ends before it: the log was cut or rolled back")
			}
		}
		return unlinked(ctx, q, &rep)
	})
	return rep, err
}

// headsByNumber gathers the hashes that valid heads vouch for.
func headsByNumber(ctx context.Context, q sqldb.Querier, key ed25519.PublicKey, outside []Head, rep *Report) (map[int64][]byte, error) {
	inside, err := sqldb.All(ctx, q, func(r sqldb.Row) (h Head, err error) {
		var at int64
		err = r.Scan(&h.Number, &at, &h.Hash, &h.Signature)
		h.At = sqldb.Time(at)
		return h, err
	}, "SELECT number, at, hash, signature FROM audit_head ORDER BY number")
	if err != nil {
		return nil, err
	}
	byNumber := make(map[int64][]byte)
	for _, h := range append(inside, outside...) {
		rep.Heads++
		if !h.Verify(key) {
			rep.fault(h.Number, "", "a head's signature is not the zone's")
			continue
		}
		if other, there := byNumber[h.Number]; there && !bytes.Equal(other, h.Hash) {
			rep.fault(h.Number, "", "two signed heads tell of different chains: the log has forked or was rolled back")
		}
		byNumber[h.Number] = h.Hash
	}
	return byNumber, nil
}

type linkedRecord struct {
	link
	raw
}

// walk recomputes the chain page by page and returns the number of its last link.
func walk(ctx context.Context, q sqldb.Querier, heads map[int64][]byte, rep *Report) (last int64, err error) {
	previous := make([]byte, sha256.Size)
	for {
		page, err := sqldb.All(ctx, q, func(r sqldb.Row) (x linkedRecord, err error) {
			err = r.Scan(append([]any{&x.number, &x.record, &x.hash}, x.targets()...)...)
			return x, err
		}, `SELECT k.number, k.record, k.hash, `+rawColumns+` FROM audit_link k JOIN audit_record r ON r.id = k.record
			WHERE k.number > $1 ORDER BY k.number LIMIT $2`, last, batch)
		if err != nil || len(page) == 0 {
			return last, err
		}
		for i := range page {
			x := &page[i]
			if x.number != last+1 {
				rep.fault(last+1, "", fmt.Sprintf("links %d to %d are missing", last+1, x.number-1))
			} else if !bytes.Equal(x.next(x.number, previous), x.hash) {
				rep.fault(x.number, x.id, "the record is not what was sealed: it, or the order, was changed")
			}
			if vouched, there := heads[x.number]; there && !bytes.Equal(vouched, x.hash) {
				rep.fault(x.number, x.id, "the chain is not the one whose head was signed")
			}
			last, previous = x.number, x.hash
			rep.Linked++
		}
	}
}

// unlinked looks at the records outside the chain: those that wait are the tail, any other was slipped in.
func unlinked(ctx context.Context, q sqldb.Querier, rep *Report) error {
	var err error
	if rep.Waiting, rep.Oldest, err = tail(ctx, q); err != nil {
		return err
	}
	loose, err := sqldb.All(ctx, q, sqldb.Scan1[string], `SELECT r.id FROM audit_record r
		WHERE NOT EXISTS (SELECT 1 FROM audit_link k WHERE k.record = r.id)
		AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.record = r.id) ORDER BY r.at, r.id LIMIT $1`, maxFaults)
	if err != nil {
		return err
	}
	for _, id := range loose {
		rep.fault(0, id, "the record is in no chain and does not wait for one: it was slipped in, or its link was removed")
	}
	return nil
}
