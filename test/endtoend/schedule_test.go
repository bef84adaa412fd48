package endtoend

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/command"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/upstream"
)

// scheduleAll gives everybody a schedule that says the same at all times, in place of the one before.
func scheduleAll(t testing.TB, z *zonetest.Zone, f policy.Fetch) {
	t.Helper()
	list, err := z.Policies.Schedules(t.Context(), zonetest.System)
	if err != nil {
		t.Fatal(err)
	}
	s := policy.Schedule{Name: "Everybody", Targets: []policy.ScheduleTarget{{Target: policy.Target{Kind: policy.ToDefault}}}}
	if len(list) > 0 {
		s = list[0]
	}
	s.Times.Peak, s.Times.OffPeak = f, f
	if _, err := z.Policies.SaveSchedule(t.Context(), zonetest.System, s); err != nil {
		t.Fatal(err)
	}
}

var (
	atOnce     = policy.Fetch{Manner: policy.Push}
	byInterval = policy.Fetch{Manner: policy.Interval, Minutes: 15}
)

// TestAPhoneIsToldItsHeartbeat has a client that imports nothing of ours, and was written against the specification, meet
// a schedule: the statuses and bounds are as written, news come when it is the phone's turn, and what an administrator
// does ends what is held.
func TestAPhoneIsToldItsHeartbeat(t *testing.T) {
	client := build(t, "./cmd/easclient")
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		for _, version := range []string{"12.1", "14.1", "16.1"} {
			t.Run(version, func(t *testing.T) {
				mail := upstream.New(upstream.Options{Password: "secret", Mails: 1})
				z := zonetest.New(t, e)
				z.Mail(t, serve(t, mail))
				z.Policy(t, "strict")
				scheduleAll(t, z, byInterval)
				on := events(t, map[string]func() error{
					"mail": func() error { mail.Deliver("alice"); return nil },
					"push": func() error { scheduleAll(t, z, atOnce); return nil },
					"turn": func() error { scheduleAll(t, z, byInterval); return nil },
					"wipe": func() error {
						d, err := find(t, z, "judge1")
						if err != nil {
							return err
						}
						_, err = z.Commands.Request(t.Context(), zonetest.System, command.Request{
							Kind: platform.FullWipe, Devices: []string{d.ID}, Reason: "lost",
						})
						return err
					},
				})
				demand := "140"
				if version == "12.1" {
					demand = "449" // MS-ASPROV section 3.1.5.2: before 14.0 it is the status of HTTP
				}
				steps := []string{
					"provision", "foldersync", "sync", "sync",
					"ping,heartbeat=480,status=5,text:HeartbeatInterval=900",
					"ping-empty,status=3",
					"ping,heartbeat=900,status=2,during=" + on("mail"), // its first turn
					"sync",
					"sync,wait=5,status=14,text:Limit=15",
					"ping,heartbeat=900,status=1,during=" + on("push"),
					"ping-empty,status=3", // the mail server has not heard of the last
					"ping,heartbeat=300,status=2,during=" + on("mail"),
					"sync",
					"ping,heartbeat=300,status=1,during=" + on("turn"),
					"ping,heartbeat=900,demand=" + demand + ",during=" + on("wipe"),
				}
				if version != "12.1" {
					steps = append(steps[:9], append([]string{"sync,heartbeat=300,status=14,text:Limit=900"}, steps[9:]...)...)
				}
				cmd := exec.CommandContext(t.Context(), client, append([]string{
					"-url", z.Device + upstream.Path, "-ca", z.CA, "-user", "alice", "-device", "judge1", "-version", version,
				}, steps...)...)
				cmd.Env = append(os.Environ(), "EAS_PASSWORD=secret")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	})
}

// events lets a client cause what others do: it returns shell commands by name.
func events(t *testing.T, do map[string]func() error) func(name string) string {
	t.Helper()
	mux := http.NewServeMux()
	for name, f := range do {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, _ *http.Request) {
			if err := f(); err != nil {
				http.Error(w, err.Error(), http.StatusConflict)
			}
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return func(name string) string { return fmt.Sprintf("curl -sSf %s/%s", s.URL, name) }
}

// TestACompanionKeepsItsSchedule has the foreign companion client come in turns, be told otherwise, and take orders both
// ways.
func TestACompanionKeepsItsSchedule(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		z := w.Zone
		_, token := invite(t, z, 1)
		c := startCompanion(t, z, "--invitation="+token, "--facts", android, "--minute", "50")
		id := c.want(t, "enrolled")["device"].(string)
		manner := func(event map[string]any) string { return fmt.Sprint(event["manner"], event["minutes"]) }
		if state := c.want(t, "checked-in"); state["schedule"] != "none" || manner(state["contact"].(map[string]any)) != "push<nil>" {
			t.Errorf("without a schedule: %v", state)
		}
		if told := c.want(t, "obeyed"); told["schedule"] != nil {
			t.Errorf("without a schedule: %v", told["schedule"])
		}
		c.want(t, "renewed")

		begun := time.Now()
		scheduleAll(t, z, byInterval) // ends the wait
		if got := manner(c.want(t, "contact")); got != "interval15" {
			t.Errorf("it comes %s", got)
		}
		told := c.want(t, "obeyed")["schedule"].(map[string]any)
		if got := manner(told["offPeak"].(map[string]any)); got != "interval15" || told["revision"] == "" {
			t.Errorf("it is told %v", told)
		}
		if waited := time.Since(begun); waited > 30*time.Second {
			t.Errorf("the wait ended after %s", waited)
		}
		carriedOut(t, z, c, id, platform.Message) // at its next contact
		scheduleAll(t, z, atOnce)
		if got := manner(c.want(t, "contact")); got != "push<nil>" {
			t.Errorf("it comes %s", got)
		}
		c.want(t, "obeyed")
		carriedOut(t, z, c, id, platform.Lock)
	})
}
