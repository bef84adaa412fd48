package endtoend

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/upstream"
)

// TestAPhoneThatAsksAnewLeavesNothingBehind has a client that imports nothing of ours hold a Ping, and then another as the
// same device, before a mail server that answers neither: the gateway answers the older one, as mail servers do
// (MS-ASCMD section 2.2.1.13), and holds one alone.
func TestAPhoneThatAsksAnewLeavesNothingBehind(t *testing.T) {
	client := build(t, "./cmd/easclient")
	mail := upstream.New(upstream.Options{Password: "secret"})
	var held atomic.Int64
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.RawQuery, "Cmd=Ping") {
			mail.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the gateway has gone
		held.Add(1)
		defer held.Add(-1)
		<-r.Context().Done()
	}))
	z := zonetest.New(t, sqldb.SQLite)
	z.Mail(t, address)
	z.Policy(t, "strict")
	ping := func(ctx context.Context) <-chan error {
		cmd := exec.CommandContext(ctx, client, "-url", z.Device+upstream.Path, "-ca", z.CA, "-user", "alice", "-device", "again1",
			"provision", "foldersync", "ping,heartbeat=3000,status=1")
		cmd.Env = append(os.Environ(), "EAS_PASSWORD=secret")
		done := make(chan error, 1)
		go func() {
			out, err := cmd.CombinedOutput()
			if err != nil && ctx.Err() == nil {
				t.Errorf("%v\n%s", err, out)
			}
			done <- err
		}()
		return done
	}
	older := ping(t.Context())
	until(t, "a Ping is held", func() bool { return held.Load() == 1 })
	ctx, stop := context.WithCancel(t.Context())
	newer := ping(ctx)
	<-older
	until(t, "one Ping is held", func() bool { return held.Load() == 1 })
	stop()
	<-newer
}
