package endtoend

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/gate"
	"drover/internal/gate/gatetest"
	"drover/internal/simulate/upstream"
)

// canary stands in files and in the environment of the server, where no feature leads.
const canary = "canary-9b1f64e07c"

// host is the built server on a machine that a test looks at.
type host struct {
	*process
	dir, data, token string
	client           *http.Client
	names            []string // of all files of the machine before, as far as the test knows it
}

func newHost(t *testing.T, e sqldb.Engine) *host {
	t.Helper()
	h := &host{dir: t.TempDir()}
	h.data = filepath.Join(h.dir, "data")
	for name, text := range map[string]string{"password": adminPassword, "canary": canary} {
		if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	database := databaseFor(t, e)
	t.Setenv("DROVER_TEST_CANARY", canary) // for /proc/self/environ
	drover(t, h.data, database, nil, "admin", "create", "ann", "--role", "owner", "--password-file", filepath.Join(h.dir, "password"))
	h.token = drover(t, h.data, database, nil, "token", "create", "--admin", "ann", "--name", "test")
	if err := os.WriteFile(filepath.Join(h.data, "canary"), []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	_, h.names = h.files(t)
	h.process = spawn(t, h.data, database)
	transport := &http.Transport{TLSClientConfig: tlsConfig(t, filepath.Join(h.data, "tls", "ca.pem")), MaxIdleConnsPerHost: 8}
	t.Cleanup(transport.CloseIdleConnections)
	h.client = &http.Client{Transport: transport, Timeout: wait}
	return h
}

// files returns the names of all files beside and in the data directory: without those that the server keeps for itself, and all.
func (h *host) files(t *testing.T) (strange, all []string) {
	t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(h.dir, path)
		all = append(all, name)
		own := slices.ContainsFunc([]string{"data/audit/", "data/drover.db", "data/keys/", "data/log/drover", "data/tls/", "data/server-id"}, func(p string) bool {
			return strings.HasPrefix(name, p)
		})
		if !own && !slices.Contains(h.names, name) {
			strange = append(strange, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strange, all
}

// children is what the kernel counted of the programs that the server has started: the faults of those that ended, and those
// that run.
func (h *host) children(t *testing.T) (faults string, running []byte) {
	t.Helper()
	pid := h.cmd.Process.Pid
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	list, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(list) == 0 {
		t.Fatalf("the kernel tells no children: %v", err)
	}
	for _, name := range list {
		text, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		running = append(running, text...)
	}
	return fields[8] + " " + fields[10], running // proc(5): cminflt and cmajflt
}

// commands are what a shell, a template or an option parser would carry out: each would make the file.
func commands(file string) []string {
	return []string{
		"$(touch " + file + ")", "`touch " + file + "`", ";touch " + file + ";", "|touch " + file, "a[$(touch " + file + ")]", "x\ntouch " + file + "\n",
		"'; touch " + file + "; '", "() { :;}; touch " + file, `{{exec "touch" "` + file + `"}}`, "--output=" + file, "-oProxyCommand=touch " + file,
		`${T(java.lang.Runtime).getRuntime().exec("touch ` + file + `")}`,
	}
}

// ways are other ways to write the path of a file.
func ways(file string) []string {
	up := strings.Repeat("../", 12) + strings.TrimPrefix(file, "/")
	return []string{
		file, "file://" + file, up, strings.ReplaceAll(up, "../", "..%2f"), strings.ReplaceAll(up, "../", "....//"), strings.ReplaceAll(up, "../", `..\`), file + "\x00.png",
		"@" + file, "php://filter/resource=" + file, "/proc/self/environ", `<!DOCTYPE x [<!ENTITY a SYSTEM "file://` + file + `">]><x>&a;</x>`,
	}
}

// TestS4S5NothingThatIsSentReachesTheHost has a token of all rights put commands and paths into every text that the API takes: no
// program is started, no file is made and none is read.
func TestS4S5NothingThatIsSentReachesTheHost(t *testing.T) {
	h := newHost(t, sqldb.PostgreSQL)
	w := walk(t, h.admin, "/api/v1/openapi.json", h.client, http.Header{"Authorization": {"Bearer " + h.token}})
	if len(w.places) < 900 {
		t.Fatalf("only %d places take a text", len(w.places))
	}
	made := filepath.Join(h.dir, "made")
	texts := append(commands(made), ways(filepath.Join(h.data, "canary"))...)
	taken := w.all(t, texts, 8, func(p place, text string, status int, answer []byte) {
		if tellsFile(answer) {
			t.Errorf("%v: %.60q tells what is in a file", p, text)
		}
		if status >= 500 && status != http.StatusServiceUnavailable {
			t.Errorf("%v: %q is answered with %d: %.200s", p, text, status, answer)
		}
	})
	if taken < 150 {
		t.Errorf("only %d calls were carried out", taken)
	}
	if status, _ := w.ask(t, http.MethodGet, "/api/v1/devices", nil, ""); status != http.StatusOK {
		t.Errorf("in the end the token is answered with %d", status)
	}
	if strange, _ := h.files(t); len(strange) > 0 {
		t.Errorf("files have come to be: %q", strange)
	}
	if faults, running := h.children(t); faults != "0 0" || len(running) > 0 {
		t.Errorf("the server has started programs: %s, running %q", faults, running)
	}
	h.terminate(t)
}

// tellsFile tells whether an answer holds what is in a file of the machine.
func tellsFile(answer []byte) bool {
	return bytes.Contains(answer, []byte(canary)) || bytes.Contains(answer, []byte("root:x:0:")) || bytes.Contains(answer, []byte("module drover\n"))
}

// TestS6NoWordSelectsAFile has strangers and a token of all rights ask every route of both listeners in a language, a theme, a
// template and for a page that are paths of files; and where the API lists which words it takes, no other is taken.
func TestS6NoWordSelectsAFile(t *testing.T) {
	w := newWorld(t, sqldb.SQLite, upstream.Options{})
	owner := w.administrator(t, "olga")
	secret := filepath.Join(w.data, "data", "canary")
	if err := os.WriteFile(secret, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	texts := append(ways(secret), ways("/etc/passwd")...)
	texts = append(texts, "../../go.mod", "../../../go.mod", "..%2f..%2fgo.mod", "....//....//go.mod", `..\..\go.mod`, "../../go.mod%00.html", "en/../../../go.mod", "C:\\Windows\\win.ini")
	for _, r := range w.Gate.Routes() {
		own, _ := gatetest.Door(w.Gate, r)
		if r.Time == gate.Held {
			continue
		}
		for i, text := range texts {
			for _, target := range pathsWith(r.Pattern, text) {
				req := httptest.NewRequest(r.Method, "/", nil)
				req.RequestURI = target
				req.URL.Path, req.URL.RawQuery, _ = strings.Cut(target, "?")
				if i%2 == 0 {
					req.Header.Set("Authorization", "Bearer "+owner.token)
				}
				for _, name := range []string{"Accept-Language", "Content-Language", "X-Theme", "Cookie"} {
					req.Header.Set(name, "language="+text)
				}
				rec := httptest.NewRecorder()
				own.ServeHTTP(rec, req)
				if tellsFile(rec.Body.Bytes()) || rec.Code >= 500 && rec.Code != http.StatusServiceUnavailable && rec.Code != http.StatusNotImplemented {
					t.Errorf("%s %.120q: %d %.200s", r.Method, target, rec.Code, rec.Body)
				}
			}
		}
	}
	api := walk(t, w.Admin, "/api/v1/openapi.json", w.Client, http.Header{"Authorization": {"Bearer " + owner.token}})
	api.places = slices.DeleteFunc(api.places, func(p place) bool { return !p.listed })
	if len(api.places) < 50 {
		t.Errorf("only %d places have a list of words", len(api.places))
	}
	api.all(t, texts, 5, func(p place, text string, status int, answer []byte) {
		if status < 400 || status >= 500 || tellsFile(answer) {
			t.Errorf("%v takes %.60q: %d %.200s", p, text, status, answer)
		}
	})
}

// pathsWith returns the paths of a route that say a text: in the place of each word that the pattern leaves open, and in queries.
func pathsWith(pattern, text string) (list []string) {
	plain := gatetest.Path(pattern)
	query := url.Values{}
	for _, name := range []string{"language", "lang", "locale", "theme", "template", "page", "file", "include", "view"} {
		query.Set(name, text)
	}
	list = append(list, plain+"?"+query.Encode(), plain+"?language="+url.QueryEscape(text))
	if !strings.Contains(pattern, "{") {
		return list
	}
	raw, escaped := strings.Split(pattern, "/"), strings.Split(pattern, "/")
	for i, segment := range raw {
		if strings.HasPrefix(segment, "{") {
			raw[i], escaped[i] = text, url.PathEscape(text)
		}
	}
	return append(list, strings.Join(raw, "/"), strings.Join(escaped, "/"))
}
