package endtoend

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/sqldb"
)

// built builds the program as "make build" does, once for all tests, and tells where it is.
var built = sync.OnceValues(func() (string, error) {
	file := filepath.Join(scratch, "drover")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "drover/cmd/drover")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

// scratch is a directory for all tests.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "drover-endtoend-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	status := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// program prepares a command of the built program on a zone.
func program(t *testing.T, data, database string, args ...string) *exec.Cmd {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, args...)
	cmd.Env = append(os.Environ(), "DROVER_DATA="+data, "DROVER_DATABASE="+database, "DROVER_CA="+filepath.Join(data, "tls", "ca.pem"))
	cmd.Stderr = t.Output()
	return cmd
}

// drover runs a command of the built program and returns what it prints; it must end with 0.
func drover(t *testing.T, data, database string, env []string, args ...string) string {
	t.Helper()
	cmd := program(t, data, database, args...)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("drover %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}

// process is the built program as a server.
type process struct {
	cmd           *exec.Cmd
	device, admin string // URLs
	ended         chan error
}

// spawn starts a server and waits until it is ready.
func spawn(t *testing.T, data, database string) *process {
	t.Helper()
	cmd := program(t, data, database, "serve", "--device-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0", "--log-level", "debug")
	return start(t, cmd, data, nil)
}

// start starts a prepared server and waits until it is ready for whoever reaches it by dial; nil is the usual way.
func start(t *testing.T, cmd *exec.Cmd, data string, dial func(ctx context.Context, network, address string) (net.Conn, error)) *process {
	t.Helper()
	p := &process{cmd: cmd, ended: make(chan error, 1)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for (p.device == "" || p.admin == "") && lines.Scan() {
		_, address, found := strings.Cut(strings.TrimSuffix(lines.Text(), ")"), "(listens on ")
		address = strings.Replace(address, "[::]", "localhost", 1)
		switch line := lines.Text(); {
		case found && strings.Contains(line, "devices"):
			p.device = "https://" + address
		case found && strings.Contains(line, "dashboard"):
			p.admin = "https://" + address
		}
	}
	go func() {
		for lines.Scan() {
		}
		p.ended <- p.cmd.Wait()
	}()
	t.Cleanup(func() { p.kill() })
	client := &http.Client{
		Transport: &http.Transport{TLSClientConfig: tlsConfig(t, filepath.Join(data, "tls", "ca.pem")), DialContext: dial}, Timeout: wait,
	}
	defer client.CloseIdleConnections()
	until(t, "the server is ready", func() bool {
		res, err := client.Get(p.admin + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return p
}

// kill ends the process without a word (kill -9).
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	err := <-p.ended
	p.ended <- err
}

// terminate asks the process to end, as init systems do: who has not ended within the ten seconds that are promised is
// killed, and then has no exit status of its own.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	err := <-p.ended
	p.ended <- err
	if code := p.cmd.ProcessState.ExitCode(); err != nil || code != 0 {
		t.Errorf("the server ended with %d: %v", code, err)
	}
}

// clerk writes to a server through its API without pause, and remembers what was acknowledged.
type clerk struct {
	client *http.Client
	token  string

	mu    sync.Mutex
	names map[string]string // by user: the name for people that was acknowledged last
	tries map[string]string // and the one that was sent last
}

// known is how many users were acknowledged.
func (c *clerk) known() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.names)
}

// write adds users, and changes each twice, until something fails.
func (c *clerk) write(ctx context.Context, admin, prefix string) {
	for i := 0; ctx.Err() == nil; i++ {
		name := fmt.Sprintf("%s-%d", prefix, i)
		c.note(c.tries, name, "first")
		var user adminv1.User
		if !c.ask(ctx, http.MethodPost, admin+"/api/v1/users", "", adminv1.UserDraft{Name: name, DisplayName: "first"}, &user) {
			return
		}
		c.note(c.names, name, "first")
		for _, next := range []string{"second", "third"} {
			c.note(c.tries, name, next)
			edit := adminv1.UserEdit{DisplayName: &next}
			if !c.ask(ctx, http.MethodPatch, admin+"/api/v1/users/"+user.ID, fmt.Sprintf("%q", fmt.Sprint(user.Version)), edit, &user) {
				return
			}
			c.note(c.names, name, next)
		}
	}
}

func (c *clerk) note(in map[string]string, name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in[name] = value
}

// ask tells whether a request was acknowledged: its answer has arrived whole.
func (c *clerk) ask(ctx context.Context, method, url, version string, body, into any) bool {
	text, err := json.Marshal(body)
	if err != nil {
		return false
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	if version != "" {
		r.Header.Set("If-Match", version)
	}
	res, err := c.client.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return err == nil && res.StatusCode < 300 && json.Unmarshal(answer, into) == nil
}

// TestWhatWasAcknowledgedIsThere kills the built program in the middle of writes through its API, several times, and then
// asks it to end in the middle of others: nothing that it has acknowledged is lost, and the audit log is whole.
func TestWhatWasAcknowledgedIsThere(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		data, database := filepath.Join(t.TempDir(), "data"), databaseFor(t, e)
		password := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(password, []byte("a password that is long enough"), 0o600); err != nil {
			t.Fatal(err)
		}
		drover(t, data, database, nil, "admin", "create", "ann", "--role", "owner", "--password-file", password)
		c := &clerk{
			token: drover(t, data, database, nil, "token", "create", "--admin", "ann", "--name", "test"),
			names: map[string]string{}, tries: map[string]string{},
		}
		for round, end := range []func(*process){(*process).kill, (*process).kill, func(p *process) { p.terminate(t) }} {
			p := spawn(t, data, database)
			c.client = &http.Client{Transport: &http.Transport{TLSClientConfig: tlsConfig(t, filepath.Join(data, "tls", "ca.pem"))}, Timeout: wait}
			ctx, stop := context.WithCancel(t.Context())
			var all sync.WaitGroup
			before := c.known()
			for i := range 8 {
				all.Go(func() { c.write(ctx, p.admin, fmt.Sprintf("r%dw%d", round, i)) })
			}
			until(t, "users are written", func() bool { return c.known() > before+40 })
			end(p)
			stop()
			all.Wait()
			c.client.CloseIdleConnections()
		}
		c.compare(t, data, database)
		t.Logf("%d users were acknowledged", c.known())
	})
}

// compare reads by the program's own commands what is there.
func (c *clerk) compare(t *testing.T, data, database string) {
	t.Helper()
	drover(t, data, database, nil, "db", "verify")
	drover(t, data, database, nil, "audit", "verify", "--data", data, "--database", database)
	p := spawn(t, data, database)
	env := []string{"DROVER_URL=" + p.admin, "DROVER_TOKEN=" + c.token}
	var users adminv1.Page[adminv1.User]
	if err := json.Unmarshal([]byte(drover(t, data, database, env, "user", "list", "--limit", "0", "--json")), &users); err != nil {
		t.Fatal(err)
	}
	there := map[string]string{}
	for _, u := range users.Items {
		there[u.Name] = u.DisplayName
	}
	for name, want := range c.names {
		if got := there[name]; got != want && got != c.tries[name] { // what was under way may have been done
			t.Errorf("%s is %q, acknowledged as %q", name, got, want)
		}
	}
	recorded := strings.Count(drover(t, data, database, env, "audit", "export", "--action", "user."), "\n") + 1
	if recorded < len(c.names) {
		t.Errorf("%d records of %d users", recorded, len(c.names))
	}
	drover(t, data, database, env, "audit", "verify")
	p.terminate(t)
}
