package endtoend

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/jackc/pgx/v5"

	"drover/internal/base/sqldb"
	"drover/internal/base/wbxml"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/simulate/upstream"
)

// canaries are secrets that are planted and must be found nowhere.
type canaries []string

// new returns another secret, of letters and digits alone, so that every encoding leaves it in one piece.
func (c *canaries) new() string {
	s := fmt.Sprintf("Canary%02dq7Zx%02dKp", len(*c), 99-len(*c))
	*c = append(*c, s)
	return s
}

// TestS21FiftyCanariesAreNowhere plants fifty secrets through every way into the zone and looks for each, in the forms in
// which secrets hide, in the whole database, the logs, the metrics, the exports and the answers to mistakes.
func TestS21FiftyCanariesAreNowhere(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		mail := httptest.NewServer(&everybody{upstream.New(upstream.Options{Mails: 1})})
		t.Cleanup(mail.Close)
		w.moveMail(t, mail.URL+upstream.Path)
		var planted canaries
		var said bytes.Buffer
		owner := w.administrator(t, "olga")
		plantByDevices(t, w, &planted)
		plantByAdministrators(t, w, owner, &planted, &said)
		for len(planted) < 50 {
			p := w.handset(t, fmt.Sprintf("more%d", len(planted)), "14.1")
			p.password = planted.new()
			p.provision()
		}
		collect(t, w, owner, &said)
		// What the server holds in memory is written before the files are read.
		until(t, "every record is sealed into the chain", func() bool {
			list, _, err := w.Audit.List(t.Context(), system, audit.Filter{}, audit.Page{Limit: 1})
			return err == nil && len(list) == 1 && list[0].Number > 0
		})
		places := map[string][]byte{"answers": said.Bytes(), "database": dump(t, w, e)}
		files(t, w.data, places)
		for name, text := range places {
			for _, secret := range planted {
				for form, shape := range shapes(secret) {
					if bytes.Contains(text, shape) {
						t.Errorf("%s holds the secret %s, %s", name, secret, form)
					}
				}
			}
		}
		if !bytes.Contains(places["database"], []byte("anna")) || !bytes.Contains(said.Bytes(), []byte("go_goroutines")) {
			t.Error("the dump or the metrics are empty: nothing was looked at")
		}
	})
}

// shapes are the forms in which a secret may hide.
func shapes(s string) map[string][]byte {
	wide := utf16.Encode([]rune(s))
	var le, be []byte
	for _, u := range wide {
		le, be = append(le, byte(u), byte(u>>8)), append(be, byte(u>>8), byte(u))
	}
	back := []byte(s)
	slices.Reverse(back)
	out := map[string][]byte{
		"raw": []byte(s), "hex": []byte(hex.EncodeToString([]byte(s))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(s)))),
		"UTF-16LE": le, "UTF-16BE": be, "reversed": back, "base32": []byte(base32.StdEncoding.EncodeToString([]byte(s))[:24]),
		"lower": []byte(strings.ToLower(s)),
	}
	// Base64 of a text that stands anywhere within another: cut to what does not depend on its neighbours.
	for shift := range 3 {
		b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + s))
		out[fmt.Sprintf("base64 at %d", shift)] = []byte(b[4 : len(b)-4])
	}
	return out
}

// everybody is a mail server that accepts every password, but those that begin with "wrong".
type everybody struct{ http.Handler }

func (m *everybody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, password, ok := r.BasicAuth(); !ok || strings.HasPrefix(password, "wrong") {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	m.Handler.ServeHTTP(w, r)
}

// plantByDevices hands in secrets as mail clients do.
func plantByDevices(t *testing.T, w *world, c *canaries) {
	t.Helper()
	for i, version := range []string{"12.1", "14.1", "16.1"} {
		p := w.handset(t, []string{"anna", "bert", "carl"}[i], version)
		p.password = c.new()
		p.provision(wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet,
			wbxml.Leaf(wbxml.SettingsModel, "Phone"), wbxml.Leaf(wbxml.SettingsPhoneNumber, c.new()))))
		p.folders()
		p.sync("0")
		p.send("Settings", wbxml.Elem(wbxml.SettingsSettings, wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet,
			wbxml.Leaf(wbxml.SettingsModel, "Phone"), wbxml.Leaf(wbxml.SettingsPhoneNumber, c.new())))))
		mail := "Subject: " + c.new() + "\r\nTo: " + c.new() + "@example.test\r\n\r\n" + c.new() + "\r\n"
		p.send("SendMail", wbxml.Elem(wbxml.ComposeMailSendMail, wbxml.Leaf(wbxml.ComposeMailMIME, mail)))
		if _, err := p.try("Sync", []byte(mail+c.new())); err != nil {
			t.Fatal(err)
		}
		p.key = c.new() // no number: no policy key
		p.folders()
		p.password = "wrong" + c.new()
		p.folders()
		p.header.Set("Authorization", "Bearer "+c.new())
		p.folders()
		p.header.Set("Authorization", c.new()+" "+c.new())
		p.header.Set("Cookie", "session="+c.new())
		p.folders()
		p.header.Del("Authorization")
		p.user = "nobody:" + c.new()
		p.folders()
	}
}

// plantByAdministrators hands in secrets over the admin API and at the server's shell.
func plantByAdministrators(t *testing.T, w *world, a *administrator, c *canaries, said *bytes.Buffer) {
	t.Helper()
	keep := func(_ *http.Response, text []byte) { said.Write(text) }
	*c = append(*c, a.token, a.secretText(), a.password)
	a.signIn()
	*c = append(*c, strings.TrimPrefix(a.cookie, "__Host-drover="))
	stranger := &administrator{t: t, w: w, header: http.Header{}}
	keep(stranger.call(http.MethodPost, "/session", map[string]any{"name": "olga", "password": c.new()}))
	keep(stranger.call(http.MethodPost, "/session", map[string]any{"name": c.new(), "password": c.new()}))
	keep(stranger.call(http.MethodPost, "/setup", map[string]any{"token": c.new(), "password": c.new(), "name": "x"}))
	keep(stranger.call(http.MethodPost, "/session", []byte(`{"password":"`+c.new()+`",`)))
	stranger.token = "drv_" + c.new()
	keep(stranger.call(http.MethodGet, "/devices", nil))
	keep(a.call(http.MethodPost, "/account/password", map[string]any{"current": c.new(), "next": c.new()}))
	keep(a.call(http.MethodPost, "/users", map[string]any{"name": "dora", "password": c.new()}))
	keep(a.call(http.MethodPost, "/users", map[string]any{"name": "", "password": c.new()}))
	keep(a.call(http.MethodPost, "/upstreams/test", map[string]any{
		"server": map[string]any{"name": "draft", "url": closedPort(t), "tlsMode": "system"}, "login": map[string]any{"name": "anna", "password": c.new()},
	}))
	link := a.want(http.MethodPost, "/admins", map[string]any{"name": "paul", "grants": []any{map[string]any{"role": "auditor"}}})
	person, _ := link["admin"].(map[string]any)
	if id, _ := person["id"].(string); id != "" {
		if token, _ := a.want(http.MethodPost, "/admins/"+id+"/invitation", map[string]any{"code": a.code()})["token"].(string); token != "" {
			*c = append(*c, token)
		}
	}
	offer := a.want(http.MethodPost, "/account/factors/totp", map[string]any{})
	*c = append(*c, fmt.Sprint(offer["secret"]))
	token := a.want(http.MethodPost, "/tokens", map[string]any{"name": "robot", "rights": []string{"device.read"}, "days": 1, "code": a.code()})
	*c = append(*c, fmt.Sprint(token["secret"]))
	d := w.device(t, w.handset(t, "anna", "12.1"))
	keep(a.call(http.MethodPost, "/devices/"+d.ID+"/commands", map[string]any{"kind": "full-wipe", "reason": c.new()}))
	keep(a.call(http.MethodPost, "/devices/"+d.ID+"/commands", map[string]any{"kind": c.new(), "reason": "x"}))
	if _, err := w.Devices.RecordFacts(t.Context(), system, d.ID, device.Facts{Phone: c.new()}); err != nil {
		t.Fatal(err)
	}
	u, err := w.Users.Add(t.Context(), system, directory.Draft{Name: "erna"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Users.SetPassword(t.Context(), system, u.ID, c.new()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Directories.Authenticate(t.Context(), netip.MustParseAddr("192.0.2.1"), "erna", c.new()); err == nil {
		t.Fatal("a wrong password is right")
	}
	err = w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		return w.Audit.Append(t.Context(), tx, audit.Record{
			Action: "device.seen", Caller: system, Subject: audit.Subject{Kind: "device", ID: d.ID},
			Device: d.ID, Owner: d.Owner, Reason: c.new(), Personal: map[string]string{"phone": c.new()},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (a *administrator) secretText() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(a.secret)
}

// collect reads what the zone tells: lists, exports, metrics.
func collect(t *testing.T, w *world, a *administrator, said *bytes.Buffer) {
	t.Helper()
	for _, path := range []string{
		"/devices", "/devices.csv", "/users", "/commands", "/audit", "/admins", "/sessions", "/tokens?all=true",
		"/upstreams", "/overview", "/approvals", "/safety/rules", "/zone",
	} {
		res, text := a.call(http.MethodGet, path, nil)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", path, res.Status, text)
		}
		said.Write(text)
	}
	res, err := w.Client.Get(w.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := said.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
}

// dump returns everything that the database holds.
func dump(t *testing.T, w *world, e sqldb.Engine) []byte {
	t.Helper()
	if e == sqldb.SQLite {
		return nil // its files are among those of the directory; see files
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	c, err := pgx.Connect(ctx, w.db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	rows, err := c.Query(ctx, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if len(tables) < 20 {
		t.Fatalf("there are %d tables (%v)", len(tables), rows.Err())
	}
	var out bytes.Buffer
	for _, name := range tables {
		for _, format := range []string{"text", "binary"} {
			sql := "COPY " + pgx.Identifier{name}.Sanitize() + " TO STDOUT WITH (FORMAT " + format + ")"
			if _, err := c.PgConn().CopyTo(ctx, &out, sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out.Bytes()
}

// files adds every file of the data directory: the log, the signed heads, and on SQLite the database with its log.
func files(t *testing.T, dir string, places map[string][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		places[filepath.Base(path)] = text
		if strings.HasPrefix(filepath.Base(path), "drover.db") {
			places["database"] = append(places["database"], text...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
