package companion_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/enrol"
	"drover/internal/core/logbook"
	"drover/internal/core/platform"
	"drover/internal/server/zonetest"
	app "drover/internal/simulate/companion"
	"drover/internal/simulate/handset"
	"drover/internal/simulate/phone"
)

const password = "a long sentence to sign in with"

// world is a running zone with ann, who has a password.
type world struct {
	*zonetest.Zone
	ann directory.User
}

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) { fn(t, newWorld(t, e)) })
	}
}

func newWorld(t *testing.T, e sqldb.Engine) *world {
	t.Helper()
	w := &world{Zone: zonetest.New(t, e)}
	var err error
	if w.ann, err = w.Users.Add(t.Context(), zonetest.System, directory.Draft{Name: "ann"}); err == nil {
		err = w.Users.SetPassword(t.Context(), zonetest.System, w.ann.ID, password)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// app makes an application for a new phone.
func (w *world) app(t *testing.T, change func(*app.Options)) *app.App {
	t.Helper()
	rules, ok := handset.Of("android-native/3.0")
	if !ok {
		t.Fatal("the phone is not known")
	}
	o := app.Options{
		URL: w.Device, Client: w.Client, Handset: handset.New(rules, handset.Obedient),
		Facts: app.Facts{Model: "Xoom", OS: "Android 3.0", DeviceType: "Android", UserAgent: "Drover-Companion/1.0"},
	}
	change(&o)
	x, err := app.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func byPassword(name, word string) func(*app.Options) {
	return func(o *app.Options) { o.Name, o.Password = name, word }
}

func (w *world) devices(t *testing.T) []device.Device {
	t.Helper()
	p, err := w.Zone.Devices.List(t.Context(), zonetest.System, device.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Items
}

// TestADeviceEnrolsByItsUsersPassword: the right one lets it in as its user's device, and nothing else does.
func TestADeviceEnrolsByItsUsersPassword(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, x := range [][2]string{{"ann", "wrong"}, {"nobody", password}, {"", ""}} {
			err := w.app(t, byPassword(x[0], x[1])).Enrol(t.Context())
			var r *app.Refused
			if !errors.As(err, &r) || r.Status != 401 && r.Status != 422 {
				t.Errorf("%q with %q: %v", x[0], x[1], err)
			}
		}
		if list := w.devices(t); len(list) > 0 {
			t.Fatalf("a wrong password has let in %+v", list)
		}
		x := w.app(t, byPassword("Ann", password)) // names have no case
		if err := x.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		list := w.devices(t)
		if len(list) != 1 || list[0].ID != x.Device() || list[0].Owner != w.ann.ID {
			t.Fatalf("%+v", list)
		}
		keys, err := w.Enrol.Keys(t.Context(), zonetest.System, x.Device())
		if err != nil || len(keys) != 1 || keys[0].Via != enrol.ByPassword {
			t.Errorf("%+v %v", keys, err)
		}
		log, err := os.ReadFile(w.Logs)
		if err != nil || strings.Contains(string(log), password) {
			t.Error("the log holds the password", err)
		}
	})
}

// TestPasswordsAreNotTriedOutByEnrolling: tries are counted with those of the portal, by account, and the right password is then
// refused as well.
func TestPasswordsAreNotTriedOutByEnrolling(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for range 5 {
			if err := w.app(t, byPassword("ann", "wrong")).Enrol(t.Context()); !app.IsRefused(err, "user.login") {
				t.Fatal(err)
			}
		}
		if err := w.app(t, byPassword("ann", password)).Enrol(t.Context()); !app.IsRefused(err, "login.throttled") {
			t.Errorf("after five failures: %v", err)
		}
		if list := w.devices(t); len(list) > 0 {
			t.Errorf("%+v", list)
		}
	})
}

// TestADisabledUserEnrolsNothing neither by a password nor by an invitation made before.
func TestADisabledUserEnrolsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, token, err := w.Enrol.Invite(t.Context(), zonetest.System, enrol.Draft{Owner: w.ann.ID, Uses: 1, Life: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		u, err := w.Users.Get(t.Context(), zonetest.System, w.ann.ID)
		if err == nil {
			_, err = w.Users.Edit(t.Context(), zonetest.System, u.ID, u.Version, directory.Draft{Name: "ann", Disabled: true})
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.app(t, byPassword("ann", password)).Enrol(t.Context()); !app.IsRefused(err, "user.login") {
			t.Errorf("by password: %v", err)
		}
		if err := w.app(t, func(o *app.Options) { o.Invitation = token }).Enrol(t.Context()); err == nil {
			t.Error("by invitation: it came in")
		}
	})
}

// TestWhatAnApplicationDoesIsInTheLogOfSynchronisations while the zone keeps it: by its route, with its device, and how it
// ended; nothing before, and of no request that no device has signed.
func TestWhatAnApplicationDoesIsInTheLogOfSynchronisations(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		x := w.app(t, byPassword("ann", password))
		if err := x.Begin(t.Context()); err != nil { // not kept yet
			t.Fatal(err)
		}
		_, version, err := w.Logbook.Days(t.Context(), zonetest.System)
		if err == nil {
			err = w.Logbook.Keep(t.Context(), zonetest.System, 7, version)
		}
		if err != nil {
			t.Fatal(err)
		}
		order := command.Request{Kind: platform.Message, Devices: []string{x.Device()}, Reason: "a test", Text: "Please call."}
		if _, err := w.Commands.Request(t.Context(), zonetest.System, order); err != nil {
			t.Fatal(err)
		}
		if err := x.CheckIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if taken, err := x.Take(t.Context()); err != nil || taken == nil || taken.State != "done" {
			t.Fatalf("%+v %v", taken, err)
		}
		if err := w.app(t, byPassword("ann", "wrong")).Enrol(t.Context()); err == nil {
			t.Fatal("a wrong password is right")
		}
		want := []string{
			"/companion/v1/check-in ok", "/companion/v1/commands/next ok", "/companion/v1/commands/{id}/report ok",
		}
		var got []string
		for deadline := time.Now().Add(time.Minute); !slices.Equal(got, want); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the log tells %q, want %q", got, want)
			}
			if err := w.Logbook.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			list, _, err := w.Logbook.Syncs(t.Context(), zonetest.System, logbook.SyncFilter{}, 50, "")
			if err != nil {
				t.Fatal(err)
			}
			got = nil
			for _, s := range list {
				if s.Device != x.Device() || s.Channel != logbook.Companion || s.Received+s.Sent == 0 {
					t.Fatalf("%+v", s)
				}
				got = append(got, s.Command+" "+string(s.Outcome))
			}
			slices.Reverse(got)
		}
	})
}

// TestOrdersEndWithTheDevicesService: nobody comes any more for what waits for a device that was taken out of service.
func TestOrdersEndWithTheDevicesService(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		x := w.app(t, byPassword("ann", password))
		if err := x.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		b, err := w.Commands.Request(t.Context(), zonetest.System, command.Request{
			Kind: platform.Message, Devices: []string{x.Device()}, Reason: "r", Text: "Hello",
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Zone.Devices.Retire(t.Context(), zonetest.System, x.Device(), "sold"); err != nil {
			t.Fatal(err)
		}
		got, err := w.Commands.Get(t.Context(), zonetest.System, b.Commands[0].ID)
		if err != nil || got.State != command.Cancelled {
			t.Errorf("the message is %s, %q (%v)", got.State, got.Words, err)
		}
	})
}

// TestASimulatedPhoneEnrolsByAnInvitation: once for each device that the invitation is good for.
func TestASimulatedPhoneEnrolsByAnInvitation(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, token, err := w.Enrol.Invite(t.Context(), zonetest.System, enrol.Draft{Owner: w.ann.ID, Uses: 1, Life: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		enrolled := func(seed string) int64 {
			ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
			defer stop()
			fleet, err := phone.New(phone.Options{
				URL: w.Device, Transport: w.Client.Transport, UserPattern: "nobody", Invitation: token, Count: 1, Seed: seed,
				Model:  func(int) phone.Model { m, _ := phone.Find("blackberry-notifysync"); return m },
				Speaks: func(int) phone.Speaks { return phone.ByApp },
				Observe: func(e phone.Event) {
					if e.Kind == phone.Enrolled {
						stop()
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			return int64(fleet.Run(ctx).Events[phone.Enrolled])
		}
		if n := enrolled("1"); n != 1 {
			t.Fatalf("%d are enrolled", n)
		}
		if list := w.devices(t); len(list) != 1 || list[0].Owner != w.ann.ID {
			t.Errorf("%+v", list)
		}
		if n := enrolled("2"); n != 0 {
			t.Error("the same invitation let another one in")
		}
	})
}
