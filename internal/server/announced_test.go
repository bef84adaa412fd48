package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drover/internal/base/addrrule"
	"drover/internal/gate/gatetest"
)

// announcing serves who calls, to proxies that announce it and stand at the address.
func announcing(t *testing.T, trusted string) (w *world, at string) {
	t.Helper()
	w = newWorld(t)
	list, err := addrrule.ParseList([]string{trusted})
	if err != nil {
		t.Fatal(err)
	}
	proxies, err := addrrule.NewProxies(list, "")
	if err != nil {
		t.Fatal(err)
	}
	w.gate.TrustProxies(proxies)
	o := w.options("device")
	o.Announced = true
	o.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })
	return w, w.listen(t, o)
}

// from returns a client that comes from an address of this machine, and may say something before its handshake.
func (w *world) from(t *testing.T, addr, first string) *http.Client {
	t.Helper()
	d := net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.pool, ServerName: "localhost"}}
	tr.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, to)
		if err == nil {
			_, err = io.WriteString(c, first)
		}
		return c, err
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 15 * time.Second}
}

func seen(c *http.Client, at string) (string, error) {
	r, err := c.Get("https://" + at + "/")
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	host, _, _ := net.SplitHostPort(string(text))
	return host, err
}

// TestRealProxiesAnnounceTheirClients has HAProxy say for whom it speaks, in both versions.
func TestRealProxiesAnnounceTheirClients(t *testing.T) {
	for _, how := range []string{"send-proxy", "send-proxy-v2"} {
		w, at := announcing(t, "127.0.0.5")
		got, err := seen(w.from(t, "127.0.0.77", ""), gatetest.Relay(t, at, how))
		if err != nil || got != "127.0.0.77" {
			t.Errorf("%s: %q (%v)", how, got, err)
		}
	}
}

// TestNobodyElseAnnounces is the matrix of who says what before the handshake.
func TestNobodyElseAnnounces(t *testing.T) {
	w, at := announcing(t, "127.0.0.5")
	_, port, _ := net.SplitHostPort(at)
	header := func(text string) string { return fmt.Sprintf(text, port) }
	for _, tt := range []struct{ peer, first, want string }{
		{"127.0.0.5", header("PROXY TCP4 198.51.100.7 127.0.0.1 4711 %s\r\n"), "198.51.100.7"},
		{"127.0.0.5", header("PROXY TCP6 2001:db8::7 ::1 4711 %s\r\n"), "2001:db8::7"},
		{"127.0.0.5", "PROXY UNKNOWN\r\n", "127.0.0.5"},
		{"127.0.0.5", "", ""}, // it must announce
		{"127.0.0.5", "PROXY TCP4 nonsense\r\n", ""},
		{"127.0.0.6", "", "127.0.0.6"},
		{"127.0.0.6", header("PROXY TCP4 127.0.0.5 127.0.0.1 4711 %s\r\n"), ""},
		{"127.0.0.6", header("PROXY TCP4 198.51.100.7 127.0.0.1 4711 %s\r\n"), ""},
	} {
		got, err := seen(w.from(t, tt.peer, tt.first), at)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s says %q: %q (%v), want %q", tt.peer, strings.TrimSpace(tt.first), got, err, tt.want)
		}
	}
}

// TestTheGateTakesTheAnnouncedAddress: what is announced is judged like any peer.
func TestTheGateTakesTheAnnouncedAddress(t *testing.T) {
	list, err := addrrule.ParseList([]string{"127.0.0.1", "10.9.9.9"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := addrrule.NewProxies(list, "")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"X-Forwarded-For": {"203.0.113.1, 198.51.100.1"}}
	for peer, want := range map[string]string{"198.51.100.7": "198.51.100.7", "10.9.9.9": "198.51.100.1"} {
		if got := p.Client(netip.MustParseAddr(peer), h); got.String() != want {
			t.Errorf("announced %s: %s, want %s", peer, got, want)
		}
	}
}
