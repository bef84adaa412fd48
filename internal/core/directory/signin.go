package directory

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"drover/internal/base/ldapdir"
	"drover/internal/base/logfield"
	"drover/internal/base/passhash"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/admin"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

var (
	wrong = problem.New(problem.Unauthenticated, "user.login", "The name or the password is wrong.")
	// expired is for whoever has proven to know the password.
	expired = problem.New(problem.Forbidden, "login.expired",
		"Your password has expired, or must be changed first. Change it where your organization has you change it, then sign in here.")
	// notNow is for users, who can do nothing about a directory or a mail server.
	notNow = problem.New(problem.Unavailable, "login.unavailable",
		"Signing in does not work at the moment. Try again later; your password is not the reason.")
)

// Authenticate returns the user with this name, or else this mail address, and this password, as the source that the user
// comes from says: Drover itself for local ones, the directory, or the mail server. Tries are counted by account, whichever of
// the two was said, and by network. Wrong name, wrong password, disabled user and an address that several have give one answer.
// Where a directory lets its people join, somebody who is not known yet becomes a user. Whoever comes from an OpenID Connect
// provider signs in there. A problem of kind Unavailable when the source does not answer; why stands in the log.
func (s *Providers) Authenticate(ctx context.Context, addr netip.Addr, name, password string) (User, error) {
	name = sqldb.Clean(sqldb.Fold(name), 4*maxName)
	from := throttle.Network(addr)
	done, err := s.turns.Take(ctx, from)
	if err != nil {
		return User{}, err
	}
	defer done()
	u, err := s.named(ctx, name)
	if err != nil {
		return User{}, err
	}
	account := throttle.Account(cmp.Or(u.Name, name))
	try, err := s.failures.Attempt(ctx, account, from)
	if err != nil {
		return User{}, err
	}
	u, err = s.authenticate(ctx, u, name, password)
	if errors.Is(err, wrong) {
		return User{}, errors.Join(try.Answer(wrong), s.refused(ctx, addr, u.ID, err))
	}
	if errors.Is(err, expired) {
		return User{}, errors.Join(expired, s.refused(ctx, addr, u.ID, err))
	}
	if problem.Is(err, problem.Unavailable) {
		s.with.Log.WarnContext(ctx, "a user cannot sign in: what checks the password does not answer",
			slog.Any(logfield.Error, errors.Join(err, problem.From(err).Detail)))
		return User{}, notNow
	}
	if err != nil {
		return User{}, err
	}
	return u, s.failures.Forgive(ctx, account, from)
}

// named returns the user whose name this is, or else the only one whose mail address it is; nobody otherwise. It asks for both
// at once, so that time does not tell which it was.
func (s *Providers) named(ctx context.Context, folded string) (User, error) {
	if folded == "" {
		return User{}, nil
	}
	list, err := sqldb.All(ctx, s.db, scanUser, "SELECT "+userColumns+` FROM end_user u WHERE (u.folded = $1 OR u.mail_folded = $2)
		AND u.erased_at = 0 ORDER BY CASE WHEN u.folded = $3 THEN 0 ELSE 1 END LIMIT 2`, folded, folded, folded)
	if err != nil || len(list) == 0 {
		return User{}, err
	}
	if len(list) == 1 || sqldb.Fold(list[0].Name) == folded {
		return list[0], nil
	}
	return User{}, nil
}

// authenticate proves u; without an id nobody has the name, and a directory may know somebody who has.
func (s *Providers) authenticate(ctx context.Context, u User, name, password string) (User, error) {
	var stored []byte
	var err error
	if u.HasPassword && u.Source == Local && !u.Disabled {
		if stored, err = sqldb.One(ctx, s.db, sqldb.Scan1[[]byte], "SELECT password_hash FROM end_user WHERE id = $1", u.ID); err != nil {
			return u, err
		}
	}
	// Also where there is none, so that time does not tell who has one.
	ok, err := passhash.Verify(ctx, password, stored)
	switch {
	case err != nil:
		return u, err
	case u.ID == "":
		return s.join(ctx, name, password)
	case u.Disabled || password == "":
		return u, wrong
	case u.Source == LDAP:
		return u, s.proveLinked(ctx, u.ID, password)
	case u.Source == ActiveSync:
		return u, s.with.Mail(ctx, u.Name, name, password)
	case !ok:
		return u, wrong
	}
	return u, nil
}

// refused records a failed sign-in of somebody who is known, with the reason that a directory has told.
func (s *Providers) refused(ctx context.Context, addr netip.Addr, user string, err error) error {
	if user == "" {
		return nil
	}
	var after any
	if why, ok := errors.AsType[ldapdir.Refusal](err); ok {
		after = map[string]any{"why": string(why)}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.log.Append(ctx, tx, audit.Record{
			Action: "user.sign-in-failed", Caller: scope.Caller{Kind: scope.User, ID: user, Addr: addr},
			Subject: audit.Subject{Kind: "user", ID: user}, Owner: user, Outcome: audit.Refused,
			After: after,
		})
	})
}

// proveLinked checks a password at the directory that a user is linked to, whatever the entry is called there now.
func (s *Providers) proveLinked(ctx context.Context, user, password string) error {
	link, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (x [2]string, err error) {
		err = r.Scan(&x[0], &x[1])
		return x, err
	}, "SELECT source, entry FROM directory_link WHERE end_user = $1", user)
	if errors.Is(err, sqldb.ErrNotFound) {
		return wrong
	}
	if err != nil {
		return err
	}
	x, err := source(ctx, s.db, link[0])
	if err != nil || x.LDAP == nil || !x.Active {
		return errors.Join(wrong, err)
	}
	_, err = s.prove(ctx, x, ldapdir.ByID(x.LDAP.Attributes.ID, link[1]), password, false)
	return err
}

// prove finds the one entry of a directory that fits, and has the directory check the password. With groups it also reads the
// names of all groups the entry is in.
func (s *Providers) prove(ctx context.Context, x Provider, filter, password string, groups bool) (proven, error) {
	l := x.LDAP
	secret, err := s.secret(ctx, x.ID)
	if err != nil {
		return proven{}, err
	}
	d, err := s.clients.of(*l, secret)
	if err != nil {
		return proven{}, err
	}
	session, err := d.Open(ctx)
	if err != nil {
		return proven{}, unreachable(err, l.CA)
	}
	defer session.Close()
	list, err := session.All(ctx, ldapdir.Search{
		Base: l.Users.Base, Filter: ldapdir.And(l.Users.Filter, filter), Attributes: l.userAttributes(), Max: 2,
	})
	if err != nil && !errors.Is(err, ldapdir.ErrTooMany) {
		return proven{}, unreachable(err, l.CA)
	}
	if len(list) != 1 {
		return proven{}, wrong
	}
	p := proven{person: l.person(list[0], s.clock.Now())}
	if p.entry == "" || p.draft.Disabled {
		return p, wrong
	}
	err = d.Prove(ctx, p.dn, password)
	if errors.Is(err, ldapdir.PasswordExpired) {
		return p, errors.Join(expired, err)
	}
	if errors.Is(err, ldapdir.ErrCredentials) {
		return p, errors.Join(wrong, err)
	}
	if err != nil {
		return p, unreachable(err, l.CA)
	}
	if groups && l.Groups.Base != "" {
		p.names, err = l.groupsOf(ctx, session, p.person)
	}
	return p, err
}

// proven is a person whose password was right.
type proven struct {
	person
	names []string // of groups
}

// groupsOf are the names of a person's groups.
func (l LDAPConfig) groupsOf(ctx context.Context, session *ldapdir.Session, p person) ([]string, error) {
	g := ldapdir.Groups{Base: l.Groups.Base, Filter: l.Groups.Filter, Member: l.Attributes.Member, Attributes: []string{l.Attributes.Group}}
	var list []ldapdir.Entry
	within := []string{p.dn}
	if p.primary != "" {
		var err error
		list, err = session.All(ctx, ldapdir.Search{
			Base: g.Base, Filter: ldapdir.And(g.Filter, ldapdir.Equal(objectSID, p.primary)), Attributes: g.Attributes,
		})
		if err != nil {
			return nil, unreachable(err, l.CA)
		}
		for _, e := range list {
			within = append(within, e.DN)
		}
	}
	above, err := session.Above(ctx, g, within...)
	if err != nil {
		return nil, unreachable(err, l.CA)
	}
	names := []string{}
	for _, e := range append(list, above...) {
		names = append(names, e.First(l.Attributes.Group))
	}
	return names, nil
}

// join makes a user of somebody who is not known yet, and whom a directory that allows it has just proven.
func (s *Providers) join(ctx context.Context, name, password string) (User, error) {
	list, err := sources(ctx, s.db)
	if err != nil || name == "" || password == "" {
		return User{}, errors.Join(wrong, err)
	}
	for _, x := range list {
		if !x.Active || !x.Join || x.LDAP == nil {
			continue
		}
		p, err := s.prove(ctx, x, ldapdir.Equal(x.LDAP.Attributes.Login, name), password, false)
		if errors.Is(err, wrong) {
			continue
		}
		if problem.Is(err, problem.Unavailable) {
			s.away(ctx, x, err)
			continue
		}
		if err != nil {
			return User{}, err
		}
		return s.takeOne(ctx, x, p.person)
	}
	return User{}, wrong
}

func (s *Providers) away(ctx context.Context, x Provider, err error) {
	s.with.Log.WarnContext(ctx, "a directory does not answer", slog.String(logfield.Name, x.Name), slog.Any(logfield.Error, problem.From(err).Detail))
}

// takeOne links one entry outside an import.
func (s *Providers) takeOne(ctx context.Context, x Provider, p person) (u User, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, u, err = s.take(ctx, tx, scope.System("directory"), x, p)
		return err
	})
	if err == nil && u.Disabled {
		err = wrong
	}
	return u, err
}

// ProveAdmin returns the administrator whom a directory's groups make of the one with this name and password, as
// [admin.Directories].
func (s *Providers) ProveAdmin(ctx context.Context, from, name, password string) (admin.Outsider, error) {
	list, err := sources(ctx, s.db)
	if err != nil || name == "" || password == "" {
		return admin.Outsider{}, errors.Join(wrong, err)
	}
	for _, x := range list {
		if !x.Active || len(x.Roles) == 0 || x.LDAP == nil || (from != "" && x.ID != from) {
			continue
		}
		p, err := s.prove(ctx, x, ldapdir.Equal(x.LDAP.Attributes.Login, name), password, true)
		if errors.Is(err, wrong) {
			continue
		}
		if problem.Is(err, problem.Unavailable) && from == "" {
			s.away(ctx, x, err) // one answer for a name that nobody has here, whatever the directories do
			continue
		}
		if err != nil {
			return admin.Outsider{}, err
		}
		if grants := x.grants(p.names); len(grants) > 0 {
			return admin.Outsider{Source: x.ID, Entry: p.entry, Name: p.draft.Name, Mail: p.draft.Mail, Grants: grants}, nil
		}
	}
	return admin.Outsider{}, wrong
}
