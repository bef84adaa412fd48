package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Answer is what a request was answered with, to be given again when it is repeated.
type Answer struct {
	Status int    `json:"status"`
	ETag   string `json:"etag,omitempty"`
	Body   []byte `json:"body,omitempty"`
	// Lost tells that the answer was too large to be kept; what was asked for is done.
	Lost bool `json:"lost,omitempty"`
	// Request is the hash of what was asked, which a repetition must ask too.
	Request []byte `json:"request"`
}

const (
	// repeatTime is how long a request can be repeated with its key.
	repeatTime = 24 * time.Hour
	// repeatLost is when a request without an answer counts as lost with the server that had it: longer than any takes.
	repeatLost = 15 * time.Minute
	// maxRepeats bounds the keys of one administrator within repeatTime.
	maxRepeats = 1000
	maxKey     = 100
	// maxAnswer bounds the answers that are kept.
	maxAnswer = 256 << 10
)

// Repeat is a request with an Idempotency-Key: of one caller, to one operation.
type Repeat struct {
	id, admin string
	request   []byte
}

// Once begins a request that carries a key; what is the hash of all that it asks. It returns the answer of the same
// request when that was made before: then nothing must be done. Otherwise the caller does what is asked and calls
// [Store.Answered] with what Once returned.
func (s *Store) Once(ctx context.Context, c scope.Caller, operation, key string, what []byte) (r Repeat, before *Answer, err error) {
	if key == "" || len(key) > maxKey {
		return r, nil, problem.Newf(problem.Invalid, "repeat.key", "An Idempotency-Key has 1 to %d characters.", maxKey)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{string(c.Kind), c.ID, c.Token, operation, key}, "\x00")))
	r = Repeat{hex.EncodeToString(sum[:]), c.ID, what}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		before, err = s.once(ctx, tx, r)
		return err
	})
	return r, before, err
}

func (s *Store) once(ctx context.Context, tx *sqldb.Tx, r Repeat) (*Answer, error) {
	now := s.clock.Now()
	_, err := tx.Exec(ctx, "DELETE FROM admin_repeat WHERE at < $1 OR (answer IS NULL AND at < $2)",
		sqldb.Micros(now.Add(-repeatTime)), sqldb.Micros(now.Add(-repeatLost)))
	if err != nil {
		return nil, err
	}
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM admin_repeat WHERE admin = $1", r.admin)
	if err != nil {
		return nil, err
	}
	if n >= maxRepeats {
		return nil, problem.Newf(problem.Throttled, "repeat.many", "There are %d requests with an Idempotency-Key within a day: leave it out, or wait.", n)
	}
	n64, err := tx.Exec(ctx, "INSERT INTO admin_repeat (id, admin, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", r.id, r.admin, sqldb.Micros(now))
	if err != nil || n64 == 1 {
		return nil, err
	}
	return s.answerOf(ctx, tx, r)
}

func repeatField(id string) seal.Field {
	return seal.Field{Table: "admin_repeat", Column: "answer", Row: id}
}

func (s *Store) answerOf(ctx context.Context, q sqldb.Querier, r Repeat) (*Answer, error) {
	sealed, err := sqldb.One(ctx, q, sqldb.Scan1[[]byte], "SELECT answer FROM admin_repeat WHERE id = $1", r.id)
	if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
		return nil, err
	}
	if len(sealed) == 0 {
		return nil, problem.New(problem.Conflict, "repeat.running", "The same request is under way: ask again in a moment.").WithRetry(time.Second)
	}
	plain, err := s.Keys.Open(ctx, q, repeatField(r.id), seal.Zone, sealed)
	if err != nil {
		return nil, err
	}
	var a Answer
	if err := json.Unmarshal(plain, &a); err != nil {
		return nil, err
	}
	switch {
	case subtle.ConstantTimeCompare(a.Request, r.request) != 1:
		return nil, problem.New(problem.Invalid, "repeat.other", "This Idempotency-Key was used for another request: use a new one.")
	case a.Lost:
		return nil, problem.New(problem.Conflict, "repeat.lost", "This was done already; its answer was too large to be kept. Look at what there is.")
	}
	return &a, nil
}

// Answered keeps the answer of a request that was carried out; without one (nil) the request may be made again.
func (s *Store) Answered(ctx context.Context, r Repeat, a *Answer) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if a == nil {
			_, err := tx.Exec(ctx, "DELETE FROM admin_repeat WHERE id = $1 AND answer IS NULL", r.id)
			return err
		}
		kept := *a
		kept.Request = r.request
		if len(kept.Body) > maxAnswer {
			kept.Body, kept.Lost = nil, true
		}
		plain, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		sealed, err := s.Keys.Seal(ctx, tx, repeatField(r.id), seal.Zone, plain)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE admin_repeat SET answer = $1 WHERE id = $2", []byte(sealed), r.id)
		return err
	})
}
