package management_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/script"
	"drover/internal/server/zonetest"
)

// documents returns what the zone wants of a computer: the body of each document.
func (c *workstation) documents(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for service, path := range map[string]string{
		agentv1.ServiceSettings: agentv1.PathSettings, agentv1.ServicePolicies: agentv1.PathPolicies, agentv1.ServiceAssignments: agentv1.PathAssignments,
	} {
		var e agentv1.Envelope
		if _, err := c.client(t).Do(t.Context(), talk.Request{Service: service, Method: http.MethodGet, Path: path}, &e); err != nil {
			t.Fatal(err)
		}
		var d agentv1.Document
		if err := json.Unmarshal(e.Payload, &d); err != nil {
			t.Fatal(err)
		}
		out[service] = string(d.Body)
	}
	return out
}

// TestWhatIsAssignedDoesNotReachAComputerInQuarantine: what everybody gets reaches it, by whatever way a document is made.
func TestWhatIsAssignedDoesNotReachAComputerInQuarantine(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, c := t.Context(), w.workstation(t)
		vienna, err := w.Zone.Devices.AddFolder(ctx, zonetest.System, "/Vienna", "")
		if err != nil {
			t.Fatal(err)
		}
		w.suite(t, policy.Values{platform.PasswordRequired: policy.Bool(true), platform.PasswordMinLength: policy.Number(8), platform.AgentContact: policy.Text("front desk")})
		for name, to := range map[string]policy.Target{
			"of the folder": {Kind: policy.ToGroup, ID: vienna.ID}, "of the computer": {Kind: policy.ToDevice, ID: c.id.Device},
		} {
			s, err := w.Policies.Create(ctx, zonetest.System, name, "", policy.Draft{Content: policy.Content{
				Corporate: policy.Values{platform.PasswordRequired: policy.Bool(true), platform.PasswordMinLength: policy.Number(14), platform.AgentContact: policy.Text("secret desk")}, Personal: policy.Values{},
			}})
			if err == nil {
				_, err = w.Policies.Assign(ctx, zonetest.System, to, s.ID, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for name, groups := range map[string][]string{"everywhere": nil, "in Vienna": {vienna.ID}, "in quarantine": {device.QuarantineFolder}} {
			if _, err := w.Scripts.Add(ctx, zonetest.System, script.Draft{Name: name, Interpreter: "sh", Text: "echo '" + name + "'\n", Seconds: 5, Groups: groups}); err != nil {
				t.Fatal(err)
			}
		}
		says := func(where string, want, not []string) {
			t.Helper()
			docs := c.documents(t)
			all := docs[agentv1.ServiceSettings] + docs[agentv1.ServicePolicies] + docs[agentv1.ServiceAssignments]
			said := func(text string) bool { return strings.Contains(all, text) }
			if slices.ContainsFunc(want, func(x string) bool { return !said(x) }) || slices.ContainsFunc(not, said) {
				t.Errorf("in %s it is told %s", where, all)
			}
		}
		move := func(folder string) {
			t.Helper()
			if err := w.Zone.Devices.MoveTo(ctx, zonetest.System, folder, c.id.Device); err != nil {
				t.Fatal(err)
			}
		}
		move(vienna.ID)
		says("/Vienna", []string{`"value":14`, "everywhere", "in Vienna"}, []string{"in quarantine"})
		move(device.QuarantineFolder)
		says("/Quarantine", []string{`"value":8`, "front desk", "everywhere", "in quarantine"}, []string{`"value":14`, "secret desk", "in Vienna"})
	})
}
