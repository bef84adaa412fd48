package easclient_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	eas "drover-easclient"
	"drover-easclient/internal/sogo"
)

// started is the real server of all tests of this package, which takes seconds to start; nil until a test needs it.
var started *sogo.Server

func TestMain(m *testing.M) {
	code := m.Run()
	if started != nil {
		if err := started.Close(); err != nil {
			log.Print(err)
			code = 1
		}
	}
	os.Exit(code)
}

func realSOGo(t *testing.T) *sogo.Server {
	t.Helper()
	if started == nil {
		server, err := sogo.Start()
		if err != nil {
			t.Fatal(err)
		}
		started = server
	}
	return started
}

// client is a new device of alice's towards a URL. Every frame of it is decoded by libwbxml too.
func client(t *testing.T, url, ca string, v eas.Version, f eas.Form) *eas.Session {
	t.Helper()
	http, err := eas.NewHTTP(ca)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.CloseIdleConnections)
	return eas.NewSession(&eas.Client{
		URL: url, User: "alice", Password: sogo.Password, DeviceID: rand.Text()[:16], DeviceType: "Judge",
		UserAgent: "Judge/1.0", Version: v, Form: f, Cross: true, HTTP: http,
	})
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// ok fails the test unless the answer is 200 with the Status ("" for none).
func ok(t *testing.T, what string, r *eas.Reply, err error, status string) *eas.Reply {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if r.HTTP != 200 || r.Status() != status {
		t.Fatalf("%s: HTTP %d, Status %q, want 200 and %q; answer %s", what, r.HTTP, r.Status(), status, r.Tree)
	}
	return r
}

// until repeats a look until it is true, for the server sees new mail only some seconds later.
func until(t *testing.T, what string, look func() bool) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !look() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

func TestRealServer(t *testing.T) {
	for _, v := range []eas.Version{eas.V25, eas.V120, eas.V121, eas.V140, eas.V141} {
		for _, f := range []eas.Form{eas.Plain, eas.Base64} {
			if f.IsBase64() && !v.AtLeast(eas.V121) {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", v, f), func(t *testing.T) { realServer(t, v, f) })
		}
	}
}

func realServer(t *testing.T, v eas.Version, f eas.Form) {
	ctx := testContext(t)
	server := realSOGo(t)
	c := client(t, server.URLTLS, server.CA, v, f)

	options, err := c.Options(ctx)
	ok(t, "OPTIONS", options, err, "")
	if versions := options.List("MS-ASProtocolVersions"); !slices.Contains(versions, string(v)) {
		t.Fatalf("OPTIONS: versions %v lack %s", versions, v)
	}

	reply, err := c.FolderSync(ctx, "0")
	ok(t, "FolderSync", reply, err, "1")
	inbox, err := c.Inbox()
	if err != nil {
		t.Fatal(err)
	}

	if v.AtLeast(eas.V120) {
		reply, err = c.SettingsDevice(ctx)
		ok(t, "Settings, device", reply, err, "1")
		reply, err = c.SettingsUser(ctx)
		ok(t, "Settings, user", reply, err, "1")
		if !strings.Contains(reply.Tree.String(), `"alice@example.test"`) {
			t.Fatalf("Settings: no address in %s", reply.Tree)
		}
	}

	if _, err := c.SyncAll(ctx, inbox); err != nil {
		t.Fatal(err)
	}
	reply, err = c.Estimate(ctx, inbox)
	if err != nil || reply.HTTP != 200 || reply.Tree.Get("Response/Status") != "1" {
		t.Fatalf("GetItemEstimate: %v, %s", err, reply.Tree)
	}

	subject := "woken " + rand.Text()
	reply, err = eas.During(ctx, func() error { return server.Deliver("alice", subject) },
		func(ctx context.Context, onSent func()) (*eas.Reply, error) { return c.Ping(ctx, 60, onSent, inbox) })
	ok(t, "Ping", reply, err, "2")
	if got := reply.Tree.Get("Folders/Folder"); got != inbox.ID {
		t.Fatalf("Ping: folder %q changed, want %q", got, inbox.ID)
	}

	source := mailSource("sent " + rand.Text())
	reply, err = c.SendMail(ctx, source)
	ok(t, "SendMail", reply, err, "")
	found := map[string]eas.Mail{}
	until(t, "the two mails", func() bool {
		reply, err := c.Sync(ctx, eas.SyncOptions{Folder: inbox})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range reply.Mails() {
			found[m.Subject] = m
		}
		return found[subject].ID != "" && found[eas.MailSubject(source)].ID != ""
	})

	sent := found[eas.MailSubject(source)]
	// SOGo rewrites the header and ends every mail with an empty line.
	if sent.Body() != eas.MailBody(source)+"\r\n" {
		t.Fatalf("the mail changed on its way:\n%q\nwas\n%q", sent.Body(), eas.MailBody(source))
	}
	if v == eas.V25 {
		return // neither sources nor ItemOperations
	}
	reply, err = c.Fetch(ctx, inbox.ID, sent.ID)
	ok(t, "ItemOperations", reply, err, "1")
	if mails := reply.Mails(); len(mails) != 1 || mails[0].SHA256() != sent.SHA256() {
		t.Fatalf("ItemOperations gives another mail than Sync: %s", reply.Tree)
	}
}

// mailSource is a mail with what easily breaks on the way: other scripts, a dot at the start of a line, a long line,
// no line end after the last one.
func mailSource(subject string) string {
	return strings.ReplaceAll("From: alice@example.test\nTo: alice@example.test\nSubject: "+subject+"\n"+
		"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"+
		"Grüße, привет, 你好 🙂\n.\n..two dots\n\ttab and trailing space \n"+strings.Repeat("long ", 150)+"\nend\n", "\n", "\r\n")
}

// TestMisspeltQueries sends each form to a real server that accepts it; the others are SOGo's known
// faults, which a gateway has to mend.
func TestMisspeltQueries(t *testing.T) {
	server := realSOGo(t)
	for _, f := range eas.MisspeltForms(eas.V141) {
		switch f {
		case eas.Base64Space, eas.Base64NoPad, eas.Base64URL, eas.Base64Escaped:
			continue
		}
		t.Run(string(f), func(t *testing.T) {
			reply, err := client(t, server.URL, "", eas.V141, f).FolderSync(testContext(t), "0")
			ok(t, "FolderSync", reply, err, "1")
		})
	}
}

func TestHeldSync(t *testing.T) {
	ctx := testContext(t)
	server := realSOGo(t)
	c := client(t, server.URL, "", eas.V141, eas.Base64)
	reply, err := c.FolderSync(ctx, "0")
	ok(t, "FolderSync", reply, err, "1")
	inbox, err := c.Inbox()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SyncAll(ctx, inbox); err != nil {
		t.Fatal(err)
	}
	subject := "held " + rand.Text()
	reply, err = eas.During(ctx, func() error { return server.Deliver("alice", subject) },
		func(ctx context.Context, onSent func()) (*eas.Reply, error) {
			return c.Sync(ctx, eas.SyncOptions{Folder: inbox, Heartbeat: 60, OnSent: onSent})
		})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(reply.Mails(), func(m eas.Mail) bool { return m.Subject == subject }) {
		t.Fatalf("the held Sync lacks the mail: %s", reply.Tree)
	}
}
