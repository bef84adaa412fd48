package syslog

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/pki"
)

// rfc5424 is the form of a message by section 6 of RFC 5424, written from its grammar.
var rfc5424 = regexp.MustCompile(`^<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} - - (.*)$`)

var at = time.Date(2026, 3, 1, 12, 0, 0, 5000, time.UTC)

// frames reads messages with counted octets (RFC 6587, section 3.4.1).
func frames(r io.Reader, out chan<- string) {
	b := bufio.NewReader(r)
	for {
		count, err := b.ReadString(' ')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(count, " "))
		if err != nil {
			out <- "no count: " + count
			return
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(b, text); err != nil {
			return
		}
		out <- string(text)
	}
}

func await(t *testing.T, from <-chan string) string {
	t.Helper()
	select {
	case text := <-from:
		return text
	case <-time.After(20 * time.Second):
		t.Fatal("nothing has come")
		return ""
	}
}

func check(t *testing.T, line, priority, text string) {
	t.Helper()
	m := rfc5424.FindStringSubmatch(line)
	if m == nil || m[1] != priority || m[2] != text {
		t.Fatalf("received %q", line)
	}
}

func TestUDP(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	to, err := Parse("udp://"+conn.LocalAddr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	w := New(to, Auth, "drover-audit")
	defer w.Close()
	if err := w.Send(at, Notice, "one\n<3>two"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4000)
	n, _, err := conn.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	check(t, string(b[:n]), "37", "one <3>two")
}

func TestTLSIsVerifiedAndALostConnectionIsMadeAnew(t *testing.T) {
	authority, err := pki.OpenAuthority(t.TempDir(), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	own, err := pki.NewServer(authority, []string{"127.0.0.1"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: own.GetCertificate, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	received, conns := make(chan string, 10), make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns <- conn
			go frames(conn, received)
		}
	}()
	stranger, err := Parse("tls://"+l.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := New(stranger, Daemon, "drover").Send(at, Info, "secret"); err == nil {
		t.Fatal("a server that nobody vouches for got a message")
	}
	(<-conns).Close()
	to, err := Parse("tls://"+l.Addr().String(), authority.Path())
	if err != nil {
		t.Fatal(err)
	}
	w := New(to, Daemon, "drover")
	defer w.Close()
	if err := w.Send(at, Info, "one"); err != nil {
		t.Fatal(err)
	}
	check(t, await(t, received), "30", "one")
	(<-conns).Close()
	if state, err := to.Handshake(t.Context()); err != nil || state.Version != tls.VersionTLS13 {
		t.Fatalf("the handshake shows %+v (%v)", state, err)
	}
	(<-conns).Close()
	if _, err := stranger.Handshake(t.Context()); err == nil {
		t.Fatal("a handshake with a server that nobody vouches for")
	}
	(<-conns).Close()
	for i := 0; i < 100; i++ { // what a lost connection took with it is lost
		if err := w.Send(at, Info, "two"); err != nil {
			t.Fatal(err)
		}
		select {
		case text := <-received:
			check(t, text, "30", "two")
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatal("the connection was not made anew")
}

func TestAQueueNeverWaitsAndSendsWhenTheServerIsBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to, err := Parse("tcp://"+l.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	q := NewQueue(New(to, Daemon, "drover"))
	for range maxWaiting + 3 {
		q.Put(at, Warning, "x")
	}
	if h := q.Health(); h.Lost != 3 {
		t.Fatalf("%+v", h)
	}
	received := make(chan string, maxWaiting)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			frames(conn, received)
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() { q.Run(ctx) })
	for range maxWaiting {
		check(t, await(t, received), "28", "x")
	}
	cancel()
	wait.Wait()
	if h := q.Health(); h.Sent != maxWaiting || h.Fault != nil {
		t.Fatalf("%+v", h)
	}
}

func TestServersAreNamed(t *testing.T) {
	for _, bad := range []string{"", "host", "http://h:1", "udp://h", "udp://:514", "tcp://h:1/x", "tls://a@h:1"} {
		if _, err := Parse(bad, ""); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if _, err := Parse("tls://h:1", "/nowhere"); err == nil {
		t.Error("authorities that are not there were taken")
	}
	if to, err := Parse("local", ""); err != nil || !to.Protected() || to.String() != "this machine's syslog" {
		t.Errorf("%v, %v", to, err)
	}
}
