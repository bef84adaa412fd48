package seal

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestWithinTheFIPSModule runs the tests of this package once more in a process that refuses everything outside Go's
// FIPS 140-3 module.
func TestWithinTheFIPSModule(t *testing.T) {
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), self,
		"-test.run=./sqlite", "-test.skip=TestWithinTheFIPSModule|TestHarden|TestAnyHistory", "-test.v")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "--- PASS: TestTheModuleIsEnforced") {
		t.Fatalf("the module was not enforced:\n%s", out)
	}
}

// TestTheModuleIsEnforced says whether this process is the one that the test above started.
func TestTheModuleIsEnforced(t *testing.T) {
	if want := strings.Contains(os.Getenv("GODEBUG"), "fips140=only"); fips140.Enforced() != want {
		t.Fatalf("enforced: %v, want %v", fips140.Enforced(), want)
	}
}
