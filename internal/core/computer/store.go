package computer

import (
	"context"
	"errors"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Devices is what this package asks of the devices.
type Devices interface {
	// AgentState notes how far a computer is with its policy.
	AgentState(ctx context.Context, tx *sqldb.Tx, id string, state device.PolicyState) error
	// Find returns one device as far as the right reaches.
	Find(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (device.Device, error)
}

// Parts are what the store stands on. All are needed.
type Parts struct {
	DB      *sqldb.DB
	Clock   clock.Clock
	Log     *audit.Log
	Keys    *seal.Keyring
	Devices Devices
}

// Store keeps what computers are told and tell.
type Store struct {
	with Parts
	db   *sqldb.DB
}

// New returns the store.
func New(p Parts) *Store { return &Store{with: p, db: p.DB} }

var errOther = problem.New(problem.Forbidden, "computer.other", "This is for the computer itself alone.")

// own asks for the computer itself, by its channel.
func own(c scope.Caller, id string) error {
	if c.Kind == scope.Device && c.ID == id && id != "" {
		return nil
	}
	return errOther
}

// keep is how long results are kept.
const keep = 90 * 24 * time.Hour

// Purge forgets results that are older than 90 days, and returns how many.
func (s *Store) Purge(ctx context.Context) (n int64, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		n, err = tx.Exec(ctx, "DELETE FROM agent_result WHERE received < $1", sqldb.Micros(s.with.Clock.Now().Add(-keep)))
		return err
	})
	return n, err
}

// sealIn seals what names people under the key of the computer's owner; of an owner who was erased nothing is kept.
func (s *Store) sealIn(ctx context.Context, tx *sqldb.Tx, f seal.Field, owner string, plain []byte) ([]byte, error) {
	sealed, err := s.with.Keys.Seal(ctx, tx, f, seal.User(owner), plain)
	if errors.Is(err, seal.ErrErased) {
		return []byte{}, nil
	}
	return sealed, err
}

// open is the other way; nothing where the owner was erased.
func (s *Store) open(ctx context.Context, f seal.Field, owner string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := s.with.Keys.Open(ctx, s.db, f, seal.User(owner), sealed)
	if errors.Is(err, seal.ErrErased) {
		return nil, nil
	}
	return plain, err
}
