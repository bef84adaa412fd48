package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"time"

	"drover/internal/base/passhash"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// SessionState is how far a login has come.
type SessionState string

// The states of a session. Only a ready one has rights.
const (
	NeedsFactor SessionState = "second-factor" // the password was right
	EnrolFactor SessionState = "enrol-factor"  // the password was right, and there is no second factor yet
	Ready       SessionState = "ready"
)

const (
	sessionIdle = time.Hour
	sessionMax  = 12 * time.Hour
	// loginTime is how long a login may take from the password to the second factor.
	loginTime = 10 * time.Minute
	// seenEvery is how often the last use of a session is written.
	seenEvery = time.Minute
)

// Session is one login.
type Session struct {
	ID      string
	Admin   string
	State   SessionState
	Address string
	Agent   string
	Created time.Time
	Seen    time.Time
	Expires time.Time
}

func random(b []byte) { _, _ = rand.Read(b) } // it never fails

var errLogin = problem.New(problem.Unauthenticated, "login.wrong", "The name or the password is wrong.")

// Login checks a password and begins a session; the secret that comes back is the session's cookie. Wrong name, wrong
// password and disabled account give one answer after one time.
func (s *Store) Login(ctx context.Context, addr netip.Addr, agent, name, password string) (secret string, x Session, err error) {
	name = sqldb.Clean(sqldb.Fold(name), 4*maxName) // a longer one is nobody's
	account, from := throttle.Account(name), throttle.Network(addr)
	try, err := s.throttle.Attempt(ctx, account, from)
	if err != nil {
		return "", x, err
	}
	id, secret, x, err := s.login(ctx, addr, agent, name, password)
	refused := func() error {
		return s.refused(ctx, scope.Caller{Kind: scope.Admin, ID: id, Addr: addr}, "admin.sign-in-failed", err)
	}
	switch {
	case errors.Is(err, errLogin):
		return "", x, errors.Join(try.Answer(errLogin), refused())
	case errors.Is(err, errAwaiting), errors.Is(err, errKeptOut): // whose password is right
	case problem.Is(err, problem.Forbidden): // it is right, and has expired
		return "", x, errors.Join(err, refused())
	case err != nil:
		return "", x, err
	}
	return secret, x, errors.Join(err, s.throttle.Forgive(ctx, account, from))
}

// login checks a password here, or in the directory that the administrator of this name comes from, or in any for a name that
// nobody has here. It returns whose name it is, "" for nobody's.
func (s *Store) login(ctx context.Context, addr netip.Addr, agent, name, password string) (id, secret string, x Session, err error) {
	type row struct {
		id, source string
		active     bool
		stored     []byte
	}
	who, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (w row, err error) {
		err = r.Scan(&w.id, &w.stored, &w.source, &w.active)
		return w, err
	}, "SELECT id, password_hash, source, state = 'active' FROM admin WHERE folded = $1", name)
	nobody := errors.Is(err, sqldb.ErrNotFound)
	if err != nil && !nobody {
		return "", "", x, err
	}
	if !who.active {
		who.stored = nil
	}
	ok, err := passhash.Verify(ctx, password, who.stored)
	switch {
	case err != nil:
		return who.id, "", x, err
	case nobody || who.source != "":
		secret, x, err = s.loginOutside(ctx, addr, agent, who.source, name, password)
	case !ok:
		err = errLogin
	default:
		secret, x, err = s.begin(ctx, addr, agent, who.id, who.stored)
	}
	return who.id, secret, x, err
}

// begin makes a session for somebody whose password was right, here or (nil) in the directory the account is of. It must still
// be the password: the account may have been reset or disabled while it was checked.
func (s *Store) begin(ctx context.Context, addr netip.Addr, agent, id string, password []byte) (secret string, x Session, err error) {
	secret, hash := newSecret()
	now := s.clock.Now()
	x = Session{
		ID: sqldb.NewID(), Admin: id, State: NeedsFactor, Address: addr.String(), Agent: sqldb.Clean(agent, 200),
		Created: now, Seen: now, Expires: now.Add(loginTime),
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE admin SET version = version WHERE id = $1 AND state = 'active'
			AND (password_hash = $2 OR (source <> '' AND $3))`, id, password, password == nil)
		if err != nil {
			return err
		}
		if n != 1 {
			return errLogin
		}
		who, err := s.byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if !who.TOTP && who.Passkeys == 0 {
			x.State = EnrolFactor
		}
		if _, err := tx.Exec(ctx, "DELETE FROM admin_session WHERE expires < $1", sqldb.Micros(now)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO admin_session (id, token_hash, admin, state, address, agent, created, seen, proven, expires)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)`, x.ID, hash, id, string(x.State), x.Address, x.Agent,
			sqldb.Micros(now), sqldb.Micros(now), sqldb.Micros(x.Expires))
		return err
	})
	return secret, x, err
}

// SecondFactor completes a login with a one-time code or a passkey.
func (s *Store) SecondFactor(ctx context.Context, c scope.Caller, p safety.Proof) error {
	return s.Try(ctx, c, func() error {
		return s.db.Write(ctx, func(tx *sqldb.Tx) error {
			if err := s.prove(ctx, tx, c.ID, PurposeLogin, p, nil); err != nil {
				return err
			}
			now := s.clock.Now()
			n, err := tx.Exec(ctx, "UPDATE admin_session SET state = 'ready', proven = $1, expires = $2 WHERE id = $3 AND state = 'second-factor'",
				sqldb.Micros(now), sqldb.Micros(now.Add(sessionMax)), c.Session)
			if err != nil {
				return err
			}
			if n != 1 {
				return problem.New(problem.Conflict, "login.state", "This login needs no second factor now: begin again.")
			}
			return s.record(ctx, tx, c, "admin.signed-in", c.ID, map[string]any{"method": p.Method})
		})
	})
}

const selectSession = "SELECT x.id, x.admin, x.state, x.address, x.agent, x.created, x.seen, x.expires FROM admin_session x"

func scanSession(r sqldb.Row) (Session, error) {
	var x Session
	var state string
	var created, seen, expires int64
	err := r.Scan(&x.ID, &x.Admin, &state, &x.Address, &x.Agent, &created, &seen, &expires)
	x.State, x.Created, x.Seen, x.Expires = SessionState(state), sqldb.Time(created), sqldb.Time(seen), sqldb.Time(expires)
	return x, err
}

var errSession = problem.New(problem.Unauthenticated, "session.none", "You are not signed in, or your session has ended: sign in.")

// BySession returns the caller whose session has this secret. A session that is not ready has no rights.
func (s *Store) BySession(ctx context.Context, addr netip.Addr, secret string) (scope.Caller, Session, error) {
	now := s.clock.Now()
	x, err := sqldb.One(ctx, s.db, scanSession, selectSession+` JOIN admin a ON a.id = x.admin
		WHERE x.token_hash = $1 AND x.expires > $2 AND x.seen > $3 AND a.state = 'active'`,
		hashSecret(secret), sqldb.Micros(now), sqldb.Micros(now.Add(-sessionIdle)))
	if errors.Is(err, sqldb.ErrNotFound) {
		return scope.Caller{}, x, errSession
	}
	if err != nil {
		return scope.Caller{}, x, err
	}
	c := scope.Caller{Kind: scope.Admin, ID: x.Admin, Session: x.ID, Addr: addr}
	if x.State == Ready {
		if c.Grants, err = s.callerGrants(ctx, s.db, x.Admin, nil); err != nil {
			return scope.Caller{}, x, err
		}
	}
	if now.Sub(x.Seen) > seenEvery {
		err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE admin_session SET seen = $1 WHERE id = $2", sqldb.Micros(now), x.ID)
			return err
		})
	}
	return c, x, err
}

// CallerOf returns an administrator as the caller of what is done in the administrator's name later, with the rights of this
// moment; a problem of kind Forbidden for one who may not sign in any more. For the parts of the server alone.
func (s *Store) CallerOf(ctx context.Context, id string) (scope.Caller, error) {
	n, err := sqldb.One(ctx, s.db, sqldb.Scan1[int],
		"SELECT count(*) FROM admin a WHERE a.id = $1 AND a.state = 'active' AND (a.source = '' OR a.confirmed > $2)",
		id, sqldb.Micros(s.clock.Now().Add(-confirmTime)))
	if err != nil {
		return scope.Caller{}, err
	}
	if n == 0 {
		return scope.Caller{}, problem.New(problem.Forbidden, "admin.inactive", "This administrator is not active any more.")
	}
	c := scope.Caller{Kind: scope.Admin, ID: id}
	c.Grants, err = s.callerGrants(ctx, s.db, id, nil)
	return c, err
}

// callerGrants turns roles into rights; only narrows them to the rights of a token.
func (s *Store) callerGrants(ctx context.Context, q sqldb.Querier, id string, only []scope.Right) ([]scope.Grant, error) {
	list, err := grants(ctx, q, id)
	if err != nil {
		return nil, err
	}
	out := make([]scope.Grant, 0, len(list))
	for _, g := range list {
		r, err := role(ctx, q, g.Role)
		if err != nil {
			return nil, err
		}
		rights := r.Rights
		if only != nil {
			rights = intersect(rights, only)
		}
		out = append(out, scope.Grant{Role: r.ID, Rights: rights, Groups: g.Groups})
	}
	return out, nil
}

// Logout ends the caller's own session.
func (s *Store) Logout(ctx context.Context, c scope.Caller) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM admin_session WHERE id = $1", c.Session); err != nil {
			return err
		}
		return s.record(ctx, tx, c, "admin.signed-out", c.ID, nil)
	})
}

// Sessions lists the sessions of one administrator: the caller's own, or anybody's for those who may see administrators.
func (s *Store) Sessions(ctx context.Context, c scope.Caller, admin string) ([]Session, error) {
	if admin != c.ID {
		if err := c.Require(scope.AdminRead); err != nil {
			return nil, err
		}
	}
	return sqldb.All(ctx, s.db, scanSession, selectSession+" WHERE x.admin = $1 AND x.expires > $2 ORDER BY x.id DESC LIMIT 200",
		admin, sqldb.Micros(s.clock.Now()))
}

// EndSession ends a session: one's own, or anybody's for those who may change administrators.
func (s *Store) EndSession(ctx context.Context, c scope.Caller, id string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		x, err := sqldb.One(ctx, tx, scanSession, selectSession+" WHERE x.id = $1", id)
		if errors.Is(err, sqldb.ErrNotFound) || (err == nil && x.Admin != c.ID && c.Require(scope.AdminEdit) != nil) {
			return problem.New(problem.NotFound, "session.unknown", "There is no such session.")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM admin_session WHERE id = $1", id); err != nil {
			return err
		}
		return s.record(ctx, tx, c, "admin.session-ended", x.Admin, nil)
	})
}
