package endtoend

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/enrol"
	"drover/internal/core/logbook"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/server"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/upstream"
)

// postbox is a mail server that keeps what it is sent.
type postbox struct {
	address string

	mu    sync.Mutex
	mails []string
}

func newPostbox(t *testing.T) *postbox {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postbox{address: listener.Addr().String()}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{p}, nil }))
	s.Domain, s.AllowInsecureAuth = "localhost", true
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	return p
}

func (p *postbox) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mails)
}

type delivery struct{ box *postbox }

func (*delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (*delivery) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (*delivery) Reset()                               {}
func (*delivery) Logout() error                        { return nil }

func (d *delivery) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.box.mails = append(d.box.mails, string(text))
	return err
}

// companion is the foreign client: a process of its own.
type companion struct {
	events chan map[string]any
	stop   func()
}

// modules installs the client's packages once.
var modules = sync.OnceValue(func() error {
	dir := filepath.Join("..", "companionclient")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil {
		return nil
	}
	cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir = dir
	return cmd.Run()
})

func startCompanion(t *testing.T, z *zonetest.Zone, args ...string) *companion {
	t.Helper()
	if err := modules(); err != nil {
		t.Fatalf("install the companion client: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"main.js", "--server", z.Device, "--mail", "ann@example.org"}, args...)...)
	cmd.Dir, cmd.Stderr = filepath.Join("..", "companionclient"), os.Stderr
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+z.CA)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &companion{events: make(chan map[string]any, 100), stop: sync.OnceFunc(func() { _ = in.Close() })}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(c.events)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var event map[string]any
			if json.Unmarshal(lines.Bytes(), &event) == nil {
				c.events <- event
			}
		}
	}()
	t.Cleanup(func() {
		c.stop()
		<-done
		_ = cmd.Wait()
	})
	return c
}

// want waits for the next event, which must be of the kind.
func (c *companion) want(t *testing.T, kind string) map[string]any {
	t.Helper()
	select {
	case e, ok := <-c.events:
		if !ok || e["event"] != kind {
			t.Fatalf("the client says %v, want %s", e, kind)
		}
		return e
	case <-time.After(40 * time.Second):
		t.Fatalf("the client says nothing, want %s", kind)
	}
	return nil
}

// android is what a phone of the seed's days says of itself.
const android = `{"model":"GT-I9100","os":"Android 4.1","userAgent":"Android-EAS/4.1","deviceType":"Android","serial":"S-1","imei":"356938035643809"}`

func invite(t *testing.T, z *zonetest.Zone, uses int) (directory.User, string) {
	t.Helper()
	u, err := z.Users.Add(t.Context(), zonetest.System, directory.Draft{Name: "ann", Mail: "ann@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := z.Enrol.Invite(t.Context(), zonetest.System, enrol.Draft{Owner: u.ID, Uses: uses, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return u, token
}

// order orders something from a device, in the name of the operator.
func order(t *testing.T, z *zonetest.Zone, id string, kind platform.Command) string {
	t.Helper()
	r := command.Request{Kind: kind, Devices: []string{id}, Reason: "a test"}
	if kind == platform.Message {
		r.Text = "Please call the help desk."
	}
	b, err := z.Commands.Request(t.Context(), zonetest.System, r)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return b.Commands[0].ID
}

// TestACompanionObeysAndTakesEveryOrder has a foreign client, which knows nothing but the OpenAPI document and signs with
// a library of others, live the life of a device: it enrols, obeys, waits, takes every order, and is wiped at last.
func TestACompanionObeysAndTakesEveryOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		box := newPostbox(t)
		w := newWorld(t, e, upstream.Options{}, func(c *server.Config) { c.SMTP, c.SMTPFrom = "smtp://"+box.address, "drover@example.org" })
		z := w.Zone
		w.edit(t, platform.LockDuressAddress, policy.Text("guard@example.org"))
		w.edit(t, platform.LockDuress, policy.Bool(true))
		if _, err := z.Enrol.SetTerms(t.Context(), zonetest.System, "Be careful.", 0); err != nil {
			t.Fatal(err)
		}
		keepSyncs(t, z)
		_, token := invite(t, z, 2)
		kind := map[sqldb.Engine]string{sqldb.SQLite: "ed25519", sqldb.PostgreSQL: "ecdsa-p256-sha256"}[e]
		c := startCompanion(t, z, "--invitation="+token, "--kind", kind, "--facts", android, "--refuse", "camera.allow", "--probe", "--duress")

		enrolled := c.want(t, "enrolled")
		id := enrolled["device"].(string)
		if enrolled["terms"] != 1.0 || enrolled["zone"] != "Drover" {
			t.Errorf("enrolled as %v", enrolled)
		}
		if state := c.want(t, "checked-in"); state["policy"] == "" || state["commands"] != false || state["terms"] != 0.0 {
			t.Errorf("the state is %v", state)
		}
		settings := c.want(t, "obeyed")["settings"].(map[string]any)
		if _, told := settings[string(platform.LockDuressAddress)]; told || len(settings) < 20 {
			t.Errorf("%d settings; the duress address is told: %v", len(settings), told)
		}
		if c.want(t, "renewed")["key"] == enrolled["key"] {
			t.Error("the renewed key is the old one")
		}
		for _, code := range []string{
			"signature.replay", "signature.digest", "signature.clock", "signature.tag", "signature.components",
			"collect.off", "collect.off", "collect.off", "collect.off", "collect.off",
		} {
			if got := c.want(t, "refused"); got["code"] != code {
				t.Errorf("%v, want %s", got, code)
			}
		}
		c.want(t, "duress")
		duress(t, z, box, id)

		w.edit(t, platform.AuditDeviceLog, policy.Bool(true))
		c.want(t, "obeyed")
		for _, k := range []platform.Command{
			platform.Message, platform.Lock, platform.ClearPasscode, platform.UpdateInventory, platform.RequestLog, platform.WipeCard,
		} {
			carriedOut(t, z, c, id, k)
		}
		locate := command.Request{Kind: platform.Locate, Devices: []string{id}, Reason: "a test"}
		if _, err := z.Commands.Request(t.Context(), zonetest.System, locate); problem.From(err).Code != "command.refused" {
			t.Errorf("what is not collected was ordered: %v", err)
		}
		if d, err := z.Devices.Get(t.Context(), zonetest.System, id); err != nil || d.State != device.Active || d.Platform != platform.AndroidNative {
			t.Errorf("%+v %v", d, err)
		}
		if stocks, err := z.Journal.Stocks(t.Context(), zonetest.System, id); err != nil || len(stocks) != 1 {
			t.Errorf("of what was asked for, the log alone, this is kept: %v (%v)", stocks, err)
		}
		w.edit(t, platform.PasswordMinLength, policy.Number(9)) // reaches it while it waits
		changed := c.want(t, "obeyed")["settings"].(map[string]any)[string(platform.PasswordMinLength)]
		if got := changed.(map[string]any)["value"]; got != 9.0 {
			t.Errorf("the new length is %v", got)
		}
		carriedOut(t, z, c, id, platform.FullWipe)
		if got := c.want(t, "ended"); got["code"] != "key.unknown" {
			t.Errorf("after the wipe: %v", got)
		}
		keptOut(t, z, id, token, kind)
	})
}

// carriedOut orders something and follows it to its end.
func carriedOut(t *testing.T, z *zonetest.Zone, c *companion, id string, k platform.Command) {
	t.Helper()
	order := order(t, z, id, k)
	e := c.want(t, "command")
	destroys := k == platform.WipeCard || k == platform.FullWipe
	if e["id"] != order || e["kind"] != string(k) || (e["told"] == true) != destroys {
		t.Errorf("%s: the client took %v", k, e)
	}
	if k == platform.Message && e["text"] != "Please call the help desk." {
		t.Errorf("the message is %v", e["text"])
	}
	x, err := z.Commands.Get(t.Context(), zonetest.System, order)
	if err != nil || x.State != command.Done || x.Channel != platform.Companion {
		t.Fatalf("%s is %s over %s (%v)", k, x.State, x.Channel, err)
	}
	var steps []command.State
	for _, s := range x.Steps {
		steps = append(steps, s.State)
	}
	if destroys && !slices.Contains(steps, command.Acknowledged) {
		t.Errorf("%s was carried out without having been confirmed: %v", k, steps)
	}
}

// keepSyncs has the log of synchronisations kept.
func keepSyncs(t *testing.T, z *zonetest.Zone) {
	t.Helper()
	if err := z.Logbook.Keep(t.Context(), zonetest.System, 7, 0); err != nil {
		t.Fatal(err)
	}
}

// duress looks for the mail, and for traces where there must be none.
func duress(t *testing.T, z *zonetest.Zone, box *postbox, id string) {
	t.Helper()
	until(t, "the mail", func() bool { return len(box.all()) > 0 })
	mail := box.all()[0]
	for _, want := range []string{"guard@example.org", "Duress", "ann", "X-Priority: 1"} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail lacks %q:\n%s", want, mail)
		}
	}
	seen := func(c scope.Caller, f audit.Filter) int {
		list, _, err := z.Audit.List(t.Context(), c, f, audit.Page{Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	all := audit.Filter{Action: audit.Duress}
	officer := coretest.Admin([]scope.Right{scope.AuditRead, scope.DuressRead})
	if n := seen(officer, all); n != 1 {
		t.Errorf("the security officer sees %d records", n)
	}
	if n := seen(coretest.Admin([]scope.Right{scope.AuditRead}), all); n != 0 {
		t.Error("an auditor sees it")
	}
	list, _, err := z.Audit.List(t.Context(), officer, audit.Filter{Device: id}, audit.Page{Limit: 500})
	if err != nil || slices.ContainsFunc(list, func(e audit.Entry) bool { return e.Action == audit.Duress }) {
		t.Errorf("the device's own records tell of it (%v)", err)
	}
	if err := z.Logbook.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	talk, _, err := z.Logbook.Syncs(t.Context(), zonetest.System, logbook.SyncFilter{Device: id}, 500, "")
	if err != nil || len(talk) == 0 || slices.ContainsFunc(talk, func(x logbook.Sync) bool { return strings.Contains(x.Command, "duress") }) {
		t.Errorf("the log of synchronisations tells of it: %+v (%v)", talk, err)
	}
}

// TestS20 in small: a wiped device comes back by no invitation, no new key, no other name, but by an administrator's word.
func keptOut(t *testing.T, z *zonetest.Zone, id, token, kind string) {
	t.Helper()
	if d, err := z.Devices.Get(t.Context(), zonetest.System, id); err != nil || d.State != device.Wiped {
		t.Fatalf("after the wipe the device is %s (%v)", d.State, err)
	}
	again := startCompanion(t, z, "--invitation="+token, "--kind", kind, "--facts", android)
	if got := again.want(t, "ended"); got["operation"] != "enrol" || got["code"] != "device.wiped" {
		t.Errorf("the wiped device: %v", got)
	}
	if err := z.Devices.Readmit(t.Context(), zonetest.System, id, "found"); err != nil {
		t.Fatal(err)
	}
	again = startCompanion(t, z, "--invitation="+token, "--kind", kind, "--facts", android)
	again.want(t, "enrolled")
	again.want(t, "checked-in")
	again.stop()
	third := startCompanion(t, z, "--invitation="+token, "--kind", kind)
	if got := third.want(t, "ended"); got["code"] != "enrol.invitation" {
		t.Errorf("an invitation for two let a third in: %v", got)
	}
}
