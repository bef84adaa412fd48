package enrol

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"

	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
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
)

// Key is the public half of a device's key, with its certificate.
type Key struct {
	ID          string // its thumbprint; see [httpsig.Thumbprint]
	Device      string
	Owner       string
	Certificate []byte // DER
	Serial      string // of the certificate, hexadecimal
	Via         Via
	State       KeyState
	Because     string // why it ended: "renewed", "replaced", "revoked", "wiped", "retired", "removed", "moved" or "left"
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
	Public    crypto.PublicKey
	State     KeyState
	Expires   time.Time
	RenewFrom time.Time
	Refusal   error // the problem with which the device is to be met; nil when it is let in
}

var (
	errUnknownKey = problem.New(problem.Unauthenticated, "key.unknown",
		"This key is not known here, or does not count any more: the device must enrol anew.")
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
		return Proof{}, errUnknownKey
	}
	return p, nil
}

func (s *Store) readProof(ctx context.Context, id string) (Proof, error) {
	k, err := s.keyByID(ctx, s.db, id)
	if errors.Is(err, sqldb.ErrNotFound) || err == nil && k.State == Ended {
		return Proof{}, errUnknownKey
	}
	if err != nil {
		return Proof{}, err
	}
	public, err := x509.ParsePKIXPublicKey(k.public)
	if err != nil {
		return Proof{}, err
	}
	d, err := s.with.Devices.Get(ctx, self, k.Device)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Key: k.ID, Device: k.Device, Owner: k.Owner, Public: public, State: k.State, Expires: k.Expires, RenewFrom: k.RenewFrom(), Refusal: d.Refusal()}
	if p.Refusal != nil {
		return p, nil
	}
	u, err := s.with.Users.Get(ctx, self, k.Owner)
	if err != nil {
		return Proof{}, err
	}
	if u.Disabled {
		p.Refusal = errDisabled
	}
	return p, nil
}

// DeviceMoved ends a device's keys, as [device.Follower].
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
	_, err := s.endKeys(ctx, tx, id, state, because)
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
func (s *Store) certify(public crypto.PublicKey, id string, via Via) (Key, error) {
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
		ID: id, Certificate: cert.Raw, Serial: hex.EncodeToString(cert.SerialNumber.Bytes()), Via: via, State: Good,
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
	k, err := s.certify(public, id, ByRenewal)
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
		return errUnknownKey
	}
	return nil
}

// Certified returns the key with which a device proves itself. For the device alone.
func (s *Store) Certified(ctx context.Context, p Proof) (Key, error) {
	return s.keyByID(ctx, s.db, p.Key)
}
