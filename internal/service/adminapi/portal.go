package adminapi

import (
	"context"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/gate"
)

func (a *API) addPortal() {
	get := operation{
		id: "getPortal", method: http.MethodGet, path: "/portal", tag: "users", who: gate.Admin(scope.SettingRead),
		summary: "Tell what users may do in the self-service portal",
	}
	add(a, get, a.getPortal)
	set := operation{
		id: "setPortal", method: http.MethodPut, path: "/portal", tag: "users", who: gate.Admin(scope.SettingEdit),
		summary: "Change what users may do in the self-service portal, from their next request on",
		words:   "Seeing what is kept of oneself, and taking it along, is everybody's and cannot be withheld.",
	}
	add(a, set, a.setPortal)
}

func (a *API) getPortal(ctx context.Context, _ *none) (*tagged[adminv1.Portal], error) {
	if err := caller(ctx).Require(scope.SettingRead); err != nil {
		return nil, err
	}
	return a.portal(ctx)
}

func (a *API) portal(ctx context.Context) (*tagged[adminv1.Portal], error) {
	r, version, err := a.Selves.Rights(ctx)
	out := adminv1.Portal{URL: a.DeviceURL + "/portal/", Abilities: each(selfservice.Catalogue(), func(d selfservice.Description) adminv1.Ability {
		return adminv1.Ability{Key: string(d.Ability), Label: d.Words, Proof: d.Proof, Offered: r.Offers(d.Ability)}
	})}
	return tag(version, out, err)
}

func (a *API) setPortal(ctx context.Context, in *struct {
	Seen
	Body adminv1.PortalRights
},
) (*tagged[adminv1.Portal], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	r := selfservice.Rights{Offered: each(in.Body.Offered, func(s string) selfservice.Ability { return selfservice.Ability(s) })}
	if err := a.Selves.SetRights(ctx, caller(ctx), r, version); err != nil {
		return nil, err
	}
	return a.portal(ctx)
}
