package activesync

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"drover/internal/core/door/doortest"
	"drover/internal/gate"

	"github.com/prometheus/client_golang/prometheus"
)

// behindGate puts the gateway where it stands in the server.
func behindGate(t *testing.T, change ...func(*Upstream)) (*world, *gate.Gate) {
	t.Helper()
	w := newWorld(t, change...)
	g, err := gate.New(gate.Options{Routes: w.g.Routes(), Doors: doortest.Doors{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	w.front.Close()
	w.front = httptest.NewServer(g.Device())
	t.Cleanup(w.front.Close)
	return w, g
}

func TestTheGateLetsMailClientsThrough(t *testing.T) {
	w, _ := behindGate(t)
	p := w.phone(V141)
	for path, want := range map[string]int{Path: 200, "/microsoft-server-activesync": 200, "/Microsoft-Server-ActiveSync/default.eas": 404} {
		r := p.request(FolderSync, folderSync0.Encode())
		r.URL.Path = path
		if g := do(r); g.status != want {
			t.Errorf("%s: HTTP %d, want %d", path, g.status, want)
		}
	}
	r := p.request(FolderSync, nil)
	r.Method = http.MethodGet
	if g := do(r); g.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: HTTP %d", g.status)
	}
	r = p.request(SendMail, nil)
	r.Body, r.ContentLength = io.NopCloser(io.LimitReader(zeros{}, 1<<30)), -1
	if g := do(r); g.err == nil && g.status == http.StatusOK {
		t.Errorf("a mail of 1 GB: HTTP %d", g.status)
	}
	if n := len(w.mail.seen("SendMail")); n != 0 {
		t.Errorf("%d mails of 1 GB arrived whole", n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestAHeldPingEndsWhenTheServerStops(t *testing.T) {
	w, g := behindGate(t)
	p := w.phone(V141)
	p.passes()
	w.mail.on(func(_ http.ResponseWriter, r *http.Request, cmd string, _ []byte) bool {
		if cmd == "Ping" {
			<-r.Context().Done()
		}
		return false
	})
	answer := make(chan got, 1)
	go func() { answer <- do(p.request(Ping, nil)) }()
	eventually(t, "the Ping is held", func() bool { return len(w.g.holding.all()) == 1 })
	g.Stop()
	if got := <-answer; got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d", got.status)
	}
	if got := do(p.request(Ping, nil)); got.status != http.StatusServiceUnavailable {
		t.Errorf("a Ping to a server that stops: HTTP %d", got.status)
	}
}

func TestAClientThatGoesAwayLetsTheMailServerGo(t *testing.T) {
	w, _ := behindGate(t)
	p := w.phone(V141)
	p.passes()
	held, gone := make(chan struct{}), make(chan struct{})
	w.mail.on(func(_ http.ResponseWriter, r *http.Request, cmd string, _ []byte) bool {
		if cmd == "Ping" {
			close(held)
			<-r.Context().Done()
			close(gone)
		}
		return false
	})
	c, err := net.Dial("tcp", strings.TrimPrefix(w.front.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.request(Ping, nil).Write(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	<-held
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("the mail server still holds the Ping")
	}
	eventually(t, "nothing is held", func() bool { return len(w.g.holding.all()) == 0 })
}
