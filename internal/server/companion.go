package server

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"

	"drover/internal/base/httpsig"
	"drover/internal/core/directory"
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
		Log: s.log, Clock: z.Clock, Bus: z.Bus, Enrol: z.Enrol, Devices: z.Devices, Commands: z.Commands, Duress: s.duress,
		Collector: collector{z}, Effective: s.mail.Effective, Schedules: z.Policies.SchedulesOf, Serves: z.Upstream.Serves,
		Zone: func(ctx context.Context) (string, error) {
			name, _, err := z.Zone.Name(ctx)
			return name, err
		},
		URL: z.Config.PublicURL(), Tag: z.tag(), Nonces: httpsig.NewNonces(2 * httpsig.Window),
	})
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
