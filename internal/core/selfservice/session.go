package selfservice

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

const (
	// sessionIdle and sessionMax are short, because people sign in on borrowed phones.
	sessionIdle = 15 * time.Minute
	sessionMax  = 8 * time.Hour
	// proofTime is how long a proof waits for the act it was given for.
	proofTime = 5 * time.Minute
	// seenEvery is how often the last use of a session is written.
	seenEvery = time.Minute
	// maxSessions bounds the sessions of one user; a new one ends the oldest.
	maxSessions = 20
	maxAgent    = 200
)

// Session is one sign-in of a user.
type Session struct {
	ID      string
	User    string
	Agent   string // how the browser calls itself
	Created time.Time
	Seen    time.Time
	Expires time.Time
	Proven  time.Time // zero when no proof waits for its act
}

var (
	errSession = problem.New(problem.Unauthenticated, "session.none", "You are not signed in, or your session has ended: sign in.")
	errProof   = problem.New(problem.Forbidden, "proof.needed", "Prove once more that it is you, then do this within five minutes.")
)

// system reads what belongs to whoever holds a session.
var system = scope.System("selfservice")

// SignIn proves a user by a password and begins a session; the secret that comes back is the session's cookie. Wrong name,
// wrong password and disabled user give one answer; tries are counted by account and by network. before is the cookie that
// the browser brought, or "": its session ends, and its secret is never used on.
func (s *Store) SignIn(ctx context.Context, addr netip.Addr, agent, before, name, password string) (secret string, x Session, err error) {
	u, err := s.with.SignIn(ctx, addr, name, password)
	if err != nil {
		return "", x, err
	}
	return s.Welcome(ctx, addr, agent, before, u, "password")
}

// Welcome begins a session for a user whom a provider has just proven, see [Store.SignIn].
func (s *Store) Welcome(ctx context.Context, addr netip.Addr, agent, before string, u directory.User, method string) (secret string, x Session, err error) {
	secret, hash := newSecret()
	now := s.with.Clock.Now().Truncate(time.Microsecond)
	x = Session{ID: sqldb.NewID(), User: u.ID, Agent: sqldb.Clean(agent, maxAgent), Created: now, Seen: now, Expires: now.Add(sessionMax)}
	return secret, x, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.makeRoom(ctx, tx, u.ID, before, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO user_session (id, token_hash, end_user, agent, created, seen, expires, proven, flow_hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, NULL)`, x.ID, hash, u.ID, x.Agent, sqldb.Micros(now), sqldb.Micros(now), sqldb.Micros(x.Expires))
		if err != nil {
			return err
		}
		c := scope.Caller{Kind: scope.User, ID: u.ID, Session: x.ID, Addr: addr}
		return s.record(ctx, tx, c, "user.signed-in", map[string]any{"method": method})
	})
}

// makeRoom ends what is over, the session that the browser had before, and the user's oldest when there are too many.
func (s *Store) makeRoom(ctx context.Context, tx *sqldb.Tx, user, before string, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM user_session WHERE expires <= $1 OR seen <= $2 OR token_hash = $3",
		sqldb.Micros(now), sqldb.Micros(now.Add(-sessionIdle)), hashSecret(before))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM user_session WHERE end_user = $1 AND id NOT IN
		(SELECT id FROM user_session WHERE end_user = $2 ORDER BY id DESC LIMIT $3)`, user, user, maxSessions-1)
	return err
}

const selectSession = "SELECT x.id, x.end_user, x.agent, x.created, x.seen, x.expires, x.proven FROM user_session x"

func scanSession(r sqldb.Row) (x Session, err error) {
	var created, seen, expires, proven int64
	err = r.Scan(&x.ID, &x.User, &x.Agent, &created, &seen, &expires, &proven)
	x.Created, x.Seen, x.Expires, x.Proven = sqldb.Time(created), sqldb.Time(seen), sqldb.Time(expires), sqldb.Time(proven)
	return x, err
}

// BySession returns the caller whose session has this secret, with the rights that the zone gives this user now. It is a use of
// the session.
func (s *Store) BySession(ctx context.Context, addr netip.Addr, secret string) (scope.Caller, error) {
	return s.bySession(ctx, addr, secret, true)
}

// Glance is [Store.BySession] for what a page asks by itself, which is no use of the session.
func (s *Store) Glance(ctx context.Context, addr netip.Addr, secret string) (scope.Caller, error) {
	return s.bySession(ctx, addr, secret, false)
}

func (s *Store) bySession(ctx context.Context, addr netip.Addr, secret string, uses bool) (scope.Caller, error) {
	now := s.with.Clock.Now()
	x, err := sqldb.One(ctx, s.db, scanSession, selectSession+" WHERE x.token_hash = $1 AND x.expires > $2 AND x.seen > $3",
		hashSecret(secret), sqldb.Micros(now), sqldb.Micros(now.Add(-sessionIdle)))
	if errors.Is(err, sqldb.ErrNotFound) {
		return scope.Caller{}, errSession
	}
	if err != nil {
		return scope.Caller{}, err
	}
	u, err := s.with.Users.Get(ctx, system, x.User)
	if problem.Is(err, problem.NotFound) || err == nil && u.Disabled {
		return scope.Caller{}, errSession
	}
	if err != nil {
		return scope.Caller{}, err
	}
	rights, err := s.rightsOf(ctx, x.User)
	if err != nil {
		return scope.Caller{}, err
	}
	if uses && now.Sub(x.Seen) > seenEvery {
		err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE user_session SET seen = $1 WHERE id = $2", sqldb.Micros(now), x.ID)
			return err
		})
	}
	return scope.Caller{Kind: scope.User, ID: x.User, Session: x.ID, Addr: addr, Grants: []scope.Grant{rights.grant()}}, err
}

// Me returns the user who calls.
func (s *Store) Me(ctx context.Context, c scope.Caller) (directory.User, error) {
	if c.Kind != scope.User {
		return directory.User{}, errSession
	}
	return s.with.Users.Get(ctx, system, c.ID)
}

// Sessions lists the caller's own sessions, newest first.
func (s *Store) Sessions(ctx context.Context, c scope.Caller) ([]Session, error) {
	now := s.with.Clock.Now()
	return sqldb.All(ctx, s.db, scanSession, selectSession+" WHERE x.end_user = $1 AND x.expires > $2 AND x.seen > $3 ORDER BY x.id DESC",
		c.ID, sqldb.Micros(now), sqldb.Micros(now.Add(-sessionIdle)))
}

// End ends one of the caller's own sessions; the present one is c.Session.
func (s *Store) End(ctx context.Context, c scope.Caller, id string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM user_session WHERE id = $1 AND end_user = $2", id, c.ID)
		if err != nil {
			return err
		}
		if n != 1 {
			return problem.New(problem.NotFound, "session.unknown", "There is no such session.")
		}
		action := "user.session-ended"
		if id == c.Session {
			action = "user.signed-out"
		}
		return s.record(ctx, tx, c, action, nil)
	})
}
