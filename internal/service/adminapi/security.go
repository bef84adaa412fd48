package adminapi

import (
	"context"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// addSecurity adds what the security officer asks first.
func (a *API) addSecurity() {
	o := operation{
		id: "getSecurityLayers", method: http.MethodGet, path: "/security/layers", tag: "zone", who: gate.Admin(scope.SecurityRead),
		summary: "Tell how each layer of security stands: links to other servers, data at rest, logs, doors for devices, devices",
		words:   "All of it is read at that moment, other servers are connected to; for half a minute the same is told again.",
	}
	add(a, o, a.getSecurityLayers)
}

func (a *API) getSecurityLayers(ctx context.Context, _ *none) (*answer[adminv1.SecurityLayers], error) {
	if err := caller(ctx).Require(scope.SecurityRead); err != nil {
		return nil, err
	}
	return reply(a.Layers(ctx))
}
