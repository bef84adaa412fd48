package management_test

import (
	"net/http"
	"strings"
	"testing"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/server/zonetest"
)

// leaves says to the zone that the agent goes, whatever the agent itself would do.
func (c *workstation) leaves(t *testing.T, way string) error {
	t.Helper()
	_, err := c.client(t).Do(t.Context(), talk.Request{
		Service: agentv1.ServiceRegistration, Method: http.MethodPost, Path: agentv1.PathLeave,
		Body: agentv1.Leave{ID: "0123456789abcdef", Way: way},
	}, nil)
	return err
}

// TestAnAgentGoesWithTheConsentOfTheZone, whatever it says itself: by each way, and not without.
func TestAnAgentGoesWithTheConsentOfTheZone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		consents := map[string]func(c *workstation){
			"order": func(c *workstation) {
				c.order(t, platform.Uninstall, "")
				if orders := c.documents(t)[agentv1.ServiceAssignments]; !strings.Contains(orders, "uninstall") {
					t.Fatalf("it is told %s", orders)
				}
			},
			"code": func(c *workstation) {
				if _, err := w.Computers.ShowCode(t.Context(), zonetest.System, c.id.Device); err != nil {
					t.Fatal(err)
				}
			},
			"allowed": func(*workstation) { w.suite(t, policy.Values{platform.AgentRemovable: policy.Bool(true)}) },
		}
		for _, way := range []string{"order", "code", "allowed"} {
			c := w.workstation(t)
			c.documents(t)
			if err := c.leaves(t, way); !talk.IsRefused(err, "registration.consent") {
				t.Errorf("%s: without consent it meets %v", way, err)
			}
			c.documents(t) // its key is good
			consents[way](c)
			if err := c.leaves(t, way); err != nil {
				t.Errorf("%s: with consent it meets %v", way, err)
			}
			if err := c.leaves(t, way); !talk.IsRefused(err, "key.ended") {
				t.Errorf("%s: gone, it meets %v", way, err)
			}
		}
	})
}
