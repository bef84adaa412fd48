package endtoend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/coretest"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/upstream"
)

// life is what a phone tells of its user, with a secret in every kind.
func life(c *canaries) map[string]any {
	now := time.Now().UTC().Format(time.RFC3339)
	return map[string]any{
		"location":  []any{map[string]any{"at": now, "latitude": 48.20849012, "longitude": 16.37208017, "accuracy": 12.5}},
		"phone-log": []any{map[string]any{"at": now, "number": c.new(), "direction": "out", "seconds": 61}},
		"text-log": []any{
			map[string]any{"at": now, "number": c.new(), "direction": "in", "text": c.new()},
			map[string]any{"at": now, "number": "2", "direction": "out"},
		},
		"file":       map[string]any{"path": "/sdcard/reports/" + c.new() + ".txt", "modified": now, "content": c.new()},
		"device-log": []any{map[string]any{"from": now, "until": now, "text": "started " + c.new() + "\npassword=" + c.new()}},
	}
}

// TestPersonalDataIsTakenWhereThePolicyAsks has a foreign client send every kind: first where nothing is asked for, then where
// all is; a log only as the answer to a request. What is kept stands in clear nowhere, and each look at it is noted.
func TestPersonalDataIsTakenWhereThePolicyAsks(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		var planted canaries
		w := newWorld(t, e, upstream.Options{})
		data := life(&planted)
		text, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		u, token := invite(t, w.Zone, 2)
		arguments := []string{"--invitation=" + token, "--facts", android, "--data", string(text)}

		refused := startCompanion(t, w.Zone, arguments...)
		begin(t, refused)
		for range 2 * len(data) {
			if got := refused.want(t, "refused"); got["code"] != "collect.off" || got["status"] != 403.0 {
				t.Errorf("where nothing is asked for: %v", got)
			}
		}
		refused.stop()

		w.edit(t, platform.AuditLocation, policy.Bool(true))
		w.edit(t, platform.AuditLocationExact, policy.Bool(true))
		w.edit(t, platform.AuditPhoneLog, policy.Bool(true))
		w.edit(t, platform.AuditTextLog, policy.Bool(true))
		w.edit(t, platform.AuditTextBodies, policy.Bool(true))
		w.edit(t, platform.AuditDeviceLog, policy.Bool(true))
		w.edit(t, platform.AuditFilePaths, policy.List("/sdcard/reports"))
		w.edit(t, platform.AuditFiles, policy.Bool(true))
		taken := startCompanion(t, w.Zone, arguments...)
		id := begin(t, taken)
		for range len(data) {
			for range 2 {
				got := <-taken.events
				if what := fmt.Sprint(got["what"]); what[:len("device-log")] == "device-log" {
					if got["code"] != "collect.unrequested" {
						t.Errorf("a log that nobody has requested: %v", got)
					}
				} else if got["event"] != "taken" {
					t.Errorf("where all is asked for: %v", got)
				}
			}
		}
		done := order(t, w.Zone, id, platform.RequestLog)
		if got := taken.want(t, "command"); got["id"] != done || got["report"].(map[string]any)["state"] != "done" {
			t.Errorf("the request for a log: %v", got)
		}
		shown(t, w.Zone, u.ID, id, planted)
		inClearNowhere(t, w, e, planted)
	})
}

// begin follows a client into the zone.
func begin(t *testing.T, c *companion) (device string) {
	t.Helper()
	device = c.want(t, "enrolled")["device"].(string)
	for _, kind := range []string{"checked-in", "obeyed", "renewed"} {
		c.want(t, kind)
	}
	return device
}

// shown reads what is kept as an administrator does, and looks whether the owner is told of each look.
func shown(t *testing.T, z *zonetest.Zone, owner, device string, planted canaries) {
	t.Helper()
	officer := coretest.Admin([]scope.Right{scope.UserPersonalRead, scope.AuditRead})
	var all bytes.Buffer
	want := map[journal.Kind]int{journal.DeviceLog: 1, journal.Location: 1, journal.PhoneLog: 1, journal.TextLog: 2, journal.File: 1}
	for kind, n := range want {
		query := journal.Query{Device: device, Kind: kind}
		query.Limit = 50
		p, err := z.Privacy.Entries(t.Context(), officer, query, "a test")
		if err != nil || len(p.Items) != n {
			t.Fatalf("of %s %d entries are kept, want %d (%v)", kind, len(p.Items), n, err)
		}
		for _, x := range p.Items {
			all.Write(x.Body)
		}
		if kind == journal.File {
			_, write, err := z.Privacy.File(t.Context(), officer, p.Items[0].ID, "a test")
			if err != nil {
				t.Fatal(err)
			}
			if err := write(&all); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, secret := range planted[:len(planted)-1] {
		if !bytes.Contains(all.Bytes(), []byte(secret)) {
			t.Errorf("%s is not kept", secret)
		}
	}
	if last := planted[len(planted)-1]; bytes.Contains(all.Bytes(), []byte(last)) {
		t.Errorf("the password in the log has been kept")
	}
	looks, err := z.Privacy.Looks(t.Context(), scope.Caller{Kind: scope.User, ID: owner}, owner, page.Request{Limit: 50})
	if err != nil || len(looks.Items) != len(want)+1 {
		t.Errorf("the owner is told of %d looks, want %d (%v)", len(looks.Items), len(want)+1, err)
	}
}

// inClearNowhere looks for the secrets in all that the zone keeps.
func inClearNowhere(t *testing.T, w *world, e sqldb.Engine, planted canaries) {
	t.Helper()
	until(t, "every record is sealed into the chain", func() bool {
		list, _, err := w.Audit.List(t.Context(), system, audit.Filter{}, audit.Page{Limit: 1})
		return err == nil && len(list) == 1 && list[0].Number > 0
	})
	places := map[string][]byte{"database": dump(t, w, e)}
	files(t, w.data, places)
	for name, text := range places {
		if bytes.Contains(text, []byte("48.20849")) || bytes.Contains(text, []byte("16.37208")) {
			t.Errorf("%s holds the position", name)
		}
		for _, secret := range planted {
			for form, shape := range shapes(secret) {
				if bytes.Contains(text, shape) {
					t.Errorf("%s holds the secret %s, %s", name, secret, form)
				}
			}
		}
	}
	if !bytes.Contains(places["database"], []byte("journal_entry")) && !bytes.Contains(places["database"], []byte("phone-log")) {
		t.Error("the dump is empty: nothing was looked at")
	}
}
