package endtoend

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"io"
	"iter"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
	"drover/internal/core/enrol"
	"drover/internal/server"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/agents"
	"drover/internal/simulate/upstream"
)

// hostileNames are what spreadsheets, browsers, terminals, mail servers and file systems would obey, or choke on.
var hostileNames = []string{
	"=1+1|cmd", "@SUM(A1)", "+49", "-2", "\t=1", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "\x1b[31mred\x1b]0;title\a",
	"a\u202egnp.exe", "two\r\nBcc: thief@example.org\r\n\r\nbody", `"quoted",x`, "../../etc/passwd", "nul\x00nul", "'; DROP TABLE device; --",
	strings.Repeat("long", 2500), "\xff\xfe", "%s%n{{.}}${x}",
}

// obeyed is what must come out nowhere: control characters, and those that turn the direction of text.
const obeyed = "\x00\x07\x1b\u202e"

// stranger is a computer that says what it likes, by the agent's protocol.
type stranger struct {
	*talk.Client
	device      string
	certificate []byte // DER
}

// comesIn has some computer come in, by a key of its own.
func (w *world) comesIn(t *testing.T) *stranger {
	t.Helper()
	_, secret, err := w.Enrol.AddAuthKey(t.Context(), system, enrol.AuthKeyDraft{Name: "test", Uses: 1, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.joins(t, secret, agentv1.Facts{Host: "plain", Platform: "linux", Machine: sqldb.NewID()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// joins has a computer with those facts come in by an authorization key. The facts are told as they are, whatever is in them.
func (w *world) joins(t *testing.T, secret string, facts agentv1.Facts) (*stranger, error) {
	t.Helper()
	text, err := os.ReadFile(w.CA)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	d, authority, err := talk.Discover(t.Context(), w.Device, talk.Pin(authority))
	if err != nil {
		t.Fatal(err)
	}
	key, err := agents.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c, err := talk.New(talk.Options{Server: w.Device, Tag: d.Tag, HTTP: talk.HTTPClient(authority), Clock: clock.System{}, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	var r agentv1.Registered
	err = do(t, c, agentv1.ServiceRegistration, agentv1.PathRegister, agentv1.Registration{Key: secret, CSR: csr, Facts: facts}, &r)
	return &stranger{c, r.Device, r.Key.Certificate}, err
}

func do(t *testing.T, c *talk.Client, service, path string, body, out any) error {
	t.Helper()
	_, err := c.Do(t.Context(), talk.Request{Service: service, Method: http.MethodPost, Path: path, Body: body}, out)
	return err
}

// tells has the computer call everything of itself by one name. What the zone does not take it must refuse in words.
func (s *stranger) tells(t *testing.T, name string) {
	t.Helper()
	name = strings.ToValidUTF8(name, "\ufffd") // as JSON tells it, so that the hash is right
	now := time.Now().UTC().Format(time.RFC3339)
	whole := agentv1.Inventory{
		System:   &agentv1.System{Host: name, Platform: "linux", Name: name, Version: name, Arch: name},
		Hardware: &agentv1.Hardware{Maker: name, Model: name, Serial: name, Memory: 1 << 30},
		Packages: []agentv1.Package{{Source: "dpkg", Name: "bash", Version: "5.2-1"}, {Source: "dpkg", Name: name, Version: name, Maker: name}},
	}
	whole.Sort()
	inventory := agentv1.InventoryReport{
		ID: rand.Text(), Made: now, Hash: whole.Hash(), Inventory: whole,
		Sections: []string{agentv1.SectionHardware, agentv1.SectionSystem, agentv1.SectionPackages},
	}
	status := agents.Status(1, time.Now())
	status.Settings[0].Found, status.Settings[0].Reason, status.Agent = name, name, name
	status.Refused = []agentv1.Refusal{{Kind: agentv1.KindPolicies, Reason: name}}
	event := agentv1.Event{ID: rand.Text(), At: now, Kind: agentv1.EventMessage, Level: "warn", Words: name, User: name}
	for _, x := range []struct {
		service, path string
		body          any
	}{
		{agentv1.ServiceCollection, agentv1.PathInventory, inventory},
		{agentv1.ServiceStatus, agentv1.PathStatus, status},
		{agentv1.ServiceCollection, agentv1.PathEvents, agentv1.Events{ID: event.ID, Events: []agentv1.Event{event}}},
	} {
		if err := do(t, s.Client, x.service, x.path, x.body, nil); err != nil && !talk.Answered(err) {
			t.Errorf("%.40q at %s: %v", name, x.path, err)
		}
	}
}

// TestS22HostileComputers has computers call themselves, and all that is on them, what hostile names do most harm by, and looks
// at what comes out of the zone: answers of the API, CSV, reports, the exposure report as a page and as PDF, mail, the command
// line and the log.
func TestS22HostileComputers(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		box := newPostbox(t)
		mailed := func(c *server.Config) { c.SMTP, c.SMTPFrom = "smtp://"+box.address, "drover@example.org" }
		w := newWorld(t, e, upstream.Options{}, mailed)
		owner := w.administrator(t, "olga")
		_, secret, err := w.Enrol.AddAuthKey(t.Context(), system, enrol.AuthKeyDraft{Name: "test", Uses: 100, Life: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		came := 0
		for _, name := range hostileNames {
			facts := agentv1.Facts{Host: name, Platform: "linux", OS: name, OSVersion: name, Maker: name, Model: name, Machine: sqldb.NewID(), Attributes: map[string]string{"room": name}}
			c, err := w.joins(t, secret, facts)
			if err != nil {
				if !talk.Answered(err) {
					t.Errorf("%.40q: %v", name, err)
				}
				facts = agentv1.Facts{Host: "plain", Platform: "linux", Machine: sqldb.NewID()}
				if c, err = w.joins(t, secret, facts); err != nil {
					t.Fatal(err)
				}
			}
			came++
			c.tells(t, name)
			w.judgeDevice(t, owner, c.device)
		}
		var devices struct{ Items []struct{ ID, Name string } }
		w.judged(t, owner, "/devices?limit=100", &devices)
		if len(devices.Items) != came {
			t.Errorf("%d devices of %d", len(devices.Items), came)
		}
		for _, path := range []string{
			"/audit?limit=500", "/inventory/software?limit=100", "/inventory/changes?limit=100", "/inventory/devices?test=bash", "/doors/visits?days=1", "/exposure",
			"/registration/reviews", "/collection/events",
		} {
			w.judged(t, owner, path, nil)
		}
		w.judgeReport(t, owner, came)
		w.judgeExposure(t, owner)
		w.judgeShell(t, owner)
		w.judgeLog(t)
	})
}

// judged reads an answer of the API, which must be JSON in UTF-8 that no terminal obeys.
func (w *world) judged(t *testing.T, a *administrator, path string, into any) {
	t.Helper()
	res, text := a.call(http.MethodGet, path, nil)
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%s: %s, %q\n%.300s", path, res.Status, res.Header.Get("Content-Type"), text)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil || !utf8.Valid(text) {
		t.Errorf("%s is no JSON: %v", path, err)
	}
	eachText(value, func(s string) {
		if strings.ContainsAny(s, obeyed) {
			t.Errorf("%s holds %.80q", path, s)
		}
	})
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
}

// eachText goes through all texts of a JSON value, the names of fields too.
func eachText(v any, see func(string)) {
	switch x := v.(type) {
	case string:
		see(x)
	case []any:
		for _, one := range x {
			eachText(one, see)
		}
	case map[string]any:
		for name, one := range x {
			see(name)
			eachText(one, see)
		}
	}
}

// judgeDevice looks at all that the API says about one device.
func (w *world) judgeDevice(t *testing.T, a *administrator, id string) {
	t.Helper()
	var d struct{ Name string }
	w.judged(t, a, "/devices/"+id, &d)
	if d.Name == "" || utf8.RuneCountInString(d.Name) > 128 || strings.ContainsAny(d.Name, "\r\n\t") || strings.ContainsAny(d.Name[:1], "=+-@") {
		t.Errorf("a computer is called %q", d.Name)
	}
	for _, path := range []string{"/policy", "/agent", "/inventory", "/inventory/software", "/inventory/system", "/inventory/hardware", "/inventory-changes"} {
		w.judged(t, a, "/devices/"+id+path, nil)
	}
}

// judgeTable looks at a CSV file, of which each cell must be text to a spreadsheet.
func judgeTable(t *testing.T, what string, text []byte, want int) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != want+1 {
		t.Fatalf("%s: %d rows for %d devices (%v)", what, len(rows)-1, want, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.ContainsAny(cell, obeyed+"\r\n") || len(cell) > 32<<10 {
				t.Errorf("%s: a spreadsheet or terminal obeys the cell %.80q", what, cell)
			}
		}
	}
}

// judgeReport saves a report that is called by a hostile name too, and has it answered.
func (w *world) judgeReport(t *testing.T, a *administrator, came int) {
	t.Helper()
	_, text := a.call(http.MethodGet, "/devices.csv", nil)
	judgeTable(t, "the list of devices", text, came)
	made := a.want(http.MethodPost, "/reports", map[string]any{
		"name": "=HYPERLINK(1)<b>\x1b[31m\u202e\r\nBcc: thief@example.org", "tests": []string{"bash<6"}, "columns": []string{"name", "model", "os", "system.os", "system.name", "hardware.vendor", "software"},
		"every": "", "hour": 0, "format": "csv", "to": []string{}, "shared": true, "words": "",
	})
	id, _ := made["id"].(string)
	res, text := a.call(http.MethodGet, "/reports/"+id+"/answer.csv", nil)
	judgeTable(t, "the report", text, came)
	if name := res.Header.Get("Content-Disposition"); strings.ContainsAny(name, "<>\r\n/\\") {
		t.Errorf("the file is called %q", name)
	}
	res, text = a.call(http.MethodGet, "/reports/"+id+"/answer.json", nil)
	var rows []map[string]string
	if err := json.Unmarshal(text, &rows); err != nil || len(rows) != came || res.StatusCode != http.StatusOK {
		t.Errorf("the report as JSON has %d rows, %s, %v", len(rows), res.Status, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(cell, obeyed) {
				t.Errorf("the report as JSON holds %.80q", cell)
			}
		}
	}
	w.judged(t, a, "/reports?limit=10", nil)
}

// judgeExposure reads the exposure report as a page and as PDF, which name who has come.
func (w *world) judgeExposure(t *testing.T, a *administrator) {
	t.Helper()
	_, page := a.call(http.MethodGet, "/exposure/report", nil)
	for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "\x1b", "\u202e"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page of the exposure report holds %q", bad)
		}
	}
	_, raw := a.call(http.MethodGet, "/exposure/pdf", nil)
	file := filepath.Join(t.TempDir(), "exposure.pdf")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), "pdftotext", file, "-").CombinedOutput()
	if err != nil || bytes.Contains(text, []byte("Error")) {
		t.Errorf("the PDF cannot be read: %v\n%.300s", err, text)
	}
}

// judgeShell has the built command line print what it can, which no terminal may obey.
func (w *world) judgeShell(t *testing.T, a *administrator) {
	t.Helper()
	env := []string{"DROVER_URL=" + w.Admin, "DROVER_TOKEN=" + a.token, "DROVER_CA=" + w.CA}
	var list struct{ Items []struct{ ID string } }
	w.judged(t, a, "/devices?limit=100", &list)
	calls := [][]string{
		{"device", "list"},
		{"audit", "list"},
		{"inventory", "software"},
		{"inventory", "news"},
		{"inventory", "events"},
		{"inventory", "search", "bash"},
		{"report", "list"},
		{"services", "visits"},
		{"registration", "reviews"},
		{"overview"},
	}
	for _, d := range list.Items[:6] {
		calls = append(calls, []string{"device", "show", d.ID}, []string{"inventory", "show", d.ID, "software"}, []string{"device", "policy", d.ID}, []string{"device", "agent", d.ID})
	}
	for _, args := range calls {
		if out := drover(t, w.data, w.db, env, args...); strings.ContainsAny(out, obeyed+"\r") || !utf8.ValidString(out) {
			t.Errorf("drover %q prints what a terminal obeys", args)
		}
	}
}

// logLines are the lines of the server's log.
func (w *world) logLines(t *testing.T) iter.Seq[[]byte] {
	t.Helper()
	log, err := os.ReadFile(w.Logs)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Lines(log)
}

// judgeLog looks at the server's log: lines of JSON.
func (w *world) judgeLog(t *testing.T) {
	t.Helper()
	for line := range w.logLines(t) {
		if line[0] != '{' || bytes.ContainsAny(line, "\x1b\u202e\x00") || bytes.Contains(line, []byte("thief@")) {
			t.Errorf("a line of the log: %.200q", line)
		}
	}
}

// TestAReportGoesByMail saves a report in the API of a whole server, lets its time come, and reads what a mail server is handed:
// one mail to each reader, with no field that the names of devices or of the report have put in, and a table of harmless cells.
func TestAReportGoesByMail(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		box := newPostbox(t)
		dir, database := t.TempDir(), databaseFor(t, e)
		mailed := func(c *server.Config) { c.SMTP, c.SMTPFrom = "smtp://"+box.address, "drover@example.org" }
		start := func(t *testing.T) *world {
			return &world{Zone: zonetest.Start(t, dir, database, mailed), data: filepath.Join(dir, "data"), db: database}
		}
		var id, token string
		t.Run("saved", func(t *testing.T) {
			w := start(t)
			olga, bob := w.administratorAt(t, "olga", "olga@example.org"), w.administratorAt(t, "bob", "bob@example.org")
			_, secret, err := w.Enrol.AddAuthKey(t.Context(), system, enrol.AuthKeyDraft{Name: "test", Uses: 100, Life: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range hostileNames[:12] {
				c, err := w.joins(t, secret, agentv1.Facts{Host: "pc", Platform: "linux", Model: name, OS: name, Machine: sqldb.NewID()})
				if err != nil {
					t.Fatal(err)
				}
				c.tells(t, name)
			}
			made := olga.want(http.MethodPost, "/reports", map[string]any{
				"name": "Old bash\r\nBcc: thief@example.org", "tests": []string{"bash<6"}, "columns": []string{"name", "model", "system.os", "software"},
				"every": "month", "hour": 6, "format": "csv", "to": []string{olga.id, bob.id}, "shared": false, "words": "",
			})
			id, token = made["id"].(string), olga.token
			if made["due"] == "" {
				t.Fatal("it is never due")
			}
		})
		w := &world{Zone: &zonetest.Zone{}, data: filepath.Join(dir, "data"), db: database}
		w.inside(t, func() { // its time comes
			err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), "UPDATE report SET due = 1 WHERE id = $1", id)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		t.Run("sent", func(t *testing.T) {
			w := start(t)
			until(t, "the report is sent to both", func() bool { return len(reports(box)) == 2 })
			olga := &administrator{t: t, w: w, token: token, header: http.Header{}}
			var r struct{ Sent, Due, Fault string }
			until(t, "it is noted", func() bool {
				w.judged(t, olga, "/reports/"+id, &r)
				return r.Sent != ""
			})
			if at, err := time.Parse(time.RFC3339, r.Due); err != nil || !at.After(time.Now()) || r.Fault != "" {
				t.Errorf("%+v, %v", r, err)
			}
			if got := string(must(olga.call(http.MethodGet, "/audit?limit=100", nil))); !strings.Contains(got, "report.answered") {
				t.Error("that the report was answered is not in the audit log")
			}
		})
		var to []string
		for _, text := range reports(box) {
			to = append(to, judgeMail(t, text, 12))
		}
		slices.Sort(to)
		if !slices.Equal(to, []string{"<bob@example.org>", "<olga@example.org>"}) {
			t.Errorf("it went to %q", to)
		}
	})
}

func must(_ *http.Response, text []byte) []byte { return text }

// reports are the mails that carry a file.
func reports(box *postbox) (list []string) {
	for _, m := range box.all() {
		if strings.Contains(m, "report.csv") {
			list = append(list, m)
		}
	}
	return list
}

// judgeMail reads a mail with a report, and returns to whom it is.
func judgeMail(t *testing.T, text string, devices int) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || len(m.Header["To"]) != 1 || len(m.Header["Subject"]) != 1 {
		t.Errorf("the mail's header: %v", m.Header)
	}
	table := attached(t, m)
	judgeTable(t, "the mail", table, devices)
	if !bytes.Contains(table, []byte("bash 5.2-1")) {
		t.Errorf("the table: %s", table)
	}
	return m.Header.Get("To")
}

// attached is the file that goes with a mail.
func attached(t *testing.T, m *mail.Message) []byte {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatalf("no file goes with the mail: %v", err)
		}
		if p.FileName() == "" {
			continue
		}
		if p.FileName() != "report.csv" || p.Header.Get("Content-Transfer-Encoding") != "base64" {
			t.Errorf("the file is %v", p.Header)
		}
		data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
}
