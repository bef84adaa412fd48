package activesync

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"
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
				if declared != "" {
					rw.Header().Set("Content-Length", declared)
				}
				_, _ = rw.Write(bytes.Repeat([]byte("x"), 50_000))
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

func TestASlowUploadIsNotTheMailServersFault(t *testing.T) {
	w := newWorld(t, func(u *Upstream) { u.Timeout = 500 * time.Millisecond })
	p := w.phone(V141)
	p.passes()
	body := bytes.Repeat([]byte("x"), 50_000)
	reader, writer := io.Pipe()
	go func() {
		for piece := range slices.Chunk(body, 10_000) { // a second in all, twice what the mail server has
			time.Sleep(200 * time.Millisecond) // the phone's own slowness
			_, _ = writer.Write(piece)
		}
		_ = writer.Close()
	}()
	r := p.request(SendMail, nil)
	r.Body, r.ContentLength = reader, int64(len(body))
	if g := do(r); g.status != http.StatusOK {
		t.Errorf("HTTP %d %v", g.status, g.err)
	}
	if list := w.mail.seen("SendMail"); len(list) != 1 || len(list[0].Body) != len(body) {
		t.Errorf("%d mails arrived", len(list))
	}
}
