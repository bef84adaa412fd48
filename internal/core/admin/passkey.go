package admin

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

const (
	maxPasskeys = 10
	// ceremonyTime is how long a passkey's question waits for its answer.
	ceremonyTime = 5 * time.Minute
)

// Passkey is one of an administrator's passkeys.
type Passkey struct {
	ID      string
	Name    string
	Created time.Time
	Used    time.Time
}

var (
	errNoPasskeys = problem.New(problem.Conflict, "passkey.host",
		"Passkeys need the dashboard to be opened by a host name, not by a bare address.")
	errCloned  = problem.New(problem.Forbidden, "passkey.cloned", "This passkey seems to have been copied: remove it.")
	errPasskey = problem.New(problem.Forbidden, "passkey.wrong", "This passkey was not accepted: try again, or use a one-time code.")
)

// person shows an administrator to the WebAuthn library.
type person struct {
	admin Admin
	keys  []webauthn.Credential
}

func (p person) WebAuthnID() []byte                         { return []byte(p.admin.ID) }
func (p person) WebAuthnName() string                       { return p.admin.Name }
func (p person) WebAuthnDisplayName() string                { return p.admin.Name }
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.keys }

func (s *Store) person(ctx context.Context, q sqldb.Querier, id string) (person, error) {
	x, err := s.byID(ctx, q, id)
	if err != nil {
		return person{}, err
	}
	keys, err := sqldb.All(ctx, q, func(r sqldb.Row) (c webauthn.Credential, err error) {
		var text []byte
		if err := r.Scan(&text); err != nil {
			return c, err
		}
		return c, json.Unmarshal(text, &c)
	}, "SELECT credential FROM admin_passkey WHERE admin = $1 ORDER BY id", id)
	return person{x, keys}, err
}

// keepQuestion stores a ceremony's state until the answer comes.
func (s *Store) keepQuestion(ctx context.Context, tx *sqldb.Tx, admin, purpose string, data *webauthn.SessionData) error {
	now := s.clock.Now()
	if _, err := tx.Exec(ctx, "DELETE FROM admin_ceremony WHERE expires < $1 OR (admin = $2 AND purpose = $3)", sqldb.Micros(now), admin, purpose); err != nil {
		return err
	}
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO admin_ceremony (id, admin, purpose, data, expires) VALUES ($1, $2, $3, $4, $5)",
		sqldb.NewID(), admin, purpose, text, sqldb.Micros(now.Add(ceremonyTime)))
	return err
}

// takeQuestion reads a ceremony's state and uses it up.
func (s *Store) takeQuestion(ctx context.Context, tx *sqldb.Tx, admin, purpose string) (webauthn.SessionData, error) {
	var data webauthn.SessionData
	text, err := sqldb.One(ctx, tx, sqldb.Scan1[[]byte],
		"DELETE FROM admin_ceremony WHERE admin = $1 AND purpose = $2 AND expires >= $3 RETURNING data", admin, purpose, sqldb.Micros(s.clock.Now()))
	if errors.Is(err, sqldb.ErrNotFound) {
		return data, errPasskey
	}
	if err != nil {
		return data, err
	}
	return data, json.Unmarshal(text, &data)
}

// BeginPasskey asks the caller's browser to make a passkey.
func (s *Store) BeginPasskey(ctx context.Context, c scope.Caller) (*protocol.CredentialCreation, error) {
	if s.Passkeys == nil {
		return nil, errNoPasskeys
	}
	var options *protocol.CredentialCreation
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := s.person(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if len(p.keys) >= maxPasskeys {
			return problem.Newf(problem.Conflict, "passkey.many", "An administrator has at most %d passkeys: remove one first.", maxPasskeys)
		}
		var data *webauthn.SessionData
		options, data, err = s.Passkeys.BeginRegistration(p, webauthn.WithExclusions(webauthn.Credentials(p.keys).CredentialDescriptors()),
			webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementPreferred))
		if err != nil {
			return err
		}
		return s.keepQuestion(ctx, tx, c.ID, "register", data)
	})
	return options, err
}

// FinishPasskey takes the browser's answer and keeps the passkey. Proof of an existing factor is asked for unless there
// is none yet.
func (s *Store) FinishPasskey(ctx context.Context, c scope.Caller, name string, response []byte, p safety.Proof) error {
	if s.Passkeys == nil {
		return errNoPasskeys
	}
	if !printable(name, maxName) {
		return problem.Newf(problem.Invalid, "passkey.name", "A passkey's name has 1 to %d bytes.", maxName).WithField("name")
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return errPasskey.WithDetail(err)
	}
	return s.change(ctx, c, p, func(tx *sqldb.Tx) error {
		who, err := s.person(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		data, err := s.takeQuestion(ctx, tx, c.ID, "register")
		if err != nil {
			return err
		}
		credential, err := s.Passkeys.CreateCredential(who, data, parsed)
		if err != nil {
			return errPasskey.WithDetail(err)
		}
		text, err := json.Marshal(credential)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO admin_passkey (id, admin, name, credential, handle, created, used) VALUES ($1, $2, $3, $4, $5, $6, 0)",
			sqldb.NewID(), c.ID, name, text, credential.ID, sqldb.Micros(s.clock.Now()))
		if errors.Is(err, sqldb.ErrConflict) {
			return problem.New(problem.Conflict, "passkey.known", "This passkey is registered already.")
		}
		if err != nil {
			return err
		}
		return s.factorAdded(ctx, tx, c, "passkey")
	})
}

// ListPasskeys lists the caller's own passkeys.
func (s *Store) ListPasskeys(ctx context.Context, c scope.Caller) ([]Passkey, error) {
	return sqldb.All(ctx, s.db, func(r sqldb.Row) (p Passkey, err error) {
		var created, used int64
		err = r.Scan(&p.ID, &p.Name, &created, &used)
		p.Created, p.Used = sqldb.Time(created), sqldb.Time(used)
		return p, err
	}, "SELECT id, name, created, used FROM admin_passkey WHERE admin = $1 ORDER BY id", c.ID)
}

// RemovePasskey removes one of the caller's own, with proof of another factor; the last factor stays.
func (s *Store) RemovePasskey(ctx context.Context, c scope.Caller, id string, p safety.Proof) error {
	return s.change(ctx, c, p, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM admin_passkey WHERE id = $1 AND admin = $2", id, c.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.New(problem.NotFound, "passkey.unknown", "There is no such passkey.")
		}
		x, err := s.byID(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if !x.TOTP && x.Passkeys == 0 {
			return problem.New(problem.Conflict, "factor.last", "This is your last second factor: add another one first.")
		}
		return s.record(ctx, tx, c, "admin.factor-removed", c.ID, map[string]any{"factor": "passkey"})
	})
}

// BeginProof asks the caller's browser to prove the caller with a passkey, over the hash of what is decided, or over
// chance where it is nil.
func (s *Store) BeginProof(ctx context.Context, c scope.Caller, purpose string, hash []byte) (*protocol.CredentialAssertion, error) {
	if s.Passkeys == nil {
		return nil, errNoPasskeys
	}
	var options *protocol.CredentialAssertion
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := s.person(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if len(p.keys) == 0 {
			return problem.New(problem.Conflict, "passkey.none", "You have no passkey: use a one-time code.")
		}
		opts := []webauthn.LoginOption{webauthn.WithUserVerification(protocol.VerificationPreferred)}
		if hash != nil {
			opts = append(opts, webauthn.WithChallenge(hash))
		}
		var data *webauthn.SessionData
		if options, data, err = s.Passkeys.BeginLogin(p, opts...); err != nil {
			return err
		}
		return s.keepQuestion(ctx, tx, c.ID, purpose, data)
	})
	return options, err
}

// usePasskey checks the answer to BeginProof.
func (s *Store) usePasskey(ctx context.Context, tx *sqldb.Tx, id, purpose string, response, hash []byte) error {
	if s.Passkeys == nil {
		return errNoPasskeys
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return errPasskey.WithDetail(err)
	}
	who, err := s.person(ctx, tx, id)
	if err != nil {
		return err
	}
	data, err := s.takeQuestion(ctx, tx, id, purpose)
	if err != nil {
		return err
	}
	if hash != nil && data.Challenge != protocol.URLEncodedBase64(hash).String() {
		return errPasskey // a question about something else
	}
	credential, err := s.Passkeys.ValidateLogin(who, data, parsed)
	if err != nil {
		return errPasskey.WithDetail(err)
	}
	if credential.Authenticator.CloneWarning {
		return errCloned
	}
	text, err := json.Marshal(credential)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE admin_passkey SET credential = $1, used = $2 WHERE handle = $3", text, sqldb.Micros(s.clock.Now()), credential.ID)
	return err
}
