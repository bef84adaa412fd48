package registration

import (
	"context"
	"crypto"
	"net/http"
	"slices"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/agents"
)

// maxBody bounds a request: facts, attributes and a certificate request.
const maxBody = 64 << 10

// Deps are what the service stands on. All are needed.
type Deps struct {
	Clock   clock.Clock
	Enrol   *enrol.Store
	Devices *device.Store
	// Authority returns the certificate of the zone's authority (DER).
	Authority func() ([]byte, error)
	// Zone returns the zone's name for people.
	Zone func(context.Context) (string, error)
	// On returns the services for agents that this server offers at this moment.
	On func() []string
	// Consents tells whether the zone has agreed that the agent of a computer goes in the way that it names, since its key was made.
	Consents func(ctx context.Context, id, way string, since time.Time) (bool, error)
	Tag      string          // the zone's part of the tag of signatures
	Server   string          // the id of this server
	Nonces   *httpsig.Nonces // of keys that are not known yet
}

// Service is the registration.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// Routes returns the ways into the service.
func (s *Service) Routes() []gate.Route {
	open := gate.Anyone("agents find out which zone it is before they know it; what is told is no secret, and the authority counts only when its key is pinned")
	signed := gate.ByProtocol("a newcomer signs by the key that it brings, and shows an authorization key or was approved beforehand")
	routes := []gate.Route{
		{Method: http.MethodGet, Pattern: agentv1.PathDiscovery, Who: open, Handler: agents.Handle(s.discovery)},
		{Method: http.MethodPost, Pattern: agentv1.PathRegister, Who: signed, Body: maxBody, Handler: http.HandlerFunc(s.register)},
		{Method: http.MethodGet, Pattern: agentv1.PathKey, Who: gate.Agent(), Handler: agents.Handle(s.readKey)},
		{Method: http.MethodPost, Pattern: agentv1.PathKey, Who: gate.Agent(), Body: maxBody, Handler: agents.Handle(s.renewKey)},
		{Method: http.MethodPost, Pattern: agentv1.PathLeave, Who: gate.Agent(), Body: maxBody, Handler: agents.Handle(s.leave)},
	}
	for i := range routes {
		routes[i].Service = zone.ServiceRegistration
	}
	return routes
}

func (s *Service) discovery(ctx context.Context, _ agents.Nothing) (agentv1.Discovery, error) {
	name, err := s.Zone(ctx)
	if err != nil {
		return agentv1.Discovery{}, err
	}
	authority, err := s.Authority()
	return agentv1.Discovery{
		Zone: name, Tag: s.Tag, Services: s.On(), Authority: authority, Algorithms: []string{"ecdsa-p256-sha256", "ed25519"},
		Time: stamp(s.Clock.Now()),
	}, err
}

// proof returns what the computer's key proves at this moment.
func (s *Service) proof(ctx context.Context) (enrol.Proof, error) {
	c := gate.Caller(ctx)
	s.Devices.Touch(c, c.ID)
	return s.Enrol.Proof(ctx, c.Session)
}

func (s *Service) readKey(ctx context.Context, _ agents.Nothing) (agentv1.Key, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return agentv1.Key{}, err
	}
	k, err := s.Enrol.Certified(ctx, p)
	return wireKey(k), err
}

func (s *Service) renewKey(ctx context.Context, in agentv1.Renewal) (agentv1.Key, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return agentv1.Key{}, err
	}
	k, err := s.Enrol.Renew(ctx, p, in.CSR)
	return wireKey(k), err
}

// ways are what may have allowed an agent to go.
var ways = []string{"order", "code", "allowed"}

const minID, maxID = 16, 64

func (s *Service) leave(ctx context.Context, in agentv1.Leave) (agents.Nothing, error) {
	if !slices.Contains(ways, in.Way) || len(in.ID) < minID || len(in.ID) > maxID || in.Code < 0 {
		return agents.Nothing{}, problem.New(problem.Invalid, "request.invalid", "A leave has an id of 16 to 64 characters, and says what has allowed it.")
	}
	p, err := s.proof(ctx)
	if err != nil {
		return agents.Nothing{}, err
	}
	k, err := s.Enrol.Certified(ctx, p)
	if err != nil {
		return agents.Nothing{}, err
	}
	agreed, err := s.Consents(ctx, p.Device, in.Way, k.Created)
	if err != nil {
		return agents.Nothing{}, err
	}
	if !agreed {
		return agents.Nothing{}, s.Enrol.RefuseLeave(ctx, p, in.Way)
	}
	return agents.Nothing{}, s.Enrol.LeaveComputer(ctx, p, in.Way, in.Code)
}

func wireKey(k enrol.Key) agentv1.Key {
	if k.ID == "" {
		return agentv1.Key{}
	}
	return agentv1.Key{
		ID: k.ID, Device: k.Device, Certificate: k.Certificate, RenewFrom: stamp(k.RenewFrom()), Expires: stamp(k.Expires),
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// verifier checks the signature of a newcomer by the key that it brings.
func (s *Service) verifier(public crypto.PublicKey, id string) *httpsig.Verifier {
	return &httpsig.Verifier{
		Tag: agentv1.Tag(s.Tag, agentv1.ServiceRegistration), Clock: s.Clock, Nonces: s.Nonces,
		Key: func(_ context.Context, keyID string) (crypto.PublicKey, error) {
			if keyID != id {
				return nil, problem.New(problem.Unauthenticated, "signature.key", "A registration is signed by the key of its certificate request.")
			}
			return public, nil
		},
	}
}
