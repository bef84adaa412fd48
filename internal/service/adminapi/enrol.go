package adminapi

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"rsc.io/qr"

	"drover/api/adminv1"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/enrol"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addEnrol() {
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "enrolment", summary: summary, who: who}
	}
	invite := gate.Admin(scope.DeviceEnrol)
	add(a, op("listInvitations", http.MethodGet, "/enrolment/invitations", "List invitations, newest first", invite), a.listInvitations)
	add(a, op("getUserEnrolment", http.MethodGet, "/users/{id}/enrolment", "Read what a user needs for another device", invite), a.userEnrolment)
	add(a, op("sendUserEnrolment", http.MethodPost, "/users/{id}/enrolment", "Send a user the settings of the mail account by mail", invite), a.sendUserEnrolment)
	create := op("inviteUser", http.MethodPost, "/enrolment/invitations", "Invite a user to enrol devices with a companion application", invite)
	create.words, create.status = "The link and its QR code are told this once; only a hash of the secret in it is kept.", http.StatusCreated
	add(a, create, a.invite)
	add(a, op("endInvitation", http.MethodDelete, "/enrolment/invitations/{id}", "Take an invitation back", invite), a.endInvitation)
	add(a, op("getTerms", http.MethodGet, "/enrolment/terms", "Read the terms of use that users agree to when they enrol",
		gate.AnyAdmin("the terms are what every user reads")), a.getTerms)
	add(a, op("setTerms", http.MethodPut, "/enrolment/terms", "Put other terms of use in force; users are asked to agree to them", gate.Admin(scope.SettingEdit)), a.setTerms)
	add(a, op("listDeviceKeys", http.MethodGet, "/devices/{id}/keys", "List the keys by which a device has proven itself", gate.Admin(scope.DeviceRead)), a.listDeviceKeys)
	add(a, op("endDeviceKey", http.MethodDelete, "/devices/{id}/keys", "End a device's key: it must enrol anew", invite), a.endDeviceKey)
	add(a, op("getCompanion", http.MethodGet, "/devices/{id}/companion", "Read what a device's companion application has told last", gate.Admin(scope.DeviceRead)), a.getCompanion)
}

// wireInvitation needs the names of users and of those who invite.
func (a *API) wireInvitation(ctx context.Context, list ...enrol.Invitation) (func(enrol.Invitation) adminv1.DeviceInvitation, error) {
	users := make([]string, len(list))
	for i, x := range list {
		users[i] = x.Owner
	}
	who, err := a.actors(ctx, users...)
	now := a.Clock.Now()
	return func(i enrol.Invitation) adminv1.DeviceInvitation {
		return adminv1.DeviceInvitation{
			ID: i.ID, User: who.users.ref(i.Owner), Liability: string(i.Liability), Uses: i.Uses, Used: i.Used, Open: i.Open(now),
			By: who.actor(i.ByKind, i.By), Created: stamp(i.Created), Expires: stamp(i.Expires), Ended: stamp(i.Ended),
		}
	}, err
}

func (a *API) listInvitations(ctx context.Context, in *struct {
	Paged
	User string `query:"user" maxLength:"64"`
	Open bool   `query:"open" doc:"Those alone by which a device can still come in."`
},
) (*answer[adminv1.Page[adminv1.DeviceInvitation]], error) {
	find := a.Enrol.Invitations
	if in.Open {
		find = a.Enrol.OpenInvitations
	}
	list, next, err := find(ctx, caller(ctx), in.User, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	wire, err := a.wireInvitation(ctx, list...)
	return reply(uncounted(list, next, wire), err)
}

// startPath is where the link of an invitation leads. What stands behind # never leaves the device by itself.
const startPath = "/companion/v1/start#"

func (a *API) invite(ctx context.Context, in *with[adminv1.DeviceInvitationDraft]) (*answer[adminv1.NewDeviceInvitation], error) {
	var to directory.User
	if in.Body.Send {
		var err error
		if to, err = a.addressee(ctx, in.Body.User); err != nil {
			return nil, err
		}
	}
	i, token, err := a.Enrol.Invite(ctx, caller(ctx), enrol.Draft{
		Owner: in.Body.User, Liability: device.Liability(in.Body.Liability), Uses: in.Body.Uses, Life: time.Duration(in.Body.Hours) * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	wire, err := a.wireInvitation(ctx, i)
	if err != nil {
		return nil, err
	}
	link := a.DeviceURL + startPath + token
	if in.Body.Send {
		if err := a.sendInvitation(ctx, to, i, link); err != nil {
			return nil, errors.Join(err, a.Enrol.Uninvite(ctx, caller(ctx), i.ID))
		}
	}
	code, err := qr.Encode(link, qr.M)
	if err != nil {
		return nil, err
	}
	return reply(adminv1.NewDeviceInvitation{DeviceInvitation: wire(i), Link: link, QR: base64.StdEncoding.EncodeToString(code.PNG())}, nil)
}

func (a *API) endInvitation(ctx context.Context, in *byID) (*none, error) {
	return done(a.Enrol.Uninvite(ctx, caller(ctx), in.ID))
}

func wireTerms(t enrol.Terms) adminv1.Terms {
	return adminv1.Terms{Version: t.Version, Text: t.Text, Created: stamp(t.Created)}
}

func (a *API) getTerms(ctx context.Context, _ *none) (*tagged[adminv1.Terms], error) {
	t, err := a.Enrol.Terms(ctx)
	return tag(int64(t.Version), wireTerms(t), err)
}

func (a *API) setTerms(ctx context.Context, in *struct {
	Seen
	Body adminv1.TermsDraft
},
) (*tagged[adminv1.Terms], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	t, err := a.Enrol.SetTerms(ctx, caller(ctx), in.Body.Text, int(version))
	return tag(int64(t.Version), wireTerms(t), err)
}

func (a *API) listDeviceKeys(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.DeviceKey]], error) {
	if _, err := a.Devices.Get(ctx, caller(ctx), in.ID); err != nil {
		return nil, err
	}
	list, err := a.Enrol.Keys(ctx, caller(ctx), in.ID)
	return reply(whole(list[:min(len(list), in.Limit)], func(k enrol.Key) adminv1.DeviceKey {
		return adminv1.DeviceKey{
			ID: k.ID, Serial: k.Serial, Channel: string(k.Channel), Via: string(k.Via), State: string(k.State), Because: k.Because, Created: stamp(k.Created),
			Expires: stamp(k.Expires), Ended: stamp(k.Ended),
		}
	}), err)
}

func (a *API) endDeviceKey(ctx context.Context, in *byID) (*none, error) {
	return done(a.Enrol.Revoke(ctx, caller(ctx), in.ID))
}

func (a *API) getCompanion(ctx context.Context, in *byID) (*answer[adminv1.Companion], error) {
	c := caller(ctx)
	x, err := a.Devices.Companion(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	consents, err := a.Enrol.Consents(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	var owners []string
	for _, n := range consents {
		owners = append(owners, n.Owner)
	}
	users, err := a.users(ctx, owners...)
	return reply(adminv1.Companion{
		App: x.App, Sent: x.Sent, SentAt: stamp(x.SentAt), Reported: x.Reported, ReportedAt: stamp(x.ReportedAt), PostureAt: stamp(x.PostureAt),
		Posture: posture(x), Apps: each(x.Posture.Apps, appName),
		Consents: each(consents, func(n enrol.Consent) adminv1.Consent {
			return adminv1.Consent{Terms: n.Terms, User: users.ref(n.Owner), At: stamp(n.At)}
		}),
	}, err)
}

func appName(a device.App) string {
	return strings.TrimSpace(strings.TrimSpace(a.Name+" "+a.Version) + " (" + a.ID + ")")
}

// posture writes what is told of a device's state; what is not told is left out.
func posture(x device.Companion) []adminv1.Fact {
	facts := []adminv1.Fact{}
	p := x.Posture
	for _, f := range []struct {
		key, label string
		value      *bool
	}{
		{"rooted", "Rooted or jailbroken", p.Rooted},
		{"encrypted", "Storage encrypted", p.Encrypted},
		{"cardEncrypted", "Storage card encrypted", p.CardEncrypted},
		{"passcode", "Passcode set", p.Passcode},
		{"simPresent", "SIM card present", p.SIMPresent},
		{"simChanged", "SIM card changed", p.SIMChanged},
		{"roaming", "Roaming", p.Roaming},
		{"managed", "Under management", p.Managed},
		{"push", "Reached by the platform's push service", p.Push},
		{"touchDown", "TouchDown registered", p.TouchDown},
	} {
		if f.value == nil {
			continue
		}
		words := "no"
		if *f.value {
			words = "yes"
		}
		facts = append(facts, adminv1.Fact{Key: f.key, Label: f.label, Value: words, Source: "device", At: stamp(x.PostureAt)})
	}
	return facts
}
