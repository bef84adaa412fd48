package directory

import (
	"context"
	"errors"
	"slices"
	"strings"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// Add makes a local user.
func (s *Store) Add(ctx context.Context, c scope.Caller, d Draft) (User, error) {
	return s.AddWithPassword(ctx, c, d, "")
}

// AddWithPassword makes a local user with a password for Drover's own login, as [Store.SetPassword] gives it, unless it is "".
// The user had none before, and is told of no change.
func (s *Store) AddWithPassword(ctx context.Context, c scope.Caller, d Draft, password string) (User, error) {
	if err := c.Require(scope.UserEdit); err != nil {
		return User{}, err
	}
	if err := d.check(); err != nil {
		return User{}, err
	}
	stored, err := hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if u, err = s.add(ctx, tx, c, d, Local); err != nil || stored == nil {
			return err
		}
		u, err = s.setPassword(ctx, tx, c, u, stored)
		return err
	})
	return u, err
}

func (s *Store) add(ctx context.Context, tx *sqldb.Tx, c scope.Caller, d Draft, source Source) (User, error) {
	now := s.clock.Now()
	u := User{
		ID: sqldb.NewID(), Name: d.Name, DisplayName: d.DisplayName, Mail: d.Mail, Source: source, Disabled: d.Disabled,
		Created: now, Changed: now, Version: 1,
	}
	_, err := tx.Exec(ctx, `INSERT INTO end_user (id, name, folded, display_name, mail, mail_folded, search, source, disabled,
		created_at, changed_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)`,
		u.ID, u.Name, sqldb.Fold(u.Name), u.DisplayName, u.Mail, sqldb.Fold(u.Mail), searchText(u.Name, u.DisplayName, u.Mail), string(source),
		u.Disabled, sqldb.Micros(now), sqldb.Micros(now))
	if errors.Is(err, sqldb.ErrConflict) {
		return User{}, problem.New(problem.Conflict, "user.exists", "There is already a user of this name.").WithField("name")
	}
	if err != nil {
		return User{}, err
	}
	return u, s.record(ctx, tx, c, "user.added", u.ID, nil, u.state())
}

// state is what of a user the audit log may hold in clear.
func (u User) state() map[string]any {
	return map[string]any{"source": u.Source, "disabled": u.Disabled, "password": u.HasPassword}
}

func (s *Store) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, before, after any) error {
	return s.log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "user", ID: id}, Owner: id, Before: before, After: after,
	})
}

// Edit changes a user's display name, mail address and whether the user is disabled. version is the one that the caller
// has seen. The name stays what it is.
func (s *Store) Edit(ctx context.Context, c scope.Caller, id string, version int64, d Draft) (User, error) {
	if err := c.Require(scope.UserEdit); err != nil {
		return User{}, err
	}
	var u User
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		u, err = s.edit(ctx, tx, c, id, version, d)
		return err
	})
	return u, err
}

func (s *Store) edit(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string, version int64, d Draft) (User, error) {
	u, err := s.one(ctx, tx, c, scope.UserEdit, id)
	if err != nil {
		return u, err
	}
	d.Name = u.Name
	if err := d.check(); err != nil {
		return u, err
	}
	if u.Version != version {
		return u, changedMeanwhile
	}
	if u.elsewhere() && (d.DisplayName != u.DisplayName || d.Mail != u.Mail) {
		return u, problem.New(problem.Conflict, "user.elsewhere",
			"This user's names come from a directory: change them there. Here the user can be disabled.")
	}
	return s.write(ctx, tx, c, u, d)
}

// elsewhere tells whether a directory says who the user is.
func (u User) elsewhere() bool { return u.Source == LDAP || u.Source == OIDC }

// write changes a user to what was checked.
func (s *Store) write(ctx context.Context, tx *sqldb.Tx, c scope.Caller, u User, d Draft) (User, error) {
	before := u.state()
	u.Name, u.DisplayName, u.Mail, u.Disabled = d.Name, d.DisplayName, d.Mail, d.Disabled
	u.Changed, u.Version = s.clock.Now(), u.Version+1
	_, err := tx.Exec(ctx, `UPDATE end_user SET name = $1, folded = $2, display_name = $3, mail = $4, disabled = $5, search = $6,
		changed_at = $7, version = $8, mail_folded = $9 WHERE id = $10`, u.Name, sqldb.Fold(u.Name), u.DisplayName, u.Mail, u.Disabled,
		searchText(u.Name, u.DisplayName, u.Mail), sqldb.Micros(u.Changed), u.Version, sqldb.Fold(u.Mail), u.ID)
	if err != nil {
		return u, err
	}
	for _, f := range s.followers {
		if err := f.UserChanged(ctx, tx, u); err != nil {
			return u, err
		}
	}
	if err := s.record(ctx, tx, c, "user.changed", u.ID, before, u.state()); err != nil {
		return u, err
	}
	return u, s.zone.BumpPeople(ctx, tx)
}

var changedMeanwhile = problem.New(problem.Precondition, "changed",
	"This has been changed in the meantime: look at it again before you change it.")

// Admit returns the user whose credentials a mail server has just accepted, and makes it when enrol allows that. It is
// for the gateway alone, after the proof. A problem of kind Forbidden when the user is disabled, NotFound when there is
// none and enrol is false.
func (s *Store) Admit(ctx context.Context, c scope.Caller, name, mail string, enrol bool) (User, error) {
	if c.Kind != scope.Internal {
		return User{}, problem.New(problem.Forbidden, "user.admit", "Only a gateway admits users.")
	}
	u, err := s.ByName(ctx, c, name)
	if problem.Is(err, problem.NotFound) && enrol {
		u, err = s.admitNew(ctx, c, name, mail)
	}
	if err != nil {
		return User{}, err
	}
	if u.Disabled {
		return User{}, problem.New(problem.Forbidden, "user.disabled", "This user is disabled in Drover; an administrator can change that.")
	}
	return u, nil
}

func (s *Store) admitNew(ctx context.Context, c scope.Caller, name, mail string) (User, error) {
	d := Draft{Name: strings.TrimSpace(name), Mail: mail}
	if checkMail(mail) != nil {
		d.Mail = ""
	}
	if err := checkName(d.Name); err != nil {
		return User{}, err
	}
	var u User
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		// Another request may have been faster, and on SQLite wait for the same commit: here its user can be seen.
		u, err = sqldb.One(ctx, tx, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE u.folded = $1", sqldb.Fold(d.Name))
		if errors.Is(err, sqldb.ErrNotFound) {
			u, err = s.add(ctx, tx, c, d, ActiveSync)
		}
		return err
	})
	if problem.Is(err, problem.Conflict) { // PostgreSQL says so only once the other's commit is done
		return s.ByName(ctx, c, name)
	}
	return u, err
}

// kindErase names the erasing of users to safety.
const kindErase = "user.erase"

// Erase takes everything personal about a user away for good: the key of what is sealed, the names, the password. What
// stays is a row without a name, so that the records that refer to it still make sense. It takes the quorum.
func (s *Store) Erase(ctx context.Context, c scope.Caller, id, reason string) (a safety.Approval, err error) {
	if err := c.Require(scope.UserErase); err != nil {
		return a, err
	}
	if strings.TrimSpace(reason) == "" || len(reason) > 500 {
		return a, problem.New(problem.Invalid, "user.reason", "Say in at most 500 characters why this user is erased.").WithField("reason")
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		u, err := s.one(ctx, tx, c, scope.UserErase, id)
		if err != nil {
			return err
		}
		a, err = s.safety.Order(ctx, tx, c, safety.Ask{
			Class: safety.UserErase, Kind: kindErase, Subject: u.ID, About: u.ID, Reason: reason,
			Words: "Erase everything personal about a user, and take the user's devices out of the lists. It cannot be undone; " +
				"nothing is erased on the devices or on the mail server",
		})
		return err
	})
	return a, err
}

// erase carries an approved erasure out.
func (s *Store) erase(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	u, err := s.one(ctx, tx, scope.System("directory"), scope.UserErase, a.Subject)
	if err != nil {
		return err
	}
	if err := s.safety.Use(ctx, tx, a); err != nil {
		return err
	}
	if err := s.safety.Explain(ctx, tx, &a); err != nil { // while its key is there
		return err
	}
	return s.takeAway(ctx, tx, u, audit.Record{Caller: a.By(), After: map[string]any{"approval": a.ID}, Reason: a.Reason})
}

// EraseAgain erases the users whose key has been destroyed and who are there nonetheless: a backup of the database that was
// made before was restored. It returns how many they were.
func (s *Store) EraseAgain(ctx context.Context) (n int, err error) {
	ids, err := s.keys.Erased(ctx, s.db)
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(ids, page.MaxLimit) {
		err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
			var a sqldb.Args
			back, err := sqldb.All(ctx, tx, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE u.erased_at = 0 AND u.id IN "+a.In(part...), a.List()...)
			for _, u := range back {
				err = errors.Join(err, s.takeAway(ctx, tx, u, audit.Record{
					Caller: scope.System("directory"), Reason: "Erased before; a backup of the database that was made earlier was restored.",
				}))
			}
			n += len(back)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return n, nil
}

// takeAway takes everything personal about a user away; r says by whom and why.
func (s *Store) takeAway(ctx context.Context, tx *sqldb.Tx, u User, r audit.Record) error {
	for _, f := range s.followers {
		if err := f.UserErased(ctx, tx, u.ID); err != nil {
			return err
		}
	}
	now := sqldb.Micros(s.clock.Now())
	_, err := tx.Exec(ctx, `UPDATE end_user SET name = '', folded = $1, display_name = '', mail = '', mail_folded = '', search = '',
		password_hash = NULL, phone = NULL, disabled = TRUE, erased_at = $2, changed_at = $3, version = version + 1 WHERE id = $4`,
		"erased "+u.ID, now, now, u.ID)
	if err != nil {
		return err
	}
	for _, text := range []string{"DELETE FROM user_group_member WHERE end_user = $1", "DELETE FROM directory_link WHERE end_user = $1"} {
		if _, err := tx.Exec(ctx, text, u.ID); err != nil {
			return err
		}
	}
	if err := s.keys.Erase(ctx, tx, u.ID); err != nil {
		return err
	}
	// Without an owner: the key that would seal the reason is gone.
	r.Action, r.Subject, r.Before = "user.erased", audit.Subject{Kind: "user", ID: u.ID}, u.state()
	if err := s.log.Append(ctx, tx, r); err != nil {
		return err
	}
	return s.zone.BumpPeople(ctx, tx)
}
