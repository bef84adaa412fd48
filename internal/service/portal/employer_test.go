package portal

import (
	"slices"
	"testing"

	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

func TestAValueIsToldInWords(t *testing.T) {
	for _, c := range []struct {
		key   platform.Setting
		value policy.Value
		want  string
	}{
		{platform.AllowCamera, policy.Bool(true).Lock(), "yes"},
		{platform.PasswordExpiration, policy.Number(90), "90"},
		{platform.PasswordExpiration, policy.Number(0).Lock(), "no-limit"},
		{platform.LockInactivity, policy.Number(0).Lock(), "no-limit"},
		{platform.PasswordHistory, policy.Number(0).Lock(), "none"},
		{platform.PasswordMinLength, policy.Number(0).Lock(), "none"},
		{platform.MaxBodySize, policy.Number(-1), "no-limit"},
		{platform.MaxBodySize, policy.Number(0), "0"},
		{platform.IOSRatingsApps, policy.Number(0), "0"},
		{platform.PasswordQuality, policy.Number(0).Lock(), "Any"},
		{platform.MaxMailAge, policy.Number(0), "All"},
		{platform.IOSSingleApp, policy.Text("org.example.reader"), "org.example.reader"},
	} {
		d, ok := policy.Find(c.key)
		if !ok {
			t.Fatal(c.key)
		}
		if got := wordsOf(d, c.value); got != c.want {
			t.Errorf("%s: %q, want %q", c.key, got, c.want)
		}
	}
}

func TestAListIsToldByItsTextsAndFilesByTheirPaths(t *testing.T) {
	for _, c := range []struct {
		key   platform.Setting
		value policy.Value
		want  []string
	}{
		{platform.ServicesRunning, policy.List("chrony", "cron"), []string{"chrony", "cron"}},
		{platform.FilesPresent, policy.Files(policy.File{Path: "/etc/motd", Text: "Hello"}), []string{"/etc/motd"}},
		{platform.PasswordRequired, policy.Bool(true), []string{}},
	} {
		d, ok := policy.Find(c.key)
		if !ok {
			t.Fatal(c.key)
		}
		if got := listOf(d, c.value); !slices.Equal(got, c.want) || got == nil {
			t.Errorf("%s: %q, want %q", c.key, got, c.want)
		}
	}
}
