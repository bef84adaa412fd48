package registration

import (
	"net/http"

	"drover/api/agentv1"
	"drover/internal/base/httpsig"
	"drover/internal/core/enrol"
	"drover/internal/gate"
	"drover/internal/gate/agents"
)

// register takes a computer in. Only once the body is read is the key known by which the request must be signed; until then
// nothing of it counts.
func (s *Service) register(w http.ResponseWriter, r *http.Request) {
	out, err := s.newcomer(r)
	if err != nil {
		gate.WriteProblem(w, r, err)
		return
	}
	agents.Answer(w, out)
}

func (s *Service) newcomer(r *http.Request) (out agentv1.Registered, err error) {
	if r.Body, err = httpsig.Body(r.Header, r.Body); err != nil {
		return out, err
	}
	var in agentv1.Registration
	if err := agents.Read(r, &in); err != nil {
		return out, err
	}
	public, id, err := enrol.PublicKey(in.CSR)
	if err != nil {
		return out, err
	}
	if _, err := s.verifier(public, id).Verify(r); err != nil {
		return out, err
	}
	k, d, err := s.Enrol.RegisterComputer(r.Context(), enrol.Registration{
		Secret: in.Key, Public: public, KeyID: id, Facts: enrol.FactsOf(in.Facts), Addr: gate.ClientAddr(r.Context()), Server: s.Server,
	})
	if err != nil {
		return out, err
	}
	if out, err = s.registered(r, k); err != nil {
		return out, err
	}
	out.Name = d.Name
	return out, nil
}

// registered is what a computer is told that is in.
func (s *Service) registered(r *http.Request, k enrol.Key) (out agentv1.Registered, err error) {
	out = agentv1.Registered{Device: k.Device, Tag: s.Tag, Key: wireKey(k)}
	if out.Zone, err = s.Zone(r.Context()); err != nil {
		return out, err
	}
	if out.Authority, err = s.Authority(); err != nil {
		return out, err
	}
	out.Signing, err = s.Enrol.SigningKeys(r.Context())
	return out, err
}
