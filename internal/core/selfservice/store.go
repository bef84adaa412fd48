package selfservice

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"

	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB    *sqldb.DB
	Clock clock.Clock
	Log   *audit.Log
	Zone  *zone.Zone
	Users *directory.Store
	// SignIn proves a user by a password, and counts the tries.
	SignIn func(ctx context.Context, addr netip.Addr, name, password string) (directory.User, error)
}

// Store keeps the users' sessions.
type Store struct {
	with Parts
	db   *sqldb.DB
}

// New returns the users' sessions and what users may do.
func New(p Parts) *Store { return &Store{with: p, db: p.DB} }

// SetRights changes what users may do, from their next request on. version is the one of [Store.Rights] that the caller has
// seen.
func (s *Store) SetRights(ctx context.Context, c scope.Caller, r Rights, version int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return zone.Set(ctx, s.with.Zone, tx, c, Setting, r, version) })
}

// UserChanged ends the sessions of a user whose account is changed, as [directory.Follower]: it may have been disabled, or
// have got another password.
func (s *Store) UserChanged(ctx context.Context, tx *sqldb.Tx, u directory.User) error {
	return s.UserErased(ctx, tx, u.ID)
}

// UserErased ends the sessions of a user, as [directory.Follower].
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM user_session WHERE end_user = $1", id)
	return err
}

// newSecret makes what a browser keeps, and what is kept of it.
func newSecret() (secret string, hash []byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashSecret(secret)
}

// hashSecret needs no salt and no rounds: secrets hold 256 random bits.
func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func (s *Store) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action string, after any) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "user", ID: c.ID}, Owner: c.ID, After: after,
	})
}
