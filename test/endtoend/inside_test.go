package endtoend

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/simulate/upstream"
)

// leadInside has every name of a host lead to this machine, as the name server of an attacker does whose names led elsewhere
// when they were looked at.
func leadInside(t *testing.T) (asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for nameServer(server) == nil {
				asked.Add(1)
			}
		}()
		return client, nil
	}}
	t.Cleanup(func() { net.DefaultResolver = before })
	return asked
}

// nameServer answers one question (RFC 1035 section 4): every A record is 127.0.0.1, and there are no others.
func nameServer(c io.ReadWriter) error {
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return err
	}
	ask := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(c, ask); err != nil {
		return err
	}
	end := 12
	for end < len(ask) && ask[end] != 0 {
		end += int(ask[end]) + 1
	}
	end += 5 // the root, type and class
	if end > len(ask) {
		return errors.New("no question")
	}
	answer := append([]byte{ask[0], ask[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, ask[12:end]...)
	if ask[end-3] == 1 { // A
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1)
	}
	_, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	return err
}

// TestS9S10NamesThatLeadInside has an administrator point everything that Drover asks at a name that leads to a service of its own
// machine: no connection comes there. Written as this machine's address, it is reached.
func TestS9S10NamesThatLeadInside(t *testing.T) {
	w := newWorld(t, sqldb.SQLite, upstream.Options{})
	owner := w.administrator(t, "olga")
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	var reached atomic.Int64
	go func() {
		for {
			c, err := inside.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			_ = c.Close()
		}
	}()
	_, port, err := net.SplitHostPort(inside.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server := func(host string) map[string]any {
		return map[string]any{"server": map[string]any{"name": "x", "url": "https://" + host + ":" + port + "/Microsoft-Server-ActiveSync", "tlsMode": "system"}}
	}
	owner.call(http.MethodPost, "/upstreams/test", server("127.0.0.1"))
	if reached.Load() == 0 {
		t.Fatal("the service inside is not reached by its address")
	}
	asked := leadInside(t)
	reached.Store(0)
	for _, host := range []string{"mail.example.org", "metadata.example.org", "127.0.0.1.example.org", "2130706433", "0x7f000001", "127.1", "localhost.example.org"} {
		for path, body := range map[string]map[string]any{
			"/upstreams/test": server(host),
			"/directories/test": {"directory": map[string]any{
				"name": "x", "kind": "oidc", "oidc": map[string]any{"issuer": "https://" + host + ":" + port, "clientId": "x"},
			}},
		} {
			res, text := owner.call(http.MethodPost, path, body)
			if res.StatusCode >= 500 {
				t.Errorf("%s at %s: %s %s", path, host, res.Status, text)
			}
		}
		ldap := map[string]any{"directory": map[string]any{"name": "x", "kind": "ldap", "ldap": map[string]any{
			"servers": []string{host + ":" + port}, "users": map[string]any{"base": "dc=example,dc=org"},
		}}}
		owner.call(http.MethodPost, "/directories/test", ldap)
	}
	if asked.Load() == 0 {
		t.Error("the name server was never asked")
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("a service of this machine was reached %d times by names that lead to it", n)
	}
}
