package directory

import (
	"context"
	"errors"
	"strings"

	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/revcache"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Eraser destroys the key under which a user's personal data is sealed.
type Eraser interface {
	Erase(ctx context.Context, tx *sqldb.Tx, userID string) error
	// Erased returns all whose key was destroyed.
	Erased(ctx context.Context, q sqldb.Querier) ([]string, error)
}

// Follower keeps in step what it has copied of a user, in the same transaction.
type Follower interface {
	// UserChanged is called when a user has changed: the names, whether the user is disabled, or the password.
	UserChanged(ctx context.Context, tx *sqldb.Tx, u User) error
	// UserErased is called when everything personal about a user must go.
	UserErased(ctx context.Context, tx *sqldb.Tx, id string) error
}

// Revision tells the zone's revision as far as people go; see [zone.Revision.People].
type Revision interface{ People() (int64, error) }

// Store keeps users and their groups.
type Store struct {
	db        *sqldb.DB
	clock     clock.Clock
	log       *audit.Log
	zone      *zone.Zone
	revision  Revision
	keys      Eraser
	safety    *safety.Safety
	followers []Follower
	ties      Ties
	letter    func(mail, subject, text string) // see [Store.WriteBy]
	names     *revcache.Cache[string, User]
	members   *revcache.Cache[string, []string]
}

// cached bounds the users whose names and groups are kept in memory: about 30 MB when full.
const cached = 50_000

// New returns the directory on db and registers it with safety as the one that erases users.
func New(db *sqldb.DB, c clock.Clock, log *audit.Log, z *zone.Zone, r Revision, keys Eraser, sf *safety.Safety) *Store {
	s := &Store{
		db: db, clock: c, log: log, zone: z, revision: r, keys: keys, safety: sf, letter: func(string, string, string) {},
		names: revcache.NewLasting[string, User](cached), members: revcache.NewLasting[string, []string](cached),
	}
	sf.Register(kindErase, safety.Act{Do: s.erase})
	return s
}

// WriteBy has users told by send, which must not block, what an administrator has changed for them. Call it before the first
// change.
func (s *Store) WriteBy(send func(mail, subject, text string)) { s.letter = send }

// tellUser tells a user something once the transaction has come through.
func (s *Store) tellUser(tx *sqldb.Tx, u User, subject, text string) {
	if u.Mail != "" {
		tx.AfterCommit(func() { s.letter(u.Mail, subject, text) })
	}
}

// Follow has f told of each change. Call it before the first change.
func (s *Store) Follow(f Follower) { s.followers = append(s.followers, f) }

const userColumns = `u.id, u.name, u.display_name, u.mail, u.source, u.disabled, u.password_hash IS NOT NULL,
	u.created_at, u.changed_at, u.version`

func scanUser(r sqldb.Row) (u User, err error) {
	var created, changed int64
	err = r.Scan(&u.ID, &u.Name, &u.DisplayName, &u.Mail, &u.Source, &u.Disabled, &u.HasPassword, &created, &changed, &u.Version)
	u.Created, u.Changed = sqldb.Time(created), sqldb.Time(changed)
	return u, err
}

func unknown(err error) error {
	if errors.Is(err, sqldb.ErrNotFound) {
		return problem.New(problem.NotFound, "user.unknown", "There is no such user.")
	}
	return err
}

// Get returns one user.
func (s *Store) Get(ctx context.Context, c scope.Caller, id string) (User, error) {
	return s.one(ctx, s.db, c, scope.UserRead, id)
}

// one reads a user as far as the right reaches.
func (s *Store) one(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (User, error) {
	sc, err := c.Scope(r)
	if err != nil {
		return User{}, err
	}
	if id == Nobody && c.Kind != scope.Internal {
		return User{}, unknown(sqldb.ErrNotFound)
	}
	var a sqldb.Args
	where := "u.id = " + a.Add(id) + " AND u.erased_at = 0 AND " + sc.Users("u.id", &a)
	u, err := sqldb.One(ctx, q, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE "+where, a.List()...)
	return u, unknown(err)
}

// ByName returns the user with this login name, from memory where it can. Drover itself may ask, and who may see users.
func (s *Store) ByName(ctx context.Context, c scope.Caller, name string) (User, error) {
	sc, err := c.Scope(scope.UserRead)
	if err != nil {
		return User{}, err
	}
	revision, err := s.revision.People()
	if err != nil {
		return User{}, err
	}
	folded := sqldb.Fold(name)
	if u, ok := s.names.Get(revision, folded); ok && sc.All() {
		return u, nil
	}
	var a sqldb.Args
	where := "u.folded = " + a.Add(folded) + " AND u.erased_at = 0 AND " + sc.Users("u.id", &a)
	u, err := sqldb.One(ctx, s.db, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE "+where, a.List()...)
	if err != nil {
		return User{}, unknown(err)
	}
	s.names.Put(revision, folded, u, u.Version)
	return u, nil
}

// Filter narrows a list of users. Zero values do not narrow.
type Filter struct {
	Search   string // words, each somewhere in name, display name or mail address
	Group    string // a user group's id
	Source   Source
	Disabled *bool
}

// List returns users by name.
func (s *Store) List(ctx context.Context, c scope.Caller, f Filter, r page.Request) (page.Page[User], error) {
	sc, err := c.Scope(scope.UserRead)
	if err != nil {
		return page.Page[User]{}, err
	}
	size, err := r.Size()
	if err != nil {
		return page.Page[User]{}, err
	}
	var a sqldb.Args
	where := f.where(&a) + " AND " + sc.Users("u.id", &a)
	counted := a.List()
	after := "TRUE"
	if r.After != "" {
		key, id, err := page.Parse[string](r.After)
		if err != nil {
			return page.Page[User]{}, err
		}
		after = "(u.folded, u.id) > (" + a.Add(key) + ", " + a.Add(id) + ")"
	}
	var p page.Page[User]
	err = s.db.Read(ctx, func(q sqldb.Querier) error {
		rows, err := sqldb.All(ctx, q, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE "+where+" AND "+after+
			" ORDER BY u.folded, u.id LIMIT "+a.Add(size+1), a.List()...)
		if err != nil {
			return err
		}
		p = page.Cut(rows, size, func(u User) string { return page.Cursor(sqldb.Fold(u.Name), u.ID) })
		p.Total, p.Capped, err = page.Total(ctx, q, "FROM end_user u WHERE "+where, counted...)
		return err
	})
	return p, err
}

const maxWords = 5

func (f Filter) where(a *sqldb.Args) string {
	where := []string{"u.erased_at = 0", "u.id <> " + a.Add(Nobody)}
	for i, w := range strings.Fields(sqldb.Fold(f.Search)) {
		if i == maxWords {
			break
		}
		where = append(where, "u.search LIKE "+a.Add(page.Like(sqldb.Clean(w, maxName)))+` ESCAPE '\'`)
	}
	if f.Group != "" {
		where = append(where, "EXISTS (SELECT 1 FROM user_group_member m WHERE m.end_user = u.id AND m.user_group = "+a.Add(f.Group)+")")
	}
	if f.Source != "" {
		where = append(where, "u.source = "+a.Add(string(f.Source)))
	}
	if f.Disabled != nil {
		where = append(where, "u.disabled = "+a.Add(*f.Disabled))
	}
	return strings.Join(where, " AND ")
}

// Names returns the names of users by id, for lists that refer to them; ids of users outside the scope are missing.
func (s *Store) Names(ctx context.Context, c scope.Caller, ids ...string) (map[string]string, error) {
	sc, err := c.Scope(scope.UserRead)
	if err != nil {
		return nil, err
	}
	if len(ids) > page.MaxLimit {
		ids = ids[:page.MaxLimit]
	}
	var a sqldb.Args
	where := "u.id IN " + a.In(ids...) + " AND u.erased_at = 0 AND " + sc.Users("u.id", &a)
	names := make(map[string]string, len(ids))
	_, err = sqldb.All(ctx, s.db, func(r sqldb.Row) (struct{}, error) {
		var id, name string
		err := r.Scan(&id, &name)
		names[id] = name
		return struct{}{}, err
	}, "SELECT u.id, u.name FROM end_user u WHERE "+where, a.List()...)
	return names, err
}
