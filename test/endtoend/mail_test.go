package endtoend

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"drover/internal/base/page"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/server/zonetest"
	"drover/test/sogo"
)

// TestMailThroughTheGatewayIsTheMailItself has a client that imports nothing of ours sync through the gateway and
// directly, at every version and in every form of the query, and hold the answers against each other; then it goes
// through the life of a device that is wiped, at each version.
func TestMailThroughTheGatewayIsTheMailItself(t *testing.T) {
	client := build(t, "./acceptance")
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			mail := sogo.Start(t)
			z := zonetest.New(t, e)
			z.Mail(t, mail.URL)
			z.Policy(t, "strict")
			hooks := newHooks(t, z)
			cmd := exec.CommandContext(t.Context(), client,
				"-gateway", z.Device+"/Microsoft-Server-ActiveSync", "-ca", z.CA, "-direct", mail.URL,
				"-user", "alice", "-mail", "alice@example.test",
				"-wipe-order", hooks.command("order"), "-wipe-state", hooks.command("state"), "-wipe-done", "done",
				"-wipe-readmit", hooks.command("readmit"))
			cmd.Env = append(os.Environ(), "EAS_PASSWORD="+sogo.Password)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if n := countChecks(out); n < 100 {
				t.Fatalf("the client made %d checks, want over a hundred:\n%s", n, out)
			}
		})
	}
}

// build builds a command of the foreign client.
func build(t *testing.T, command string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "client")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, command)
	cmd.Dir = filepath.Join("..", "easclient")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the client: %v\n%s", err, out)
	}
	return path
}

// countChecks counts the client's lines that say ok.
func countChecks(out []byte) int {
	n := 0
	for i := 0; i+10 < len(out); i++ {
		if string(out[i:i+10]) == `"ok":true,` {
			n++
		}
	}
	return n
}

// hooks lets the client ask for what an administrator would do.
type hooks struct{ url string }

func newHooks(t *testing.T, z *zonetest.Zone) hooks {
	t.Helper()
	mux := http.NewServeMux()
	handle := func(name string, f func(d device.Device) (string, error)) {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			d, err := find(t, z, r.URL.Query().Get("device"))
			text := ""
			if err == nil {
				text, err = f(d)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusConflict)
				return
			}
			fmt.Fprint(w, text)
		})
	}
	handle("order", func(d device.Device) (string, error) {
		_, err := z.Commands.Request(t.Context(), zonetest.System, command.Request{
			Kind: platform.FullWipe, Devices: []string{d.ID}, Reason: "lost",
		})
		return "", err
	})
	handle("state", func(d device.Device) (string, error) {
		list, _, err := z.Commands.List(t.Context(), zonetest.System, command.Filter{Device: d.ID}, 1, "")
		if err != nil || len(list) == 0 {
			return "", fmt.Errorf("no command (%w)", err)
		}
		return string(list[0].State), nil
	})
	handle("readmit", func(d device.Device) (string, error) {
		return "", z.Devices.Readmit(t.Context(), zonetest.System, d.ID, "found")
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return hooks{s.URL}
}

// command is the shell command by which the client calls a hook.
func (h hooks) command(name string) string {
	return fmt.Sprintf(`curl -sSf --get --data-urlencode "device=$EAS_DEVICE_ID" %s/%s`, h.url, name)
}

// find finds a device by the id it gives itself.
func find(t *testing.T, z *zonetest.Zone, easID string) (device.Device, error) {
	t.Helper()
	list, err := z.Devices.List(t.Context(), zonetest.System, device.Query{
		Filter: device.Filter{Search: easID}, Request: page.Request{Limit: 2},
	})
	if err != nil {
		return device.Device{}, err
	}
	if len(list.Items) != 1 {
		return device.Device{}, fmt.Errorf("%d devices are called %s", len(list.Items), easID)
	}
	return list.Items[0], nil
}
