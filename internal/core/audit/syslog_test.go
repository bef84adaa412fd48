package audit_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/base/syslog"
	"drover/internal/core/audit"
	"drover/internal/core/schema/schematest"
)

func TestHeadsReachASyslogServer(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	to, err := syslog.Parse("udp://"+server.LocalAddr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	sink := audit.NewSyslogSink(to)
	f := newFixture(t, schematest.New(t, sqldb.SQLite))
	f.append(t, record(1))
	if _, err := audit.NewSealer(f.db, f.clock, f.key, "one", sink).Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := server.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2000)
	n, _, err := server.ReadFrom(b)
	if text := string(b[:n]); err != nil || !strings.Contains(text, "drover-audit") || !strings.Contains(text, `"number":1`) {
		t.Fatalf("received %q (%v)", text, err)
	}
}
