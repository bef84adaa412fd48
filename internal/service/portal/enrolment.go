package portal

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"drover/api/portalv1"
	"drover/internal/core/enrol"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/gate/openapi"
)

const (
	// invitationLife is how long a user's own invitation is good: the phone is at hand.
	invitationLife = time.Hour
	// maxInvitations bounds the list of a user's open invitations.
	maxInvitations = 100
)

func (p *Portal) addEnrolment() {
	openapi.Add(p.API, byUser("enrolment", "howToEnrol", http.MethodGet, "/enrolment",
		"Tell what a user needs for another device: the mail account's settings, the terms of use, open invitations"), p.howToEnrol)
	invite := byUser("enrolment", "invite", http.MethodPost, "/invitations", "Make an invitation for one device of one's own")
	invite.Words, invite.Status = "It is good for an hour. The link is told this once. It needs a proof.", http.StatusCreated
	openapi.Add(p.API, invite, p.invite)
	openapi.Add(p.API, byUser("enrolment", "endInvitation", http.MethodDelete, "/invitations/{id}", "Take an invitation back"), p.endInvitation)
}

func (p *Portal) howToEnrol(ctx context.Context, _ *none) (*answer[portalv1.Enrolment], error) {
	c := caller(ctx)
	me, err := p.Selves.Me(ctx, c)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		return nil, err
	}
	terms, err := p.Enrol.Terms(ctx)
	if err != nil {
		return nil, err
	}
	out := portalv1.Enrolment{
		Mail:  portalv1.Mail{Server: u.Host, URL: p.URL, User: me.Name, Mail: me.Mail},
		Terms: terms.Text, Invitations: []portalv1.Invitation{},
	}
	if !c.Has(scope.DeviceEnrol) {
		return reply(out, nil)
	}
	list, _, err := p.Enrol.Invitations(ctx, c, c.ID, maxInvitations, "")
	for _, i := range list {
		if i.Open(p.Clock.Now()) {
			out.Invitations = append(out.Invitations, wireInvitation(i))
		}
	}
	return reply(out, err)
}

func wireInvitation(i enrol.Invitation) portalv1.Invitation {
	return portalv1.Invitation{ID: i.ID, Created: stamp(i.Created), Expires: stamp(i.Expires), Mine: i.ByKind == scope.User}
}

func (p *Portal) invite(ctx context.Context, _ *none) (*answer[portalv1.NewInvitation], error) {
	c := caller(ctx)
	if err := p.Selves.Require(ctx, c, selfservice.Enrol); err != nil {
		return nil, err
	}
	if err := p.Selves.Spend(ctx, c); err != nil {
		return nil, err
	}
	i, token, err := p.Enrol.Invite(ctx, c, enrol.Draft{Owner: c.ID, Uses: 1, Life: invitationLife})
	return reply(portalv1.NewInvitation{Invitation: wireInvitation(i), Link: p.URL + p.Start + token}, err)
}

func (p *Portal) endInvitation(ctx context.Context, in *byID) (*none, error) {
	return done(p.Enrol.Uninvite(ctx, caller(ctx), in.ID))
}
