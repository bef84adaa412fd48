package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatCannotBeMeantIsRefused runs commands that are well formed and make no sense: each ends with the status of a
// wrong command line, says how to mend it, and changes nothing.
func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	h := newSampled(t).hand(t)
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{"portal", "withhold", "nosuch"}, one},
		{[]string{"portal", "offer", "nosuch", "--group", one}, one},
		{[]string{"portal", "unset", "nosuch", "--group", one}, one},
		{[]string{"enrol", "invite", one, "--uses", "0"}, "--uses"},
		{[]string{"enrol", "invite", one, "--hours", "0"}, "--hours"},
		{[]string{"compliance", "notices", "--breach", ""}, "--reset"},
		{[]string{"compliance", "notices", "--restored-subject", " ", "--preview"}, "--reset"},
		{[]string{"policy", "assign", one, "--default", "--priority", "3"}, "--group"},
		{[]string{"policy", "simulate", one, "--user", one, "--priority", "3"}, "--group"},
		{[]string{"schedule", "create", "new", "--default", "--priority", "3"}, "--group"},
		{[]string{"schedule", "edit", one, "--priority", "0"}, "--group"},
	} {
		h.used = nil
		err := h.try(x.args...)
		if got := exitStatus(err); got != exitUsage || !strings.Contains(err.Error(), x.says) {
			t.Errorf("drover %q ends with %d: %v", x.args, got, err)
		}
		for _, op := range h.used {
			if !strings.HasPrefix(op, "get") && !strings.HasPrefix(op, "list") {
				t.Errorf("drover %q has done %s", x.args, op)
			}
		}
	}
}

func TestAnInvitationForOneDeviceIsForOnce(t *testing.T) {
	h := newSampled(t).hand(t)
	if printed, _ := h.do(t, "enrol", "invite", one); !strings.Contains(printed, ", once, until ") {
		t.Errorf("it prints %s", printed)
	}
	if got := howOften(2); got != "2 times" {
		t.Errorf("for two devices: %q", got)
	}
}

func TestASpacedNameIsSaidToBeTrimmed(t *testing.T) {
	h := newSampled(t).hand(t)
	if printed, _ := h.do(t, "user", "add", " lead "); !strings.Contains(printed, ", without the spaces around the name") {
		t.Errorf("it prints %s", printed)
	}
	if got := trimmed("lead"); got != "" {
		t.Errorf("of a name without any: %q", got)
	}
}

func TestAnEmptyFileIsNotImported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := newSampled(t).hand(t)
	err := h.try("user", "import", file)
	if got := exitStatus(err); got != exitUsage || !strings.Contains(err.Error(), "the file is empty") || len(h.used) != 0 {
		t.Errorf("it ends with %d: %v, and has done %q", got, err, h.used)
	}
}
