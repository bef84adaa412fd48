package easclient_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	eas "drover-easclient"
	"drover-easclient/internal/sogo"
	"drover-easclient/internal/standin"
)

// matrix runs a test at every version in both forms, against a gateway that provisions.
func matrix(t *testing.T, test func(*testing.T, *standin.Gateway, *eas.Session)) {
	for _, v := range eas.Versions {
		for _, f := range []eas.Form{eas.Plain, eas.Base64} {
			if f.IsBase64() && !v.AtLeast(eas.V121) {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", v, f), func(t *testing.T) {
				gateway := &standin.Gateway{Users: map[string]string{"alice": sogo.Password}}
				server := httptest.NewServer(gateway)
				t.Cleanup(server.Close)
				test(t, gateway, client(t, server.URL, "", v, f))
			})
		}
	}
}

// demanded is the form in which a version is asked to provision.
func demanded(v eas.Version, status string) string {
	if v.AtLeast(eas.V140) {
		return status
	}
	return "449"
}

func TestProvision(t *testing.T) {
	matrix(t, func(t *testing.T, _ *standin.Gateway, c *eas.Session) {
		ctx := testContext(t)
		reply, err := c.FolderSync(ctx, "0")
		if err != nil || reply.Demand("FolderSync") != demanded(c.Version, "142") {
			t.Fatalf("unprovisioned: %v, HTTP %d, %s", err, reply.HTTP, reply.Tree)
		}
		if reply, err = c.Provision(ctx); err != nil {
			t.Fatalf("%v: %s", err, reply.Tree)
		}
		reply, err = c.FolderSync(ctx, "0")
		ok(t, "FolderSync", reply, err, "1")
		final := c.PolicyKey
		c.PolicyKey = "77"
		reply, err = c.FolderSync(ctx, "0")
		if err != nil || reply.Demand("FolderSync") != demanded(c.Version, "144") {
			t.Fatalf("wrong key: %v, HTTP %d, %s", err, reply.HTTP, reply.Tree)
		}
		reply, err = c.ProvisionAck(ctx, final, "1")
		ok(t, "acknowledgement with a wrong key", reply, err, "1")
		if got := reply.Tree.Get("Policies/Policy/Status"); got != "5" {
			t.Fatalf("acknowledgement with a wrong key: policy Status %q, want 5", got)
		}
	})
}

func TestClientStatus(t *testing.T) {
	for status, want := range map[string]string{"1": "1", "2": "139", "3": "1", "4": "145"} {
		t.Run(status, func(t *testing.T) {
			server := httptest.NewServer(&standin.Gateway{Users: map[string]string{"alice": sogo.Password}})
			t.Cleanup(server.Close)
			c := client(t, server.URL, "", eas.V141, eas.Plain)
			reply, err := c.ProvisionAsk(testContext(t), "")
			ok(t, "first phase", reply, err, "1")
			reply, err = c.ProvisionAck(testContext(t), c.TempKey, status)
			ok(t, "acknowledgement", reply, err, want)
			if got := c.PolicyKey != ""; got != (status == "1") {
				t.Errorf("a final key: %t", got)
			}
		})
	}
}

func TestWipe(t *testing.T) {
	for _, accountOnly := range []bool{false, true} {
		t.Run(fmt.Sprintf("account only %t", accountOnly), func(t *testing.T) {
			matrix(t, func(t *testing.T, g *standin.Gateway, c *eas.Session) { wipe(t, g, c, accountOnly) })
		})
	}
}

func wipe(t *testing.T, g *standin.Gateway, c *eas.Session, accountOnly bool) {
	ctx := testContext(t)
	if _, err := c.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	inbox := eas.Folder{ID: "1", Type: "2"}
	reply, err := c.Ping(ctx, 600, func() { g.OrderWipe(c.DeviceID, accountOnly) }, inbox)
	if err != nil || reply.Demand("Ping") != demanded(c.Version, "140") {
		t.Fatalf("held Ping: %v, HTTP %d, %s", err, reply.HTTP, reply.Tree)
	}
	if _, err = c.Provision(ctx); err == nil {
		t.Fatal("Provision took a wipe for a policy")
	}
	directive := "RemoteWipe"
	if accountOnly {
		directive = "AccountOnlyRemoteWipe"
	}
	c.Password = "withdrawn"
	for _, step := range []struct{ status, answer, state string }{{"2", "2", "failed"}, {"1", "1", "acknowledged"}} {
		reply, err = c.WipeAck(ctx, step.status, accountOnly)
		ok(t, "acknowledgement", reply, err, step.answer)
		if !reply.Tree.Has(directive) || g.WipeState(c.DeviceID) != step.state {
			t.Fatalf("acknowledged with %s: state %q, answer %s", step.status, g.WipeState(c.DeviceID), reply.Tree)
		}
	}
	if reply, err = c.FolderSync(ctx, "0"); err != nil || reply.HTTP != 401 {
		t.Fatalf("after the wipe: %v, HTTP %d", err, reply.HTTP)
	}
}
