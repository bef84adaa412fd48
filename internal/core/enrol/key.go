package enrol

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// KeyState says what a key is good for.
type KeyState string

// The states.
const (
	Good   KeyState = "good"
	Ending KeyState = "ending" // its device erases itself; it may still report that
	Ended  KeyState = "ended"
)

// Via says what proved the user when a key came in.
type Via string

// The ways.
const (
	ByInvitation Via = "invitation"
	ByPassword   Via = "password"
	ByRenewal    Via = "renewal" // the key before it

	ByAuthorization Via = "authorization" // an authorization key, of a computer
	ByApproval      Via = "approval"      // the computer was approved beforehand
)

// Key is the public half of a device's key, with its certificate.
type Key struct {
	ID          string // its thumbprint; see [httpsig.Thumbprint]
	Device      string
	Owner       string
	Certificate []byte           // DER
	Serial      string           // of the certificate, hexadecimal
	Channel     platform.Channel // who holds it: [platform.Companion] or [platform.Agent]
	Via         Via
	State       KeyState
	Because     string // why it ended: "renewed", "replaced", "revoked", "wiped", "retired", "removed", "moved", "copied" or "left"
	Created     time.Time
	Expires     time.Time
	Ended       time.Time // zero while it is good

	public []byte
}

// RenewFrom is when the device should begin to renew the key.
func (k Key) RenewFrom() time.Time { return renewFrom(k.Created, k.Expires) }

// Proof is what a key proves at this moment.
type Proof struct {
	Key       string
	Device    string
	Owner     string
	Channel   platform.Channel // as in [Key]
	Public    crypto.PublicKey
	State     KeyState
	Expires   time.Time
	RenewFrom time.Time
	Refusal   error // the problem with which the device is to be met; nil when it is let in
}

var (
	errUnknownKey = problem.New(problem.Unauthenticated, "key.unknown",
		"This key is not known here, or does not count any more: the device must enrol anew.")
	errKeyEnded = problem.New(problem.Unauthenticated, "key.ended",
		"This key does not count any more: the computer has left the zone, or must register anew.")
	errDisabled = problem.New(problem.Forbidden, "user.disabled", "The user of this device is disabled in Drover; an administrator can change that.")
)

// Proof returns what a key proves, from memory where it can. A problem of kind Unauthenticated when it proves nothing.
func (s *Store) Proof(ctx context.Context, id string) (Proof, error) {
	revision, err := s.with.Revision.Current()
	if err != nil {
		return Proof{}, err
	}
	p, ok := s.proofs.Get(revision, id)
	if !ok {
		if p, err = s.readProof(ctx, id); err != nil {
			return Proof{}, err
		}
		s.proofs.Put(revision, id, p, 0)
	}
	if !s.with.Clock.Now().Before(p.Expires) {
		return Proof{}, overFor(p.Channel)
	}
	return p, nil
}

// overFor returns the problem with which a key is met that counted once, in the words of the protocol that it speaks.
func overFor(c platform.Channel) error {
	if c == platform.Agent {
		return errKeyEnded
	}
	return errUnknownKey
}

func (s *Store) readProof(ctx context.Context, id string) (Proof, error) {
	k, err := s.keyByID(ctx, s.db, id)
	switch {
	case errors.Is(err, sqldb.ErrNotFound):
		return Proof{}, errUnknownKey
	case err != nil:
		return Proof{}, err
	case k.State == Ended:
		return Proof{}, overFor(k.Channel)
	}
	d, err := s.with.Devices.Get(ctx, self, k.Device)
	if err != nil {
		return Proof{}, err
	}
	return prove(k, d, func() (directory.User, error) { return s.with.Users.Get(ctx, self, k.Owner) })
}

// prove says what a key proves that has not ended, of a device as it is now. Its owner is asked for where that matters.
func prove(k Key, d device.Device, owner func() (directory.User, error)) (Proof, error) {
	public, err := x509.ParsePKIXPublicKey(k.public)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Key: k.ID, Device: k.Device, Owner: k.Owner, Channel: k.Channel, Public: public, State: k.State, Expires: k.Expires, RenewFrom: k.RenewFrom(), Refusal: d.Refusal()}
	if p.Refusal != nil {
		return p, nil
	}
	u, err := owner()
	if err != nil {
		return Proof{}, err
	}
	if u.Disabled {
		p.Refusal = errDisabled
	}
	return p, nil
}

// Remember reads what keys prove into memory, many with one statement: before [Store.Proof] is asked of thousands at once. The
// devices are those that hold them, as they were read before: only good keys are remembered, of devices that are let in, as a
// key stops being good in the very transaction that keeps its device out.
func (s *Store) Remember(ctx context.Context, keys []string, devices map[string]device.Known) error {
	revision, err := s.with.Revision.Current()
	if err != nil {
		return err
	}
	owners := map[string]directory.User{}
	owner := func(id string) (u directory.User, err error) {
		u, known := owners[id]
		if !known {
			u, err = s.with.Users.Get(ctx, self, id)
		}
		if err == nil {
			owners[id] = u
		}
		return u, err
	}
	for part := range slices.Chunk(keys, rememberedAtOnce) {
		var a sqldb.Args
		list, err := sqldb.All(ctx, s.db, scanKey, "SELECT "+keyColumns+" FROM device_key k WHERE k.state = 'good' AND k.id IN "+a.In(part...), a.List()...)
		if err != nil {
			return err
		}
		for _, k := range list {
			d, held := devices[k.Device]
			if !held {
				continue
			}
			p, err := prove(k, d.Device, func() (directory.User, error) { return owner(k.Owner) })
			if err != nil || p.Refusal != nil {
				continue // whoever asks for it finds the reason
			}
			s.proofs.Put(revision, k.ID, p, 0)
		}
	}
	return nil
}

// rememberedAtOnce is how many keys one statement names.
const rememberedAtOnce = 500

// DeviceMoved ends a device's keys, as [device.Follower]. One that has got another owner proves only itself where an agent holds
// its key: that goes on, as the new owner's.
func (s *Store) DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	state, because := Ended, "moved"
	switch to {
	case device.Wiped:
		state, because = Ending, "wiped"
	case device.Retired, device.Removed:
		because = string(to)
	case device.Active, device.Pending:
	}
	if to != device.Active && to != device.Pending {
		if _, err := tx.Exec(ctx, "DELETE FROM collection_token WHERE device = $1", id); err != nil {
			return err
		}
	}
	if err := s.forget(ctx, tx, id, to); err != nil {
		return err
	}
	if because == "moved" {
		handed, err := s.handKey(ctx, tx, id)
		if err != nil || handed {
			return err
		}
	}
	_, err := s.endKeys(ctx, tx, id, state, because)
	return err
}

// handKey gives the key of a computer's agent to the computer's owner, and tells whether there is one.
func (s *Store) handKey(ctx context.Context, tx *sqldb.Tx, id string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE device_key SET owner = (SELECT d.owner FROM device d WHERE d.id = device_key.device), owned = $1
		WHERE device = $2 AND channel = $3 AND state = 'good'`, sqldb.Micros(s.with.Clock.Now()), id, string(platform.Agent))
	return n > 0, err
}

// Owned returns since when a computer with an agent is its owner's; the zero time for from the first. What its agent still has to tell
// of people from before is another's. For Drover itself.
func (s *Store) Owned(ctx context.Context, id string) (time.Time, error) {
	since, err := sqldb.One(ctx, s.db, sqldb.Scan1[int64], "SELECT COALESCE(max(owned), 0) FROM device_key WHERE device = $1", id)
	return sqldb.Time(since), err
}

// Returned makes the key of a computer good again that ended because the computer was retired, when it is readmitted: the agent,
// which still has it, goes on by itself. For [device.Store.OnReturn].
func (s *Store) Returned(ctx context.Context, tx *sqldb.Tx, id string) error {
	now := sqldb.Micros(s.with.Clock.Now())
	_, err := tx.Exec(ctx, `UPDATE device_key SET state = 'good', because = '', ended = 0,
		owned = CASE WHEN owner = (SELECT d.owner FROM device d WHERE d.id = device_key.device) THEN owned ELSE $1 END,
		owner = (SELECT d.owner FROM device d WHERE d.id = device_key.device) WHERE id = (SELECT k.id FROM device_key k
		WHERE k.device = $2 AND k.channel = $3 AND k.because = 'retired' AND k.expires > $4
		AND NOT EXISTS (SELECT 1 FROM device_key g WHERE g.device = $5 AND g.state = 'good') ORDER BY k.ended DESC, k.id LIMIT 1)`,
		now, id, string(platform.Agent), now, id)
	return err
}

// Revoke ends a device's key: it must enrol anew. It needs the right device.enrol over the device.
func (s *Store) Revoke(ctx context.Context, c scope.Caller, device string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.with.Devices.Find(ctx, tx, c, scope.DeviceEnrol, device)
		if err != nil {
			return err
		}
		return s.end(ctx, tx, c, d.ID, d.Owner, "revoked")
	})
}

// Leave ends the key of a device that wants to be managed no longer. For the device alone.
func (s *Store) Leave(ctx context.Context, p Proof) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.end(ctx, tx, deviceCaller(p), p.Device, p.Owner, "left")
	})
}

func deviceCaller(p Proof) scope.Caller { return scope.Caller{Kind: scope.Device, ID: p.Device} }

func (s *Store) end(ctx context.Context, tx *sqldb.Tx, c scope.Caller, device, owner, because string) error {
	ended, err := s.endKeys(ctx, tx, device, Ended, because)
	if err != nil {
		return err
	}
	if !ended {
		return problem.New(problem.Conflict, "key.none", "The device has no key that is good.")
	}
	if err := s.record(ctx, tx, c, "device.key-ended", device, owner, map[string]any{"because": because}); err != nil {
		return err
	}
	return s.with.Zone.Bump(ctx, tx)
}

// Spent ends a key that was only to report the wipe of its device.
func (s *Store) Spent(ctx context.Context, p Proof) error {
	if p.State != Ending {
		return nil
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := s.endKeys(ctx, tx, p.Device, Ended, "wiped"); err != nil {
			return err
		}
		return s.with.Zone.Bump(ctx, tx)
	})
}

// maxCSR bounds a certificate request in DER form.
const maxCSR = 8 << 10

// PublicKey reads the key of a certificate request (PKCS #10, RFC 2986) that its sender proves to hold, and the key's id.
// Nothing else of the request is looked at. A problem of kind Invalid for anything but Ed25519 and ECDSA P-256.
func PublicKey(csr []byte) (key crypto.PublicKey, id string, err error) {
	invalid := problem.New(problem.Invalid, "enrol.csr",
		"The certificate request must be PKCS #10 in DER form, of an Ed25519 or ECDSA P-256 key, and signed by that key.").WithField("csr")
	if len(csr) > maxCSR {
		return nil, "", invalid
	}
	r, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return nil, "", invalid.WithDetail(err)
	}
	if id, err = httpsig.Thumbprint(r.PublicKey); err != nil || r.CheckSignature() != nil {
		return nil, "", invalid
	}
	return r.PublicKey, id, nil
}

// certify makes the key that a device is to have.
func (s *Store) certify(public crypto.PublicKey, id string, c platform.Channel, via Via) (Key, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, err
	}
	issuer, err := s.with.Issuer()
	if err != nil {
		return Key{}, err
	}
	cert, err := issuer.IssueDevice(public, id)
	if err != nil {
		return Key{}, err
	}
	return Key{
		ID: id, Certificate: cert.Raw, Serial: hex.EncodeToString(cert.SerialNumber.Bytes()), Channel: c, Via: via, State: Good,
		Created: s.with.Clock.Now().Truncate(time.Microsecond), Expires: cert.NotAfter, public: der,
	}, nil
}

// Renew certifies a new key of a device, which the device has proven by its old one. The old one ends at once. A device
// that did not get the answer finds with its new key that it is good, and its certificate by [Store.Certified]. A problem
// of kind Unauthenticated when the old key is not good any more: it has ended, ends with its device, or has run out.
func (s *Store) Renew(ctx context.Context, p Proof, csr []byte) (Key, error) {
	public, id, err := PublicKey(csr)
	if err != nil {
		return Key{}, err
	}
	k, err := s.certify(public, id, p.Channel, ByRenewal)
	if err != nil {
		return Key{}, err
	}
	k.Device, k.Owner = p.Device, p.Owner
	return k, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.renewable(ctx, tx, p); err != nil {
			return err
		}
		if _, err := s.endKeys(ctx, tx, p.Device, Ended, "renewed"); err != nil {
			return err
		}
		if err := s.insertKey(ctx, tx, k); err != nil {
			return err
		}
		if err := s.record(ctx, tx, deviceCaller(p), "device.key-renewed", p.Device, p.Owner, map[string]any{"serial": k.Serial}); err != nil {
			return err
		}
		return s.with.Zone.Bump(ctx, tx)
	})
}

// renewable tells whether the key that has proven the device is good at this moment: what was proven may be remembered.
func (s *Store) renewable(ctx context.Context, tx *sqldb.Tx, p Proof) error {
	k, err := s.keyByID(ctx, tx, p.Key)
	if errors.Is(err, sqldb.ErrNotFound) {
		return errUnknownKey
	}
	if err != nil {
		return err
	}
	if k.State != Good || k.Device != p.Device || !s.with.Clock.Now().Before(k.Expires) {
		return overFor(k.Channel)
	}
	return nil
}

// Certified returns the key with which a device proves itself. For the device alone.
func (s *Store) Certified(ctx context.Context, p Proof) (Key, error) {
	return s.keyByID(ctx, s.db, p.Key)
}
