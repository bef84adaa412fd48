package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drover/api/adminv1"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/schema"
	"drover/internal/simulate/phone"
	"drover/internal/simulate/upstream"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"drover": main})
}

// patience is how long a script waits for what must happen soon on a busy machine.
const patience = time.Minute

func TestScripts(t *testing.T) {
	urls := databases(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"DEVICE", "ADMIN", "OTHER"} {
				addr, err := freeAddr()
				if err != nil {
					return err
				}
				env.Setenv(name, addr)
			}
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { _ = taken.Close() })
			env.Setenv("TAKEN", taken.Addr().String())
			env.Setenv("DROVER_URL", "https://"+env.Getenv("ADMIN"))
			env.Setenv("DROVER_CA", env.WorkDir+"/data/tls/ca.pem")
			env.Values[fleetKey{}] = &fleet{}
			for name, url := range urls {
				env.Setenv(name, url)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": ready, "mailserver": mailServer, "phone": startPhone, "await": await, "otp": otp, "field": field,
			"status": status, "nextcode": nextCode, "load": load,
			"terminate": terminate, "reload": reload, "config": config, "shows": shows,
			"mailbox": mailbox, "tamper": tamper, "letin": letIn,
		},
	})
}

// rolePassword is what every test gives the roles: they belong to the whole cluster, and tests run side by side.
const rolePassword = "correct-horse-battery"

// databases makes an empty PostgreSQL database for the one script that uses it, and tells its URL by role.
func databases(t *testing.T) map[string]string {
	t.Helper()
	owner := sqldbtest.NewURL(t, sqldb.PostgreSQL)
	db := sqldbtest.Open(t, owner)
	if err := schema.Roles(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	urls := map[string]string{"DB": owner}
	for name, role := range map[string]string{"DB_SERVE": schema.ServeRole, "DB_MIGRATE": schema.MigrateRole} {
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "ALTER ROLE "+role+" PASSWORD '"+rolePassword+"'")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(owner)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(role, rolePassword)
		urls[name] = u.String()
	}
	return urls
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// until repeats fn until it is true.
func until(ts *testscript.TestScript, what string, fn func() bool) {
	for end := time.Now().Add(patience); !fn(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("%s did not happen within %v", what, patience)
		}
	}
}

func roots(ts *testscript.TestScript) *x509.CertPool {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(ts.ReadFile(ts.Getenv("DROVER_CA")))) {
		ts.Fatalf("no certificate")
	}
	return pool
}

// ready waits until the server answers, over TLS by the zone's own authority.
func ready(ts *testscript.TestScript, _ bool, _ []string) {
	until(ts, "a ready server", func() bool {
		if _, err := os.Stat(ts.Getenv("DROVER_CA")); err != nil {
			return false
		}
		c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots(ts), MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
		}}
		res, err := c.Get(ts.Getenv("DROVER_URL") + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// mailServer starts a simulated mail server and puts its URL into $MAIL.
func mailServer(ts *testscript.TestScript, _ bool, _ []string) {
	s := httptest.NewServer(upstream.New(upstream.Options{Password: "secret", Mails: 1}))
	ts.Defer(s.Close)
	ts.Setenv("MAIL", s.URL+upstream.Path)
}

type fleetKey struct{}

// fleet remembers what happened to the phones of a script.
type fleet struct {
	mu   sync.Mutex
	seen map[string]bool // "U1 provisioned"
}

func (f *fleet) note(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	f.seen[what] = true
}

func (f *fleet) has(what string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[what]
}

// startPhone starts a phone: phone USER PLATFORM. Its DeviceId goes into $USER_ID.
func startPhone(ts *testscript.TestScript, _ bool, args []string) {
	user, platform := args[0], args[1]
	model, err := phone.Find(platform)
	ts.Check(err)
	f := ts.Value(fleetKey{}).(*fleet)
	phones, err := phone.New(phone.Options{
		URL: "https://" + ts.Getenv("DEVICE"), Roots: roots(ts), Count: 1, UserPattern: user, Password: "secret", Seed: user,
		Model:   func(int) phone.Model { return model },
		Observe: func(e phone.Event) { f.note(user + " " + string(e.Kind)) },
	})
	ts.Check(err)
	ts.Setenv(user+"_ID", phones.DeviceIDs()[0])
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		phones.Run(ctx)
	}()
	ts.Defer(func() { cancel(); <-done })
}

// await waits for what happens to a phone: await USER EVENT.
func await(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, strings.Join(args, " "), func() bool { return ts.Value(fleetKey{}).(*fleet).has(strings.Join(args, " ")) })
}

// otp puts the one-time code of an otpauth URI in a file into $OTP (RFC 6238), computed here and not by Drover.
func otp(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(err)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	ts.Check(err)
	m := hmac.New(sha1.New, secret)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()/30)))
	sum := m.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	ts.Setenv("OTP", fmt.Sprintf("%06d", n%1_000_000))
}

// field puts a value of a JSON file into an environment variable: field FILE PATH NAME, such as items.0.id.
func field(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for part := range strings.SplitSeq(args[1], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			var i int
			_, err := fmt.Sscan(part, &i)
			ts.Check(err)
			if i >= len(x) {
				ts.Fatalf("%s has no %s", args[0], args[1])
			}
			v = x[i]
		}
	}
	ts.Setenv(args[2], strings.TrimSpace(fmt.Sprint(v)))
}

// status runs drover and wants an exit status: status 3 device show nobody.
func status(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("drover", args[1:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("drover %s ended with %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// nextCode waits for the next period of one-time codes, since each works once.
func nextCode(ts *testscript.TestScript, _ bool, _ []string) {
	begun := time.Now().Unix() / 30
	until(ts, "a new one-time code", func() bool { return time.Now().Unix()/30 > begun })
}

// terminate tells the servers of a script to end, as init systems do: they have ten seconds.
func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGTERM))
		timer := time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() })
		ts.Defer(func() { timer.Stop() })
	}
}

// reload tells the servers of a script to read their configuration again.
func reload(ts *testscript.TestScript, _ bool, _ []string) {
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGHUP))
	}
}

// shows waits until a file holds a text: shows FILE TEXT.
func shows(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[1]+" in "+args[0], func() bool { return strings.Contains(ts.ReadFile(args[0]), args[1]) })
}

// config writes a configuration file: config FILE NAME VALUE...
func config(ts *testscript.TestScript, _ bool, args []string) {
	var text strings.Builder
	for i := 1; i+1 < len(args); i += 2 {
		fmt.Fprintf(&text, "%s: %s\n", args[i], args[i+1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// load puts the text of a file into an environment variable: load NAME FILE.
func load(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

func TestStatusesSayWhatHappened(t *testing.T) {
	for _, x := range []struct {
		http int
		code string
		want int
	}{
		{403, proofCode, exitProof},
		{403, "right.missing", exitRefused},
		{401, "session.none", exitRefused},
		{404, "x", exitNotFound},
		{409, "x", exitConflict},
		{412, "x", exitConflict},
		{422, "x", exitUsage},
		{429, "x", exitUnavailable},
		{503, "x", exitUnavailable},
		{500, "x", exitFailed},
	} {
		if got := statusOf(x.http, x.code); got != x.want {
			t.Errorf("%d %s: %d, want %d", x.http, x.code, got, x.want)
		}
	}
}

func TestAComplaintSaysItsSentenceOnce(t *testing.T) {
	for _, x := range []struct {
		faults []adminv1.Fault
		want   string
	}{
		{nil, "drover: It cannot.\n  (x)\n"},
		{[]adminv1.Fault{{Location: "body.name", Message: "It cannot."}}, "drover: It cannot.\n  at body.name\n  (x)\n"},
		{[]adminv1.Fault{{Location: "body.name", Message: "Why."}}, "drover: It cannot.\n  body.name: Why.\n  (x)\n"},
	} {
		var out bytes.Buffer
		newConsole(os.Stdin, &out, &out).complain(&adminv1.Problem{Detail: "It cannot.", Code: "x", Errors: x.faults})
		if out.String() != x.want {
			t.Errorf("got %q, want %q", out.String(), x.want)
		}
	}
}

func TestComplaintsReachNoTerminalAsControls(t *testing.T) {
	var out bytes.Buffer
	c := newConsole(os.Stdin, &out, &out)
	c.complain(missing("there is no device \"\x1b[2J\""))
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("got %q", out.String())
	}
}
