package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/go-webauthn/webauthn/webauthn"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/csvsafe"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// State is where an administrator stands.
type State string

// The states.
const (
	Awaiting State = "awaiting" // the approval of others
	Invited  State = "invited"  // made or reset, and to be set up by a one-time link
	Active   State = "active"
	Disabled State = "disabled"
)

// Grant is one role that somebody has.
type Grant struct {
	Role   string
	Groups []string // device groups it is limited to; nil for the whole zone
}

// Admin is one administrator.
type Admin struct {
	ID          string
	Name        string
	Mail        string
	State       State
	Grants      []Grant
	TOTP        bool
	Passkeys    int
	Established time.Time
	Created     time.Time
	Source      string // the directory that proves who this is; "" for Drover itself
	Version     int64
}

// Parts are what a [Store] is made of.
type Parts struct {
	DB     *sqldb.DB
	Clock  clock.Clock
	Log    *audit.Log
	Zone   *zone.Zone
	Safety *safety.Safety
	Keys   audit.Keys
	Bus    *bus.Bus
	Slog   *slog.Logger
	// Enrolled tells whether any device is enrolled: while none is, nothing can be wiped, and the first administrators
	// need not wait.
	Enrolled func(context.Context, sqldb.Querier) (bool, error)
	// Tell lets the owners know of a change that matters to them; it must not block.
	Tell func(subject, words string)
	// Passkeys is nil where passkeys cannot work, as under a bare address.
	Passkeys *webauthn.WebAuthn
}

// Store keeps administrators.
type Store struct {
	Parts
	db     *sqldb.DB
	clock  clock.Clock
	log    *audit.Log
	zone   *zone.Zone
	safety *safety.Safety

	throttle    *throttle.Book
	directories Directories // nil until they are set
	letter      func(mail, subject, text string)
}

// The kinds of acts that this package carries out once they are approved.
const (
	kindEnable = "admin.enable"
	kindGrants = "admin.grants"
	kindReset  = "admin.reset"
	kindRole   = "role.change"
	kindToken  = "token.enable"
)

// New returns the store and registers it with safety.
func New(p Parts) *Store {
	s := &Store{Parts: p, db: p.DB, clock: p.Clock, log: p.Log, zone: p.Zone, safety: p.Safety, throttle: throttle.New(p.DB, p.Clock, "admin_failure")}
	s.WriteBy(func(string, string, string) {})
	s.register()
	s.safety.SetAdministrators(s)
	return s
}

// WriteBy has single administrators told by send, which must not block. Call it before the first change.
func (s *Store) WriteBy(send func(mail, subject, text string)) { s.letter = send }

const (
	maxName = 60
	maxMail = 254 // RFC 5321 section 4.5.3.1.3, less the brackets
	badName = "A name has 1 to %d bytes, all printable, and does not begin with = + - or @."
)

// printable tells whether a name may be shown in a terminal, a mail and a spreadsheet (incident S22).
func printable(name string, limit int) bool {
	return name != "" && len(name) <= limit && sqldb.Clean(name, limit) == name && !csvsafe.Formula(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

func checkName(name, address string) error {
	if !printable(name, maxName) {
		return problem.Newf(problem.Invalid, "admin.name", badName, maxName).WithField("name")
	}
	return checkMail(address)
}

func checkMail(address string) error {
	if address == "" {
		return nil
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address || len(address) > maxMail {
		return problem.New(problem.Invalid, "admin.mail", "This is no mail address.").WithField("mail")
	}
	return nil
}

// Create makes an administrator who is invited, or, while the quorum asks for others, awaits their approval.
func (s *Store) Create(ctx context.Context, c scope.Caller, name, address string, grants []Grant) (Admin, safety.Approval, error) {
	var x Admin
	var a safety.Approval
	if err := c.Require(scope.AdminEdit); err != nil {
		return x, a, err
	}
	if err := checkName(name, address); err != nil {
		return x, a, err
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if x, err = s.insert(ctx, tx, c, name, address, Awaiting, nil); err != nil {
			return err
		}
		if err := s.setGrants(ctx, tx, x.ID, grants); err != nil {
			return err
		}
		can, err := describe(ctx, tx, grants)
		if err != nil {
			return err
		}
		a, err = s.safety.Order(ctx, tx, c, safety.Ask{
			Class: safety.AdminChange, Kind: kindEnable, Subject: x.ID, Payload: map[string]any{"grants": grants},
			Words: "Make " + name + " an administrator: " + can,
		})
		return err
	})
	if err == nil {
		x, err = s.Get(ctx, scope.System("admin"), x.ID)
	}
	return x, a, err
}

// CreateAtShell makes an administrator at the server's shell, for automation and for the locked-out: active at once,
// recorded, told to the owners, and on probation like any new one. The one-time-code secret comes back as a URI.
func (s *Store) CreateAtShell(ctx context.Context, name, address string, grants []Grant, password string) (Admin, string, error) {
	c := scope.System("shell")
	if err := checkName(name, address); err != nil {
		return Admin{}, "", err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return Admin{}, "", err
	}
	var x Admin
	var secret []byte
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		if x, err = s.insert(ctx, tx, c, name, address, Active, hash); err != nil {
			return err
		}
		if err := s.setGrants(ctx, tx, x.ID, grants); err != nil {
			return err
		}
		if secret, err = s.newTOTP(ctx, tx, x.ID); err != nil {
			return err
		}
		return s.second(ctx, tx)
	})
	if err != nil {
		return Admin{}, "", err
	}
	s.Tell("A new administrator was made at the server's shell",
		"The administrator "+name+" was made at the server's shell. If nobody of you did this, the server is in other hands.")
	x, err = s.Get(ctx, c, x.ID)
	return x, totpURI(name, secret), err
}

func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, c scope.Caller, name, address string, state State, hash []byte) (Admin, error) {
	since, err := s.established(ctx, tx)
	if err != nil {
		return Admin{}, err
	}
	x := Admin{ID: sqldb.NewID(), Name: name, Mail: address, State: state, Created: s.clock.Now(), Established: since, Version: 1}
	_, err = tx.Exec(ctx, `INSERT INTO admin (id, name, folded, mail, state, password_hash, totp_step, established, created, version)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, 1)`, x.ID, x.Name, sqldb.Fold(x.Name), x.Mail, string(x.State), hash,
		sqldb.Micros(x.Established), sqldb.Micros(x.Created))
	if errors.Is(err, sqldb.ErrConflict) {
		return x, problem.New(problem.Conflict, "admin.name", "There is an administrator of this name already.").WithField("name")
	}
	if err != nil {
		return x, err
	}
	return x, s.record(ctx, tx, c, "admin.created", x.ID, map[string]any{"state": state})
}

// established is the moment from which probation counts: none while no device is enrolled.
func (s *Store) established(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	enrolled, err := s.Enrolled(ctx, q)
	if err != nil || !enrolled {
		return time.Time{}, err
	}
	return s.clock.Now(), nil
}

// second raises the quorum to one when there is more than one administrator who could approve whatever is asked for: one
// who reaches some groups alone cannot.
func (s *Store) second(ctx context.Context, tx *sqldb.Tx) error {
	n, err := approvers(ctx, tx, "a.state IN ('active', 'invited') AND NOT g.limited")
	if err != nil || n < 2 {
		return err
	}
	return s.safety.RaiseQuorum(ctx, tx, 1)
}

func (s *Store) setGrants(ctx context.Context, tx *sqldb.Tx, id string, grants []Grant) error {
	if len(grants) == 0 || len(grants) > 20 {
		return problem.New(problem.Invalid, "admin.roles", "An administrator has 1 to 20 roles.").WithField("roles")
	}
	if _, err := tx.Exec(ctx, "DELETE FROM admin_grant WHERE admin = $1", id); err != nil {
		return err
	}
	for _, g := range grants {
		if _, err := role(ctx, tx, g.Role); err != nil {
			return err
		}
		if g.Groups != nil && (len(g.Groups) == 0 || len(g.Groups) > 100) {
			return problem.New(problem.Invalid, "admin.groups",
				"A role is limited to 1 to 100 device groups; leave the groups out where it is to reach the whole zone.").WithField("groups")
		}
		grant := sqldb.NewID()
		_, err := tx.Exec(ctx, "INSERT INTO admin_grant (id, admin, role, limited) VALUES ($1, $2, $3, $4)", grant, id, g.Role, g.Groups != nil)
		if err != nil {
			return err
		}
		for _, group := range g.Groups {
			_, err := tx.Exec(ctx, "INSERT INTO admin_grant_group (admin_grant, device_group) VALUES ($1, $2) ON CONFLICT DO NOTHING", grant, group)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, after map[string]any) error {
	return s.log.Append(ctx, tx, audit.Record{Action: action, Caller: c, Subject: audit.Subject{Kind: "admin", ID: id}, After: after})
}

// SetGrants changes what an administrator may do; it takes the quorum.
func (s *Store) SetGrants(ctx context.Context, c scope.Caller, id string, grants []Grant) (safety.Approval, error) {
	return s.askAbout(ctx, c, id, safety.RoleChange, kindGrants, grantsPayload{grants}, func(q sqldb.Querier, x Admin) (string, error) {
		before, err := describe(ctx, q, x.Grants)
		if err != nil {
			return "", err
		}
		after, err := describe(ctx, q, grants)
		return "Change what " + x.Name + " may do, from " + before + " to " + after, err
	})
}

// Reset takes an administrator's password and factors away, so that a new invitation can be made; it takes the quorum.
func (s *Store) Reset(ctx context.Context, c scope.Caller, id string) (safety.Approval, error) {
	return s.askAbout(ctx, c, id, safety.FactorChange, kindReset, struct{}{}, func(_ sqldb.Querier, x Admin) (string, error) {
		return "Reset the password and the factors of " + x.Name, nil
	})
}

// Enable lets a disabled administrator in again; it takes the quorum.
func (s *Store) Enable(ctx context.Context, c scope.Caller, id string) (safety.Approval, error) {
	return s.askAbout(ctx, c, id, safety.AdminChange, kindEnable, struct{}{}, func(q sqldb.Querier, x Admin) (string, error) {
		can, err := describe(ctx, q, x.Grants)
		return "Let " + x.Name + " be an administrator again: " + can, err
	})
}

// Disable ends an administrator's sessions and tokens and keeps the person out, at once. The quorum stays as it is.
func (s *Store) Disable(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.AdminEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		x, err := s.byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if x.State == Disabled {
			return nil
		}
		if err := s.keepOneOwner(ctx, tx, id); err != nil {
			return err
		}
		if err := s.setState(ctx, tx, id, Disabled); err != nil {
			return err
		}
		if err := s.endAll(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, c, "admin.disabled", id, nil)
	})
}

// alone keeps every other change of who is an administrator waiting until this transaction ends: such a change looks at
// all of them, for the last owner, the first, or the second who may approve.
func alone(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE admin_role SET version = version WHERE id = $1", Owner)
	return err
}

// keepOneOwner refuses what would leave the zone without an active owner of the whole zone.
func (s *Store) keepOneOwner(ctx context.Context, q sqldb.Querier, but string) error {
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], `SELECT count(*) FROM admin a WHERE a.state = 'active' AND a.id <> $1
		AND EXISTS (SELECT 1 FROM admin_grant g WHERE g.admin = a.id AND g.role = $2 AND NOT g.limited)`, but, Owner)
	if err == nil && n == 0 {
		return problem.New(problem.Conflict, "admin.last-owner", "This is the zone's last owner: make another one first.")
	}
	return err
}

func (s *Store) setState(ctx context.Context, tx *sqldb.Tx, id string, state State) error {
	_, err := tx.Exec(ctx, "UPDATE admin SET state = $1, version = version + 1 WHERE id = $2", string(state), id)
	if err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}

// endAll ends an administrator's sessions, links and tokens.
func (s *Store) endAll(ctx context.Context, tx *sqldb.Tx, id string) error {
	for _, text := range []string{"DELETE FROM admin_session WHERE admin = $1", "DELETE FROM admin_invitation WHERE admin = $1"} {
		if _, err := tx.Exec(ctx, text, id); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "UPDATE admin_token SET state = 'ended' WHERE admin = $1", id)
	return err
}

const selectAdmin = `SELECT a.id, a.name, a.mail, a.state, a.totp_secret IS NOT NULL, a.established, a.created, a.source, a.version,
	(SELECT count(*) FROM admin_passkey p WHERE p.admin = a.id) FROM admin a`

func scanAdmin(r sqldb.Row) (Admin, error) {
	var x Admin
	var state string
	var established, created int64
	err := r.Scan(&x.ID, &x.Name, &x.Mail, &state, &x.TOTP, &established, &created, &x.Source, &x.Version, &x.Passkeys)
	x.State, x.Established, x.Created = State(state), sqldb.Time(established), sqldb.Time(created)
	return x, err
}

func (s *Store) byID(ctx context.Context, q sqldb.Querier, id string) (Admin, error) {
	x, err := sqldb.One(ctx, q, scanAdmin, selectAdmin+" WHERE a.id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return x, problem.New(problem.NotFound, "admin.unknown", "There is no such administrator.")
	}
	return x, err
}

// grants reads the roles that somebody has.
func grants(ctx context.Context, q sqldb.Querier, id string) ([]Grant, error) {
	type row struct {
		grant, role string
		limited     bool
	}
	rows, err := sqldb.All(ctx, q, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.grant, &x.role, &x.limited)
		return x, err
	}, "SELECT id, role, limited FROM admin_grant WHERE admin = $1 ORDER BY id", id)
	if err != nil {
		return nil, err
	}
	out := make([]Grant, len(rows))
	for i, x := range rows {
		out[i].Role = x.role
		if !x.limited {
			continue
		}
		groups, err := sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT device_group FROM admin_grant_group WHERE admin_grant = $1 ORDER BY device_group", x.grant)
		if err != nil {
			return nil, err
		}
		out[i].Groups = append([]string{}, groups...) // never nil: limited to no group is not the whole zone
	}
	return out, nil
}

// Get returns one administrator. Everybody may look at themselves.
func (s *Store) Get(ctx context.Context, c scope.Caller, id string) (Admin, error) {
	if c.ID != id || (c.Kind != scope.Admin && c.Kind != scope.Token) {
		if err := c.Require(scope.AdminRead); err != nil {
			return Admin{}, err
		}
	}
	x, err := s.byID(ctx, s.db, id)
	if err == nil {
		x.Grants, err = grants(ctx, s.db, id)
	}
	return x, err
}

// ByName finds an administrator by name.
func (s *Store) ByName(ctx context.Context, c scope.Caller, name string) (Admin, error) {
	id, err := sqldb.One(ctx, s.db, sqldb.Scan1[string], "SELECT id FROM admin WHERE folded = $1", sqldb.Fold(name))
	if errors.Is(err, sqldb.ErrNotFound) {
		return Admin{}, problem.New(problem.NotFound, "admin.unknown", "There is no such administrator.")
	}
	if err != nil {
		return Admin{}, err
	}
	return s.Get(ctx, c, id)
}

// List returns every administrator by name: there are few.
func (s *Store) List(ctx context.Context, c scope.Caller) ([]Admin, error) {
	if err := c.Require(scope.AdminRead); err != nil {
		return nil, err
	}
	list, err := sqldb.All(ctx, s.db, scanAdmin, selectAdmin+" ORDER BY a.folded LIMIT 1000")
	for i := range list {
		if list[i].Grants, err = grants(ctx, s.db, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, err
}

// secretSize is the bytes of every random secret: 256 bit.
const secretSize = 32

// newSecret returns a secret to hand out once, and its hash to keep.
func newSecret() (secret string, hash []byte) {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // never fails
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, hashSecret(secret)
}

func hashSecret(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

func totpField(id string) seal.Field {
	return seal.Field{Table: "admin", Column: "totp_secret", Row: id}
}
