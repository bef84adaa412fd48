package directory

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// take brings the user of an entry in step with it: the linked one, whatever it is called now; one that has the entry's name
// and that nobody else vouches for; or a new one. What is wrong with an entry is found before the first statement that writes.
func (s *Providers) take(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x Provider, p person) (RowOutcome, User, error) {
	mark, err := s.fingerprint(p)
	if err != nil {
		return Invalid, User{}, err
	}
	k, err := sqldb.One(ctx, tx, scanKnown, `SELECT l.entry, l.end_user, l.fingerprint, l.withheld, l.missing, l.missing_since, u.name,
		u.disabled FROM directory_link l JOIN end_user u ON u.id = l.end_user WHERE l.source = $1 AND l.entry = $2`, x.ID, p.entry)
	if errors.Is(err, sqldb.ErrNotFound) {
		return s.meet(ctx, tx, c, x, p, mark)
	}
	if err != nil {
		return Invalid, User{}, err
	}
	u, err := sqldb.One(ctx, tx, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE u.id = $1", k.user)
	if err != nil || (bytes.Equal(mark, k.fingerprint) && k.missing == 0 && (u.Disabled || !p.draft.Disabled)) {
		return Unchanged, u, err
	}
	d, withheld := p.draft, k.withheld
	switch {
	case p.draft.Disabled:
		withheld = withheld || !u.Disabled
	case k.withheld:
		withheld = false
	default:
		d.Disabled = u.Disabled // an administrator's word stands
	}
	outcome := changeOf(u, d)
	if u, err = s.revise(ctx, tx, c, u, d); err != nil {
		return Invalid, u, err
	}
	if err := s.setPhone(ctx, tx, u.ID, p.phone); err != nil {
		return Invalid, u, err
	}
	_, err = tx.Exec(ctx, `UPDATE directory_link SET fingerprint = $1, withheld = $2, missing = 0, missing_since = 0
		WHERE source = $3 AND entry = $4`, mark, withheld, x.ID, p.entry)
	return outcome, u, err
}

// changeOf names what a change is to people, the most telling first.
func changeOf(u User, d Draft) RowOutcome {
	switch {
	case sqldb.Fold(d.Name) != sqldb.Fold(u.Name):
		return Renamed
	case d.Disabled && !u.Disabled:
		return Disabled
	case u.Disabled && !d.Disabled:
		return Enabled
	}
	return Updated
}

// revise changes a user, the name included.
func (s *Providers) revise(ctx context.Context, tx *sqldb.Tx, c scope.Caller, u User, d Draft) (User, error) {
	if err := d.check(); err != nil {
		return u, err
	}
	if sqldb.Fold(d.Name) != sqldb.Fold(u.Name) {
		if err := s.vacant(ctx, tx, d.Name); err != nil {
			return u, err
		}
	}
	return s.users.write(ctx, tx, c, u, d)
}

func (s *Providers) vacant(ctx context.Context, tx *sqldb.Tx, name string) error {
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM end_user WHERE folded = $1", sqldb.Fold(name))
	if err == nil && n > 0 {
		err = problem.New(problem.Conflict, "user.exists", "Another user has this name already.")
	}
	return err
}

// meet links an entry that is new to a user.
func (s *Providers) meet(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x Provider, p person, mark []byte) (RowOutcome, User, error) {
	from := LDAP
	if x.OIDC != nil {
		from = OIDC
	}
	if err := p.draft.check(); err != nil {
		return Invalid, User{}, err
	}
	outcome := Updated
	u, err := s.adoptable(ctx, tx, p.draft.Name)
	switch {
	case errors.Is(err, sqldb.ErrNotFound):
		outcome = Created
		u, err = s.users.add(ctx, tx, c, p.draft, from)
	case err == nil:
		outcome = changeOf(u, p.draft)
		u, err = s.adopt(ctx, tx, c, u, p.draft, from)
	}
	if err != nil {
		return Invalid, u, err
	}
	if err := s.setPhone(ctx, tx, u.ID, p.phone); err != nil {
		return Invalid, u, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO directory_link (source, entry, end_user, fingerprint, withheld, missing, missing_since)
		VALUES ($1, $2, $3, $4, $5, 0, 0)`, x.ID, p.entry, u.ID, mark, p.draft.Disabled)
	return outcome, u, err
}

// adoptable returns the user of a name whom a directory may vouch for from now on: one whom a mail server's word or an
// administrator's hand has made, without a password here.
func (s *Providers) adoptable(ctx context.Context, tx *sqldb.Tx, name string) (User, error) {
	u, err := sqldb.One(ctx, tx, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE u.folded = $1", sqldb.Fold(name))
	if err != nil {
		return u, err
	}
	switch {
	case u.HasPassword:
		return u, problem.New(problem.Conflict, "user.local", "A local user with a password has this name: take the password away first, or rename one of the two.")
	case u.Source != Local && u.Source != ActiveSync:
		return u, problem.New(problem.Conflict, "user.elsewhere", "A user of this name comes from another entry or directory already.")
	}
	return u, nil
}

func (s *Providers) adopt(ctx context.Context, tx *sqldb.Tx, c scope.Caller, u User, d Draft, from Source) (User, error) {
	before := u.state()
	if _, err := tx.Exec(ctx, "UPDATE end_user SET source = $1 WHERE id = $2", string(from), u.ID); err != nil {
		return u, err
	}
	u.Source = from
	if u.Disabled {
		d.Disabled = true
	}
	if err := s.users.record(ctx, tx, c, "user.adopted", u.ID, before, u.state()); err != nil {
		return u, err
	}
	return s.users.write(ctx, tx, c, u, d)
}

// disable sets whether a user is disabled, and nothing else.
func (s *Providers) disable(ctx context.Context, tx *sqldb.Tx, c scope.Caller, user string, off bool) error {
	u, err := sqldb.One(ctx, tx, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE u.id = $1", user)
	if err != nil {
		return err
	}
	_, err = s.users.write(ctx, tx, c, u, Draft{Name: u.Name, DisplayName: u.DisplayName, Mail: u.Mail, Disabled: off})
	return err
}

func phoneField(user string) seal.Field {
	return seal.Field{Table: "end_user", Column: "phone", Row: user}
}

func (s *Providers) setPhone(ctx context.Context, tx *sqldb.Tx, user, phone string) error {
	var sealed seal.Sealed
	if phone != "" {
		var err error
		if sealed, err = s.with.Keys.Seal(ctx, tx, phoneField(user), seal.User(user), []byte(phone)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "UPDATE end_user SET phone = $1 WHERE id = $2", []byte(sealed), user)
	return err
}

// LinkOf returns the name of the directory that a user comes from, and which entry in it the user is; "" for users of Drover's
// own.
func (s *Providers) LinkOf(ctx context.Context, c scope.Caller, user string) (name, entry string, err error) {
	if _, err := s.users.one(ctx, s.db, c, scope.UserRead, user); err != nil {
		return "", "", err
	}
	type link struct{ name, entry string }
	x, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (x link, err error) { return x, r.Scan(&x.name, &x.entry) },
		"SELECT x.name, l.entry FROM directory_link l JOIN directory_source x ON x.id = l.source WHERE l.end_user = $1", user)
	if errors.Is(err, sqldb.ErrNotFound) {
		return "", "", nil
	}
	return x.name, x.entry, err
}

// OpenPhone opens a user's phone number, "" when there is none: to the user, and to administrators who may look at the
// user's personal data. It is for package privacy, which records the look in the same transaction.
func (s *Providers) OpenPhone(ctx context.Context, tx *sqldb.Tx, c scope.Caller, user string) (string, error) {
	if c.Kind != scope.User || c.ID != user {
		if _, err := s.users.one(ctx, tx, c, scope.UserPersonalRead, user); err != nil {
			return "", err
		}
	}
	sealed, err := sqldb.One(ctx, tx, sqldb.Scan1[[]byte], "SELECT phone FROM end_user WHERE id = $1 AND erased_at = 0", user)
	if err != nil || sealed == nil {
		return "", unknown(err)
	}
	plain, err := s.with.Keys.Open(ctx, tx, phoneField(user), seal.User(user), sealed)
	return string(plain), err
}

// teams brings the groups in step with the directory's. A group whose name somebody else has is called by the directory's
// name too.
func (r *run) teams(ctx context.Context, found reading) error {
	if err := batches(ctx, r, found.teams, func(tx *sqldb.Tx, t team) (ImportRow, error) {
		outcome, err := r.takeTeam(ctx, tx, t)
		return ImportRow{Name: t.name, Outcome: outcome}, err
	}); err != nil {
		return err
	}
	return r.missTeams(ctx, found)
}

type knownTeam struct {
	entry, group, name string
	version            int64
	missing            int
	since              int64
}

func scanTeam(r sqldb.Row) (k knownTeam, err error) {
	err = r.Scan(&k.entry, &k.group, &k.missing, &k.since, &k.name, &k.version)
	return k, err
}

const selectTeams = `SELECT l.entry, l.user_group, l.missing, l.missing_since, g.name, g.version FROM directory_group l
	JOIN user_group g ON g.id = l.user_group WHERE l.source = $1`

func (r *run) takeTeam(ctx context.Context, tx *sqldb.Tx, t team) (RowOutcome, error) {
	k, err := sqldb.One(ctx, tx, scanTeam, selectTeams+" AND l.entry = $2", r.source.ID, t.entry)
	isNew := errors.Is(err, sqldb.ErrNotFound)
	if err != nil && !isNew {
		return Invalid, err
	}
	name, err := r.teamName(ctx, tx, t.name, k.group)
	if err != nil {
		return Invalid, err
	}
	if isNew {
		return Created, r.addTeam(ctx, tx, t.entry, name)
	}
	if k.missing > 0 {
		_, err := tx.Exec(ctx, "UPDATE directory_group SET missing = 0, missing_since = 0 WHERE user_group = $1", k.group)
		if err != nil {
			return Invalid, err
		}
	}
	if k.name == name {
		return Unchanged, nil
	}
	_, err = tx.Exec(ctx, "UPDATE user_group SET name = $1, folded = $2, version = version + 1 WHERE id = $3", name, sqldb.Fold(name), k.group)
	if err != nil {
		return Invalid, err
	}
	return Renamed, r.users.groupChanged(ctx, tx, r.caller, "user-group.changed", k.group, map[string]any{"name": k.name}, map[string]any{"name": name})
}

func (r *run) teamName(ctx context.Context, tx *sqldb.Tx, name, group string) (string, error) {
	for _, try := range []string{name, sqldb.Clean(name, maxGroupName/2) + " (" + sqldb.Clean(r.source.Name, maxGroupName/2-3) + ")"} {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM user_group WHERE folded = $1 AND id <> $2", sqldb.Fold(try), group)
		if err != nil || n == 0 {
			return try, err
		}
	}
	return "", problem.New(problem.Conflict, "group.exists", "There is already a group of this name.")
}

func (r *run) addTeam(ctx context.Context, tx *sqldb.Tx, entry, name string) error {
	g, err := r.users.addGroup(ctx, tx, r.caller, name, "")
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO directory_group (source, entry, user_group, missing, missing_since) VALUES ($1, $2, $3, 0, 0)",
		r.source.ID, entry, g.ID)
	return err
}

// missTeams counts missing groups. Once the grace is over they lose their members; they stay, since policies hang on them.
func (r *run) missTeams(ctx context.Context, found reading) error {
	list, err := sqldb.All(ctx, r.db, scanTeam, selectTeams+" ORDER BY l.entry", r.source.ID)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(k knownTeam) bool {
		return slices.ContainsFunc(found.teams, func(t team) bool { return t.entry == k.entry })
	})
	grace := r.source.LDAP.Import
	return batches(ctx, r, list, func(tx *sqldb.Tx, k knownTeam) (ImportRow, error) {
		now := r.clock.Now()
		if k.missing++; k.since == 0 {
			k.since = sqldb.Micros(now)
		}
		row := ImportRow{Name: k.name, Outcome: Missing}
		if k.missing >= grace.Grace && int(now.Sub(sqldb.Time(k.since)).Hours()) >= grace.GraceHours {
			if err := r.setMembers(ctx, tx, k.group, nil); err != nil {
				return row, err
			}
		}
		_, err := tx.Exec(ctx, "UPDATE directory_group SET missing = $1, missing_since = $2 WHERE user_group = $3", k.missing, k.since, k.group)
		return row, err
	})
}

// members puts the users of each group into it, and takes others out.
func (r *run) members(ctx context.Context, found reading) error {
	if r.report.DryRun {
		return nil
	}
	known, err := r.Providers.known(ctx, r.db, r.source.ID)
	if err != nil {
		return err
	}
	want := make(map[string][]string)
	for _, p := range found.people {
		k, there := known[p.entry]
		for _, g := range p.groups {
			if there {
				want[g] = append(want[g], k.user)
			}
		}
	}
	groups, err := sqldb.All(ctx, r.db, scanTeam, selectTeams+" AND l.missing = 0 ORDER BY l.entry", r.source.ID)
	if err != nil {
		return err
	}
	for _, k := range groups {
		err := r.db.Write(ctx, func(tx *sqldb.Tx) error {
			if err := r.hold(ctx, tx); err != nil {
				return err
			}
			return r.setMembers(ctx, tx, k.group, want[k.entry])
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) setMembers(ctx context.Context, tx *sqldb.Tx, group string, want []string) error {
	have, err := sqldb.All(ctx, tx, sqldb.Scan1[string], "SELECT end_user FROM user_group_member WHERE user_group = $1", group)
	if err != nil {
		return err
	}
	joined, left := apart(want, have), apart(have, want)
	for _, u := range joined {
		if _, err := tx.Exec(ctx, "INSERT INTO user_group_member (user_group, end_user) VALUES ($1, $2) ON CONFLICT DO NOTHING", group, u); err != nil {
			return err
		}
	}
	for _, u := range left {
		if _, err := tx.Exec(ctx, "DELETE FROM user_group_member WHERE user_group = $1 AND end_user = $2", group, u); err != nil {
			return err
		}
	}
	if len(joined)+len(left) == 0 {
		return nil
	}
	few := func(list []string) []string { return list[:min(len(list), maxBatch)] }
	return r.users.groupChanged(ctx, tx, r.caller, "user-group.members-synchronized", group, nil,
		map[string]any{"joined": few(joined), "left": few(left), "joinedCount": len(joined), "leftCount": len(left)})
}

// apart returns what of a is not in b.
func apart(a, b []string) []string {
	in := make(map[string]bool, len(b))
	for _, x := range b {
		in[x] = true
	}
	var out []string
	for _, x := range a {
		if !in[x] {
			out = append(out, x)
		}
	}
	return out
}
