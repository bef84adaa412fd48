package roundtrip

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted is a server that counts its connections.
type counted struct {
	*httptest.Server
	conns atomic.Int64
}

func serve(t *testing.T, secure bool, h http.HandlerFunc) (*counted, *Transport) {
	t.Helper()
	s := &counted{Server: httptest.NewUnstartedServer(h)}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	inner := &http.Transport{DisableCompression: true}
	if secure {
		s.StartTLS()
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		inner.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	} else {
		s.Start()
	}
	tr := New(inner)
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		s.CloseClientConnections()
		s.Close()
	})
	return s, tr
}

// raw is a server that says exactly these bytes to every request, and then closes where it is told to.
func raw(t *testing.T, answer string, closes bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer func() { _ = c.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
					return
				}
				_, _ = io.WriteString(c, answer)
				if !closes {
					_, _ = io.Copy(io.Discard, c)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return "http://" + l.Addr().String()
}

func post(ctx context.Context, t *testing.T, url string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func answer(t *testing.T, tr *Transport, r *http.Request) (int, string, error) {
	t.Helper()
	response, err := tr.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(response.Body)
	if cerr := response.Body.Close(); cerr != nil {
		t.Error(cerr)
	}
	return response.StatusCode, string(text), err
}

func TestRequestsArriveAndConnectionsAreKept(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s, tr := serve(t, secure, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Host", r.Host)
			switch r.URL.Path {
			case "/chunked":
				_ = http.NewResponseController(w).Flush()
			case "/empty":
				return
			}
			_, _ = fmt.Fprintf(w, "%s %s %q %d", r.Method, r.URL.RawQuery, r.Header.Get("User-Agent"), len(body))
		})
		for _, path := range []string{"/a", "/chunked", "/empty", "/a"} {
			for _, size := range []int{0, 1, maxBody} {
				r := post(t.Context(), t, s.URL+path+"?x=%2B+y", bytes.Repeat([]byte("x"), size))
				r.Host = "mail.example.test"
				r.Header["User-Agent"] = nil
				want := fmt.Sprintf(`POST x=%%2B+y "" %d`, size)
				if path == "/empty" {
					want = ""
				}
				if status, text, err := answer(t, tr, r); status != http.StatusOK || text != want || err != nil {
					t.Fatalf("%s with %d bytes: HTTP %d %q %v", path, size, status, text, err)
				}
			}
		}
		if n := s.conns.Load(); n != 1 {
			t.Errorf("TLS %v: %d connections", secure, n)
		}
	}
}

func TestALargeBodyGoesOverTheTransport(t *testing.T) {
	s, tr := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprint(w, n)
	})
	if _, text, err := answer(t, tr, post(t.Context(), t, s.URL, make([]byte, 1<<20))); text != "1048576" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	r := post(t.Context(), t, s.URL, nil)
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(strings.NewReader("of unknown length")), -1, nil
	if _, text, err := answer(t, tr, r); text != "17" || err != nil {
		t.Errorf("%q %v", text, err)
	}
}

func TestAServerThatHungUpInBetween(t *testing.T) {
	s, tr := serve(t, false, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	for range 3 {
		if _, text, err := answer(t, tr, post(t.Context(), t, s.URL, []byte("x"))); text != "hello" || err != nil {
			t.Fatalf("%q %v", text, err)
		}
		s.CloseClientConnections()
		tr.idle.mu.Lock()
		c := tr.idle.stack[0]
		tr.idle.mu.Unlock()
		for end := time.Now().Add(10 * time.Second); c.alive(); {
			if time.Now().After(end) {
				t.Fatal("the connection still seems alive")
			}
		}
	}
	if n := s.conns.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
}

func TestTheContextEndsTheWaiting(t *testing.T) {
	waits := make(chan struct{})
	s, tr := serve(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begins" {
			_, _ = io.WriteString(w, "begins")
			_ = http.NewResponseController(w).Flush()
		}
		waits <- struct{}{}
		<-r.Context().Done()
	})
	for _, path := range []string{"/silent", "/begins"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			<-waits
			cancel(errors.New("enough"))
		}()
		if _, _, err := answer(t, tr, post(ctx, t, s.URL+path, nil)); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	if n := len(tr.idle.stack); n != 0 {
		t.Errorf("%d connections were kept", n)
	}
}

func TestClosingAnAnswerEarlyDoesNotWait(t *testing.T) {
	s, tr := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/short" {
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
			return
		}
		w.Header().Set("Content-Length", "1000000")
		_, _ = io.WriteString(w, "begins")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	response, err := tr.RoundTrip(post(t.Context(), t, s.URL, nil))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if n := len(tr.idle.stack); n != 0 {
		t.Error("a connection in the middle of an answer was kept")
	}
	if response, err = tr.RoundTrip(post(t.Context(), t, s.URL+"/short", nil)); err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if n := len(tr.idle.stack); n != 1 {
		t.Error("a connection whose answer was all there was not kept")
	}
	if n, err := response.Body.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("a closed body can be read")
	}
}

func TestWhatServersSay(t *testing.T) {
	for name, c := range map[string]struct {
		said   string
		closes bool
		status int
		text   string
		fails  bool
		kept   int
	}{
		"length":                 {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 200, "ok", false, 1},
		"chunks":                 {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, 200, "ok", false, 1},
		"until it closes":        {"HTTP/1.1 200 OK\r\n\r\nok", true, 200, "ok", false, 0},
		"HTTP/1.0":               {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 200, "ok", false, 0},
		"interim":                {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 200, "ok", false, 1},
		"more than it said":      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n", false, 200, "ok", false, 0},
		"less than it said":      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", true, 200, "ok", true, 0},
		"chunks without an end":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", true, 200, "ok", true, 0},
		"asks to close":          {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false, 200, "ok", false, 0},
		"nothing":                {"", true, 0, "", true, 0},
		"no HTTP":                {"220 mail ready\r\n", true, 0, "", true, 0},
		"headers without an end": {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHeaders), false, 0, "", true, 0},
		"interim without an end": {strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 9), false, 0, "", true, 0},
		"refuses early":          {"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", true, 413, "", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			tr := New(&http.Transport{})
			defer tr.CloseIdleConnections()
			status, text, err := answer(t, tr, post(t.Context(), t, raw(t, c.said, c.closes), nil))
			if status != c.status || text != c.text || (err != nil) != c.fails || len(tr.idle.stack) != c.kept {
				t.Errorf("HTTP %d %q, %v, %d kept", status, text, err, len(tr.idle.stack))
			}
		})
	}
}

func TestManyAtOnce(t *testing.T) {
	s, tr := serve(t, false, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for k := range 50 {
				want := strings.Repeat(fmt.Sprintf("%d.%d ", i, k), k+1)
				if _, text, err := answer(t, tr, post(t.Context(), t, s.URL, []byte(want))); text != want || err != nil {
					t.Errorf("%q %v", text, err)
				}
			}
		})
	}
	wg.Wait()
	if n := s.conns.Load(); n > 20 {
		t.Errorf("%d connections", n)
	}
}

func TestIdleConnectionsAreBoundedAndEnd(t *testing.T) {
	i := &idle{most: 2, longest: 20 * time.Millisecond}
	for range 5 {
		a, b := net.Pipe()
		defer func() { _ = b.Close() }()
		i.put(&conn{Conn: a, key: "k"})
	}
	if n := len(i.stack); n != 2 {
		t.Errorf("%d are kept", n)
	}
	for end := time.Now().Add(10 * time.Second); ; {
		i.mu.Lock()
		n := len(i.stack)
		i.mu.Unlock()
		if n == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d are kept for ever", n)
		}
	}
}

func TestACertificateOfAnotherNameIsRefused(t *testing.T) {
	s, tr := serve(t, true, func(http.ResponseWriter, *http.Request) {})
	tr.with.TLSClientConfig.ServerName = "mail.example.org"
	if _, _, err := answer(t, tr, post(t.Context(), t, s.URL, nil)); err == nil {
		t.Error("it was accepted")
	}
}
