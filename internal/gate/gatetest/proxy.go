package gatetest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The ports that proxies of tests listen on.
const firstPort, lastPort = 19000, 19099

// Proxies start a proxy in front of a backend ("127.0.0.1:port") and return where it listens. One reads paths itself and
// hands on what it understood, the others hand on what was sent.
var Proxies = map[string]func(t *testing.T, backend string) (address string){
	"nginx, path rewritten": func(t *testing.T, backend string) string { return nginx(t, backend+"/") },
	"nginx":                 nginx,
	"haproxy":               haproxy,
}

const nginxConfig = `daemon off; master_process off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 64; }
http {
	access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
	keepalive_requests 1000000; underscores_in_headers on; merge_slashes on;
	server {
		listen 127.0.0.1:%[2]d;
		location / { proxy_pass http://%[3]s; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }
	}
}
`

func nginx(t *testing.T, backend string) string {
	return start(t, "nginx", func(dir string, port int) (config string, args []string) {
		return fmt.Sprintf(nginxConfig, dir, port, backend), []string{"-p", dir, "-e", filepath.Join(dir, "error.log"), "-c"}
	})
}

// Relay starts HAProxy in front of a backend, as a relay of connections that says for whom it speaks: how is "send-proxy" or
// "send-proxy-v2". It comes from 127.0.0.5.
func Relay(t *testing.T, backend, how string) (address string) {
	return start(t, "haproxy", func(_ string, port int) (config string, args []string) {
		return fmt.Sprintf(relayConfig, port, backend, how), []string{"-db", "-f"}
	})
}

const relayConfig = `global
	maxconn 64
defaults
	mode tcp
	timeout connect 5s
	timeout client 30s
	timeout server 30s
frontend f
	bind 127.0.0.1:%d
	default_backend b
backend b
	server s %s %s source 127.0.0.5
`

const haproxyConfig = `global
	maxconn 64
defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
	option forwardfor
frontend f
	bind 127.0.0.1:%d
	default_backend b
backend b
	server s %s
`

func haproxy(t *testing.T, backend string) string {
	return start(t, "haproxy", func(_ string, port int) (config string, args []string) {
		return fmt.Sprintf(haproxyConfig, port, backend), []string{"-db", "-f"}
	})
}

// start runs a proxy in the foreground until the test ends, and waits until it listens. A program that is not installed
// fails the test.
func start(t *testing.T, program string, configure func(dir string, port int) (config string, args []string)) string {
	t.Helper()
	dir := t.TempDir()
	port := freePort(t)
	config, args := configure(dir, port)
	path := filepath.Join(dir, "config")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(program, append(args, path)...)
	if found, err := exec.LookPath("/usr/sbin/" + program); err == nil {
		cmd.Path, cmd.Err = found, nil
	}
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s is needed: %v", program, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for deadline := time.Now().Add(20 * time.Second); ; {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = c.Close()
			return address
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s ended: %v\n%s", program, err, said.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", program, err)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	for port := firstPort; port <= lastPort; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatalf("no port is free from %d to %d", firstPort, lastPort)
	return 0
}
