package enrol

import (
	"context"
	"crypto"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Registration is a computer that wants to come in. Its sender has proven, by a signature over the whole request, to hold the
// key.
type Registration struct {
	Secret string           // an authorization key, or "" where the computer is approved beforehand
	Public crypto.PublicKey // of the key that the computer has made
	KeyID  string           // its thumbprint
	Facts  ComputerFacts
	Addr   netip.Addr
	Server string // the id of the server that is asked
}

// Admission says what becomes of a computer at the door.
type Admission struct {
	Decision
	Device  string // the device that it is again, "" for a new one
	Refusal error  // the problem that it meets; what was written of it stays
}

var (
	errClosed = problem.New(problem.Forbidden, "registration.closed",
		"New computers are not taken in at present: ask your administrator.")
	errUnapproved = problem.New(problem.Unauthenticated, "registration.key",
		"This computer is not approved beforehand: register it with an authorization key.")
)

// RegisterComputer takes a computer into the zone and certifies its key. Made again with the same key it gives the same answer,
// and takes no further use of an authorization key. What the computer says of itself proves nothing. Problems: of kind
// Forbidden where nobody is let in ("registration.closed") or an administrator decides first ("registration.review"),
// Unauthenticated when the authorization key does not count ("registration.key") or the computer's own key has ended
// ("key.ended"), Throttled after many wrong keys from one network.
func (s *Store) RegisterComputer(ctx context.Context, r Registration) (Key, device.Device, error) {
	if err := r.Facts.Clean(); err != nil {
		return Key{}, device.Device{}, err
	}
	k, err := s.registered(ctx, r)
	if errors.Is(err, sqldb.ErrNotFound) {
		k, err = s.registerNew(ctx, r)
		if problem.From(err) == errKeyUsed { // the same request came twice at once
			k, err = s.registered(ctx, r)
		}
	}
	if err != nil {
		return Key{}, device.Device{}, err
	}
	d, err := s.with.Devices.Get(ctx, self, k.Device)
	return k, d, err
}

// registered finds what the same request has become before; [sqldb.ErrNotFound] when it is new.
func (s *Store) registered(ctx context.Context, r Registration) (Key, error) {
	k, err := s.keyByID(ctx, s.db, r.KeyID)
	switch {
	case err != nil:
		return Key{}, err
	case k.Channel != platform.Agent:
		return Key{}, errKeyUsed
	case k.State != Good || !s.with.Clock.Now().Before(k.Expires):
		return Key{}, errKeyEnded
	}
	return k, nil
}

func (s *Store) registerNew(ctx context.Context, r Registration) (Key, error) {
	if err := s.takesComputers(ctx, r.Server); err != nil {
		return Key{}, err
	}
	a, err := s.shown(ctx, r)
	if err != nil {
		return Key{}, err
	}
	via := ByAuthorization
	if a.ID == "" || a.Device != "" {
		via = ByApproval
	}
	var k Key
	var refusal error
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		x := Coming{Facts: r.Facts, Addr: r.Addr, Key: a.ID, Own: r.KeyID}
		admitted, err := s.admit(ctx, tx, x, a)
		if refusal = admitted.Refusal; err != nil || refusal != nil {
			return err
		}
		// Only now: the authority signs nothing for who is not let in.
		if k, err = s.certify(r.Public, r.KeyID, platform.Agent, via); err != nil {
			return err
		}
		return s.takeComputer(ctx, tx, &k, x, admitted)
	})
	return k, errors.Join(err, refusal)
}

// shown returns the authorization key that a computer shows; the zero one where it shows none, or waits for an administrator and
// has shown it before. Wrong ones are counted by network, and recorded as long as there are not too many: nobody guesses one.
func (s *Store) shown(ctx context.Context, r Registration) (AuthKey, error) {
	if waits, err := s.waits(ctx, r.KeyID); err != nil || waits || r.Secret == "" {
		return AuthKey{}, err
	}
	a, err := s.authorized(ctx, s.db, r.Secret, r.Facts.Platform)
	if !problem.Is(err, problem.Unauthenticated) {
		return a, err
	}
	if bad := s.tries.Count(ctx, throttle.Network(r.Addr)); bad != nil {
		return AuthKey{}, bad
	}
	bad := s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.refusedComputer(ctx, tx, r.Addr, a.ID, "") })
	return AuthKey{}, errors.Join(err, bad)
}

// refusedComputer records that a computer was not let in, and by which rule where there is one; of what it said nothing is kept.
func (s *Store) refusedComputer(ctx context.Context, tx *sqldb.Tx, from netip.Addr, key, rule string) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: "computer.register-refused", Caller: scope.Caller{Kind: scope.Internal, ID: "enrol", Addr: from},
		Subject: audit.Subject{Kind: "computer-key", ID: key}, Outcome: audit.Refused,
		After: map[string]any{"rule": rule},
	})
}

// takeComputer makes the computer's entry, or finds the one that it is to be again, and gives it the key.
func (s *Store) takeComputer(ctx context.Context, tx *sqldb.Tx, k *Key, x Coming, a Admission) error {
	d, err := s.with.Devices.ComeComputer(ctx, tx, self, a.Device, x.Facts.Device())
	if err != nil {
		return err
	}
	k.Device, k.Owner = d.ID, d.Owner
	replaced, err := s.endKeys(ctx, tx, d.ID, Ended, "replaced")
	if err != nil {
		return err
	}
	if err := s.settleMoved(ctx, tx, d.ID); err != nil {
		return err
	}
	if err := s.insertKey(ctx, tx, *k); err != nil {
		return err
	}
	err = s.record(ctx, tx, deviceCaller(Proof{Device: d.ID}), "computer.registered", d.ID, d.Owner, map[string]any{
		"serial": k.Serial, "via": k.Via, "key": x.Key, "replaced": replaced,
	})
	if err != nil {
		return err
	}
	if err := s.place(ctx, tx, d, x, a); err != nil {
		return err
	}
	return s.with.Zone.Bump(ctx, tx)
}

// Device is what the device's entry holds of the facts.
func (f ComputerFacts) Device() device.Facts {
	return device.Facts{
		FriendlyName: f.Host, Model: strings.TrimSpace(f.Maker + " " + f.Model), OS: f.OS, Serial: f.Serial,
		DeviceType: platform.AgentType(f.Platform), UserAgent: "drover-agent/" + f.Agent,
	}
}

var errConsent = problem.New(problem.Forbidden, "registration.consent", "The zone has not agreed that the agent leaves this computer.")

// RefuseLeave records that an agent would have gone as the zone has not agreed to, and returns the problem that it meets. Its key
// stays good. For the device alone.
func (s *Store) RefuseLeave(ctx context.Context, p Proof, way string) error {
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "device.leave-refused", Caller: deviceCaller(p), Subject: audit.Subject{Kind: "device", ID: p.Device}, Device: p.Device, Owner: p.Owner,
			Outcome: audit.Refused, After: map[string]any{"way": way},
		})
	})
	return errors.Join(err, errConsent)
}

// LeaveComputer ends the key of a computer that the agent goes from; way and code are what has allowed it, as the agent says.
// For the device alone.
func (s *Store) LeaveComputer(ctx context.Context, p Proof, way string, code int) error {
	said := map[string]any{"because": "left", "way": way}
	if way == "code" {
		said["code"] = code
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		ended, err := s.endKeys(ctx, tx, p.Device, Ended, "left")
		if err != nil {
			return err
		}
		if !ended {
			return errKeyEnded
		}
		if err := s.record(ctx, tx, deviceCaller(p), "device.key-ended", p.Device, p.Owner, said); err != nil {
			return err
		}
		return s.with.Zone.Bump(ctx, tx)
	})
}

// Closed says where no new computers are taken in. What is in already stays, and renews its keys.
type Closed struct {
	Zone    bool     `json:"zone"`              // everywhere
	Servers []string `json:"servers,omitempty"` // ids of servers
}

const maxServers = 200

var closed = zone.Setting[Closed]{Name: "registration.closed", Right: scope.ServiceEdit, Check: func(c Closed) error {
	if len(c.Servers) > maxServers {
		return problem.Newf(problem.Invalid, "registration.servers", "A zone has at most %d servers.", maxServers).WithField("servers")
	}
	return nil
}}

// takesComputers refuses where no new computers are taken in.
func (s *Store) takesComputers(ctx context.Context, server string) error {
	c, _, err := zone.Get(ctx, s.db, closed)
	if err == nil && (c.Zone || slices.Contains(c.Servers, server)) {
		err = errClosed
	}
	return err
}

// Closed tells where no new computers are taken in, with the setting's version. It needs the right service.read.
func (s *Store) Closed(ctx context.Context, c scope.Caller) (Closed, int64, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return Closed{}, 0, err
	}
	return zone.Get(ctx, s.db, closed)
}

// Close says where no new computers are taken in from now on. It needs the right service.edit.
func (s *Store) Close(ctx context.Context, c scope.Caller, v Closed, version int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return zone.Set(ctx, s.with.Zone, tx, c, closed, v, version) })
}
