package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/api/portalv1"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/selfservice"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/companion"
	"drover/internal/simulate/handset"
)

// orders are the abilities that are orders to a device.
func orders() []selfservice.Ability {
	var out []selfservice.Ability
	for _, d := range selfservice.Catalogue() {
		if d.Ability != selfservice.Rename && d.Ability != selfservice.Enrol && d.Ability != selfservice.Unenrol {
			out = append(out, d.Ability)
		}
	}
	return out
}

func (w *world) offer(t *testing.T, list ...selfservice.Ability) {
	t.Helper()
	_, version, err := w.Selves.Rights(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Selves.SetRights(t.Context(), zonetest.System, selfservice.Rights{Offered: list}, version); err != nil {
		t.Fatal(err)
	}
}

// TestEveryOrderIsRefusedUnlessItIsOffered gives each order where it alone is offered, and where everything else is: what
// another ability needs the same right for is not offered by that.
func TestEveryOrderIsRefusedUnlessItIsOffered(t *testing.T) {
	onBoth(t, everyOrderIsRefusedUnlessItIsOffered)
}

func everyOrderIsRefusedUnlessItIsOffered(t *testing.T, w *world) {
	t.Helper()
	ann := w.signIn(t, "ann")
	w.collect(t)
	for _, kind := range orders() {
		d := w.withApp(t, "ann")
		order := portalv1.Order{Command: string(kind)}
		if kind == "message" {
			order.Text = "Please call."
		}
		var others []selfservice.Ability
		for _, x := range selfservice.Catalogue() {
			if x.Ability != kind {
				others = append(others, x.Ability)
			}
		}
		w.offer(t, others...)
		ann.prove(t)
		ann.do(t, "POST", "/devices/"+d.ID+"/commands", order).refused(http.StatusForbidden, "portal.withheld")
		if e := ann.effect(t, d, kind); e.Offered {
			t.Errorf("%s is shown as offered: %+v", kind, e)
		}
		w.offer(t, kind) // the proof was not used up by the refusal
		if e := ann.effect(t, d, kind); !e.Offered || !e.Possible {
			t.Errorf("%s is shown as %+v", kind, e)
		}
		if got := decode[portalv1.Command](ann.do(t, "POST", "/devices/"+d.ID+"/commands", order).want(http.StatusOK)); got.Command != string(kind) {
			t.Errorf("%+v", got)
		}
	}
	w.offer(t, selfservice.Unenrol)
	ann.prove(t)
	ann.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: "unenrol"}).want(http.StatusUnprocessableEntity)
	ann.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: "selective-wipe"}).refused(http.StatusForbidden, "portal.withheld")
	ann.do(t, "POST", w.path("ann", "/unenrol"), nil).want(http.StatusOK) // which erases the organization's data where it can
}

// collect has everybody's devices tell where they are, and send their log when they are asked.
func (w *world) collect(t *testing.T) {
	t.Helper()
	on := policy.Values{platform.AuditLocation: policy.Bool(true), platform.AuditDeviceLog: policy.Bool(true)}
	s, err := w.Policies.Create(t.Context(), zonetest.System, "collecting", "", policy.Draft{Content: policy.Content{Corporate: on, Personal: on}})
	if err == nil {
		_, err = w.Policies.Assign(t.Context(), zonetest.System, policy.Target{Kind: policy.ToDefault}, s.ID, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatIsNotCollectedIsNotOrdered: the page says why, the order is refused with the same words, and takes no proof.
func TestWhatIsNotCollectedIsNotOrdered(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ann := w.signIn(t, "ann")
		d := w.withApp(t, "ann")
		w.offer(t, "locate")
		ann.prove(t)
		order := portalv1.Order{Command: "locate"}
		if e := ann.effect(t, d, "locate"); e.Possible || !strings.Contains(e.Reason, "audit.location") {
			t.Errorf("it is shown as %+v", e)
		}
		ann.do(t, "POST", "/devices/"+d.ID+"/commands", order).refused(http.StatusConflict, "command.refused")
		w.collect(t)
		ann.do(t, "POST", "/devices/"+d.ID+"/commands", order).want(http.StatusOK)
	})
}

// withApp brings in a device that takes every order: an Android by its application.
func (w *world) withApp(t *testing.T, who string) device.Device {
	t.Helper()
	_, token, err := w.Enrol.Invite(t.Context(), zonetest.System, enrol.Draft{Owner: w.users[who].ID, Uses: 1, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	rules, _ := handset.Of("android-native/3.0")
	app, err := companion.New(companion.Options{
		URL: w.Device, Client: w.Client, Handset: handset.New(rules, handset.Obedient), Invitation: token,
		Facts: companion.Facts{Model: "Xoom", OS: "Android 3.0", DeviceType: "Android", UserAgent: "Drover-Companion/1.0"},
	})
	if err == nil {
		err = app.Begin(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.Zone.Devices.Get(t.Context(), zonetest.System, app.Device())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (b *browser) effect(t *testing.T, d device.Device, kind selfservice.Ability) portalv1.Effect {
	t.Helper()
	page := decode[portalv1.DeviceDetail](b.do(t, "GET", "/devices/"+d.ID, nil).want(http.StatusOK))
	i := slices.IndexFunc(page.Effects, func(e portalv1.Effect) bool { return e.Command == string(kind) })
	if i < 0 {
		t.Fatalf("nothing is said of %s", kind)
	}
	return page.Effects[i]
}

// TestAGroupsWordReachesItsMembersAlone withholds an order from one group and offers it to another, by and by.
func TestAGroupsWordReachesItsMembersAlone(t *testing.T) {
	onBoth(t, aGroupsWordReachesItsMembersAlone)
}

func aGroupsWordReachesItsMembersAlone(t *testing.T, w *world) {
	t.Helper()
	g, err := w.Users.AddGroup(t.Context(), zonetest.System, "visitors", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Users.AddMembers(t.Context(), zonetest.System, g.ID, w.users["ann"].ID); err != nil {
		t.Fatal(err)
	}
	ann, bob := w.signIn(t, "ann"), w.signIn(t, "bob")
	err = w.Selves.SetStance(t.Context(), zonetest.System, selfservice.Stance{Group: g.ID, Withheld: []selfservice.Ability{"full-wipe"}})
	if err != nil {
		t.Fatal(err)
	}
	for who, b := range map[string]*browser{"ann": ann, "bob": bob} {
		b.prove(t)
		status := map[string]int{"ann": http.StatusForbidden, "bob": http.StatusOK}[who]
		b.do(t, "POST", w.path(who, "/commands"), portalv1.Order{Command: "full-wipe"}).want(status)
		me := decode[portalv1.Me](b.do(t, "GET", "/session", nil).want(http.StatusOK))
		if slices.Contains(me.Abilities, "full-wipe") != (who == "bob") || !slices.Contains(me.Abilities, "lock") {
			t.Errorf("%s is told of %v", who, me.Abilities)
		}
	}
}
