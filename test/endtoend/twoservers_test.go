package endtoend

import (
	"net/http"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/access"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/upstream"
)

// TestTwoServers has two servers share a zone: what changes at one reaches a device that the other holds, a session of
// one counts at both, and the audit log, which both seal, is sound.
func TestTwoServers(t *testing.T) {
	mail, address := mailServer(t, upstream.Options{Password: "secret"})
	dir, database := t.TempDir(), sqldbtest.NewURL(t, sqldb.PostgreSQL)
	a := &world{Zone: zonetest.Start(t, dir, database), db: database}
	// The second server has the same keys and certificates, as servers of one zone do.
	b := &world{Zone: zonetest.Start(t, dir, database), db: database}
	a.Mail(t, address)
	a.suite = a.Policy(t, "strict")
	until(t, "the other server knows the mail server", func() bool {
		list, err := b.Upstream.List(t.Context(), system)
		return err == nil && len(list) == 1
	})

	p := b.handset(t, "anna", "14.1")
	until(t, "the device comes in", func() bool { return p.send("Provision", provisionRequest()).status == http.StatusOK })
	p.provision()
	holds := func(c func()) said {
		t.Helper()
		ping := p.ping()
		until(t, "the Ping is held", func() bool { return mail.Held() == 1 })
		c()
		return end(t, p, ping)
	}
	holds(func() { a.edit(t, platform.PasswordMinLength, policy.Number(13)) })
	if got := p.folders().code(); got != "143" {
		t.Errorf("after a policy change at the other server: %q", got)
	}
	p.provision()
	var r access.Rule
	holds(func() {
		var err error
		if r, err = a.Access.AddRule(t.Context(), system, access.Rule{Name: "all", Kind: access.Any, Action: device.Block}); err != nil {
			t.Fatal(err)
		}
	})
	if got := p.folders().code(); got != "129" {
		t.Errorf("after a block at the other server: %q", got)
	}
	if err := a.Access.RemoveRule(t.Context(), system, r.ID); err != nil {
		t.Fatal(err)
	}
	until(t, "the block is gone at the other server", func() bool { return p.folders().code() == "1" })

	owner := a.administrator(t, "olga")
	owner.signIn()
	there := *owner
	there.w = b
	there.want(http.MethodGet, "/devices", nil)

	holds(func() { a.wipe(t, a.device(t, p).ID) })
	if got := p.folders().code(); got != "140" {
		t.Errorf("after a wipe at the other server: %q", got)
	}
	owner.want(http.MethodDelete, "/session", nil)
	if res, _ := there.call(http.MethodGet, "/devices", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a session that was ended at one server counts at the other: %s", res.Status)
	}
	until(t, "all is sealed", func() bool { return sealed(t, a) })
	sound(t, a)
}
