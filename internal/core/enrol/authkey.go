package enrol

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// AuthKey lets some computers register. The key itself is kept nowhere.
type AuthKey struct {
	ID        string
	Name      string   // for people
	Platforms []string // of [Platforms]; none for all
	Place     Place    // where those are put that come in by it
	Device    string   // the computer that was entered beforehand, whose one-time code it is; "" for none
	Uses      int      // how many computers
	Used      int
	ByKind    scope.Kind
	By        string // who has made it
	Created   time.Time
	Expires   time.Time
	Ended     time.Time // zero while nobody has taken it back
}

// Open tells whether a computer can still come in by it.
func (k AuthKey) Open(now time.Time) bool {
	return k.Ended.IsZero() && k.Used < k.Uses && now.Before(k.Expires)
}

// AuthKeyDraft is what an administrator says of an authorization key.
type AuthKeyDraft struct {
	Name      string // 1 to 128 bytes
	Platforms []string
	Place     Place
	Uses      int           // 1 to 100,000
	Life      time.Duration // 10 minutes to 366 days
}

const (
	maxKeyUses = 100_000
	maxKeyLife = 366 * 24 * time.Hour
	// maxOwnKeys bounds those of an administrator whose right is limited.
	maxOwnKeys = 50
	// maxAuthKeys bounds those by which a computer can still come in.
	maxAuthKeys = 1000
)

func (d *AuthKeyDraft) check() error {
	d.Name = plain(d.Name, maxRuleName)
	d.Platforms = slices.Compact(slices.Sorted(slices.Values(d.Platforms)))
	switch {
	case d.Name == "":
		return problem.Newf(problem.Invalid, "computer-key.name", "Give the key a name of at most %d bytes, which says what it is for.", maxRuleName).WithField("name")
	case slices.ContainsFunc(d.Platforms, func(p string) bool { return !slices.Contains(Platforms, p) }):
		return problem.New(problem.Invalid, "computer-key.platforms", "The platforms of computers are linux, windows and macos.").WithField("platforms")
	case d.Uses < 1 || d.Uses > maxKeyUses:
		return problem.Newf(problem.Invalid, "computer-key.uses", "A key is for 1 to %d computers.", maxKeyUses).WithField("uses")
	case d.Life < minLife || d.Life > maxKeyLife:
		return problem.New(problem.Invalid, "computer-key.life", "A key is good for 10 minutes to 366 days.").WithField("hours")
	}
	return d.Place.check()
}

const authKeyColumns = "a.id, a.name, a.platforms, a.place, a.device, a.uses, a.used, a.by_kind, a.by_whom, a.created, a.expires, a.ended"

func scanAuthKey(r sqldb.Row) (k AuthKey, err error) {
	var created, expires, ended int64
	var platforms, place string
	err = r.Scan(&k.ID, &k.Name, &platforms, &place, &k.Device, &k.Uses, &k.Used, &k.ByKind, &k.By, &created, &expires, &ended)
	if err != nil {
		return k, err
	}
	k.Platforms = strings.Fields(platforms)
	k.Created, k.Expires, k.Ended = sqldb.Time(created), sqldb.Time(expires), sqldb.Time(ended)
	return k, json.Unmarshal([]byte(place), &k.Place)
}

// AddAuthKey makes an authorization key and returns what a computer shows, which is kept nowhere: 26 letters and digits of
// 130 random bits. It needs the right device.enrol; where that is limited to groups, the key puts computers into these alone,
// and says so of the one group where there is only one.
func (s *Store) AddAuthKey(ctx context.Context, c scope.Caller, d AuthKeyDraft) (k AuthKey, secret string, err error) {
	sc, err := c.Scope(scope.DeviceEnrol)
	if err != nil {
		return k, "", err
	}
	if err := d.check(); err != nil {
		return k, "", err
	}
	if err := s.confine(ctx, sc, &d.Place); err != nil {
		return k, "", err
	}
	secret = rand.Text()
	now := s.with.Clock.Now().Truncate(time.Microsecond)
	k = AuthKey{
		ID: sqldb.NewID(), Name: d.Name, Platforms: d.Platforms, Place: d.Place, Uses: d.Uses, ByKind: c.Kind, By: c.ID, Created: now, Expires: now.Add(d.Life),
	}
	return k, secret, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := fewKeys(ctx, tx, c, sc, now); err != nil {
			return err
		}
		if err := s.checkPlace(ctx, tx, k.Place); err != nil {
			return err
		}
		if err := insertAuthKey(ctx, tx, k, secret); err != nil {
			return err
		}
		return s.recordAuthKey(ctx, tx, c, "computer-key.made", k)
	})
}

// fewKeys bounds the open keys of the zone, and those of one administrator whose right is limited.
func fewKeys(ctx context.Context, q sqldb.Querier, c scope.Caller, sc scope.Scope, now time.Time) error {
	where, most := "", maxAuthKeys
	a := sqldb.Args{}
	open := "SELECT count(*) FROM computer_key a WHERE a.device = '' AND a.ended = 0 AND a.used < a.uses AND a.expires > " + a.Add(sqldb.Micros(now))
	if !sc.All() {
		where, most = " AND "+madeBy(sc, c, &a), maxOwnKeys
	}
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], open+where, a.List()...)
	if err == nil && n >= most {
		err = problem.Newf(problem.Conflict, "computer-key.many", "There are %d open keys, which is the most: take one back first.", n)
	}
	return err
}

// madeBy is the condition that a caller may know of a key: whose right is limited, of those alone that the caller has made.
func madeBy(sc scope.Scope, c scope.Caller, a *sqldb.Args) string {
	if sc.All() {
		return "TRUE"
	}
	return "a.by_whom = " + a.Add(c.ID) + " AND a.by_kind IN ('admin', 'token')"
}

func insertAuthKey(ctx context.Context, tx *sqldb.Tx, k AuthKey, secret string) error {
	place, err := json.Marshal(k.Place)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO computer_key (id, key_hash, name, platforms, place, device, uses, used, by_kind, by_whom, created,
		expires, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, 0)`, k.ID, hashToken(secret), k.Name,
		strings.Join(k.Platforms, " "), string(place), k.Device, k.Uses, string(k.ByKind), k.By, sqldb.Micros(k.Created), sqldb.Micros(k.Expires))
	return err
}

func (s *Store) recordAuthKey(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action string, k AuthKey) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "computer-key", ID: k.ID},
		After: map[string]any{"name": k.Name, "uses": k.Uses, "used": k.Used, "platforms": k.Platforms, "place": k.Place, "expires": k.Expires},
	})
}

// AuthKeys returns the authorization keys, newest first, all or those alone by which a computer can still come in, and the
// cursor of the next page. It needs the right device.enrol; where that is limited, the keys are those that the caller has made.
func (s *Store) AuthKeys(ctx context.Context, c scope.Caller, open bool, limit int, after string) (list []AuthKey, next string, err error) {
	sc, err := c.Scope(scope.DeviceEnrol)
	if err != nil {
		return nil, "", err
	}
	var a sqldb.Args
	where := "a.device = '' AND " + madeBy(sc, c, &a)
	return s.authKeys(ctx, where, a, open, limit, after)
}

func (s *Store) authKeys(ctx context.Context, where string, a sqldb.Args, open bool, limit int, after string) (list []AuthKey, next string, err error) {
	if limit < 1 || limit > maxPage {
		return nil, "", problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d keys.", maxPage).WithField("limit")
	}
	if open {
		where += " AND a.ended = 0 AND a.used < a.uses AND a.expires > " + a.Add(sqldb.Micros(s.with.Clock.Now()))
	}
	if after != "" { // ids are made in the order of time
		where += " AND a.id < " + a.Add(after)
	}
	list, err = sqldb.All(ctx, s.db, scanAuthKey, "SELECT "+authKeyColumns+" FROM computer_key a WHERE "+where+
		" ORDER BY a.id DESC LIMIT "+a.Add(limit+1), a.List()...)
	if err == nil && len(list) > limit {
		list, next = list[:limit], list[limit-1].ID
	}
	return list, next, err
}

// authKey returns a key by its id, whatever has become of it.
func authKey(ctx context.Context, q sqldb.Querier, id string) (AuthKey, error) {
	k, err := sqldb.One(ctx, q, scanAuthKey, "SELECT "+authKeyColumns+" FROM computer_key a WHERE a.id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return AuthKey{}, errNoAuthKey
	}
	return k, err
}

var errNoAuthKey = problem.New(problem.NotFound, "computer-key.unknown", "There is no such key, or it was taken back already.")

// EndAuthKey takes an authorization key back. Computers that came in by it stay. It needs the right device.enrol; where that is
// limited, for the keys that the caller has made.
func (s *Store) EndAuthKey(ctx context.Context, c scope.Caller, id string) error {
	sc, err := c.Scope(scope.DeviceEnrol)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var a sqldb.Args
		where := "a.id = " + a.Add(id) + " AND a.ended = 0 AND " + madeBy(sc, c, &a)
		k, err := sqldb.One(ctx, tx, scanAuthKey, "SELECT "+authKeyColumns+" FROM computer_key a WHERE "+where, a.List()...)
		if errors.Is(err, sqldb.ErrNotFound) {
			return errNoAuthKey
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE computer_key SET ended = $1 WHERE id = $2", sqldb.Micros(s.with.Clock.Now()), id); err != nil {
			return err
		}
		return s.recordAuthKey(ctx, tx, c, "computer-key.ended", k)
	})
}

var errAuthKey = problem.New(problem.Unauthenticated, "registration.key",
	"This authorization key is wrong, used up, expired, or not for this kind of computer: ask your administrator for another.")

// authorized returns the authorization key that a computer has shown, when it lets this one in.
func (s *Store) authorized(ctx context.Context, q sqldb.Querier, secret, platform string) (AuthKey, error) {
	k, err := sqldb.One(ctx, q, scanAuthKey, "SELECT "+authKeyColumns+" FROM computer_key a WHERE a.key_hash = $1", hashToken(secret))
	if errors.Is(err, sqldb.ErrNotFound) || err == nil && !(k.Open(s.with.Clock.Now()) && k.takes(platform)) {
		return k, errAuthKey
	}
	return k, err
}

func (k AuthKey) takes(platform string) bool {
	return len(k.Platforms) == 0 || slices.Contains(k.Platforms, platform)
}

// spend takes one of the uses of an authorization key.
func (s *Store) spend(ctx context.Context, tx *sqldb.Tx, k AuthKey) error {
	n, err := tx.Exec(ctx, "UPDATE computer_key SET used = used + 1 WHERE id = $1 AND used < uses AND ended = 0 AND expires > $2",
		k.ID, sqldb.Micros(s.with.Clock.Now()))
	if err == nil && n != 1 {
		return errAuthKey
	}
	return err
}
