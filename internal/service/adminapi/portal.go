package adminapi

import (
	"context"
	"net/http"
	"strings"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/gate"
)

func (a *API) addPortal() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "users", summary: summary, who: gate.Admin(right)}
	}
	add(a, op("getPortal", http.MethodGet, "/portal", "Tell what users may do in the self-service portal", scope.SettingRead), a.getPortal)
	set := op("setPortal", http.MethodPut, "/portal", "Change what users may do in the self-service portal, from their next request on", scope.SettingEdit)
	set.words = "Seeing what is kept of oneself, and taking it along, is everybody's and cannot be withheld."
	add(a, set, a.setPortal)
	add(a, op("getPortalGroup", http.MethodGet, "/portal/groups/{id}", "Tell what a group of users may do other than everybody", scope.SettingRead), a.getPortalGroup)
	group := op("setPortalGroup", http.MethodPut, "/portal/groups/{id}", "Say what a group of users may do other than everybody", scope.SettingEdit)
	group.words = "What one of a user's groups withholds is withheld; else what one of them offers is offered; else it is as for everybody."
	add(a, group, a.setPortalGroup)
	add(a, op("explainPortal", http.MethodGet, "/users/{id}/portal", "Tell what one user may do in the portal, and by whose word", scope.UserRead), a.explainPortal)
}

func (a *API) getPortal(ctx context.Context, _ *none) (*tagged[adminv1.Portal], error) {
	if err := caller(ctx).Require(scope.SettingRead); err != nil {
		return nil, err
	}
	return a.portal(ctx)
}

func (a *API) portal(ctx context.Context) (*tagged[adminv1.Portal], error) {
	r, version, err := a.Selves.Rights(ctx)
	if err != nil {
		return nil, err
	}
	out := adminv1.Portal{URL: a.portalURL(), Abilities: each(selfservice.Catalogue(), func(d selfservice.Description) adminv1.Ability {
		return adminv1.Ability{Key: string(d.Ability), Label: d.Words, Proof: d.Proof, Offered: r.Offers(d.Ability)}
	})}
	groups, err := a.Selves.Stances(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	known, err := a.userGroups(ctx)
	out.Groups = each(groups, func(x selfservice.Stance) adminv1.PortalGroup { return portalGroup(x, known) })
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
	if err := a.Selves.SetRights(ctx, caller(ctx), selfservice.Rights{Offered: abilities(in.Body.Offered)}, version); err != nil {
		return nil, err
	}
	return a.portal(ctx)
}

func abilities(list []string) []selfservice.Ability {
	return each(list, func(s string) selfservice.Ability { return selfservice.Ability(s) })
}

// userGroups finds the names of all groups of users: there are few.
func (a *API) userGroups(ctx context.Context) (names, error) {
	list, err := a.Directory.Groups(ctx, caller(ctx))
	if problem.Is(err, problem.Forbidden) {
		return nil, nil
	}
	return groupNames(list), err
}

func groupNames(list []directory.Group) names {
	found := make(names, len(list))
	for _, g := range list {
		found[g.ID] = g.Name
	}
	return found
}

func portalGroup(x selfservice.Stance, known names) adminv1.PortalGroup {
	key := func(a selfservice.Ability) string { return string(a) }
	return adminv1.PortalGroup{Group: known.ref(x.Group), Offered: each(x.Offered, key), Withheld: each(x.Withheld, key)}
}

func (a *API) getPortalGroup(ctx context.Context, in *byID) (*tagged[adminv1.PortalGroup], error) {
	x, err := a.Selves.Stance(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	known, err := a.userGroups(ctx)
	return tag(x.Version, portalGroup(x, known), err)
}

func (a *API) setPortalGroup(ctx context.Context, in *edit[adminv1.PortalGroupRights]) (*tagged[adminv1.PortalGroup], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	x := selfservice.Stance{Group: in.ID, Offered: abilities(in.Body.Offered), Withheld: abilities(in.Body.Withheld), Version: version}
	if err := a.Selves.SetStance(ctx, caller(ctx), x); err != nil {
		return nil, err
	}
	return a.getPortalGroup(ctx, &byID{ID: in.ID})
}

func (a *API) explainPortal(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.AbilityOf]], error) {
	list, groups, err := a.Selves.Explain(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	known := groupNames(groups)
	return reply(whole(list, func(v selfservice.Verdict) adminv1.AbilityOf {
		out := adminv1.AbilityOf{Key: string(v.Ability), Label: v.Words, Offered: v.Offered, Groups: each(v.Groups, known.ref)}
		out.Because = whyAbility(v.Offered, out.Groups)
		return out
	}), nil)
}

// whyAbility says by whose word a user may do something, or may not.
func whyAbility(offered bool, groups []adminv1.Ref) string {
	done := "withheld from"
	if offered {
		done = "offered to"
	}
	if len(groups) == 0 {
		return "It is " + done + " everybody, and no group of the user's says otherwise."
	}
	return "It is " + done + " " + strings.Join(each(groups, func(g adminv1.Ref) string { return g.Name }), ", ") + "."
}
