package endtoend

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"drover/internal/base/sqldb"
	"drover/internal/base/wbxml"
	"drover/internal/gate/gatetest"
	"drover/internal/simulate/upstream"
)

// TestS2EveryRouteOfTheServer calls every route that the whole server has as a stranger. The open ones are listed here.
func TestS2EveryRouteOfTheServer(t *testing.T) {
	w := newWorld(t, sqldb.SQLite, upstream.Options{})
	if left := w.Gate.Unserved(); len(left) > 0 {
		t.Errorf("services that are offered and have no route: %v", left)
	}
	gatetest.AnonymousWalk(t, w.Gate, open...)
}

// open are the routes that ask strangers for no proof, each for a reason that it states itself.
var open = []string{
	"GET /healthz", "GET /readyz", "GET /metrics", "GET /api/docs", "GET /api/v1/openapi.json", "GET /api/v1/setup", "POST /api/v1/setup",
	"POST /api/v1/session", "GET /", "GET /{page...}", "POST /Microsoft-Server-ActiveSync",
	"GET /portal", "GET /portal/{page...}", "GET /portal/api/v1/openapi.json", "GET /portal/api/v1/session/ways", "POST /portal/api/v1/session",
	"POST /portal/api/v1/session/providers/{id}", "GET /portal/api/v1/session/providers/callback",
	"GET /api/v1/session/providers", "POST /api/v1/session/providers/{id}", "GET /api/v1/session/providers/callback",
	// A device that has no key yet: the protocol and the way in, where the proof is in the request.
	"GET /.well-known/drover-companion", "GET /companion/v1", "GET /companion/v1/openapi.json", "GET /companion/v1/start",
	"GET /companion/v1/terms", "POST /companion/v1/enrolments",
	// A computer that has no key yet: which zone it is, and the way in, where the proof is in the request.
	"GET /agent/v1/registration/discovery", "POST /agent/v1/registration",
}

// TestS14S25HostileInputOverTLS sends what no client should to a server in a process of its own: each is answered with a
// protocol error or cut off, the memory stays bounded, nothing panics, and the server still serves.
func TestS14S25HostileInputOverTLS(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		data, database := filepath.Join(t.TempDir(), "data"), databaseFor(t, e)
		_, address := mailServer(t, upstream.Options{Password: "secret"})
		w := prepared(t, data, database, address)
		p := spawn(t, data, database)
		h := w.at(t, p, "anna")
		h.provision()
		before := resident(t, p)
		for name, body := range bombs() {
			for _, command := range []string{"Sync", "Provision", "Ping", "FolderSync", "Settings", "SendMail", "Nonsense"} {
				s, err := h.try(command, body)
				if err == nil && s.status >= 500 && s.status != http.StatusServiceUnavailable && s.status != http.StatusNotImplemented {
					t.Errorf("%s with %s is answered with %d", command, name, s.status)
				}
			}
		}
		badQueries(t, p, h)
		badConnections(t, w, p)
		if after := resident(t, p); after > before+192<<20 {
			t.Errorf("the server grew from %d to %d MB", before>>20, after>>20)
		}
		if got := h.folders().code(); got != "1" {
			t.Errorf("afterwards a good request is answered with %q", got)
		}
		p.terminate(t)
		log, err := os.ReadFile(filepath.Join(data, "log", "drover.log"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(log, []byte("panic")) || !bytes.Contains(log, []byte("activesync")) {
			t.Error("the log tells of a panic, or of nothing")
		}
	})
}

// bombs are bodies that are small, or deep, or promise more than they hold.
func bombs() map[string][]byte {
	head := []byte{3, 1, 0x6a, 0}
	random := make([]byte, 4096)
	src := rand.NewChaCha8([32]byte{1})
	_, _ = src.Read(random) // never fails
	return map[string][]byte{
		"nothing but a header": head,
		"half a header":        {3, 1},
		"a cut element":        append(bytes.Clone(head), 0x45, 0x4b, 3, 'a'),
		"a nest of 12 MB":      append(bytes.Clone(head), bytes.Repeat([]byte{0x45}, 12<<20)...),
		"an opaque bomb":       append(bytes.Clone(head), 0x45, 0xc3, 0x8f, 0xff, 0xff, 0xff),
		"a string table":       {3, 1, 0x6a, 0x8f, 0xff, 0xff, 0xff, 0x7f, 'a', 0},
		"an unknown page":      append(bytes.Clone(head), 0, 200, 0x45, 1),
		"random octets":        random,
		"XML with entities":    []byte(`<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>`),
	}
}

// badQueries sends query strings that are random, cut or far too long.
func badQueries(t *testing.T, p *process, h *handset) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		raw := make([]byte, rng.IntN(120))
		for j := range raw {
			raw[j] = "AZaz09+/=%&;_-."[rng.IntN(15)]
		}
		if i == 0 {
			raw = bytes.Repeat([]byte("A"), 20<<10)
		}
		r, err := h.request(t.Context(), "Sync", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = string(raw)
		res, err := h.client.Do(r)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode < 400 || res.StatusCode >= 500 && res.StatusCode != http.StatusNotImplemented {
			t.Errorf("the query %.40q is answered with %d", raw, res.StatusCode)
		}
	}
}

// badConnections writes requests by hand that lie about their length, never end or have too much in front.
func badConnections(t *testing.T, w *world, p *process) {
	t.Helper()
	auth := "Authorization: Basic YW5uYTpzZWNyZXQ=\r\nMS-ASProtocolVersion: 14.1\r\n"
	line := "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=anna&DeviceId=IDanna&DeviceType=iPhone HTTP/1.1\r\nHost: a\r\n"
	for name, x := range map[string]struct {
		text string
		want []string // statuses; "" for a connection that is just closed
	}{
		"1 GB declared":             {line + auth + "Content-Length: 1073741824\r\n\r\nx", []string{"413"}},
		"a negative length":         {line + auth + "Content-Length: -1\r\n\r\n", []string{"400"}},
		"two lengths":               {line + auth + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", []string{"400"}},
		"length and chunks":         {line + auth + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", []string{"400", "200", "449", "501", "503"}},
		"a broken chunk":            {line + auth + "Transfer-Encoding: chunked\r\n\r\nzzz\r\n", []string{"400", "413", "503", "200"}},
		"a flood of headers":        {line + strings.Repeat("X-A: "+strings.Repeat("b", 100)+"\r\n", 2000) + "\r\n", []string{"431", ""}},
		"one header without an end": {line + "X-A: " + strings.Repeat("b", 1<<20), []string{"431", ""}},
		"no HTTP":                   {"\x16\x03\x01\x00\x00\r\n\r\n", []string{"400", ""}},
		"a header with a NUL":       {line + "X-A: a\x00b\r\n\r\n", []string{"400"}},
	} {
		got := w.write(t, p, x.text)
		if !contains(x.want, got) {
			t.Errorf("%s is answered with %q, want one of %q", name, got, x.want)
		}
	}
	// Slow ones keep a connection each, bounded in time by the listener; they must not keep others from being served.
	for range 50 {
		c, err := tls.Dial("tcp", strings.TrimPrefix(p.device, "https://"), tlsConfig(t, w.CA))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		fmt.Fprint(c, line[:20])
	}
}

// write sends octets over TLS and returns the status of the answer, "" when there is none.
func (w *world) write(t *testing.T, p *process, text string) string {
	t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(p.device, "https://"), tlsConfig(t, w.CA))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, text) // it may be cut off in the midst of it
	answer, err := firstLine(c)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(answer, " ")
	status, _, _ := strings.Cut(rest, " ")
	return status
}

// resident is the memory that a process holds.
func resident(t *testing.T, p *process) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// TestS20AGuessedNameBringsNothing has a user present another user's DeviceId, and its policy key: that makes a device of
// the user's own, which has nothing of the other's.
func TestS20AGuessedNameBringsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		anna, thief := w.handset(t, "anna", "14.1"), w.handset(t, "mallory", "14.1")
		facts := wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet,
			wbxml.Leaf(wbxml.SettingsModel, "Secret model"), wbxml.Leaf(wbxml.SettingsIMEI, "490154203237518")))
		anna.provision(facts)
		own := w.device(t, anna)
		w.wipe(t, own.ID)
		thief.id, thief.key = anna.id, anna.key
		if got := thief.folders().code(); got != "142" && got != "144" {
			t.Errorf("with another's key: %q", got)
		}
		if s := thief.send("Provision", provisionRequest()); s.body.Child(wbxml.ProvisionRemoteWipe) != nil {
			t.Error("the thief's device is told of the owner's wipe")
		}
		thief.provision(facts)
		if s := thief.send("Provision", wiped()); s.body.Child(wbxml.ProvisionRemoteWipe) != nil {
			t.Error("the thief acknowledges the owner's wipe")
		}
		if got := anna.folders().code(); got != "140" {
			t.Errorf("the owner's device is answered with %q, want its wipe", got)
		}
		after, err := w.Devices.Get(t.Context(), system, own.ID)
		if err != nil || after.Owner != own.Owner {
			t.Errorf("the device has another owner (%v)", err)
		}
	})
}

// TestS22HostileNames has a device call itself what spreadsheets, browsers and terminals would obey, and looks at what
// comes out: JSON that is JSON, cells that are no formulas, logs of one line each.
func TestS22HostileNames(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		owner := w.administrator(t, "olga")
		names := []string{"=1+1|cmd", "@SUM(A1)", "+49", "-2", "\t=1", "<script>alert(1)</script>", "\x1b[31mred", "a\u202egnp.exe", "two\r\nlines", "\"quoted\",x"}
		for i, name := range names {
			p := w.handset(t, fmt.Sprintf("user%d", i), "14.1")
			if !strings.ContainsAny(name, "\t\r\n\x1b\u202e") { // a query with these is refused
				p.kind = name
			}
			p.header.Set("User-Agent", strings.NewReplacer("\r", "", "\n", "", "\x1b", "").Replace(name))
			p.provision(wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet,
				wbxml.Leaf(wbxml.SettingsModel, name), wbxml.Leaf(wbxml.SettingsFriendlyName, name), wbxml.Leaf(wbxml.SettingsOS, name))))
		}
		res, text := owner.call(http.MethodGet, "/devices.csv", nil)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s", res.Status, text)
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
		if err != nil || len(rows) != len(names)+1 {
			t.Fatalf("%d rows (%v)", len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.ContainsAny(cell, "\x1b\r\n\u202e") {
					t.Errorf("a spreadsheet or terminal obeys the cell %q", cell)
				}
			}
		}
		for _, path := range []string{"/devices", "/audit", "/users"} {
			res, text := owner.call(http.MethodGet, path, nil)
			if !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s is served as %q", path, res.Header.Get("Content-Type"))
			}
			if bytes.ContainsAny(text, "\x1b\u202e") {
				t.Errorf("%s holds what a terminal obeys", path)
			}
		}
		for _, path := range []string{"/users", "/user-groups"} {
			for _, name := range []string{"a\u202egnp.exe", "a\u2028b", "a\x1b[31mb"} {
				if res, text := owner.call(http.MethodPost, path, map[string]any{"name": name}); res.StatusCode != http.StatusUnprocessableEntity {
					t.Errorf("%s takes the name %q: %s %s", path, name, res.Status, text)
				}
			}
		}
		log, err := os.ReadFile(w.Logs)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(log) {
			if line[0] != '{' || bytes.ContainsAny(line, "\x1b\u202e") {
				t.Errorf("a line of the log: %q", line)
			}
		}
	})
}

// TestS12ClaimedAddressesAreNotBelieved has somebody guess passwords and claim another address each time: the guesses
// count on the real one.
func TestS12ClaimedAddressesAreNotBelieved(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		later := 0
		for i := range 60 {
			p := w.handset(t, fmt.Sprintf("guess%d", i), "14.1")
			p.password = "wrong"
			for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X_Forwarded_For"} {
				p.header.Set(name, fmt.Sprintf("203.0.113.%d", i))
			}
			if p.folders().status == http.StatusServiceUnavailable {
				later++
			}
		}
		if later < 15 {
			t.Errorf("of 60 guesses from one address that claims others, %d were held back", later)
		}
	})
}

// TestAnUnreadableDatabaseLetsNobodyIn takes PostgreSQL away from a running server: within the seconds for which cached
// decisions count, every command is answered with 503, and none is passed on.
func TestAnUnreadableDatabaseLetsNobodyIn(t *testing.T) {
	w := newWorld(t, sqldb.PostgreSQL, upstream.Options{})
	p := w.handset(t, "anna", "14.1")
	p.provision()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	c, err := pgx.Connect(ctx, os.Getenv("DROVER_TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	u, err := url.Parse(w.db)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	allow := func(yes bool) {
		t.Helper()
		if _, err := c.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s ALLOW_CONNECTIONS %t", pgx.Identifier{name}.Sanitize(), yes)); err != nil {
			t.Fatal(err)
		}
	}
	allow(false)
	if _, err := c.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name); err != nil {
		t.Fatal(err)
	}
	until(t, "commands are refused", func() bool { return p.folders().status != http.StatusOK })
	asked := w.mail.Requests()
	for range 300 { // for longer than anything is remembered that lets it in
		if s := p.folders(); s.status != http.StatusServiceUnavailable || s.header.Get("Retry-After") == "" {
			t.Fatalf("without a database a command is answered with %d, Retry-After %q", s.status, s.header.Get("Retry-After"))
		}
	}
	if w.mail.Requests() != asked {
		t.Error("without a database a command is passed on")
	}
	allow(true)
	until(t, "the server serves again", func() bool { return p.folders().code() == "1" })
}
