package enrol

import (
	"context"
	"crypto"
	"errors"
	"net/netip"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Request is a device that wants to come in. Its sender has proven, by a signature over the whole request, to hold the key.
type Request struct {
	Invitation string // a token, or "" where the user signs in
	Name       string
	Password   string
	Public     crypto.PublicKey // of the key that the device has made
	KeyID      string           // its thumbprint
	Terms      int              // the version that the user has agreed to; 0 for none
	ActiveSync string           // the DeviceId of the mail client on the same device, or ""
	App        string           // name and version of the companion application
	Facts      device.Facts
	Addr       netip.Addr
}

// Enrol proves the user, takes the device into the zone and certifies its key. Made again with the same key it gives the
// same answer, and takes no further use of an invitation. Problems: Unauthenticated when invitation or password do not
// count, Throttled after failed tries, Conflict when the newest terms are not agreed to ("enrol.terms") or the key was
// used before, Forbidden when the device must stay out.
func (s *Store) Enrol(ctx context.Context, r Request) (Key, error) {
	u, i, err := s.prove(ctx, r)
	if err != nil {
		return Key{}, err
	}
	if k, err := s.again(ctx, r, u); err != nil || k.ID != "" {
		return k, err
	}
	via := ByPassword
	if i.ID != "" {
		via = ByInvitation
	}
	k, err := s.certify(r.Public, r.KeyID, platform.Companion, via)
	if err != nil {
		return Key{}, err
	}
	k.Owner = u.ID
	return k, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if i.ID != "" {
			if err := s.use(ctx, tx, i); err != nil {
				return err
			}
		}
		return s.take(ctx, tx, &k, r, u, i)
	})
}

// again finds what the same request has become before. A key of somebody else, or one that has ended, never comes back.
func (s *Store) again(ctx context.Context, r Request, u directory.User) (Key, error) {
	k, err := s.keyByID(ctx, s.db, r.KeyID)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Key{}, nil
	}
	if err == nil && (k.State != Good || k.Owner != u.ID) {
		err = errKeyUsed
	}
	return k, err
}

// prove finds out whose device it is. Wrong invitations are counted by network, and keep no right one waiting: nobody guesses
// one. Wrong passwords are counted by who takes them.
func (s *Store) prove(ctx context.Context, r Request) (u directory.User, i Invitation, err error) {
	if r.Invitation == "" {
		u, err = s.with.SignIn(ctx, r.Addr, r.Name, r.Password)
		return u, i, err
	}
	from := throttle.Network(r.Addr)
	done, err := s.turns.Take(ctx, from)
	if err != nil {
		return u, i, err
	}
	defer done()
	u, i, err = s.byInvitation(ctx, r.Invitation)
	if !problem.Is(err, problem.Unauthenticated) {
		return u, i, err
	}
	if many := s.tries.Count(ctx, from); many != nil {
		return u, i, many
	}
	return u, i, errors.Join(err, s.refused(ctx, r))
}

func (s *Store) byInvitation(ctx context.Context, token string) (directory.User, Invitation, error) {
	i, err := s.invited(ctx, s.db, token)
	if problem.Is(err, problem.Unauthenticated) {
		// The same key may come again after the last use: its answer was lost.
		i, err = s.spent(ctx, token, err)
	}
	if err != nil {
		return directory.User{}, i, err
	}
	u, err := s.with.Users.Get(ctx, self, i.Owner)
	if err == nil && u.Disabled {
		err = errDisabled
	}
	return u, i, err
}

// spent returns an invitation that has no use left and counts otherwise; use then refuses whoever is new.
func (s *Store) spent(ctx context.Context, token string, refusal error) (Invitation, error) {
	i, err := sqldb.One(ctx, s.db, scanInvitation, "SELECT "+invitationColumns+" FROM enrol_invitation i WHERE i.token_hash = $1", hashToken(token))
	if err != nil || !i.Ended.IsZero() || !s.with.Clock.Now().Before(i.Expires) {
		return i, refusal
	}
	return i, nil
}

// refused records a wrong proof. It names nobody: what was typed may be anything.
func (s *Store) refused(ctx context.Context, r Request) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "device.enrol-refused", Caller: scope.Caller{Kind: scope.Internal, ID: "enrol", Addr: r.Addr},
			Subject: audit.Subject{Kind: "enrolment"}, Outcome: audit.Refused,
		})
	})
}

// take lets the proven user's device in.
func (s *Store) take(ctx context.Context, tx *sqldb.Tx, k *Key, r Request, u directory.User, i Invitation) error {
	name := r.ActiveSync
	if name == "" { // devices have a name of their own kind each; this one is the key's
		name = "companion-" + r.KeyID
	}
	d, err := s.with.Devices.Come(ctx, tx, self, device.Hello{
		Owner: u, EASID: name, Facts: r.Facts, Liability: i.Liability, Enrol: true,
	})
	if err != nil {
		return err
	}
	k.Device = d.ID
	if err := s.agree(ctx, tx, d.ID, u.ID, r.Terms); err != nil {
		return err
	}
	replaced, err := s.endKeys(ctx, tx, d.ID, Ended, "replaced")
	if err != nil {
		return err
	}
	if err := s.insertKey(ctx, tx, *k); err != nil {
		return err
	}
	if err := s.with.Devices.Accompany(ctx, tx, d.ID, r.App); err != nil {
		return err
	}
	err = s.record(ctx, tx, deviceCaller(Proof{Device: d.ID}), "device.key-certified", d.ID, u.ID, map[string]any{
		"serial": k.Serial, "via": k.Via, "invitation": i.ID, "terms": r.Terms, "replaced": replaced, "linked": r.ActiveSync != "",
	})
	if err != nil {
		return err
	}
	return s.with.Zone.Bump(ctx, tx)
}
