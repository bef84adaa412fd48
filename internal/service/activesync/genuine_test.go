package activesync

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/wbxml"
)

// rawServer says exactly these octets to every request that asks for the command, and nothing that is not HTTP's own to
// the others. It stays silent after them, or hangs up.
func rawServer(t *testing.T, command, says string, hangsUp bool) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	serve := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			if r.URL.Query().Get("Cmd") == command {
				_, _ = io.WriteString(c, says)
				if hangsUp {
					return
				}
				continue
			}
			_, _ = io.WriteString(c, response("200 OK", wbxml.ContentType, answerTo(r.URL.Query().Get("Cmd"))))
		}
	}
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(t.Context(), func() { _ = c.Close() }) // the gateway keeps its connections
			wg.Go(func() { serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return &url.URL{Scheme: "http", Host: l.Addr().String(), Path: Path}
}

func response(status, kind, body string) string {
	return announced(status, kind, body, len(body))
}

func announced(status, kind, body string, length int) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status, kind, length, body)
}

const page = "<html><title>Down for maintenance</title></html>"

// A device that is known is told to come back, whatever kind of trouble its mail server is in, and nothing that is not
// the mail server's reaches it.
func TestTroubleThatLooksLikeAnAnswer(t *testing.T) {
	frame := answerTo("FolderSync")
	large := string(wbxml.Leaf(wbxml.FolderHierarchyFolderSync, strings.Repeat("x", 7000)).Encode())
	for name, c := range map[string]struct {
		says  string
		stays bool
	}{
		"a page":                       {says: response("200 OK", "text/html; charset=utf-8", page)},
		"a page that says it is mail":  {says: response("200 OK", wbxml.ContentType, page)},
		"a frame that says it is text": {says: response("200 OK", "text/plain", frame)},
		"a frame of no type":           {says: response("200 OK", "", frame)},
		"JSON":                         {says: response("200 OK", "application/json", "{}")},
		"nothing":                      {says: response("200 OK", wbxml.ContentType, "")},
		"no content":                   {says: "HTTP/1.1 204 No Content\r\n\r\n"},
		"a piece":                      {says: response("206 Partial Content", wbxml.ContentType, frame)},
		"an error page":                {says: response("500 Internal Server Error", "text/html", page)},
		"an error without a page":      {says: response("500 Internal Server Error", wbxml.ContentType, "")},
		"not found":                    {says: response("404 Not Found", "text/html", page)},
		"not here":                     {says: response("405 Method Not Allowed", "text/html", page)},
		"gone":                         {says: response("410 Gone", "text/html", page)},
		"a bad gateway":                {says: response("502 Bad Gateway", "text/html", page)},
		"another protocol":             {says: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"},
		"a status that is none":        {says: response("999 What", wbxml.ContentType, frame)},
		"no HTTP":                      {says: "220 mail ESMTP\r\n\x03\x01\x6a\x00"},
		"half a header":                {says: "HTTP/1.1 200 OK\r\nContent-Ty"},
		"half a header, then silence":  {says: "HTTP/1.1 200 OK\r\nContent-Ty", stays: true},
		"half a frame":                 {says: announced("200 OK", wbxml.ContentType, frame[:10], len(frame))},
		"half a frame, then silence":   {says: announced("200 OK", wbxml.ContentType, frame[:10], len(frame)), stays: true},
		"half of a larger frame":       {says: announced("200 OK", wbxml.ContentType, large[:5000], len(large))},
		"a length that is too small":   {says: announced("200 OK", wbxml.ContentType, frame, len(frame)-3), stays: true},
		"half a frame without length":  {says: "HTTP/1.1 200 OK\r\nContent-Type: " + wbxml.ContentType + "\r\n\r\n" + frame[:10]},
		"half a chunk":                 {says: "HTTP/1.1 200 OK\r\nContent-Type: " + wbxml.ContentType + "\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + frame[:10]},
		"a chunk without an end":       {says: "HTTP/1.1 200 OK\r\nContent-Type: " + wbxml.ContentType + "\r\nTransfer-Encoding: chunked\r\n\r\n" + strconv.FormatInt(int64(len(frame)), 16) + "\r\n" + frame + "\r\n", stays: true},
		"endless headers":              {says: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10), stays: true},
	} {
		t.Run(name, func(t *testing.T) {
			mail := rawServer(t, "FolderSync", c.says, !c.stays)
			w := newWorld(t, func(u *Upstream) { u.Timeout, u.URL = 500*time.Millisecond, mail })
			p := w.phone(V141)
			p.expect("Settings", p.send(Settings, wbxml.Elem(wbxml.SettingsSettings)), http.StatusOK)
			g := p.folderSync()
			if g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" || len(g.body) != 0 {
				t.Errorf("HTTP %d, Retry-After %q, %q", g.status, g.header.Get("Retry-After"), g.body)
			}
		})
	}
}

// What means something to a client reaches it as it is.
func TestWordsOfTheMailServer(t *testing.T) {
	packed := new(strings.Builder)
	z := gzip.NewWriter(packed)
	_, _ = io.WriteString(z, answerTo("Sync"))
	_ = z.Close()
	for name, c := range map[string]struct {
		command Command
		answer  string
		status  int
		body    string
	}{
		"a malformed request":     {Sync, response("400 Bad Request", "text/html", page), 400, page},
		"a user who may not":      {Sync, response("403 Forbidden", "text/plain", "no"), 403, "no"},
		"a mail that is too long": {SendMail, response("413 Too Large", "text/plain", ""), 413, ""},
		"a blocked account":       {Sync, response("456 Blocked", "text/plain", ""), 456, ""},
		"an expired password":     {Sync, response("457 Expired", "text/plain", ""), 457, ""},
		"an unknown command":      {Find, response("501 Not Implemented", "text/plain", ""), 501, ""},
		"a full mailbox":          {SendMail, response("507 Full", "text/html", page), 507, page},
		"no attachment":           {GetAttachment, response("404 Not Found", "text/plain", ""), 404, ""},
		"an attachment":           {GetAttachment, response("200 OK", "text/html", page), 200, page},
		"nothing new":             {Sync, response("200 OK", "text/plain", ""), 200, ""},
		"a mail that is sent":     {SendMail, response("200 OK", "text/plain", ""), 200, ""},
		"several parts":           {ItemOperations, response("200 OK", "application/vnd.ms-sync.multipart", "\x02\x00\x00\x00parts"), 200, "\x02\x00\x00\x00parts"},
		"the short type":          {Sync, response("200 OK", "Application/vnd.MS-Sync", answerTo("Sync")), 200, answerTo("Sync")},
		"a packed frame": {
			Sync, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: " + wbxml.ContentType + "\r\nContent-Length: " +
				strconv.Itoa(packed.Len()) + "\r\n\r\n" + packed.String(), 200, packed.String(),
		},
		"a frame in chunks": {
			Sync, "HTTP/1.1 200 OK\r\nContent-Type: " + wbxml.ContentType + "\r\nTransfer-Encoding: chunked\r\n\r\n" +
				strconv.FormatInt(int64(len(answerTo("Sync"))), 16) + "\r\n" + answerTo("Sync") + "\r\n0\r\n\r\n", 200, answerTo("Sync"),
		},
		"a frame of elements that nobody knows": {
			Sync, response("200 OK", wbxml.ContentType, "\x03\x01\x6a\x00\x00\x1f\x45\x7f\x03new\x00\x01\x01"), 200, "\x03\x01\x6a\x00\x00\x1f\x45\x7f\x03new\x00\x01\x01",
		},
	} {
		t.Run(name, func(t *testing.T) {
			mail := rawServer(t, c.command.String(), c.answer, false)
			w := newWorld(t, func(u *Upstream) { u.URL = mail })
			p := w.phone(V141)
			p.expect("Settings", p.send(Settings, wbxml.Elem(wbxml.SettingsSettings)), http.StatusOK)
			r := p.request(c.command, []byte("body"))
			r.Header.Set("Accept-Encoding", "gzip") // or the client of this test unpacks
			if g := do(r); g.err != nil || g.status != c.status || string(g.body) != c.body {
				t.Errorf("HTTP %d %q (%v), want %d %q", g.status, g.body, g.err, c.status, c.body)
			}
		})
	}
}

// A mail server that has too much to do says for how long, and never too short or for ever.
func TestABusyMailServer(t *testing.T) {
	for after, want := range map[string]string{"": "30", "5": "30", "120": "120", "999999": "3600", "soon": "30", "-1": "30"} {
		for _, status := range []string{"503 Service Unavailable", "429 Too Many Requests"} {
			header := "X-MS-ASThrottle: CommandFrequency\r\n"
			if after != "" {
				header += "Retry-After: " + after + "\r\n"
			}
			mail := rawServer(t, "FolderSync", "HTTP/1.1 "+status+"\r\n"+header+"Content-Length: 4\r\n\r\nbusy", false)
			w := newWorld(t, func(u *Upstream) { u.URL = mail })
			p := w.phone(V121)
			p.expect("Settings", p.send(Settings, wbxml.Elem(wbxml.SettingsSettings)), http.StatusOK)
			g := p.folderSync()
			if g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") != want || g.header.Get("X-MS-ASThrottle") != "CommandFrequency" {
				t.Errorf("%s after %q: HTTP %d %v", status, after, g.status, g.header)
			}
		}
	}
}

// A mail server that begins to answer a held Ping, and then says no more, is not waited for as long as for a Ping.
func TestAHeldAnswerThatStops(t *testing.T) {
	mail := rawServer(t, "Ping", announced("200 OK", wbxml.ContentType, answerTo("Ping")[:6], 100), false)
	w := newWorld(t, func(u *Upstream) { u.Timeout, u.URL = 300*time.Millisecond, mail })
	p := w.phone(V141)
	p.expect("Settings", p.send(Settings, wbxml.Elem(wbxml.SettingsSettings)), http.StatusOK)
	if g := p.post(Ping, nil); g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d %v", g.status, g.header)
	}
}

// FuzzGenuine holds that no answer of a mail server brings the gateway down, and that what is no frame is none.
func FuzzGenuine(f *testing.F) {
	f.Add(byte(Sync), "application/vnd.ms-sync.wbxml", []byte(answerTo("Sync")), true)
	f.Add(byte(Ping), "text/html", []byte(page), true)
	f.Add(byte(GetAttachment), "", []byte{}, false)
	f.Fuzz(func(t *testing.T, c byte, kind string, head []byte, whole bool) {
		err := genuine(Command(c), V141, http.Header{"Content-Type": {kind}}, head, whole || len(head) == 0)
		if err == nil && Command(c) != GetAttachment && len(head) > 0 && !strings.HasPrefix(strings.ToLower(kind), mediaType) {
			t.Errorf("%q was taken for ActiveSync", kind)
		}
	})
}
