package activesync

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/wbxml"

	"github.com/google/go-cmp/cmp"
)

// The judge of this file is a real ActiveSync server: SOGo, started by test/sogo/sogo-up, which needs root.

var sogo struct {
	once sync.Once
	dir  string
	url  string
	err  error
}

const scripts = "../../../test/sogo/"

// TestMain stops the server that a test may have started.
func TestMain(m *testing.M) {
	code := m.Run()
	if sogo.dir != "" {
		if out, err := exec.Command(scripts+"sogo-down", sogo.dir, "--purge").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "sogo-down: %v\n%s", err, out)
			code = 1
		}
	}
	os.Exit(code)
}

// realMail returns the address of the real server.
func realMail(t testing.TB) string {
	t.Helper()
	sogo.once.Do(startSOGo)
	if sogo.err != nil {
		t.Fatal(sogo.err)
	}
	return sogo.url
}

func startSOGo() {
	if sogo.dir, sogo.err = os.MkdirTemp("", "drover-sogo"); sogo.err != nil {
		return
	}
	if sogo.err = os.Chmod(sogo.dir, 0o755); sogo.err != nil { // its daemons run as other users
		return
	}
	port, err := freePorts(7)
	if err != nil {
		sogo.err = err
		return
	}
	if out, err := exec.Command(scripts+"sogo-up", sogo.dir, fmt.Sprint(port)).CombinedOutput(); err != nil {
		sogo.err = fmt.Errorf("sogo-up: %w\n%s", err, out)
		return
	}
	sogo.url = fmt.Sprintf("http://127.0.0.1:%d%s", port, Path)
}

// freePorts finds n ports in a row that nobody listens on.
func freePorts(n int) (int, error) {
	for first := 18910; first+n < 18990; first += 10 {
		free := 0
		for free < n {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+free))
			if err != nil {
				break
			}
			_ = l.Close()
			free++
		}
		if free == n {
			return first, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports from 18910 on", n)
}

func newRealWorld(t *testing.T) *world {
	u, err := url.Parse(realMail(t))
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, func(up *Upstream) { up.URL, up.Timeout = u, time.Minute })
}

// direct asks the mail server itself what p asks the gateway.
func (p *phone) direct(t *testing.T, c Command, body []byte) got {
	t.Helper()
	r := p.request(c, body)
	u, err := url.Parse(realMail(t) + "?" + r.URL.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	r.URL, r.Host = u, u.Host
	g := do(r)
	if g.err != nil {
		t.Fatal(g.err)
	}
	return g
}

// realForms are the versions that SOGo speaks, with every form of request line.
func realForms(t *testing.T, f func(t *testing.T, w *world, p *phone)) {
	for _, v := range []Version{V25, V120, V121, V140, V141} {
		for _, b64 := range []bool{false, true} {
			if b64 && v < V121 {
				continue
			}
			t.Run(fmt.Sprintf("%v base64=%v", v, b64), func(t *testing.T) {
				w := newRealWorld(t)
				p := w.phone(v)
				p.base64, p.id = b64, fmt.Sprintf("REAL%d%v", v, b64)
				f(t, w, p)
			})
		}
	}
}

func TestARealServerBehindTheGateway(t *testing.T) {
	realForms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.values = strictValues
		p.expect("before provisioning", p.folderSync(), either(p.version, statusNotProvisioned))
		p.enrol()
		through, direct := p.folderSync(), p.direct(t, FolderSync, folderSync0.Encode())
		if d := cmp.Diff(folders(t, direct), folders(t, through)); d != "" {
			t.Errorf("the folders differ from the mail server's own: %s", d)
		}
		p.syncInbox(t, inbox(t, through))
	})
}

// folders returns what a FolderSync brings; the sync key is another each time.
func folders(t *testing.T, g got) *wbxml.Node {
	t.Helper()
	root, err := wbxml.Parse(g.body)
	if err != nil {
		t.Fatalf("HTTP %d %q: %v", g.status, g.body, err)
	}
	return root.Child(wbxml.FolderHierarchyChanges)
}

func inbox(t *testing.T, g got) string {
	t.Helper()
	for _, f := range folders(t, g).All() {
		if f.Child(wbxml.FolderHierarchyType).Value() == "2" {
			return f.Child(wbxml.FolderHierarchyServerId).Value()
		}
	}
	t.Fatal("there is no inbox")
	return ""
}

// syncInbox goes on until nothing is new.
func (p *phone) syncInbox(t *testing.T, id string) {
	t.Helper()
	key := "0"
	for range 10 {
		g := p.send(Sync, syncRequest(key, id))
		if g.status == http.StatusOK && len(g.body) == 0 {
			return
		}
		root, err := wbxml.Parse(g.body)
		if err != nil {
			t.Fatalf("HTTP %d %q: %v", g.status, g.body, err)
		}
		if next := collection(root).Child(wbxml.AirSyncSyncKey).Value(); next != key {
			key = next
			continue
		}
		return
	}
	t.Fatal("the inbox is never up to date")
}

func TestARealServerProvesCredentials(t *testing.T) {
	for _, v := range []Version{V25, V120, V141} {
		w := newRealWorld(t)
		w.zone.access = Quarantined // nothing is passed on: the question is the gateway's own
		p := w.phone(v)
		p.password = "wrong"
		if g := p.folderSync(); g.status != http.StatusUnauthorized {
			t.Errorf("%v with a wrong password: HTTP %d", v, g.status)
		}
		p.password = "secret"
		if g := p.folderSync(); g.status != http.StatusOK || !bytes.Contains(g.body, []byte(quarantineFirst)) {
			t.Errorf("%v with the right one: HTTP %d", v, g.status)
		}
	}
}

func TestOptionsOfARealServer(t *testing.T) {
	w := newRealWorld(t)
	r, err := http.NewRequest(http.MethodOptions, w.front.URL+Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("alice", "secret")
	g := do(r)
	if got := g.header.Get("Ms-Asprotocolversions"); got != "2.5,12.0,12.1,14.0,14.1" {
		t.Errorf("versions %q", got)
	}
	if !strings.HasSuffix(g.header.Get("Ms-Asprotocolcommands"), ",Provision") {
		t.Errorf("commands %q", g.header.Get("Ms-Asprotocolcommands"))
	}
}

func TestAPingHeldByARealServer(t *testing.T) {
	w := newRealWorld(t)
	w.zone.values = strictValues
	p := w.phone(V141)
	p.id = "REALPING"
	p.enrol()
	id := inbox(t, p.folderSync())
	p.syncInbox(t, id)
	ping := wbxml.Elem(wbxml.PingPing, wbxml.Leaf(wbxml.PingHeartbeatInterval, "600"), wbxml.Elem(wbxml.PingFolders,
		wbxml.Elem(wbxml.PingFolder, wbxml.Leaf(wbxml.PingId, id), wbxml.Leaf(wbxml.PingClass, "Email")))).Encode()
	answer := make(chan got, 1)
	hold := func() {
		go func() { answer <- do(p.request(Ping, ping)) }()
		eventually(t, "the Ping is held", func() bool { return len(w.g.holding.all()) == 1 })
	}

	hold()
	w.zone.set(func() { w.zone.orders["id-REALPING"] = FullWipe })
	w.bus.Publish(bus.Message{Topic: "device:id-REALPING"})
	p.expect("a wipe while the real server holds the Ping", <-answer, int(statusWipeRequested))

	w.zone.set(func() { delete(w.zone.orders, "id-REALPING") })
	hold()
	if out, err := exec.Command(scripts+"sogo-deliver", sogo.dir, "alice", "wakes the Ping").CombinedOutput(); err != nil {
		t.Fatalf("sogo-deliver: %v\n%s", err, out)
	}
	select {
	case g := <-answer:
		p.expect("a mail while the Ping is held", g, 2)
	case <-time.After(time.Minute):
		log, _ := os.ReadFile(filepath.Join(sogo.dir, "log", "sogo.log"))
		t.Fatalf("the mail did not wake the Ping\n%s", log[max(0, len(log)-2000):])
	}
}

func TestMailSentThroughTheGatewayArrives(t *testing.T) {
	for _, v := range []Version{V121, V141} {
		w := newRealWorld(t)
		p := w.phone(v)
		p.id = "REALSEND" + fmt.Sprint(v)
		p.passesSomething()
		mime := "From: alice@example.test\r\nTo: bob@example.test\r\nSubject: through the gateway\r\n\r\nhello\r\n"
		body, kind := []byte(mime), "message/rfc822"
		if v >= V140 {
			kind = wbxml.ContentType
			body = wbxml.Elem(wbxml.ComposeMailSendMail, wbxml.Leaf(wbxml.ComposeMailClientId, "client-1"),
				&wbxml.Node{Tag: wbxml.ComposeMailMIME, Text: mime, Opaque: true}).Encode()
		}
		r := p.request(SendMail, body)
		r.Header.Set("Content-Type", kind)
		if g := do(r); g.status != http.StatusOK || len(g.body) != 0 {
			t.Errorf("%v: HTTP %d %q", v, g.status, g.body)
		}
	}
}

func (p *phone) passesSomething() {
	p.w.t.Helper()
	if g := p.folderSync(); g.status != http.StatusOK {
		p.w.t.Fatalf("HTTP %d", g.status)
	}
}
