package server

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/httpsig"
	"drover/internal/base/pki"
	"drover/internal/core/door"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/service/registration"
)

// forAgents are the services that agents call.
var forAgents = []zone.Service{
	zone.ServiceRegistration, zone.ServiceSettings, zone.ServiceAssignments, zone.ServicePolicies, zone.ServiceStatus,
	zone.ServiceLocations, zone.ServiceCollection,
}

// registration makes the service by which agents come into the zone.
func (s *Server) registration() *registration.Service {
	z := s.zone
	return registration.New(registration.Deps{
		Clock: z.Clock, Enrol: z.Enrol, Devices: z.Devices, Authority: sync.OnceValues(z.authorityDER), Zone: z.name, On: z.agentServices, Consents: s.consents,
		Tag: z.tag(), Server: z.DoorStore.Self(), Nonces: httpsig.NewNonces(2 * httpsig.Window),
	})
}

// consents tells whether the zone has agreed that an agent goes: by an order, by a code that was shown, by what is set for the
// computer now, or because the zone has never said what holds there.
func (s *Server) consents(ctx context.Context, id, way string, since time.Time) (bool, error) {
	z, c := s.zone, gate.Caller(ctx)
	switch way {
	case "order":
		return z.Commands.Consented(ctx, id, since)
	case "code":
		return z.Computers.Leaves(ctx, c, id, since)
	}
	told, err := z.Computers.Told(ctx, c, id, agentv1.KindSettings)
	if err != nil || !told {
		return !told, err
	}
	d, err := z.Devices.Get(ctx, scope.System("registration"), id)
	if err != nil {
		return false, err
	}
	e, err := s.mail.Effective(ctx, d)
	return err == nil && e.Value(platform.AgentRemovable).IsTrue(), err
}

// name returns the zone's name for people.
func (z *Zone) name(ctx context.Context) (string, error) {
	name, _, err := z.Zone.Name(ctx)
	return name, err
}

// authorityDER returns the certificate of the zone's authority.
func (z *Zone) authorityDER() ([]byte, error) {
	a, err := pki.OpenAuthority(filepath.Join(z.Config.Data, "tls"), z.Clock)
	if err != nil {
		return nil, err
	}
	return a.Certificate().Raw, nil
}

// vouching returns the certificate of the zone's authority where servers show certificates of it, nil where others vouch for them.
func (z *Zone) vouching() ([]byte, error) {
	if z.Config.TLSMode != "zone" {
		return nil, nil
	}
	return z.authorityDER()
}

// pin names the key of the zone's authority to computers that are to believe it, where servers show certificates of it; ""
// where others vouch for them, or the authority cannot be read.
func (z *Zone) pin() string {
	if z.Config.TLSMode != "zone" {
		return ""
	}
	a, err := pki.OpenAuthority(filepath.Join(z.Config.Data, "tls"), z.Clock)
	if err != nil {
		return ""
	}
	id, err := httpsig.Thumbprint(a.Certificate().PublicKey)
	if err != nil {
		return ""
	}
	return "sha256:" + id
}

// agentServices are the services for agents that are on at this server.
func (z *Zone) agentServices() []string {
	on := []string{}
	for _, name := range forAgents {
		row, _ := door.Lookup(name)
		if d := z.Doors.Door(name); row.Built && d != nil && d.On {
			on = append(on, string(name))
		}
	}
	return on
}
