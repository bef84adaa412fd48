package activesync

import (
	"net/http"
	"testing"

	"drover/internal/base/bus"
	"drover/internal/base/wbxml"
)

// deaf has the mail server hold every Ping and Sync until it is let go.
func (m *mailFake) deaf() {
	m.on(func(_ http.ResponseWriter, r *http.Request, cmd string, _ []byte) bool {
		if cmd == "Ping" || cmd == "Sync" {
			<-r.Context().Done()
		}
		return false
	})
}

// hold sends a request that is held, and returns where its answer will be.
func (p *phone) hold(c Command, body []byte, waiting int) <-chan got {
	p.w.t.Helper()
	answer := make(chan got, 1)
	go func() { answer <- do(p.request(c, body)) }()
	eventually(p.w.t, "the "+c.String()+" is held", func() bool { return len(p.w.g.holding.all()) == waiting })
	return answer
}

// again sends the same request once more and returns the answer to the first and where that to the second will be.
func (p *phone) again(c Command, body []byte, first <-chan got) (got, <-chan got) {
	second := make(chan got, 1)
	go func() { second <- do(p.request(c, body)) }()
	return <-first, second
}

func TestANewPingEndsTheOlderOne(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.mail.deaf()
		p.passes()
		expired := pingExpired
		if p.version < V140 {
			expired = http.StatusOK
		}
		ping := p.hold(Ping, nil, 1)
		sync := p.hold(Sync, nil, 2) // a Sync is another matter
		for range 5 {
			var older got
			older, ping = p.again(Ping, nil, ping)
			p.expect("the older Ping", older, expired)
			older, sync = p.again(Sync, nil, sync)
			if older.status != http.StatusOK || len(older.body) != 0 {
				t.Errorf("the older Sync: HTTP %d %q", older.status, older.body)
			}
		}
		eventually(t, "one of each is held", func() bool { return len(w.g.holding.all()) == 2 })
		if n := len(w.g.holding.newest); n != 2 {
			t.Errorf("%d are remembered", n)
		}
		w.bus.Publish(bus.Message{Topic: "device:id-DEV1"})
		p.expect("the newest Ping", <-ping, expired)
		<-sync
		if n := len(w.g.holding.all()) + len(w.g.holding.newest); n != 0 {
			t.Errorf("%d are remembered when nothing is held", n)
		}
	})
}

func TestANewPingOfTheQuarantineEndsTheOlderOne(t *testing.T) {
	w := newWorld(t)
	w.zone.access = Quarantined
	p := w.phone(V141)
	p.folderSync()
	body := wbxml.Elem(wbxml.PingPing, wbxml.Leaf(wbxml.PingHeartbeatInterval, "900"), wbxml.Elem(wbxml.PingFolders)).Encode()
	ping := p.hold(Ping, body, 1)
	older, ping := p.again(Ping, body, ping)
	p.expect("the older Ping", older, pingExpired)
	eventually(t, "the newer one is held", func() bool { return len(w.g.holding.all()) == 1 })
	w.zone.set(func() { w.zone.access = Allowed })
	w.bus.Publish(bus.Message{Topic: "zone"})
	p.expect("the newer Ping", <-ping, pingFolderSync)
}

// Who knows a device's name alone must not be able to end what it holds.
func TestAStrangerEndsNobodysPing(t *testing.T) {
	w := newWorld(t)
	w.mail.deaf()
	p := w.phone(V141)
	p.passes()
	ping := p.hold(Ping, nil, 1)
	stranger := *p
	stranger.password = "a guess"
	if g := do(stranger.request(Ping, nil)); g.status != http.StatusUnauthorized {
		t.Fatalf("the stranger's Ping: HTTP %d %q", g.status, g.body)
	}
	eventually(t, "the stranger has gone", func() bool { return len(w.g.holding.all()) == 1 })
	if w.g.holding.all()[0].followed.Load() {
		t.Error("the stranger has ended the Ping")
	}
	w.bus.Publish(bus.Message{Topic: "device:id-DEV1"})
	p.expect("the Ping", <-ping, pingExpired)
}
