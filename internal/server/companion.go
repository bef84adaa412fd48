package server

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"

	"drover/internal/base/httpsig"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/service/companion"
)

// tag names the zone in the signatures of its devices, so that one made for another zone counts nowhere else.
func (z *Zone) tag() string {
	sum := sha256.Sum256(z.Keys.SigningKey().Public().(ed25519.PublicKey))
	return "drover-" + hex.EncodeToString(sum[:8])
}

// newCompanion makes the service of companion applications.
func (s *Server) newCompanion() *companion.Service {
	z := s.zone
	return companion.New(companion.Deps{
		Log: s.log, Clock: z.Clock, Bus: z.Bus, Enrol: z.Enrol, Devices: z.Devices, Commands: z.Commands,
		Collector: collector{z}, Effective: s.mail.Effective, Schedules: z.Policies.SchedulesOf, Tell: s.tell.urgent, Serves: z.Upstream.Serves,
		Record: func(ctx context.Context, r audit.Record) error {
			return z.DB.Write(ctx, func(tx *sqldb.Tx) error { return z.Audit.Append(ctx, tx, r) })
		},
		Zone: func(ctx context.Context) (string, error) {
			name, _, err := z.Zone.Name(ctx)
			return name, err
		},
		URL: z.Config.PublicURL(), Tag: z.tag(), Nonces: httpsig.NewNonces(2 * httpsig.Window),
	})
}

// authenticateDevice proves a device by the signature of its key.
func (z *Zone) authenticateDevice() gate.Authenticator {
	v := &httpsig.Verifier{
		Tag: z.tag(), Clock: z.Clock, Nonces: httpsig.NewNonces(2 * httpsig.Window),
		Key: func(ctx context.Context, id string) (crypto.PublicKey, error) {
			p, err := z.Enrol.Proof(ctx, id)
			return p.Public, err
		},
	}
	return func(r *http.Request) (scope.Caller, error) {
		in, err := v.Verify(r)
		if err != nil {
			return scope.Caller{}, err
		}
		p, err := z.Enrol.Proof(r.Context(), in.KeyID)
		return scope.Caller{Kind: scope.Device, ID: p.Device, Session: p.Key}, err
	}
}

// urgent sends a mail of the highest priority to one person.
func (t *teller) urgent(ctx context.Context, to, subject, words string) error {
	if t.sender == nil {
		return errors.New("no mail server is configured")
	}
	return t.sender.SendUrgent(ctx, []string{to}, "Drover: "+subject, words)
}

// signIn proves a user who enrols a device by a password.
func (z *Zone) signIn(ctx context.Context, addr netip.Addr, name, password string) (directory.User, error) {
	return z.Directories.Authenticate(ctx, addr, name, password)
}
