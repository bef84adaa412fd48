package activesync

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/bus"
	"drover/internal/base/wbxml"
	"drover/test/sogo"
)

// TestBehindARealServer has a real ActiveSync server, SOGo, judge the gateway.
func TestBehindARealServer(t *testing.T) {
	mail := sogo.Start(t)
	for name, test := range map[string]func(*testing.T, *sogo.Server){
		"folders and mail":    realForms(folderAndMail),
		"credentials":         realCredentials,
		"options":             realOptions,
		"a Ping that is held": realPing,
		"a mail that is sent": realSendMail,
	} {
		t.Run(name, func(t *testing.T) { test(t, mail) })
	}
}

func newRealWorld(t *testing.T, mail *sogo.Server) *world {
	u, err := url.Parse(mail.URL)
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, func(up *Upstream) { up.URL, up.Timeout = u, time.Minute })
}

// direct asks the mail server itself what p asks the gateway.
func (p *phone) direct(t *testing.T, mail *sogo.Server, c Command, body []byte) got {
	t.Helper()
	r := p.request(c, body)
	u, err := url.Parse(mail.URL + "?" + r.URL.RawQuery)
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
func realForms(f func(t *testing.T, mail *sogo.Server, w *world, p *phone)) func(*testing.T, *sogo.Server) {
	return func(t *testing.T, mail *sogo.Server) {
		for _, v := range []Version{V25, V120, V121, V140, V141} {
			for _, b64 := range []bool{false, true} {
				if b64 && v < V121 {
					continue
				}
				t.Run(fmt.Sprintf("%v base64=%v", v, b64), func(t *testing.T) {
					w := newRealWorld(t, mail)
					p := w.phone(v)
					p.base64, p.id = b64, fmt.Sprintf("REAL%d%v", v, b64)
					f(t, mail, w, p)
				})
			}
		}
	}
}

func folderAndMail(t *testing.T, mail *sogo.Server, w *world, p *phone) {
	w.zone.values = strictValues
	p.expect("before provisioning", p.folderSync(), either(p.version, statusNotProvisioned))
	p.enrol()
	through, direct := p.folderSync(), p.direct(t, mail, FolderSync, folderSync0.Encode())
	if d := cmp.Diff(folders(t, direct), folders(t, through)); d != "" {
		t.Errorf("the folders differ from the mail server's own: %s", d)
	}
	p.syncInbox(t, inbox(t, through))
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

func realCredentials(t *testing.T, mail *sogo.Server) {
	for _, v := range []Version{V25, V120, V141} {
		w := newRealWorld(t, mail)
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

func realOptions(t *testing.T, mail *sogo.Server) {
	w := newRealWorld(t, mail)
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

func realPing(t *testing.T, mail *sogo.Server) {
	w := newRealWorld(t, mail)
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
	mail.Deliver(t, "alice", "wakes the Ping")
	select {
	case g := <-answer:
		p.expect("a mail while the Ping is held", g, 2)
	case <-time.After(time.Minute):
		t.Fatal("the mail did not wake the Ping")
	}
}

func realSendMail(t *testing.T, mail *sogo.Server) {
	for _, v := range []Version{V121, V141} {
		w := newRealWorld(t, mail)
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
