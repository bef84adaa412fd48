// Package sogo starts a real ActiveSync server, SOGo, for a test run.
package sogo

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Server is a running server with the users alice and bob, whose password is Password.
type Server struct {
	URL, URLTLS, CA string
	dir             string
}

// Password is the password of both users.
const Password = "secret"

// The scripts need seven ports in a row; these are looked through for a free row.
const firstPort, lastPort, portsNeeded = 18810, 18890, 7

// workers are SOGo's processes. A Ping that its client gave up still occupies one until its heartbeat ends.
const workers = "SOGO_WORKERS=12"

// scripts is test/sogo, found from this file.
func scripts() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "sogo")
}

// Start starts a server of its own in a new directory. Close ends it.
func Start() (*Server, error) {
	// The daemons run as users of their own, which must be able to enter the directory.
	dir, err := os.MkdirTemp("", "sogo-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	for port := firstPort; port+portsNeeded <= lastPort; port += 10 {
		if !free(port) {
			continue
		}
		up := exec.Command(filepath.Join(scripts(), "sogo-up"), dir, fmt.Sprint(port))
		up.Env = append(os.Environ(), workers)
		out, upErr := up.CombinedOutput()
		if upErr == nil {
			return s, s.readEnv()
		}
		err = fmt.Errorf("sogo-up: %w\n%s", upErr, out)
		s.Close()
		if !bytes.Contains(out, []byte("already in use")) {
			return nil, err
		}
		if mkErr := os.Mkdir(dir, 0o755); mkErr != nil { // another run took the port first: the next row
			return nil, mkErr
		}
	}
	return nil, fmt.Errorf("no free row of ports from %d to %d; last: %v", firstPort, lastPort, err)
}

func free(first int) bool {
	for port := first; port < first+portsNeeded; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

func (s *Server) readEnv() error {
	env, err := os.ReadFile(filepath.Join(s.dir, "env"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(env)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "EAS_URL":
			s.URL = value
		case "EAS_URL_TLS":
			s.URLTLS = value
		case "EAS_CA":
			s.CA = value
		}
	}
	return nil
}

// Deliver puts a mail into a user's inbox behind the server's back.
func (s *Server) Deliver(user, subject string) error {
	out, err := exec.Command(filepath.Join(scripts(), "sogo-deliver"), s.dir, user, subject).CombinedOutput()
	if err != nil {
		return fmt.Errorf("sogo-deliver: %w\n%s", err, out)
	}
	return nil
}

// Close ends the server and removes what it kept.
func (s *Server) Close() error {
	out, err := exec.Command(filepath.Join(scripts(), "sogo-down"), s.dir, "--purge").CombinedOutput()
	if err != nil {
		return fmt.Errorf("sogo-down: %w\n%s", err, out)
	}
	return nil
}
