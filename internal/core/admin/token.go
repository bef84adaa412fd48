package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// TokenState is where an API token stands.
type TokenState string

// The states of a token.
const (
	TokenAwaiting TokenState = "awaiting" // it holds destructive rights, and others must approve
	TokenActive   TokenState = "active"
	TokenEnded    TokenState = "ended"
)

// Token is an API token: some of its administrator's rights, until it expires.
type Token struct {
	ID      string
	Admin   string
	Label   string
	Rights  []scope.Right
	State   TokenState
	Created time.Time
	Expires time.Time
	Used    time.Time
}

const (
	tokenPrefix = "drv_" // so that secret scanners find them
	maxToken    = 366 * 24 * time.Hour
	maxTokens   = 50
)

// Draft is what is asked of a new token.
type Draft struct {
	Admin  string // whose it is
	Label  string
	Rights []scope.Right // none means all that the administrator has now
	Life   time.Duration // a minute to a year
}

// CreateToken makes a token for the administrator; the secret is shown this once. It outlives the session it is made in,
// so it asks for the second factor again. With destructive rights it takes the quorum too.
func (s *Store) CreateToken(ctx context.Context, c scope.Caller, d Draft, p safety.Proof) (secret string, t Token, err error) {
	if c.Kind == scope.Token {
		return "", t, problem.New(problem.Forbidden, "token.token", "A token cannot make tokens: sign in.")
	}
	if c.Kind != scope.Internal && (c.ID != d.Admin || !c.Has(scope.TokenOwn)) {
		return "", t, problem.New(problem.Forbidden, "token.own", "Everybody makes tokens for themselves alone.")
	}
	if !printable(d.Label, maxName) {
		return "", t, problem.Newf(problem.Invalid, "token.label", badName, maxName).WithField("label")
	}
	if d.Life < time.Minute || d.Life > maxToken {
		return "", t, problem.New(problem.Invalid, "token.life", "A token lives from a minute to a year.").WithField("expires")
	}
	secret, _ = newSecret()
	secret = tokenPrefix + secret
	issue := func(tx *sqldb.Tx) (err error) {
		t, err = s.makeToken(ctx, tx, c, d, hashSecret(secret))
		return err
	}
	if c.Kind == scope.Internal {
		err = s.db.Write(ctx, issue)
	} else {
		err = s.change(ctx, c, p, issue)
	}
	return secret, t, err
}

func (s *Store) makeToken(ctx context.Context, tx *sqldb.Tx, c scope.Caller, d Draft, hash []byte) (Token, error) {
	x, held, err := s.held(ctx, tx, d.Admin)
	if err != nil {
		return Token{}, err
	}
	rights := d.Rights
	if len(rights) == 0 {
		rights = held
	}
	if missing := without(rights, held); len(missing) > 0 {
		return Token{}, problem.New(problem.Forbidden, "token.rights", "The administrator does not have all of these rights.").WithField("rights")
	}
	now := s.clock.Now()
	t := Token{ID: sqldb.NewID(), Admin: d.Admin, Label: d.Label, Rights: rights, State: TokenActive, Created: now, Expires: now.Add(d.Life)}
	if destructive(rights) {
		t.State = TokenAwaiting
	}
	if err := s.insertToken(ctx, tx, c, t, hash); err != nil || t.State == TokenActive {
		return t, err
	}
	a, err := s.safety.Order(ctx, tx, c, safety.Ask{
		Class: safety.DestructiveToken, Kind: kindToken, Subject: t.ID, Payload: map[string]any{"admin": d.Admin, "label": d.Label},
		Words: "Put the API token " + d.Label + " of " + x.Name + " in force, with the rights " + listed(rights),
	})
	if a.State == safety.Approved {
		t.State = TokenActive
	}
	return t, err
}

func (s *Store) insertToken(ctx context.Context, tx *sqldb.Tx, c scope.Caller, t Token, hash []byte) error {
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM admin_token WHERE admin = $1 AND state <> 'ended' AND expires > $2",
		t.Admin, sqldb.Micros(t.Created))
	if err != nil {
		return err
	}
	if n >= maxTokens {
		return problem.Newf(problem.Conflict, "token.many", "An administrator has at most %d tokens: end one first.", maxTokens)
	}
	rights, err := json.Marshal(t.Rights)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO admin_token (id, token_hash, admin, label, rights, state, created, expires, used)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`, t.ID, hash, t.Admin, t.Label, string(rights), string(t.State),
		sqldb.Micros(t.Created), sqldb.Micros(t.Expires))
	if err != nil {
		return err
	}
	return s.log.Append(ctx, tx, audit.Record{
		Action: "token.created", Caller: c, Subject: audit.Subject{Kind: "token", ID: t.ID}, After: map[string]any{"rights": t.Rights, "state": t.State},
	})
}

// held returns an active administrator and every right that the administrator has over anything.
func (s *Store) held(ctx context.Context, q sqldb.Querier, admin string) (Admin, []scope.Right, error) {
	x, err := s.byID(ctx, q, admin)
	if err != nil {
		return x, nil, err
	}
	if x.State != Active {
		return x, nil, problem.New(problem.Conflict, "admin.disabled", "This administrator is not active.")
	}
	list, err := s.callerGrants(ctx, q, admin, nil)
	var out []scope.Right
	for _, g := range list {
		out = append(out, g.Rights...)
	}
	slices.Sort(out)
	return x, slices.Compact(out), err
}

func without(a, b []scope.Right) []scope.Right {
	return slices.DeleteFunc(slices.Clone(a), func(r scope.Right) bool { return slices.Contains(b, r) })
}

func intersect(a, b []scope.Right) []scope.Right {
	return slices.DeleteFunc(slices.Clone(a), func(r scope.Right) bool { return !slices.Contains(b, r) })
}

func destructive(rights []scope.Right) bool {
	for _, d := range scope.Catalogue() {
		if d.Destructive && slices.Contains(rights, d.Right) {
			return true
		}
	}
	return false
}

func (s *Store) enableToken(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	_, err := tx.Exec(ctx, "UPDATE admin_token SET state = 'active' WHERE id = $1 AND state = 'awaiting'", a.Subject)
	return err
}

func (s *Store) endToken(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	_, err := tx.Exec(ctx, "UPDATE admin_token SET state = 'ended' WHERE id = $1", a.Subject)
	return err
}

const selectToken = "SELECT t.id, t.admin, t.label, t.rights, t.state, t.created, t.expires, t.used FROM admin_token t"

func scanToken(r sqldb.Row) (Token, error) {
	var t Token
	var rights, state string
	var created, expires, used int64
	if err := r.Scan(&t.ID, &t.Admin, &t.Label, &rights, &state, &created, &expires, &used); err != nil {
		return t, err
	}
	t.State, t.Created, t.Expires, t.Used = TokenState(state), sqldb.Time(created), sqldb.Time(expires), sqldb.Time(used)
	return t, json.Unmarshal([]byte(rights), &t.Rights)
}

var errToken = problem.New(problem.Unauthenticated, "token.none", "This API token is not valid, has expired, or still awaits approval.")

// ByToken returns the caller whose API token this is: the rights that both the token and its administrator have.
func (s *Store) ByToken(ctx context.Context, addr netip.Addr, secret string) (scope.Caller, error) {
	if !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 100 {
		return scope.Caller{}, errToken
	}
	now := s.clock.Now()
	t, err := sqldb.One(ctx, s.db, scanToken, selectToken+` JOIN admin a ON a.id = t.admin
		WHERE t.token_hash = $1 AND t.state = 'active' AND t.expires > $2 AND a.state = 'active' AND (a.source = '' OR a.confirmed > $3)`,
		hashSecret(secret), sqldb.Micros(now), sqldb.Micros(now.Add(-confirmTime)))
	if errors.Is(err, sqldb.ErrNotFound) {
		return scope.Caller{}, errToken
	}
	if err != nil {
		return scope.Caller{}, err
	}
	c := scope.Caller{Kind: scope.Token, ID: t.Admin, Token: t.ID, Addr: addr}
	if c.Grants, err = s.callerGrants(ctx, s.db, t.Admin, t.Rights); err != nil {
		return scope.Caller{}, err
	}
	if now.Sub(t.Used) > seenEvery {
		err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE admin_token SET used = $1 WHERE id = $2", sqldb.Micros(now), t.ID)
			return err
		})
	}
	return c, err
}

// Tokens lists the tokens of one administrator, or everybody's ("") for those who may see them.
func (s *Store) Tokens(ctx context.Context, c scope.Caller, admin string) ([]Token, error) {
	if admin != c.ID || admin == "" {
		if err := c.Require(scope.TokenAll); err != nil {
			return nil, err
		}
	}
	return sqldb.All(ctx, s.db, scanToken, selectToken+" WHERE (t.admin = $1 OR $2 = '') AND t.state <> 'ended' ORDER BY t.id DESC LIMIT 1000", admin, admin)
}

// EndToken ends a token: one's own, or anybody's for those who may.
func (s *Store) EndToken(ctx context.Context, c scope.Caller, id string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := sqldb.One(ctx, tx, scanToken, selectToken+" WHERE t.id = $1", id)
		if errors.Is(err, sqldb.ErrNotFound) || (err == nil && t.Admin != c.ID && c.Require(scope.TokenAll) != nil) {
			return problem.New(problem.NotFound, "token.unknown", "There is no such token.")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE admin_token SET state = 'ended' WHERE id = $1", id); err != nil {
			return err
		}
		return s.log.Append(ctx, tx, audit.Record{Action: "token.ended", Caller: c, Subject: audit.Subject{Kind: "token", ID: id}})
	})
}
