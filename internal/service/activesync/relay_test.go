package activesync

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/wbxml"
)

func TestBytesArePassedOnAsTheyAre(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	large := bytes.Repeat([]byte("0123456789abcdef"), 64<<10) // 1 MB
	w.mail.on(func(rw http.ResponseWriter, _ *http.Request, cmd string, body []byte) bool {
		rw.Header().Set("X-Answer", cmd)
		rw.Header().Set("Connection", "X-Private")
		rw.Header().Set("X-Private", "1")
		rw.Header().Set("X-Ms-Rp", "12.1,99.9")
		rw.WriteHeader(http.StatusInsufficientStorage)
		_, _ = rw.Write(body)
		return true
	})
	for name, body := range map[string][]byte{"empty": {}, "small": []byte("\x03\x01\x6a\x00garbage"), "large": large} {
		for _, chunked := range []bool{false, true} {
			r := p.request(SendMail, body)
			r.URL.RawQuery = "deviceid=DEV1&CMD=sendmail&SaveInSent=T&devicetype=Phone&User=DOM%5calice"
			r.Header.Set("Content-Type", "message/rfc822")
			r.Header.Set("Connection", "X-Secret")
			r.Header.Set("X-Secret", "1")
			r.Header.Set("X-Forwarded-For", "192.0.2.1")
			if chunked {
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), -1
			}
			g := do(r)
			if g.err != nil || g.status != http.StatusInsufficientStorage || !bytes.Equal(g.body, body) {
				t.Fatalf("%s: HTTP %d, %d bytes, %v", name, g.status, len(g.body), g.err)
			}
			if g.header.Get("X-Answer") == "" || g.header.Get("X-Private") != "" || g.header.Get("X-Ms-Rp") != "12.1" {
				t.Errorf("%s: headers %v", name, g.header)
			}
			list := w.mail.seen("SendMail")
			last := list[len(list)-1]
			if last.Query != r.URL.RawQuery || !bytes.Equal(last.Body, body) {
				t.Errorf("%s: %q with %d bytes arrived", name, last.Query, len(last.Body))
			}
			for h, want := range map[string]string{
				"Content-Type": "message/rfc822", "Authorization": r.Header.Get("Authorization"),
				"X-Secret": "", "X-Forwarded-For": "", "User-Agent": "Phone/1",
			} {
				if got := last.Header.Get(h); got != want {
					t.Errorf("%s: %s is %q, want %q", name, h, got, want)
				}
			}
		}
	}
}

func TestAMailServerThatFails(t *testing.T) {
	for name, c := range map[string]func(w http.ResponseWriter, r *http.Request){
		"bad gateway": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://elsewhere.test/")
			w.WriteHeader(302)
		},
		"another address": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-MS-Location", "http://elsewhere.test/")
			w.WriteHeader(451)
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"short before it began": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("abc"))
		},
		"never answers": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(u *Upstream) { u.Timeout = 300 * time.Millisecond })
			p := w.phone(V141)
			p.passes()
			w.mail.on(func(rw http.ResponseWriter, r *http.Request, _ string, _ []byte) bool { c(rw, r); return true })
			g := p.folderSync()
			if g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
				t.Errorf("HTTP %d %v", g.status, g.header)
			}
			if g.header.Get("Location")+g.header.Get("X-Ms-Location") != "" {
				t.Error("the client was led past the gateway")
			}
		})
	}
	t.Run("down from the start", func(t *testing.T) {
		w := newWorld(t)
		w.mail.Close()
		p := w.phone(V141)
		if g := p.folderSync(); g.status != http.StatusServiceUnavailable {
			t.Errorf("HTTP %d", g.status)
		}
		if n := len(read(w.zone, func() []Contact { return w.zone.enrolled })); n != 0 {
			t.Errorf("%d devices were enrolled", n)
		}
	})
	t.Run("breaks off in the middle", func(t *testing.T) {
		w := newWorld(t)
		p := w.phone(V141)
		p.passes()
		for _, declared := range []string{"", "100000"} {
			w.mail.on(func(rw http.ResponseWriter, _ *http.Request, _ string, _ []byte) bool {
				rw.Header().Set("Content-Type", wbxml.ContentType)
				if declared != "" {
					rw.Header().Set("Content-Length", declared)
				}
				_, _ = rw.Write(wbxml.Leaf(wbxml.AirSyncSync, strings.Repeat("x", 50_000)).Encode())
				_ = http.NewResponseController(rw).Flush()
				panic(http.ErrAbortHandler)
			})
			if g := do(p.request(FolderSync, folderSync0.Encode())); g.err == nil {
				t.Errorf("length %q: half an answer of %d bytes was taken as whole", declared, len(g.body))
			}
		}
	})
}

func TestAClientThatBreaksOffSendsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	r := p.request(SendMail, nil)
	reader, writer := io.Pipe()
	r.Body, r.ContentLength = reader, 100_000
	go func() {
		_, _ = writer.Write(bytes.Repeat([]byte("x"), 50_000))
		_ = writer.CloseWithError(errFault)
	}()
	if g := do(r); g.err == nil {
		t.Fatalf("HTTP %d", g.status)
	}
	if list := w.mail.seen("SendMail"); len(list) != 0 {
		t.Errorf("the mail server took %d bytes for a mail", len(list[0].Body))
	}
}

// reading is a mail server that takes a body without a network.
type reading struct{ got []byte }

func (m *reading) RoundTrip(r *http.Request) (*http.Response, error) {
	var err error
	if m.got, err = io.ReadAll(r.Body); err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}, nil
}

// slowly is a body of which a piece comes every minute.
type slowly struct{ left int }

func (s *slowly) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Minute)
	n := min(s.left, 10_000, len(p))
	s.left -= n
	return n, nil
}

// without serves one request of a proven device without a network, so that a test may hold the time.
func without(core Core, mail http.RoundTripper, command string, body io.Reader) *httptest.ResponseRecorder {
	up := Upstream{ID: "mail", URL: &url.URL{Scheme: "http", Host: "mail.example"}, Timeout: 10 * time.Second, Transport: mail}
	g := New(Options{
		Core: core, Upstreams: upstreamsFake{up}, Revision: &zoneFake{}, Bus: bus.New(), Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	r := httptest.NewRequest(http.MethodPost, Path+"?Cmd="+command+"&DeviceId=DEV1&DeviceType=Phone", body)
	r.SetBasicAuth("alice", "secret")
	r.Header.Set("MS-ASProtocolVersion", "12.1")
	g.credentials.accept(g.credentials.fingerprint("mail", r.Header.Get("Authorization")))
	w := httptest.NewRecorder()
	g.serveCommand(w, r)
	return w
}

// deaf is a zone whose database has stopped to answer.
type deaf struct{ *zoneFake }

func (deaf) FreshStanding(ctx context.Context, _, _, _ string, _ Version) (*Standing, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestADatabaseThatDoesNotAnswerKeepsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := without(deaf{&zoneFake{}}, &reading{}, "FolderSync", nil)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || time.Since(start) != patience {
			t.Errorf("HTTP %d after %s", w.Code, time.Since(start))
		}
	})
}

// A phone on a bad line takes as long as the gate lets it. The mail server's time is for the mail server.
func TestASlowUploadIsNotTheMailServersFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := &reading{}
		zone := &zoneFake{devices: map[place]*Standing{{"mail", "alice", "DEV1"}: {Device: "id-DEV1"}}, access: Allowed}
		const size = 1 << 20
		start := time.Now()
		w := without(zone, mail, "SendMail", &slowly{left: size})
		if w.Code != http.StatusOK || len(mail.got) != size || time.Since(start) < time.Hour {
			t.Errorf("HTTP %d, %d octets arrived after %s", w.Code, len(mail.got), time.Since(start))
		}
	})
}
