// Package sogo starts a real ActiveSync server for tests: SOGo, by the scripts beside this file. It needs root; where it
// cannot start, the test fails.
package sogo

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Server is a running mail server with the users alice and bob.
type Server struct {
	URL string // of ActiveSync
	dir string
}

// Password is the password of both users.
const Password = "secret"

const (
	firstPort, lastPort = 18600, 18690
	ports               = 7 // in a row
)

// Start starts a server and ends it with the test. A Ping that its client gave up still occupies one of SOGo's processes
// until its heartbeat ends, which is why there are twelve.
func Start(t testing.TB) *Server {
	t.Helper()
	for port := firstPort; port < lastPort; port += 10 {
		if !free(port) {
			continue
		}
		s, err := up(t, port)
		if err == nil {
			return s
		}
		if !bytes.Contains([]byte(err.Error()), []byte("already in use")) {
			t.Fatal(err)
		}
	}
	t.Fatalf("no free row of %d ports from %d to %d", ports, firstPort, lastPort)
	return nil
}

func scripts(name string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), name)
}

func up(t testing.TB, port int) (*Server, error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "sogo-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // its daemons run as users of their own
		return nil, err
	}
	cmd := exec.Command(scripts("sogo-up"), dir, fmt.Sprint(port))
	cmd.Env = append(os.Environ(), "SOGO_WORKERS=12")
	down := func() {
		if out, err := exec.Command(scripts("sogo-down"), dir, "--purge").CombinedOutput(); err != nil {
			t.Errorf("sogo-down: %v\n%s", err, out)
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		down()
		return nil, fmt.Errorf("sogo-up: %w\n%s", err, out)
	}
	t.Cleanup(down)
	return &Server{URL: fmt.Sprintf("http://127.0.0.1:%d/Microsoft-Server-ActiveSync", port), dir: dir}, nil
}

func free(first int) bool {
	for port := first; port < first+ports; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

// Deliver puts a mail into a user's inbox behind the server's back.
func (s *Server) Deliver(t testing.TB, user, subject string) {
	t.Helper()
	if out, err := exec.Command(scripts("sogo-deliver"), s.dir, user, subject).CombinedOutput(); err != nil {
		t.Fatalf("sogo-deliver: %v\n%s", err, out)
	}
}
