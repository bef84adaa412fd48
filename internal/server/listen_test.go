package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"drover/internal/base/clock"
	"drover/internal/base/pki"
	"drover/internal/core/door/doortest"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a gate with a few routes and a certificate for its listeners.
type world struct {
	gate *gate.Gate
	tls  *tls.Config
	pool *x509.CertPool
	// poured is told when an endless answer has ended.
	poured chan struct{}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(w, r.Body); err != nil {
			gate.WriteProblem(w, r, err)
		}
	})
	count := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			gate.WriteProblem(w, r, err)
			return
		}
		_, _ = io.WriteString(w, strconv.FormatInt(n, 10))
	})
	hold := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-gate.Stopping(r.Context()):
			_, _ = io.WriteString(w, "stopping")
		case <-time.After(30 * time.Minute):
			_, _ = io.WriteString(w, "nothing new")
		}
	})
	poured := make(chan struct{}, 1)
	pour := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; {
			_, err = w.Write(make([]byte, 32<<10))
		}
		poured <- struct{}{}
	})
	lift := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		echo(w, r)
	})
	anyone := gate.Anyone("for the test")
	var routes []gate.Route
	for _, service := range []zone.Service{zone.ServiceActiveSync, zone.ServiceAdminAPI} {
		routes = append(routes,
			gate.Route{Service: service, Method: "POST", Pattern: "/echo", Who: anyone, Body: 1 << 20, Handler: echo},
			gate.Route{Service: service, Method: "POST", Pattern: "/count", Who: anyone, Body: 1 << 20, Time: gate.Held, Handler: count},
			gate.Route{Service: service, Method: "POST", Pattern: "/lift", Who: anyone, Body: 1 << 20, Handler: lift},
			gate.Route{Service: service, Method: "POST", Pattern: "/pour", Who: anyone, Handler: pour},
			gate.Route{Service: service, Method: "POST", Pattern: "/pour/held", Who: anyone, Time: gate.Held, Handler: pour},
			gate.Route{Service: service, Method: "POST", Pattern: "/hold", Who: anyone, Body: 1 << 20, Time: gate.Held, Handler: hold})
	}
	g, err := gate.New(gate.Options{Routes: routes, Doors: doortest.Doors{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := pki.OpenAuthority(t.TempDir(), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	own, err := pki.NewServer(a, []string{"localhost", "127.0.0.1"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &world{poured: poured, gate: g, tls: TLSConfig(own), pool: a.Pool()}
}

func (w *world) options(name string) ListenerOptions {
	o := ListenerOptions{
		Name: name, Address: "127.0.0.1:0", Handler: w.gate.Device(), TLS: w.tls, Connections: 100, PerAddress: 50,
		Exempt: w.gate.TrustsProxy, Log: slog.New(slog.DiscardHandler),
	}
	if name == "admin" {
		o.Handler, o.HTTP2 = w.gate.Admin(), true
	}
	return o
}

// serve serves until the test ends, and then asks for a clean stop.
func (w *world) serve(t *testing.T, l *Listener) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- l.Serve() }()
	t.Cleanup(func() {
		w.gate.Stop()
		if err := errors.Join(l.Stop(context.Background()), <-ended); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) listen(t *testing.T, o ListenerOptions) string {
	t.Helper()
	l, err := Listen(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	w.serve(t, l)
	return l.Addr().String()
}

func (w *world) client() *tls.Config { return &tls.Config{RootCAs: w.pool, ServerName: "localhost"} }

func TestProtocols(t *testing.T) {
	w := newWorld(t)
	for name, offers := range map[string]string{"device": "http/1.1", "admin": "h2"} {
		address := w.listen(t, w.options(name))
		for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
			config := w.client()
			config.MinVersion, config.MaxVersion, config.NextProtos = version, version, []string{"h2", "http/1.1"}
			c, err := tls.Dial("tcp", address, config)
			if (err == nil) != want {
				t.Errorf("%s, %s: %v", name, tls.VersionName(version), err)
			}
			if err != nil {
				continue
			}
			if got := c.ConnectionState().NegotiatedProtocol; got != offers {
				t.Errorf("%s speaks %s, want %s", name, got, offers)
			}
			_ = c.Close()
		}
		for _, suite := range []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA} {
			config := w.client()
			config.MaxVersion, config.CipherSuites = tls.VersionTLS12, []uint16{suite}
			if c, err := tls.Dial("tcp", address, config); err == nil {
				_ = c.Close()
				t.Errorf("%s takes %s", name, tls.CipherSuiteName(suite))
			}
		}
	}
}

func TestSessionsAreResumed(t *testing.T) {
	w := newWorld(t)
	address := w.listen(t, w.options("device"))
	config := w.client()
	config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	for i := range 2 {
		c, err := tls.Dial("tcp", address, config)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if _, err := io.ReadAll(c); err != nil { // the ticket comes with the answer
			t.Fatal(err)
		}
		if c.ConnectionState().DidResume != (i == 1) {
			t.Errorf("connection %d: resumed %t", i, c.ConnectionState().DidResume)
		}
		_ = c.Close()
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	w := newWorld(t)
	exempt := false
	for _, tt := range []struct {
		name              string
		total, perAddress int
		exempt            bool
		admitted          int
	}{{"in total", 3, 50, false, 3}, {"per address", 50, 2, false, 2}, {"a proxy is exempt per address", 5, 2, true, 5}} {
		exempt = tt.exempt
		o := w.options("device")
		o.Connections, o.PerAddress, o.Exempt = tt.total, tt.perAddress, func(netip.Addr) bool { return exempt }
		address := w.listen(t, o)
		var open []net.Conn
		for range tt.admitted {
			c, err := tls.Dial("tcp", address, w.client())
			if err != nil {
				t.Fatalf("%s: connection %d: %v", tt.name, len(open), err)
			}
			open = append(open, c)
		}
		if c, err := tls.Dial("tcp", address, w.client()); err == nil {
			_ = c.Close()
			t.Errorf("%s: one more connection was taken", tt.name)
		}
		_ = open[0].Close()
		deadline := time.Now().Add(time.Minute)
		for {
			c, err := tls.Dial("tcp", address, w.client())
			if err == nil {
				open[0] = c
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: a place that was given back is not taken again: %v", tt.name, err)
			}
		}
		for _, c := range open {
			_ = c.Close()
		}
	}
}

func TestIPv6CountsByHouse(t *testing.T) {
	a, b, c := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff:2"), netip.MustParseAddr("2001:db8:0:1::1")
	if house(a) != house(b) || house(a) == house(c) || house(netip.MustParseAddr("192.0.2.1")) == house(netip.MustParseAddr("192.0.2.2")) {
		t.Error("the houses are drawn wrongly")
	}
}

// A gigabyte is refused by its announcement, or at the bound of the route, and costs no memory.
func TestHugeBodies(t *testing.T) {
	w := newWorld(t)
	address := w.listen(t, w.options("device"))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: w.client()}}
	defer client.CloseIdleConnections()
	for _, length := range []int64{1 << 30, -1} {
		sent := &counter{left: 1 << 30}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+address+"/echo", io.NopCloser(sent))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = length
		resp, err := client.Do(r)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if length > 0 && resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("length %d: %s", length, resp.Status)
			}
		}
		if n := sent.n.Load(); n > 64<<20 { // the transport may still be reading
			t.Errorf("length %d: %d octets were taken", length, n)
		}
	}
}

type counter struct {
	left int64
	n    atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n := min(int64(len(p)), c.left)
	c.left -= n
	c.n.Add(n)
	if n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}

func TestHeaderFlood(t *testing.T) {
	w := newWorld(t)
	c, err := tls.Dial("tcp", w.listen(t, w.options("device")), w.client())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		_, _ = io.WriteString(c, "POST /echo HTTP/1.1\r\nHost: localhost\r\n")
		for i := range 1 << 20 {
			if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("x", 1000)); err != nil {
				return
			}
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return // cut before the answer could be read: as good
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%s, want 431", resp.Status)
	}
}

// pipes is a listener whose connections never leave the process, so that a test may hold the time.
type pipes struct {
	queue chan net.Conn
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{queue: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.queue:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.queue <- far
	return near
}

// inBubble runs f with a served listener and a time that only passes when everybody waits.
func inBubble(t *testing.T, f func(t *testing.T, w *world, dial func() net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := newPipes()
		w.serve(t, newListener(t.Context(), p, w.options("device")))
		f(t, w, p.dial)
	})
}

// connect shakes hands and collects what the server says until it hangs up.
func connect(t *testing.T, w *world, raw net.Conn) (*tls.Conn, <-chan string) {
	t.Helper()
	c := tls.Client(raw, w.client())
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(c)
		said <- string(all)
	}()
	return c, said
}

func TestSlowClientsAreCut(t *testing.T) {
	tests := []struct {
		name, first, drip string
		within            time.Duration
	}{
		{"slow headers", "POST /echo HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "x", headerTime},
		{"slow body", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", "x", gate.DefaultTime},
		{"slow body of a handler that means well", "POST /lift HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", "x", gate.DefaultTime},
		{"slow body of a held exchange", "POST /hold HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", "x", gate.BodyTime},
		{"slow chunks", "POST /hold HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", gate.BodyTime},
		{"much of a body, and then little", "POST /hold HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 500_000), "x", gate.BodyTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world, dial func() net.Conn) {
				start := time.Now()
				c, said := connect(t, w, dial())
				_, err := io.WriteString(c, tt.first)
				for err == nil && time.Since(start) < time.Hour {
					time.Sleep(time.Second)
					_ = c.SetWriteDeadline(time.Now().Add(time.Second))
					_, err = io.WriteString(c, tt.drip)
				}
				if took := time.Since(start); took > tt.within+10*time.Second {
					t.Errorf("held a connection for %s", took)
				}
				_ = c.Close()
				<-said
			})
		})
	}
	t.Run("no handshake", func(t *testing.T) {
		inBubble(t, func(t *testing.T, _ *world, dial func() net.Conn) {
			start := time.Now()
			c := dial()
			_, _ = io.Copy(io.Discard, c)
			if took := time.Since(start); took != headerTime {
				t.Errorf("held a connection for %s", took)
			}
			_ = c.Close()
		})
	})
}

// A mail with attachments over a bad line takes many times [gate.BodyTime], with pauses, and arrives whole.
func TestSlowUploadGetsThrough(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, dial func() net.Conn) {
		const size, piece = 1 << 20, 4 << 10
		start := time.Now()
		c, said := connect(t, w, dial())
		_, err := fmt.Fprintf(c, "POST /count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", size)
		for sent := 0; sent < size && err == nil; sent += piece {
			time.Sleep(piece * time.Second / (2 * gate.BodyRate))
			if sent == size/2 {
				time.Sleep(gate.BodyTime - 10*time.Second) // a tunnel
			}
			_, err = io.WriteString(c, strings.Repeat("x", piece))
		}
		if got := <-said; err != nil || !strings.HasSuffix(got, strconv.Itoa(size)) || time.Since(start) < 9*time.Minute {
			t.Errorf("after %s: %v, %q", time.Since(start), err, got)
		}
		_ = c.Close()
	})
}

// A client that does not read what it asked for is cut.
func TestClientsThatDoNotReadAreCut(t *testing.T) {
	for path, within := range map[string]time.Duration{"/pour": gate.DefaultTime, "/pour/held": gate.StallTime} {
		inBubble(t, func(t *testing.T, w *world, dial func() net.Conn) {
			raw := dial()
			c := tls.Client(raw, w.client())
			_, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			<-w.poured
			if took := time.Since(start); took > within+10*time.Second {
				t.Errorf("%s: held a connection for %s", path, took)
			}
			_ = raw.Close()
		})
	}
}

func TestHeldExchangeOutlastsTheLimits(t *testing.T) {
	for _, body := range []string{"", "a Ping"} {
		inBubble(t, func(t *testing.T, w *world, dial func() net.Conn) {
			start := time.Now()
			c, said := connect(t, w, dial())
			_, _ = fmt.Fprintf(c, "POST /hold HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			if got := <-said; !strings.Contains(got, "nothing new") || time.Since(start) != 30*time.Minute {
				t.Errorf("after %s: %q", time.Since(start), got)
			}
			_ = c.Close()
		})
	}
}

// A stream of events lives on over HTTP/2, where a deadline would reset it even while it is silent.
func TestHeldExchangeOverHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := newPipes()
		w.serve(t, newListener(t.Context(), p, w.options("admin")))
		transport := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			config := w.client()
			config.NextProtos = []string{"h2"}
			c := tls.Client(p.dial(), config)
			return c, c.HandshakeContext(ctx)
		}}
		defer transport.CloseIdleConnections()
		start := time.Now()
		resp, err := (&http.Client{Transport: transport}).Post("https://localhost/hold", "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil || string(got) != "nothing new" || resp.ProtoMajor != 2 || time.Since(start) != 30*time.Minute {
			t.Errorf("%s after %s: %q, %v", resp.Proto, time.Since(start), got, err)
		}
	})
}

func TestStopEndsHeldExchangesInGoodOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := newPipes()
		l := newListener(t.Context(), p, w.options("device"))
		ended := make(chan error, 1)
		go func() { ended <- l.Serve() }()
		c, said := connect(t, w, p.dial())
		_, _ = io.WriteString(c, "POST /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
		synctest.Wait()
		start := time.Now()
		w.gate.Stop()
		if err := errors.Join(l.Stop(t.Context()), <-ended); err != nil {
			t.Error(err)
		}
		if got := <-said; !strings.Contains(got, "stopping") || time.Since(start) > 10*time.Second {
			t.Errorf("after %s: %q", time.Since(start), got)
		}
		_ = c.Close()
	})
}

func TestStopCutsWhatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := newPipes()
		l := newListener(t.Context(), p, w.options("device"))
		ended := make(chan error, 1)
		go func() { ended <- l.Serve() }()
		c, said := connect(t, w, p.dial())
		_, _ = io.WriteString(c, "POST /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
		synctest.Wait()
		start := time.Now() // nobody tells the gate to stop
		if err := errors.Join(l.Stop(t.Context()), <-ended); err != nil {
			t.Error(err)
		}
		<-said
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the stop took %s", took)
		}
		_ = c.Close()
	})
}
