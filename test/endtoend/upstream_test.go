package endtoend

import (
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/base/wbxml"
	"drover/internal/core/admin"
	"drover/internal/core/command"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/simulate/upstream"
)

// system is the caller for what a test arranges behind the API's back.
var system = scope.System("test")

// TestTroubleOfTheMailServer has a mail server be down, slow, untruthful about its length, and talk nonsense. Known
// devices and new ones get 503 with a Retry-After or a connection that breaks off, never an answer that looks whole, and
// a device that nobody could prove does not come in.
func TestTroubleOfTheMailServer(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{Mails: 1})
		good := serve(t, w.mail)
		known := w.handset(t, "anna", "14.1")
		known.provision()
		for name, url := range map[string]string{
			"down":            closedPort(t),
			"slow":            troubled(t, upstream.Options{Slow: 3 * time.Second}),
			"lies of length":  troubled(t, upstream.Options{LieLength: true, Mails: 1}),
			"breaks off":      broken(t),
			"no HTTP":         garbage(t),
			"a page in HTML":  website(t, http.StatusOK),
			"an error page":   website(t, http.StatusInternalServerError),
			"a gateway error": website(t, http.StatusBadGateway),
			"a redirect":      website(t, http.StatusFound),
			"nothing there":   website(t, http.StatusNotFound),
			"half a frame":    troubled(t, upstream.Options{Half: true, Mails: 1}),
		} {
			t.Run(name, func(t *testing.T) {
				w.moveMail(t, url)
				known.t = t
				stranger := w.handset(t, "x"+strings.ReplaceAll(name, " ", ""), "14.1")
				stranger.password = "nobody has checked this"
				for _, p := range []*handset{known, stranger} {
					for _, c := range []func() (said, error){p.tryFolders, p.trySync} {
						s, err := c()
						if os.IsTimeout(err) {
							t.Fatalf("%s is not answered at all: %v", p.user, err)
						}
						if err != nil {
							continue // broken off: nothing can be taken for whole
						}
						if s.status != http.StatusServiceUnavailable || s.header.Get("Retry-After") == "" || len(s.raw) > 0 {
							t.Errorf("%s is answered with %d %q, Retry-After %q", p.user, s.status, s.raw, s.header.Get("Retry-After"))
						}
					}
				}
				if _, err := find(t, w.Zone, stranger.id); err == nil {
					t.Error("a device came in that nobody has proven")
				}
			})
		}
		w.moveMail(t, good)
		known.t = t
		if got := known.folders().code(); got != "1" {
			t.Errorf("when the mail server is back, a FolderSync is answered with %q", got)
		}
		if s := known.sync("0"); s.status != http.StatusOK {
			t.Errorf("when the mail server is back, a Sync is answered with %d", s.status)
		}
		known.password = "nobody has checked this"
		if got := known.folders().status; got != http.StatusUnauthorized {
			t.Errorf("a wrong password is answered with %d", got)
		}
	})
}

func (p *handset) tryFolders() (said, error) {
	return p.try("FolderSync", wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, "0")).Encode())
}

func (p *handset) trySync() (said, error) {
	return p.try("Sync", wbxml.Elem(wbxml.AirSyncSync, wbxml.Elem(wbxml.AirSyncCollections, wbxml.Elem(wbxml.AirSyncCollection,
		wbxml.Leaf(wbxml.AirSyncSyncKey, "1"), wbxml.Leaf(wbxml.AirSyncCollectionId, "inbox")))).Encode())
}

// moveMail gives the zone's mail server another address, and a second's patience.
func (w *world) moveMail(t *testing.T, url string) {
	t.Helper()
	list, err := w.Upstream.List(t.Context(), system)
	if err != nil {
		t.Fatal(err)
	}
	conf := list[0].Config
	conf.URL, conf.Timeout = url, time.Second
	if _, _, err := w.Upstream.Edit(t.Context(), system, list[0].ID, list[0].Version, conf); err != nil {
		t.Fatal(err)
	}
}

func troubled(t *testing.T, o upstream.Options) string {
	t.Helper()
	_, url := mailServer(t, o)
	return url
}

// closedPort is an address at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l := listen(t)
	_ = l.Close()
	return "http://" + l.Addr().String() + upstream.Path
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// garbage answers every connection with what is no HTTP.
func garbage(t *testing.T) string {
	t.Helper()
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 mail ESMTP\r\n\x00\xff\x03\x01\x6a\x00\r\n"))
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String() + upstream.Path
}

// broken breaks off every answer.
func broken(t *testing.T) string {
	t.Helper()
	s, url := mailServer(t, upstream.Options{})
	s.SetDown(true)
	return url
}

// website is a web server that answers everything with a page.
func website(t *testing.T, status int) string {
	t.Helper()
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><title>Down for maintenance</title></html>")
	}))
}

// TestTheMailServersOwnPolicy has a mail server demand provisioning itself: the device gets the stricter value of both
// in one policy, and its mail only then.
func TestTheMailServersOwnPolicy(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{Provision: true})
		w.edit(t, platform.PasswordMinLength, policy.Number(4)) // theirs: 6
		w.edit(t, platform.LockInactivity, policy.Number(120))  // theirs: 900
		for _, p := range []*handset{w.handset(t, "anna", "12.1"), w.handset(t, "bert", "14.1")} {
			ask := map[string][]string{"12.1": {"449"}, "14.1": {"142", "143", "144"}}[p.version]
			p.provision()
			if got := p.folders().code(); got != "1" && !contains(ask, got) {
				t.Fatalf("at %s the mail server's demand becomes %q", p.version, got)
			}
			document := p.provision()
			for tag, want := range map[wbxml.Tag]string{
				wbxml.ProvisionMinDevicePasswordLength: "6", wbxml.ProvisionMaxInactivityTimeDeviceLock: "120",
				wbxml.ProvisionDevicePasswordEnabled: "1", wbxml.ProvisionAllowSimpleDevicePassword: "0",
			} {
				if got := document.Child(tag).Value(); got != want {
					t.Errorf("at %s the device is sent %s %q, want %q", p.version, tag.Name(), got, want)
				}
			}
			if got := p.folders().code(); got != "1" {
				t.Errorf("at %s, with the stricter policy acknowledged, FolderSync is answered with %q", p.version, got)
			}
		}
	})
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// TestTheMailServersOwnWipe has a mail server order a wipe: it becomes a command that waits for an administrator, and the
// device is told nothing before.
func TestTheMailServersOwnWipe(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		for _, version := range []string{"12.1", "14.1"} {
			t.Run(version, func(t *testing.T) {
				w := newWorld(t, e, upstream.Options{Provision: true, Wipe: "anna"})
				owner := w.administrator(t, "olga")
				owner.signIn()
				p := w.handset(t, "anna", version)
				p.provision()
				for range 3 {
					if s := p.folders(); s.status != http.StatusServiceUnavailable || s.header.Get("Retry-After") == "" {
						t.Fatalf("before anybody has decided, the device is answered with %q", s.code())
					}
				}
				if s := p.send("Provision", provisionRequest()); s.body.Child(wbxml.ProvisionRemoteWipe) != nil {
					t.Fatal("the device is told to wipe itself before anybody has decided")
				}
				list, _, err := w.Commands.List(t.Context(), system, command.Filter{Device: w.device(t, p).ID}, 10, "")
				if err != nil || len(list) != 1 {
					t.Fatalf("the mail server's wish became %d commands (%v)", len(list), err)
				}
				c := list[0]
				if c.RequesterKind != scope.Upstream || c.State != command.Awaiting || c.Kind != platform.FullWipe || c.Approval == "" {
					t.Fatalf("the command is %+v", c)
				}
				token := *owner
				token.cookie, token.token = "", mustToken(t, w, owner)
				if res, _ := token.call(http.MethodPost, "/approvals/"+c.Approval+"/approve", map[string]any{}); res.StatusCode < 400 {
					t.Errorf("an API token alone approves: %s", res.Status)
				}
				owner.want(http.MethodPost, "/approvals/"+c.Approval+"/approve", map[string]any{"code": owner.code()})
				if got := p.folders().code(); got != map[string]string{"12.1": "449", "14.1": "140"}[version] {
					t.Fatalf("when it is approved, the device is answered with %q", got)
				}
				if s := p.send("Provision", provisionRequest()); s.body.Child(wbxml.ProvisionRemoteWipe) == nil {
					t.Fatal("when it is approved, the device is not told to wipe itself")
				}
				p.send("Provision", wiped())
				until(t, "the mail server is told that its wipe was carried out", func() bool { return w.mail.Wiped("anna", p.id) })
				until(t, "the command says so", func() bool { return w.told(t, c.ID) == 1 })
				done, err := w.Commands.Get(t.Context(), system, c.ID)
				if err != nil || done.State != command.Done {
					t.Errorf("the command is %s (%v), want done", done.State, err)
				}
			})
		}
	})
}

// told counts the audit records of a mail server being told that its wipe was carried out.
func (w *world) told(t *testing.T, command string) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), w.DB, sqldb.Scan1[int],
		"SELECT count(*) FROM audit_record WHERE action = 'command.told' AND subject = $1", command)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAMailServersWipeThatIsNotCarriedOutIsNotAcknowledged has a mail server's wipe be rejected, cancelled, or carried out
// by nobody: the mail server is told nothing, however often the device comes.
func TestAMailServersWipeThatIsNotCarriedOutIsNotAcknowledged(t *testing.T) {
	for _, decision := range []string{"none", "reject", "cancel"} {
		t.Run(decision, func(t *testing.T) {
			w := newWorld(t, sqldb.SQLite, upstream.Options{Provision: true, Wipe: "anna"})
			owner := w.administrator(t, "olga")
			owner.signIn()
			p := w.handset(t, "anna", "14.1")
			p.provision()
			p.folders()
			list, _, err := w.Commands.List(t.Context(), system, command.Filter{Device: w.device(t, p).ID}, 10, "")
			if err != nil || len(list) != 1 {
				t.Fatalf("the mail server's wish became %d commands (%v)", len(list), err)
			}
			switch decision {
			case "reject":
				owner.want(http.MethodPost, "/approvals/"+list[0].Approval+"/reject", map[string]any{"code": owner.code()})
			case "cancel":
				owner.want(http.MethodPost, "/commands/"+list[0].ID+"/cancel", nil)
			}
			p.send("Provision", wiped()) // the device says so unasked
			for range 3 {
				p.folders()
			}
			if w.mail.Wiped("anna", p.id) || w.told(t, list[0].ID) != 0 {
				t.Error("the mail server was told that the device has wiped itself")
			}
		})
	}
}

func mustToken(t *testing.T, w *world, a *administrator) string {
	t.Helper()
	secret, _, err := w.Admins.CreateToken(t.Context(), system, admin.Draft{Admin: a.id, Label: "another", Life: time.Hour}, safety.Proof{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}
