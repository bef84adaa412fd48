package house

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// incidents is how many classes of incidents docs/security.md tells of, S1 and on.
const incidents = 26

var (
	ofIncident = regexp.MustCompile(`^Test((?:S[0-9]+)+)`)
	number     = regexp.MustCompile(`S[0-9]+`)
	row        = regexp.MustCompile(`(?m)^\| (S[0-9]+) \|.*\|$`)
	named      = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
)

// incidentTests returns the names of all tests that are named after incidents.
func incidentTests(t *testing.T) map[string]bool {
	t.Helper()
	files, err := tree("../..")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range files {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && strings.HasSuffix(s.path, "_test.go") && f.Recv == nil && ofIncident.MatchString(f.Name.Name) {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

// TestEveryIncidentHasATest finds a test named after each class of incidents, and a row of docs/security.md that tells of the class
// and names tests that are there.
func TestEveryIncidentHasATest(t *testing.T) {
	tests := incidentTests(t)
	held := map[string]bool{}
	for name := range tests {
		for _, id := range number.FindAllString(ofIncident.FindStringSubmatch(name)[1], -1) {
			held[id] = true
		}
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = m[0]
	}
	for n := 1; n <= incidents; n++ {
		id := fmt.Sprintf("S%d", n)
		if !held[id] {
			t.Errorf("no test is named after %s", id)
		}
		list := named.FindAllStringSubmatch(rows[id], -1)
		if len(list) == 0 {
			t.Errorf("docs/security.md names no test of %s", id)
		}
		for _, m := range list {
			if !tests[m[1]] || !strings.Contains(m[1], id) {
				t.Errorf("docs/security.md names %s for %s: there is none, or it is of another", m[1], id)
			}
		}
	}
	if len(rows) != incidents {
		t.Errorf("docs/security.md has %d rows", len(rows))
	}
}

// keeps judges the whole tree by one rule, and shows that the rule finds what it is for.
func keeps(t *testing.T, check func(*source) []finding, breaches ...string) {
	t.Helper()
	files, err := tree("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range files {
		for _, f := range check(s) {
			t.Error(f)
		}
	}
	for _, code := range breaches {
		s, err := parse("", "internal/core/x/x.go", []byte("package x; "+code))
		if err != nil {
			t.Fatal(err)
		}
		if len(check(s)) == 0 {
			t.Errorf("nothing is found in %s", code)
		}
	}
}

// TestS4NothingOfTheServerStartsPrograms by any of the ways that the standard library and x/sys have.
func TestS4NothingOfTheServerStartsPrograms(t *testing.T) {
	keeps(t, checkBans,
		`import "os/exec"; var _ = exec.Command`, `import sh "os/exec"; var _ = sh.CommandContext`, `import "os"; var _ = os.StartProcess`,
		`import "syscall"; var _ = syscall.Exec`, `import "syscall"; var _ = syscall.ForkExec`, `import "syscall"; var _ = syscall.StartProcess`,
		`import "golang.org/x/sys/unix"; var _ = unix.Exec`, `import "plugin"; var _ = plugin.Open`)
	if strings.HasPrefix(programs[0], "internal/") {
		if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(programs[0]))); err == nil {
			t.Error("the server has a package that starts programs: what it may start, and with which arguments, is for a test of its own")
		}
	}
}

// TestS1S8NothingIsDeserialised that could choose what it becomes.
func TestS1S8NothingIsDeserialised(t *testing.T) {
	keeps(t, checkBans, `import "encoding/gob"; var _ = gob.NewDecoder`)
}

// TestS23NoStatementIsPasted together of anything but text that we wrote.
func TestS23NoStatementIsPasted(t *testing.T) {
	keeps(t, checkSQL, `func f(name string) string { return "SELECT id FROM t WHERE name = '" + name + "'" }`)
}
