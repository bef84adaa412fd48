package settings

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

type sample struct {
	Config string   `env:"SAMPLE_CONFIG"`
	Addr   string   `default:"127.0.0.1:1" env:"SAMPLE_ADDR" help:"Where it listens."`
	Names  []string `env:"SAMPLE_NAMES" help:"Its names."`
	Level  string   `enum:"low,high" default:"low" env:"SAMPLE_LEVEL" help:"How much."`
	Count  int      `default:"3" help:"How many."`
	Empty  string   `help:"Nothing."`
}

func parse(t *testing.T, args ...string) (sample, *kong.Application, error) {
	t.Helper()
	var s sample
	k, err := kong.New(&s, kong.Resolvers(&Resolver{}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(args)
	return s, k.Model, err
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "drover.yaml")
	if err := Write(file, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFlagWinsOverEnvironmentOverFileOverDefault(t *testing.T) {
	file := write(t, "addr: file:1\nnames: [a, b]\ncount: 7\nempty:\n")
	got, _, err := parse(t, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample{Config: file, Addr: "file:1", Names: []string{"a", "b"}, Level: "low", Count: 7}, got); diff != "" {
		t.Error(diff)
	}
	t.Setenv("SAMPLE_ADDR", "env:1")
	t.Setenv("SAMPLE_NAMES", "c,d")
	got, _, err = parse(t, "--config", file)
	if err != nil || got.Addr != "env:1" || strings.Join(got.Names, " ") != "c d" || got.Count != 7 {
		t.Errorf("with the environment: %+v, %v", got, err)
	}
	got, _, err = parse(t, "--config", file, "--addr", "flag:1")
	if err != nil || got.Addr != "flag:1" {
		t.Errorf("with the flag: %+v, %v", got, err)
	}
}

func TestTheFileMayBeNamedByTheEnvironment(t *testing.T) {
	t.Setenv("SAMPLE_CONFIG", write(t, "addr: file:1\n"))
	got, _, err := parse(t)
	if err != nil || got.Addr != "file:1" {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestWhatCannotBeUsedIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"level: middle\n":      "level",
		"addr: {a: b}\n":       "plain value",
		"names: [[a]]\n":       "plain value",
		"addr: [unclosed\n":    "cannot be read",
		"addr: a\naddr: b\n":   "cannot be read",
		"count: many\n":        "count",
		"- a list\n":           "cannot be read",
		"names: [{x: 1}, b]\n": "plain value",
	} {
		_, _, err := parse(t, "--config", write(t, text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", text, err, want)
		}
	}
	if _, _, err := parse(t, "--config", "/nowhere/drover.yaml"); err == nil {
		t.Error("a file that is not there must be an error")
	}
}

func TestMisspeltNamesAreFound(t *testing.T) {
	_, app, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	got := Unknown(map[string]any{"addr": "a", "adr": "b", "config": "c", "help": "d"}, app.Flags)
	if diff := cmp.Diff([]string{"adr", "config", "help"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheManualIsAFileThatSaysTheDefaults(t *testing.T) {
	defaults, app, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	manual := Manual(app.Flags)
	values, err := Read(write(t, string(manual)))
	if err != nil || len(values) != 0 {
		t.Fatalf("as it is written, the manual must set nothing: %v, %v", values, err)
	}
	for _, words := range []string{"# Where it listens.", "# Environment: SAMPLE_ADDR", "#addr: 127.0.0.1:1", "#names: []"} {
		if !strings.Contains(string(manual), words) {
			t.Errorf("the manual lacks %q:\n%s", words, manual)
		}
	}
	file := write(t, regexp.MustCompile(`(?m)^#([a-z])`).ReplaceAllString(string(manual), "$1"))
	got, _, err := parse(t, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	got.Config = ""
	if len(got.Names) == 0 {
		got.Names = nil
	}
	if diff := cmp.Diff(defaults, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFileIsNeverOverwritten(t *testing.T) {
	file := write(t, "mine\n")
	if err := Write(file, []byte("other\n")); err == nil {
		t.Fatal("it was overwritten")
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != "mine\n" {
		t.Fatalf("%q, %v", text, err)
	}
}
