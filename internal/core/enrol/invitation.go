package enrol

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Invitation lets one user enrol some devices without a password.
type Invitation struct {
	ID        string
	Owner     string // the user's id
	Liability device.Liability
	Uses      int // how many devices
	Used      int
	ByKind    scope.Kind
	By        string // who has invited
	Created   time.Time
	Expires   time.Time
	Ended     time.Time // zero while nobody has taken it back
}

// Open tells whether a device can still come in by it.
func (i Invitation) Open(now time.Time) bool {
	return i.Ended.IsZero() && i.Used < i.Uses && now.Before(i.Expires)
}

// Draft is what an administrator says of an invitation.
type Draft struct {
	Owner     string
	Liability device.Liability // "" means corporate
	Uses      int              // 1 to 20
	Life      time.Duration    // 10 minutes to 30 days
}

const (
	maxUses = 20
	minLife = 10 * time.Minute
	maxLife = 30 * 24 * time.Hour
	// tokenSize is the length of an invitation's secret in octets: 128 bits, which nobody guesses.
	tokenSize = 16
	// maxInvitations bounds the open invitations of one user.
	maxInvitations = 20
)

func (d *Draft) check() error {
	if d.Liability == "" {
		d.Liability = device.Corporate
	}
	switch {
	case !d.Liability.Known():
		return problem.New(problem.Invalid, "device.liability", "The liability is corporate or personal.").WithField("liability")
	case d.Uses < 1 || d.Uses > maxUses:
		return problem.Newf(problem.Invalid, "invitation.uses", "An invitation is for 1 to %d devices.", maxUses).WithField("uses")
	case d.Life < minLife || d.Life > maxLife:
		return problem.New(problem.Invalid, "invitation.life", "An invitation is good for 10 minutes to 30 days.").WithField("hours")
	}
	return nil
}

const invitationColumns = `i.id, i.owner, i.liability, i.uses, i.used, i.by_kind, i.by_whom, i.created, i.expires, i.ended`

func scanInvitation(r sqldb.Row) (i Invitation, err error) {
	var created, expires, ended int64
	err = r.Scan(&i.ID, &i.Owner, &i.Liability, &i.Uses, &i.Used, &i.ByKind, &i.By, &created, &expires, &ended)
	i.Created, i.Expires, i.Ended = sqldb.Time(created), sqldb.Time(expires), sqldb.Time(ended)
	return i, err
}

// hashToken is what is kept of a token. It holds 128 random bits, so that a plain hash cannot be tried out.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Invite makes an invitation and returns its token, which is kept nowhere. It needs the right device.enrol over the user:
// limited to device groups, over users who own a device in them.
func (s *Store) Invite(ctx context.Context, c scope.Caller, d Draft) (i Invitation, token string, err error) {
	if err := d.check(); err != nil {
		return i, "", err
	}
	sc, err := c.Scope(scope.DeviceEnrol)
	if err != nil {
		return i, "", err
	}
	if u, err := s.with.Users.Get(ctx, self, d.Owner); err != nil || u.Disabled {
		return i, "", cmp.Or(err, error(errNobody))
	}
	var secret [tokenSize]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return i, "", err
	}
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	now := s.with.Clock.Now().Truncate(time.Microsecond)
	i = Invitation{
		ID: sqldb.NewID(), Owner: d.Owner, Liability: d.Liability, Uses: d.Uses, ByKind: c.Kind, By: c.ID, Created: now, Expires: now.Add(d.Life),
	}
	return i, token, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.invitable(ctx, tx, sc, d.Owner, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO enrol_invitation (id, token_hash, owner, liability, uses, used, by_kind, by_whom,
			created, expires, ended) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, 0)`,
			i.ID, hashToken(token), i.Owner, string(i.Liability), i.Uses, string(i.ByKind), i.By, sqldb.Micros(i.Created), sqldb.Micros(i.Expires))
		if err != nil {
			return err
		}
		return s.recordInvitation(ctx, tx, c, "invitation.made", i)
	})
}

// invitable tells whether the user is within the scope and has not too many invitations.
func (s *Store) invitable(ctx context.Context, tx *sqldb.Tx, sc scope.Scope, owner string, now time.Time) error {
	if err := reaches(ctx, tx, sc, owner); err != nil {
		return err
	}
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int],
		"SELECT count(*) FROM enrol_invitation WHERE owner = $1 AND ended = 0 AND used < uses AND expires > $2", owner, sqldb.Micros(now))
	if err == nil && n >= maxInvitations {
		err = problem.Newf(problem.Conflict, "invitation.many", "This user has %d open invitations, which is the most: take one back first.", n)
	}
	return err
}

// reaches tells whether the user is within the scope.
func reaches(ctx context.Context, tx *sqldb.Tx, sc scope.Scope, owner string) error {
	if sc.All() {
		return nil
	}
	var a sqldb.Args
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT CASE WHEN "+sc.Users(a.Add(owner), &a)+" THEN 1 ELSE 0 END", a.List()...)
	if err == nil && n == 0 {
		err = errNobody
	}
	return err
}

func (s *Store) recordInvitation(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action string, i Invitation) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "invitation", ID: i.ID}, Owner: i.Owner,
		After: map[string]any{"uses": i.Uses, "liability": i.Liability, "expires": i.Expires},
	})
}

// Invitations returns the invitations within the caller's scope, newest first, of one user or of all (""), and the cursor
// of the next page.
func (s *Store) Invitations(ctx context.Context, c scope.Caller, owner string, limit int, after string) (list []Invitation, next string, err error) {
	return s.invitations(ctx, c, owner, func(*sqldb.Args) string { return "" }, limit, after)
}

// OpenInvitations is [Store.Invitations] of those by which a device can still come in.
func (s *Store) OpenInvitations(ctx context.Context, c scope.Caller, owner string, limit int, after string) (list []Invitation, next string, err error) {
	return s.invitations(ctx, c, owner, func(a *sqldb.Args) string {
		return " AND i.ended = 0 AND i.used < i.uses AND i.expires > " + a.Add(sqldb.Micros(s.with.Clock.Now()))
	}, limit, after)
}

func (s *Store) invitations(ctx context.Context, c scope.Caller, owner string, also func(*sqldb.Args) string, limit int, after string,
) (list []Invitation, next string, err error) {
	sc, err := c.Scope(scope.DeviceEnrol)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > maxPage {
		return nil, "", problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d invitations.", maxPage).WithField("limit")
	}
	var a sqldb.Args
	where := sc.Users("i.owner", &a) + also(&a)
	if owner != "" {
		where += " AND i.owner = " + a.Add(owner)
	}
	if after != "" { // ids are made in the order of time
		where += " AND i.id < " + a.Add(after)
	}
	list, err = sqldb.All(ctx, s.db, scanInvitation, "SELECT "+invitationColumns+" FROM enrol_invitation i WHERE "+where+
		" ORDER BY i.id DESC LIMIT "+a.Add(limit+1), a.List()...)
	if err == nil && len(list) > limit {
		list, next = list[:limit], list[limit-1].ID
	}
	return list, next, err
}

const maxPage = 500

// Told records that a user is sent what is needed for another device: what says of what. It needs the right device.enrol
// over the user, as [Store.Invite]. Call it before the mail goes out.
func (s *Store) Told(ctx context.Context, c scope.Caller, owner, what string) error {
	sc, err := c.Scope(scope.DeviceEnrol)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := reaches(ctx, tx, sc, owner); err != nil {
			return err
		}
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "enrolment.mailed", Caller: c, Subject: audit.Subject{Kind: "user", ID: owner}, Owner: owner, After: map[string]any{"what": what},
		})
	})
}

// Uninvite takes an invitation back. Devices that came in by it stay.
func (s *Store) Uninvite(ctx context.Context, c scope.Caller, id string) error {
	sc, err := c.Scope(scope.DeviceEnrol)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var a sqldb.Args
		where := "i.id = " + a.Add(id) + " AND i.ended = 0 AND " + sc.Users("i.owner", &a)
		i, err := sqldb.One(ctx, tx, scanInvitation, "SELECT "+invitationColumns+" FROM enrol_invitation i WHERE "+where, a.List()...)
		if errors.Is(err, sqldb.ErrNotFound) {
			return problem.New(problem.NotFound, "invitation.unknown", "There is no such invitation, or it was taken back already.")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE enrol_invitation SET ended = $1 WHERE id = $2", sqldb.Micros(s.with.Clock.Now()), id); err != nil {
			return err
		}
		return s.recordInvitation(ctx, tx, c, "invitation.ended", i)
	})
}

var errNobody = problem.New(problem.NotFound, "user.unknown", "There is no such user, or the user is disabled.").WithField("user")

var errInvitation = problem.New(problem.Unauthenticated, "enrol.invitation",
	"This invitation does not count, or not any more: ask your help desk for a new one.")

// invited finds the invitation of a token.
func (s *Store) invited(ctx context.Context, q sqldb.Querier, token string) (Invitation, error) {
	i, err := sqldb.One(ctx, q, scanInvitation, "SELECT "+invitationColumns+" FROM enrol_invitation i WHERE i.token_hash = $1", hashToken(token))
	if errors.Is(err, sqldb.ErrNotFound) || err == nil && !i.Open(s.with.Clock.Now()) {
		return i, errInvitation
	}
	return i, err
}

// use takes one of an invitation's uses.
func (s *Store) use(ctx context.Context, tx *sqldb.Tx, i Invitation) error {
	n, err := tx.Exec(ctx, "UPDATE enrol_invitation SET used = used + 1 WHERE id = $1 AND used < uses AND ended = 0 AND expires > $2",
		i.ID, sqldb.Micros(s.with.Clock.Now()))
	if err == nil && n != 1 {
		return errInvitation
	}
	return err
}
