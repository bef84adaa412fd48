package main

import (
	"reflect"
	"testing"

	"github.com/alecthomas/kong"

	"drover/api/adminv1"
)

// TestWhatIsGivenEmptyIsCleared edits a rule with lists: those that are given empty are cleared, and the others stay.
func TestWhatIsGivenEmptyIsCleared(t *testing.T) {
	full := []string{one}
	rule := adminv1.ComplianceRuleDraft{
		Platforms: full, Versions: map[string]string{"ios": "17"}, Apps: full, OnPlatforms: full, UserGroups: full, DeviceGroups: full,
	}
	for flag, cleared := range map[string]func(*adminv1.ComplianceRuleDraft){
		"":               func(*adminv1.ComplianceRuleDraft) {},
		"--platform":     func(d *adminv1.ComplianceRuleDraft) { d.Platforms = []string{} },
		"--least":        func(d *adminv1.ComplianceRuleDraft) { d.Versions = map[string]string{} },
		"--app":          func(d *adminv1.ComplianceRuleDraft) { d.Apps = []string{} },
		"--on":           func(d *adminv1.ComplianceRuleDraft) { d.OnPlatforms = []string{} },
		"--user-group":   func(d *adminv1.ComplianceRuleDraft) { d.UserGroups = []string{} },
		"--device-group": func(d *adminv1.ComplianceRuleDraft) { d.DeviceGroups = []string{} },
	} {
		var f ruleFlags
		parser, err := kong.New(&f)
		if err != nil {
			t.Fatal(err)
		}
		var args []string
		if flag != "" {
			args = []string{flag, ""}
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
		got, want := rule, rule
		cleared(&want)
		if err := f.apply(t.Context(), nil, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", flag, got, err)
		}
	}
}
