package upstream_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/upstream"
)

// TestS17OneSessionDivertsNoPasswords: whatever changes where users' passwords go waits for a second person, and until then
// they go where they went.
func TestS17OneSessionDivertsNoPasswords(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		ann, err := f.users.Admit(ctx, shell, "ann", "", true)
		if err != nil {
			t.Fatal(err)
		}
		good := f.add(t, upstream.Config{Name: "Good", URL: "https://mail.example.org", Domains: []string{"example.org"}})
		other := f.add(t, upstream.Config{Name: "Other", URL: "https://other.example.org", Domains: []string{"example.net"}})
		f.Quorum(t, 1)
		c := coretest.Admin([]scope.Right{scope.UpstreamRead, scope.UpstreamEdit})
		tls := httptest.NewTLSServer(http.NotFoundHandler())
		defer tls.Close()
		edit := func(change func(*upstream.Config)) func() (safety.Approval, error) {
			return func() (safety.Approval, error) {
				conf := good.Config
				conf.Domains = slices.Clone(conf.Domains)
				change(&conf)
				_, a, err := f.store.Edit(ctx, c, good.ID, good.Version, conf)
				return a, err
			}
		}
		tries := map[string]func() (safety.Approval, error){
			"address":        edit(func(u *upstream.Config) { u.URL = "https://evil.example.com" }),
			"plain":          edit(func(u *upstream.Config) { u.URL, u.PlainReason = "http://mail.example.org", "no reason" }),
			"trust":          edit(func(u *upstream.Config) { u.TLS, u.CA = upstream.TLSPinned, caOf(tls) }),
			"name":           edit(func(u *upstream.Config) { u.ServerName = "evil.example.com" }),
			"domains":        edit(func(u *upstream.Config) { u.Domains = []string{"example.com"} }),
			"windows domain": edit(func(u *upstream.Config) { u.WindowsDomain = "EXAMPLE" }),
			"default":        edit(func(u *upstream.Config) { u.Default = !u.Default }),
			"bearer": edit(func(u *upstream.Config) {
				u.Bearer = &upstream.Bearer{Issuer: "https://evil.example.com", Audience: "a", Claim: "sub"}
			}),
			"new": func() (safety.Approval, error) {
				_, a, err := f.store.Add(ctx, c, upstream.Config{Name: "Evil", URL: "https://evil.example.com", Default: true})
				return a, err
			},
			"remove": func() (safety.Approval, error) { return f.store.Remove(ctx, c, good.ID) },
			"assign": func() (safety.Approval, error) {
				return f.store.Assign(ctx, c, upstream.Assignment{Kind: upstream.ToUser, Target: ann.ID, Upstream: other.ID})
			},
		}
		for name, try := range tries {
			if a, err := try(); err != nil || a.State != safety.Awaiting || a.Class != safety.MailServer {
				t.Errorf("%s: %s (%v), want it to wait", name, a.State, err)
			}
		}
		list, err := f.store.List(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]string, len(list))
		for i, u := range list {
			ids[len(list)-1-i] = u.ID
			if u.Name == "Evil" && (u.Default || len(u.Domains) > 0) {
				t.Errorf("users are sent to a server that nobody has approved: %+v", u)
			}
		}
		if a, err := f.store.Reorder(ctx, c, ids); err != nil || a.State != safety.Awaiting {
			t.Errorf("order: %s (%v), want it to wait", a.State, err)
		}
		f.Settle(t)
		for _, name := range []string{"ann", "bob@example.org", "bob@elsewhere.example"} {
			got, err := f.store.Choose(ctx, name)
			if err != nil || got.Server.ID != good.ID || got.Server.URL != good.URL || got.Server.TLS != good.TLS {
				t.Fatalf("%s is sent to %+v (%v)", name, got.Server, err)
			}
		}
	})
}

// TestAnApprovedChangeOfAMailServerHappensOnce: and only while the server is the one that the approver was told of.
func TestAnApprovedChangeOfAMailServerHappensOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		good := f.add(t, upstream.Config{Name: "Good", URL: "https://mail.example.org", Domains: []string{"example.org"}})
		f.Quorum(t, 1)
		c := coretest.Admin([]scope.Right{scope.UpstreamRead, scope.UpstreamEdit})
		var waiting []safety.Approval
		for _, address := range []string{"https://new.example.org", "https://newer.example.org"} {
			conf := good.Config
			conf.URL = address
			_, a, err := f.store.Edit(ctx, c, good.ID, good.Version, conf)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(a.Words, address) || !strings.Contains(a.Words, good.URL) {
				t.Errorf("the approver reads %q", a.Words)
			}
			waiting = append(waiting, a)
		}
		if err := f.Approve(t, waiting[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := f.Approve(t, waiting[1].ID); !problem.Is(err, problem.Conflict) {
			t.Fatalf("a change of what is not there any more: %v", err)
		}
		u, err := f.store.Get(ctx, c, good.ID)
		if err != nil || !strings.HasPrefix(u.URL, "https://new.example.org/") {
			t.Fatalf("%+v (%v)", u, err)
		}
		conf := u.Config
		conf.Name, conf.DeviceCap = "Renamed", 3
		if u, a, err := f.store.Edit(ctx, c, u.ID, u.Version, conf); err != nil || a.ID != "" || u.Name != "Renamed" {
			t.Fatalf("what diverts nothing: %+v, %+v (%v), want it done at once", u, a, err)
		}
	})
}

// TestANewMailServerGetsUsersOnceItIsApproved follows a server from its addition to its first user.
func TestANewMailServerGetsUsersOnceItIsApproved(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.Quorum(t, 1)
		c := coretest.Admin([]scope.Right{scope.UpstreamRead, scope.UpstreamEdit})
		u, a, err := f.store.Add(ctx, c, upstream.Config{Name: "Mail", URL: "https://mail.example.org", Domains: []string{"example.org"}})
		if err != nil || a.State != safety.Awaiting || u.Default {
			t.Fatalf("%+v %+v (%v)", u, a, err)
		}
		f.Settle(t)
		if _, err := f.store.Choose(ctx, "ann@example.org"); !problem.Is(err, problem.NotFound) {
			t.Fatalf("a user is sent to an unapproved server: %v", err)
		}
		if err := f.Approve(t, a.ID); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if got, err := f.store.Choose(ctx, "ann@example.org"); err != nil || got.Server.ID != u.ID || !got.Server.Default {
			t.Fatalf("%+v (%v)", got.Server, err)
		}
	})
}
