package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/admin"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Keys seals secrets of sources and phone numbers of users, and makes marks by which equal values are known.
type Keys interface {
	Seal(ctx context.Context, tx *sqldb.Tx, f seal.Field, o seal.Owner, plain []byte) (seal.Sealed, error)
	Open(ctx context.Context, q sqldb.Querier, f seal.Field, o seal.Owner, sealed seal.Sealed) ([]byte, error)
	Blind(table, column, value string) ([]byte, error)
}

// ProviderParts are what [Providers] are made of. All are needed.
type ProviderParts struct {
	Users  *Store
	Admins *admin.Store
	Keys   Keys
	Log    *slog.Logger
	// Tell lets the owners know of an import that stopped; it must not block.
	Tell func(subject, words string)
	// Mail tells by nil that a mail server accepts a password of a user, who has said the name or the mail address.
	Mail func(ctx context.Context, user, said, password string) error
}

// Providers are the directories from which users, groups and administrators come.
type Providers struct {
	with     ProviderParts
	users    *Store
	db       *sqldb.DB
	clock    clock.Clock
	log      *audit.Log
	zone     *zone.Zone
	safety   *safety.Safety
	failures *throttle.Book
	turns    throttle.Turns
	issuers  issuers
	clients  clients
}

// The kinds of acts on sources that others approve.
const (
	kindAdd    = "directory.add"
	kindChange = "directory.change"
)

// NewProviders returns the sources of the zone and registers them with safety and the administrators.
func NewProviders(p ProviderParts) *Providers {
	u := p.Users
	s := &Providers{
		with: p, users: u, db: u.db, clock: u.clock, log: u.log, zone: u.zone, safety: u.safety,
		failures: throttle.New(u.db, u.clock, "user_failure"),
	}
	s.safety.Register(kindAdd, safety.Act{Do: s.enable, Undo: s.forget})
	s.safety.Register(kindChange, safety.Act{Do: s.carryChange})
	s.with.Admins.SetDirectories(s)
	return s
}

// Provider is a source as administrators see it.
type Provider struct {
	Config
	ID        string
	Active    bool // its addition was approved
	HasSecret bool
	Users     int // that come from it
	Created   time.Time
	Changed   time.Time
	Checked   time.Time // of the last test; zero when there was none
	CheckOK   bool
	CheckSaid string
	Due       time.Time // of the next import
	Ran       time.Time // of the last one
	RanOK     bool
	RanSaid   string
	Counts    Counts
	Version   int64
}

const providerColumns = `s.id, s.name, s.config, s.active, s.secret IS NOT NULL, s.created_at, s.changed_at, s.checked_at, s.check_ok,
	s.check_said, s.due_at, s.ran_at, s.ran_ok, s.ran_said, s.ran_counts, s.version,
	(SELECT count(*) FROM directory_link l WHERE l.source = s.id)`

func scanProvider(r sqldb.Row) (x Provider, err error) {
	var config, counts string
	var created, changed, checked, due, ran int64
	err = r.Scan(&x.ID, &x.Name, &config, &x.Active, &x.HasSecret, &created, &changed, &checked, &x.CheckOK, &x.CheckSaid, &due, &ran,
		&x.RanOK, &x.RanSaid, &counts, &x.Version, &x.Users)
	if err != nil {
		return x, err
	}
	x.Created, x.Changed, x.Checked = sqldb.Time(created), sqldb.Time(changed), sqldb.Time(checked)
	x.Due, x.Ran = sqldb.Time(due), sqldb.Time(ran)
	if err := errors.Join(json.Unmarshal([]byte(config), &x.Config), json.Unmarshal([]byte(counts), &x.Counts)); err != nil {
		return x, fmt.Errorf("directory %s: %w", x.ID, err)
	}
	return x, nil
}

// List returns all sources by name.
func (s *Providers) List(ctx context.Context, c scope.Caller) ([]Provider, error) {
	if err := c.Require(scope.DirectoryRead); err != nil {
		return nil, err
	}
	return sources(ctx, s.db)
}

func sources(ctx context.Context, q sqldb.Querier) ([]Provider, error) {
	return sqldb.All(ctx, q, scanProvider, "SELECT "+providerColumns+" FROM directory_source s ORDER BY s.folded")
}

// Get returns one source.
func (s *Providers) Get(ctx context.Context, c scope.Caller, id string) (Provider, error) {
	if err := c.Require(scope.DirectoryRead); err != nil {
		return Provider{}, err
	}
	return source(ctx, s.db, id)
}

func source(ctx context.Context, q sqldb.Querier, id string) (Provider, error) {
	x, err := sqldb.One(ctx, q, scanProvider, "SELECT "+providerColumns+" FROM directory_source s WHERE s.id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return x, problem.New(problem.NotFound, "directory.unknown", "There is no such directory.")
	}
	return x, err
}

// mayEdit asks for the right to change sources, and for that over administrators where one of them gives roles.
func mayEdit(c scope.Caller, list ...Config) error {
	if err := c.Require(scope.DirectoryEdit); err != nil {
		return err
	}
	for _, conf := range list {
		if len(conf.Roles) > 0 {
			return c.Require(scope.AdminEdit)
		}
	}
	return nil
}

// Add makes a source. It decides who may sign in as whom, so nobody comes from it until the quorum has approved it. The
// secret (of the one who searches, or of the OpenID Connect client) may be "".
func (s *Providers) Add(ctx context.Context, c scope.Caller, conf Config, secret string) (x Provider, a safety.Approval, err error) {
	if err := mayEdit(c, conf); err != nil {
		return x, a, err
	}
	if err := errors.Join(conf.check(), checkSecret(secret)); err != nil {
		return x, a, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM directory_source")
		if err != nil {
			return err
		}
		if n >= maxSources {
			return problem.Newf(problem.Conflict, "directory.many", "A zone has at most %d directories.", maxSources)
		}
		if err := s.checkRoles(ctx, tx, conf); err != nil {
			return err
		}
		id := sqldb.NewID()
		if err := s.insert(ctx, tx, id, conf); err != nil {
			return err
		}
		if err := s.setSecret(ctx, tx, id, secret); err != nil {
			return err
		}
		if err := s.noted(ctx, tx, c, "directory.added", id, nil, conf.audited()); err != nil {
			return err
		}
		a, err = s.safety.Order(ctx, tx, c, safety.Ask{
			Class: safety.MailServer, Kind: kindAdd, Subject: id, Payload: struct{}{},
			Words: "Let users sign in by the directory " + conf.Name + " at " + conf.place() + conf.gives(),
		})
		if err != nil {
			return err
		}
		x, err = source(ctx, tx, id)
		return err
	})
	return x, a, err
}

func checkSecret(secret string) error {
	if len(secret) > maxSecret {
		return bad("secret", "The password has at most 1,000 bytes.")
	}
	return nil
}

// checkRoles makes sure that the roles of the mappings are there.
func (s *Providers) checkRoles(ctx context.Context, tx *sqldb.Tx, conf Config) error {
	for _, m := range conf.Roles {
		if err := s.with.Admins.KnowsRole(ctx, tx, m.Role); err != nil {
			return err
		}
	}
	return nil
}

func (s *Providers) insert(ctx context.Context, tx *sqldb.Tx, id string, conf Config) error {
	text, err := json.Marshal(conf)
	if err != nil {
		return err
	}
	now := sqldb.Micros(s.clock.Now())
	_, err = tx.Exec(ctx, `INSERT INTO directory_source (id, name, folded, kind, config, active, created_at, changed_at, checked_at,
		check_ok, check_said, due_at, ran_at, ran_ok, ran_said, ran_counts, version)
		VALUES ($1, $2, $3, $4, $5, FALSE, $6, $7, 0, FALSE, '', 0, 0, FALSE, '', '{}', 1)`,
		id, conf.Name, sqldb.Fold(conf.Name), string(conf.Kind), string(text), now, now)
	return sourceTaken(err)
}

func sourceTaken(err error) error {
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, "directory.exists", "There is already a directory of this name.").WithField("name")
	}
	return err
}

func secretField(id string) seal.Field {
	return seal.Field{Table: "directory_source", Column: "secret", Row: id}
}

// setSecret seals the secret of a source; "" takes it away.
func (s *Providers) setSecret(ctx context.Context, tx *sqldb.Tx, id, secret string) error {
	var sealed seal.Sealed
	if secret != "" {
		var err error
		if sealed, err = s.with.Keys.Seal(ctx, tx, secretField(id), seal.Zone, []byte(secret)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "UPDATE directory_source SET secret = $1 WHERE id = $2", []byte(sealed), id)
	return err
}

// secret opens the secret of a source; "" when there is none.
func (s *Providers) secret(ctx context.Context, id string) (string, error) {
	sealed, err := sqldb.One(ctx, s.db, sqldb.Scan1[[]byte], "SELECT secret FROM directory_source WHERE id = $1", id)
	if err != nil || sealed == nil {
		return "", err
	}
	plain, err := s.with.Keys.Open(ctx, s.db, secretField(id), seal.Zone, sealed)
	return string(plain), err
}

// audited is what of a source the audit log keeps.
func (c Config) audited() map[string]any {
	return map[string]any{"name": c.Name, "kind": c.Kind, "place": c.place(), "join": c.Join, "roles": c.Roles}
}

func (s *Providers) noted(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, before, after any) error {
	err := s.log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "directory", ID: id}, Before: before, After: after,
	})
	if err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}

// enable puts an approved source in force. Its first import is due after the interval of all others, or when somebody asks
// for it: until then there is time to look at what it would do.
func (s *Providers) enable(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	x, err := source(ctx, tx, a.Subject)
	if err != nil {
		return err
	}
	due := int64(0)
	if x.LDAP != nil && x.LDAP.Import.Every > 0 {
		due = sqldb.Micros(s.clock.Now().Add(time.Duration(x.LDAP.Import.Every) * time.Minute))
	}
	if _, err := tx.Exec(ctx, "UPDATE directory_source SET active = TRUE, due_at = $1, version = version + 1 WHERE id = $2", due, x.ID); err != nil {
		return err
	}
	return s.noted(ctx, tx, a.By(), "directory.enabled", x.ID, nil, map[string]any{"approval": a.ID})
}

// forget takes a source away whose addition was not approved.
func (s *Providers) forget(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	if _, err := tx.Exec(ctx, "DELETE FROM directory_source WHERE id = $1 AND NOT active", a.Subject); err != nil {
		return err
	}
	return s.noted(ctx, tx, a.By(), "directory.removed", a.Subject, nil, nil)
}

// Remove takes a source away. Its users stay, as local ones without a password; its groups stay with their members. While
// administrators come from it, it is not removed.
func (s *Providers) Remove(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.DirectoryEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		x, err := source(ctx, tx, id)
		if err != nil {
			return err
		}
		n, err := s.with.Admins.CountFrom(ctx, tx, id)
		if err != nil {
			return err
		}
		if n > 0 {
			return problem.New(problem.Conflict, "directory.admins", "Administrators come from this directory: disable them first.")
		}
		_, err = tx.Exec(ctx, `UPDATE end_user SET source = 'local', version = version + 1
			WHERE id IN (SELECT end_user FROM directory_link WHERE source = $1)`, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM directory_source WHERE id = $1", id); err != nil {
			return err
		}
		return s.noted(ctx, tx, c, "directory.removed", id, x.audited(), nil)
	})
}
