package endtoend

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/enrol"
	"drover/internal/server/zonetest"
)

// TestAForeignAgentRegisters has a program of others, which signs by a library of others, live the life of a computer's key,
// with either kind of key.
func TestAForeignAgentRegisters(t *testing.T) {
	if err := modules(); err != nil {
		t.Fatalf("install the client: %v", err)
	}
	z := zonetest.New(t, sqldb.SQLite)
	for kind, next := range map[string]string{"ed25519": "ecdsa-p256-sha256", "ecdsa-p256-sha256": "ed25519"} {
		_, secret, err := z.Enrol.AddAuthKey(t.Context(), zonetest.System, enrol.AuthKeyDraft{Name: kind, Uses: 1, Life: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "node", "agent.js", "--server", z.Device, "--key", secret, "--kind", kind, "--next", next)
		cmd.Dir, cmd.Stderr = filepath.Join("..", "companionclient"), os.Stderr
		cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+z.CA)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := answers(t, out); !slices.Equal(got, []string{
			"discovery 200", "register 200", "register again 200", "read 200", "another service 401 signature.tag",
			"an old signature 401 signature.clock", "renew 200", "the old key 401 key.ended", "the new key 200", "leave 200",
			"leave again 401 key.ended",
		}) {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

// answers reads what the program tells; all that is told of devices must be of one.
func answers(t *testing.T, out []byte) []string {
	t.Helper()
	var list []string
	device := ""
	for line := range strings.Lines(string(out)) {
		var x struct {
			What, Code, Device string
			Status             json.Number
		}
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		if device != "" && x.Device != "" && x.Device != device {
			t.Errorf("%s: another device, %s", x.What, x.Device)
		}
		device = max(device, x.Device)
		list = append(list, strings.TrimSpace(x.What+" "+x.Status.String()+" "+x.Code))
	}
	return list
}
