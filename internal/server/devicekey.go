package server

import (
	"context"
	"crypto"
	"net/http"

	"drover/api/agentv1"
	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

// keyOf returns who holds a key, when it is of the channel: a telephone's key says nothing among computers.
func (z *Zone) keyOf(ctx context.Context, id string, c platform.Channel) (enrol.Proof, error) {
	p, err := z.Enrol.Proof(ctx, id)
	if err == nil && p.Channel != c {
		return enrol.Proof{}, problem.New(problem.Unauthenticated, "key.unknown", "This key is not known here.")
	}
	return p, err
}

// verifier checks signatures by keys of the channel, under a tag.
func (z *Zone) verifier(c platform.Channel, tag string, n *httpsig.Nonces) *httpsig.Verifier {
	return &httpsig.Verifier{Tag: tag, Clock: z.Clock, Nonces: n, Key: func(ctx context.Context, id string) (crypto.PublicKey, error) {
		p, err := z.keyOf(ctx, id, c)
		return p.Public, err
	}}
}

// authenticateDevice proves a telephone by the signature of its companion application.
func (z *Zone) authenticateDevice() gate.Authenticator {
	v := z.verifier(platform.Companion, z.tag(), httpsig.NewNonces(2*httpsig.Window))
	return func(r *http.Request) (scope.Caller, error) {
		in, err := v.Verify(r)
		if err != nil {
			return scope.Caller{}, err
		}
		p, err := z.Enrol.Proof(r.Context(), in.KeyID)
		return scope.Caller{Kind: scope.Device, ID: p.Device, Session: p.Key}, err
	}
}

// authenticateAgent proves a computer by the signature of its agent, made for the service that is asked. A computer that must
// stay out is refused here; one that erases itself may still report that.
func (z *Zone) authenticateAgent() gate.Authenticator {
	nonces := httpsig.NewNonces(2 * httpsig.Window)
	verifiers := map[zone.Service]*httpsig.Verifier{}
	for _, s := range zone.Services {
		verifiers[s] = z.verifier(platform.Agent, agentv1.Tag(z.tag(), string(s)), nonces)
	}
	return func(r *http.Request) (scope.Caller, error) {
		service := gate.Service(r.Context())
		in, err := verifiers[service].Verify(r)
		if err != nil {
			return scope.Caller{}, err
		}
		p, err := z.Enrol.Proof(r.Context(), in.KeyID)
		if err != nil {
			return scope.Caller{}, err
		}
		reports := p.State == enrol.Ending && service == zone.ServiceStatus
		if p.Refusal != nil && !reports {
			return scope.Caller{}, p.Refusal
		}
		return scope.Caller{Kind: scope.Device, ID: p.Device, Session: p.Key}, nil
	}
}
