package portal

import (
	"context"
	"net/http"

	"drover/api/portalv1"
	"drover/internal/core/directory"
	"drover/internal/gate/openapi"
)

func (p *Portal) addProof() {
	openapi.Add(p.API, byUser("session", "prove", http.MethodPost, "/session/proof",
		"Prove by the password once more that it is you, for one act within five minutes"), p.prove)
	openapi.Add(p.API, byUser("session", "proveAtProvider", http.MethodPost, "/session/proof/{id}",
		"Begin to prove it at a provider: the browser goes to the address in the answer"), p.proveAtProvider)
}

func (p *Portal) prove(ctx context.Context, in *with[portalv1.Password]) (*none, error) {
	return done(p.Selves.Prove(ctx, caller(ctx), in.Body.Password))
}

func (p *Portal) proveAtProvider(ctx context.Context, in *byID) (*beginning, error) {
	f, err := p.Directories.Begin(ctx, directory.ForProof, in.ID, p.callback())
	if err != nil {
		return nil, err
	}
	return begun(f), p.Selves.Await(ctx, caller(ctx), f.Browser)
}
