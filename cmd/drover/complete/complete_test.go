package complete

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

type sample struct {
	Device struct {
		List struct {
			State string `enum:",active,wiped" default:"" help:"In this state."`
			JSON  bool   `name:"json"`
		} `cmd:"" help:"List devices."`
		Show struct {
			Device string `arg:""`
			Kind   string `arg:"" enum:"lock,full-wipe"`
		} `cmd:""`
	} `cmd:""`
	Secret struct{} `cmd:"" hidden:""`
}

func TestWhatMayStandNext(t *testing.T) {
	k, err := kong.New(&sample{})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"":                              "device",
		"d":                             "device",
		"s":                             "",
		"device ":                       "list show",
		"device l":                      "list",
		"device list --st":              "--state",
		"device list --state ":          "active wiped",
		"device list --state w":         "wiped",
		"device list --state=a":         "--state=active",
		"device list --json --state ac": "active",
		"device list --unknown ":        "",
		"device show ":                  "",
		"device show x ":                "lock full-wipe",
		"device show x f":               "full-wipe",
		"device show x lock ":           "",
	} {
		var got []string
		for _, c := range Words(k.Model, strings.Split(line, " ")) {
			got = append(got, c.Word)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
	if Words(k.Model, nil) != nil {
		t.Error("no word, no candidate")
	}
}

func TestEveryShellHasAScript(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script, err := Script(shell)
		if err != nil || !strings.Contains(script, "complete --") {
			t.Errorf("%s: %q, %v", shell, script, err)
		}
	}
	if _, err := Script("csh"); err == nil {
		t.Error("csh must be refused")
	}
}
