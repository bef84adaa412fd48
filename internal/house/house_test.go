package house

import (
	"sort"
	"strings"
	"testing"
)

var rules = []struct {
	name  string
	check func(*source) []finding
}{
	{"floors", checkFloors},
	{"bans", checkBans},
	{"log fields", checkLogFields},
	{"sql", checkSQL},
}

func TestTheTreeKeepsTheRules(t *testing.T) {
	files, err := tree("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, s := range files {
				for _, f := range rule.check(s) {
					t.Error(f)
				}
			}
		})
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	files, err := tree("../..")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, s := range files {
		if !s.isTest() {
			said[s.dir()] = said[s.dir()] || s.file.Doc != nil
		}
	}
	for dir, ok := range said {
		if !ok && dir != "" && dir != "." {
			t.Errorf("%s has no package comment; write it in doc.go", dir)
		}
	}
}

// Each rule finds what it is for.
func TestRulesFindBreaches(t *testing.T) {
	for name, sample := range map[string]struct {
		path, code string
		check      func(*source) []finding
		want       int
	}{
		"up a floor":        {"internal/core/zone/x.go", `import _ "drover/internal/gate"`, checkFloors, 1},
		"down a floor":      {"internal/gate/x.go", `import _ "drover/internal/core/zone"`, checkFloors, 0},
		"later in core":     {"internal/core/audit/x.go", `import _ "drover/internal/core/zone"`, checkFloors, 1},
		"earlier in core":   {"internal/core/zone/x.go", `import _ "drover/internal/core/audit"`, checkFloors, 0},
		"a sibling service": {"internal/service/portal/x.go", `import _ "drover/internal/service/adminapi"`, checkFloors, 1},
		"unknown in core":   {"internal/core/misc/x.go", `import _ "drover/internal/core/zone"`, checkFloors, 1},
		"its own helper":    {"internal/core/zone/x_test.go", `import _ "drover/internal/server/zonetest"`, checkFloors, 0},
		"the simulator":     {"internal/simulate/phone/x.go", `import _ "drover/internal/core/zone"`, checkFloors, 1},

		"the agent up":     {"agent/policy/x.go", `import _ "drover/internal/base/sqldb"`, checkFloors, 1},
		"the agent's list": {"agent/policy/x.go", `import _ "drover/internal/base/clock"`, checkFloors, 0},
		"simulated agents": {"internal/simulate/agents/x.go", `import _ "drover/agent/talk"`, checkFloors, 0},
		"and their disks":  {"internal/simulate/agents/x.go", `import _ "drover/agent/store"`, checkFloors, 1},
		"into the agent":   {"internal/core/zone/x.go", `import _ "drover/agent"`, checkFloors, 1},

		"sleep":         {"internal/base/x/x.go", `import "time"; func f() { time.Sleep(1) }`, checkBans, 1},
		"sleep in test": {"internal/base/x/x_test.go", `import "time"; func f() { time.Sleep(1) }`, checkBans, 0},
		"exec":          {"internal/core/x/x.go", `import "os/exec"; var _ = exec.Command`, checkBans, 1},
		"the agent's":   {"agent/policy/x.go", `import "os/exec"; var _ = exec.Command`, checkBans, 1},
		"log":           {"cmd/x/x.go", `import "log"; var _ = log.Print`, checkBans, 1},
		"renamed":       {"internal/base/x/x.go", `import web "net/http"; var _ = web.DefaultClient`, checkBans, 1},
		"skip":          {"internal/base/x/x_test.go", `func f(t T) { t.Skip("no server") }`, checkBans, 1},
		"long":          {"internal/base/x/x.go", strings.Repeat("\n", maxLines+1), checkBans, 1},

		"own field":   {"internal/base/x/x.go", `import "log/slog"; var a = slog.String("user", "x")`, checkLogFields, 1},
		"named field": {"internal/base/x/x.go", `import "log/slog"; var a = slog.String(logfield.Name, "x")`, checkLogFields, 0},
		"loose field": {"internal/base/x/x.go", `import "log/slog"; func f(l *slog.Logger) { l.Info("it happened", "user", 1) }`, checkLogFields, 1},

		"pasted parameter": {"internal/core/x/x.go", `func f(name string) string { return "SELECT id FROM t WHERE name = " + name }`, checkSQL, 1},
		"pasted field":     {"internal/core/x/x.go", `func f(d D) string { return "SELECT id FROM t WHERE name = " + d.Name }`, checkSQL, 1},
		"quoted value":     {"internal/core/x/x.go", `func f(a A) string { return "SELECT id FROM t WHERE name = '" + a.Add(1) + "'" }`, checkSQL, 1},
		"formatted":        {"internal/core/x/x.go", `import "fmt"; func f(n string) string { return fmt.Sprintf("SELECT id FROM %s ", n) }`, checkSQL, 1},
		"through a local":  {"internal/core/x/x.go", `func f(d D) string { n := d.Name; return "SELECT id FROM t WHERE name = " + n }`, checkSQL, 1},
		"converted":        {"internal/core/x/x.go", `func f(d D) string { return "SELECT id FROM t WHERE name = " + string(d) }`, checkSQL, 1},
		"from a loop":      {"internal/core/x/x.go", `func f(ds []string) { for _, d := range ds { g("SELECT id FROM t WHERE name = " + d) } }`, checkSQL, 1},
		"placeholders":     {"internal/core/x/x.go", `func f(a A, n string) string { w := "n = " + a.Add(n); return "SELECT " + columns + " FROM t WHERE " + w }`, checkSQL, 0},
		"a column":         {"internal/core/x/x.go", `func f(column string) string { return "SELECT id FROM t WHERE id = " + column }`, checkSQL, 0},
	} {
		s, err := parse("", sample.path, []byte("package x; "+sample.code))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := sample.check(s); len(got) != sample.want {
			t.Errorf("%s: %d findings, want %d: %v", name, len(got), sample.want, got)
		}
	}
}

func TestCoreOrderIsASet(t *testing.T) {
	sorted := append([]string(nil), coreOrder...)
	sort.Strings(sorted)
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			t.Errorf("%s stands twice in the order of core", sorted[i])
		}
	}
}
