package portal

import (
	"slices"
	"testing"

	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

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
