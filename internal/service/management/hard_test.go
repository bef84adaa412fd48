package management_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drover/agent/system"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/sqldb"
	"drover/internal/core/command"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/server/zonetest"
)

// TestAWipeWaitsForApproval and nothing of it reaches the computer before; rejected, it never does.
func TestAWipeWaitsForApproval(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.Safety.SetAdministrators(coretest.Staff{})
		if err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return w.Safety.RaiseQuorum(t.Context(), tx, 1) }); err != nil {
			t.Fatal(err)
		}
		first, second := scope.System("x"), scope.System("x")
		first.Kind, first.ID, second.Kind, second.ID = scope.Admin, "admin-1", scope.Admin, "admin-2"
		c := w.workstation(t)
		c.machine.Say("lsblk", encrypted).Say("cryptsetup", "").Say("usermod", "").Say("shutdown", "")
		a := c.start(t)
		ask := func() command.Command {
			b, err := w.Commands.Request(t.Context(), first, command.Request{Kind: platform.FullWipe, Devices: []string{c.id.Device}, Reason: "stolen"})
			if err != nil || b.Commands[0].State != command.Awaiting {
				t.Fatalf("%+v %v", b, err)
			}
			c.turn(t, a)
			if ran := c.machine.Ran("cryptsetup"); len(ran) > 0 {
				t.Fatalf("without approval: %q", ran)
			}
			return b.Commands[0]
		}
		decide := func(x command.Command, yes bool) {
			if _, err := w.Safety.Decide(t.Context(), second, x.Approval, yes, coretest.Code); err != nil {
				t.Fatal(err)
			}
		}
		rejected := ask()
		decide(rejected, false)
		c.turn(t, a)
		approved := ask()
		decide(approved, true)
		if got := c.command(t, approved.ID); got.State == command.Delayed {
			t.Fatalf("%+v", got)
		}
		_ = a.Turn(t.Context())
		if ran := c.machine.Ran("cryptsetup"); len(ran) != 1 || c.command(t, rejected.ID).State != command.Rejected {
			t.Errorf("ran %q", c.machine.Ran(""))
		}
		if c.device(t).State != device.Wiped {
			t.Errorf("the computer is %s", c.device(t).State)
		}
	})
}

// TestADestructiveOrderIsNotBegunByAReplay: the challenge of another order, or of another computer, lets nothing go, and the
// same question is answered the same.
func TestADestructiveOrderIsNotBegunByAReplay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, other := w.workstation(t), w.workstation(t)
		x := c.order(t, platform.FullWipe, "")
		var e agentv1.Envelope
		get := talk.Request{Service: agentv1.ServiceAssignments, Method: http.MethodGet, Path: agentv1.PathAssignments}
		if _, err := c.client(t).Do(t.Context(), get, &e); err != nil {
			t.Fatal(err)
		}
		var d agentv1.Document
		var todo agentv1.Assignments
		if err := errors.Join(json.Unmarshal(e.Payload, &d), json.Unmarshal(d.Body, &todo)); err != nil || len(todo.Orders) != 1 {
			t.Fatalf("%s %v", d.Body, err)
		}
		o := todo.Orders[0]
		if o.ID != x.ID || o.Class != "destructive" || o.Challenge == "" || !strings.Contains(o.Removes, "encrypted disk") || o.Leaves == "" {
			t.Errorf("%+v", o)
		}
		begin := func(on *workstation, order, challenge string) agentv1.ResultsTaken {
			var taken agentv1.ResultsTaken
			_, err := on.client(t).Do(t.Context(), talk.Request{
				Service: agentv1.ServiceStatus, Method: http.MethodPost, Path: agentv1.PathResults,
				Body: agentv1.Results{Results: []agentv1.Result{{
					ID: sqldb.NewID(), Order: order, State: agentv1.ResultBegun, Challenge: challenge, Made: time.Now().Format(time.RFC3339),
				}}},
			}, &taken)
			if err != nil {
				t.Fatal(err)
			}
			if len(taken.Taken) != 1 {
				t.Errorf("%+v", taken)
			}
			return taken
		}
		if got := begin(c, o.ID, "another"); len(got.Go) > 0 {
			t.Errorf("a wrong challenge: %+v", got)
		}
		if got := begin(other, o.ID, o.Challenge); len(got.Go) > 0 {
			t.Errorf("another computer: %+v", got)
		}
		if got := begin(c, "01nothing", o.Challenge); len(got.Go) > 0 {
			t.Errorf("no order: %+v", got)
		}
		for range 2 {
			if got := begin(c, o.ID, o.Challenge); len(got.Go) != 1 || got.Go[0] != o.ID {
				t.Errorf("the right one: %+v", got)
			}
		}
	})
}

// TestADocumentIsMadeAnewOnlyWhenItSaysSomethingElse, and answered by 304 until then.
func TestADocumentIsMadeAnewOnlyWhenItSaysSomethingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		for _, doc := range []struct{ service, path string }{
			{agentv1.ServiceSettings, agentv1.PathSettings}, {agentv1.ServicePolicies, agentv1.PathPolicies}, {agentv1.ServiceAssignments, agentv1.PathAssignments},
		} {
			get := talk.Request{Service: doc.service, Method: http.MethodGet, Path: doc.path}
			first, err := c.client(t).Do(t.Context(), get, nil)
			if err != nil || !first.Fresh {
				t.Fatalf("%s: %+v %v", doc.path, first, err)
			}
			var e agentv1.Envelope
			answer, err := c.client(t).Do(t.Context(), get, &e)
			var d agentv1.Document
			if err != nil || json.Unmarshal(e.Payload, &d) != nil || answer.ETag != strconv.Quote(strconv.FormatInt(d.Version, 10)) || d.Device != c.id.Device {
				t.Errorf("%s: %+v %s %v", doc.path, answer, e.Payload, err)
			}
			get.ETag = answer.ETag
			if again, err := c.client(t).Do(t.Context(), get, nil); err != nil || again.Fresh {
				t.Errorf("%s again: %+v %v", doc.path, again, err)
			}
		}
		w.suite(t, policy.Values{platform.FirewallEnabled: policy.Bool(true)})
		a := c.start(t)
		c.turn(t, a)
		x := c.standing(t)
		if _, there := x.Settings[platform.FirewallEnabled]; !there || x.Sent != x.Revision {
			t.Errorf("%+v", x)
		}
	})
}

// TestAnAgentIsWokenWithinASecond when its policy changes, an order waits for it, or its server stops; and it obeys at once.
func TestAnAgentIsWokenWithinASecond(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		var locks atomic.Int32
		c.machine.Do("loginctl", func(system.Program) (system.Output, error) {
			locks.Add(1)
			return system.Output{}, nil
		})
		a := c.start(t)
		c.run(t, a)
		await(t, "the agent holds a connection and has told how it stands", func() bool {
			_, err := w.Computers.Standing(t.Context(), zonetest.System, c.id.Device)
			return err == nil && w.held(t) == 1
		})
		began := time.Now()
		x := c.order(t, platform.Lock, "")
		await(t, "an order is carried out", func() bool { return locks.Load() == 1 })
		t.Logf("an order took %v", time.Since(began))
		await(t, "it is told to be done", func() bool { return c.command(t, x.ID).State == command.Done })
		began = time.Now()
		w.suite(t, policy.Values{platform.FilesPresent: policy.Files(policy.File{Path: "/etc/motd", Text: "Welcome\n"})})
		await(t, "the policy is obeyed", func() bool { return c.machine.Text("/etc/motd") == "Welcome\n" })
		t.Logf("a policy took %v", time.Since(began))
		if err := w.Enrol.Revoke(t.Context(), zonetest.System, c.id.Device); err != nil {
			t.Fatal(err)
		}
		await(t, "the connection of a revoked key ends", func() bool { return w.held(t) == 0 })
	})
}

// TestAKilledAgentLosesNoResult: what it has done and not told is told by the next one, once.
func TestAKilledAgentLosesNoResult(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		c.machine.Say("loginctl", "")
		x := c.order(t, platform.Lock, "")
		first := c.start(t)
		w.switched(t, zone.ServiceStatus, false)
		c.turn(t, first) // carried out, and nobody takes the result
		if got := c.command(t, x.ID); got.State != command.Delivered {
			t.Fatalf("%+v", got)
		}
		w.switched(t, zone.ServiceStatus, true)
		c.turn(t, c.start(t)) // from what is on the disk
		if got := c.command(t, x.ID); got.State != command.Done || len(c.machine.Ran("loginctl")) != 1 {
			t.Errorf("%+v, ran %q", got, c.machine.Ran("loginctl"))
		}
	})
}

// switched switches a service.
func (w *world) switched(t *testing.T, s zone.Service, on bool) {
	t.Helper()
	v, err := w.DoorStore.Current(t.Context(), zonetest.System)
	if err == nil {
		_, err = w.DoorStore.Switch(t.Context(), zonetest.System, v.Number, "for the test", "", s, on)
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the door is as it was switched", func() bool { return w.Doors.Door(s).On == on })
}

// TestHostileBodiesAreRefused, each with a problem of its own, and none as a fault of ours.
func TestHostileBodiesAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		client := c.client(t)
		for name, raw := range map[string]string{
			"no JSON":         "\x00",
			"another type":    `[]`,
			"deep":            strings.Repeat("[", 100_000),
			"no results":      `{"results":[]}`,
			"a status of air": `{"made":"1"}`,
			"too large":       `{"id":"` + strings.Repeat("x", 5<<20) + `"}`,
		} {
			for _, path := range []string{agentv1.PathStatus, agentv1.PathResults} {
				_, err := client.Do(t.Context(), talk.Request{Service: agentv1.ServiceStatus, Method: http.MethodPost, Path: path, Raw: []byte(raw)}, nil)
				var r *talk.Refused
				if !errors.As(err, &r) || r.Status >= 500 || r.Code == "" {
					t.Errorf("%s to %s: %v", name, path, err)
				}
			}
		}
	})
}
