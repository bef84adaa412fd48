package service_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"drover/agent/service"
	"drover/agent/system/systemtest"
)

func TestMain(m *testing.M) {
	systemtest.Main(m, map[string]func() error{"package": installed, "elsewhere": elsewhere})
}

// The package is built from the sources, installed by dpkg, and removed again, in a root directory of its own.
func TestThePackageInstalls(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "drover-agent-linux-amd64"), "../../cmd/drover-agent"},
		{"-C", "../../tools", "run", "./agentpackage", "-programs", dir, "-out", dir, "-version", "1.2.3"},
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=amd64")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %q: %v: %s", args, err, out)
		}
	}
	out, err := exec.CommandContext(t.Context(), "rpm", "--query", "--package", "--list", "--scripts", filepath.Join(dir, "drover-agent-1.2.3-1.x86_64.rpm")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "/usr/lib/systemd/system/drover-agent.service") || !strings.Contains(string(out), "preuninstall") {
		t.Errorf("the .rpm holds %s, %v", out, err)
	}
	systemtest.InJail(t, "package", filepath.Join(dir, "drover-agent_1.2.3_amd64.deb"))
}

func installed() error {
	const identity = "/var/lib/drover-agent/identity.json"
	if err := errors.Join(os.WriteFile("/var/lib/dpkg/status", nil, 0o644), os.WriteFile("/etc/passwd", []byte("root:x:0:0::/root:/bin/sh\n"), 0o644)); err != nil {
		return err
	}
	for _, step := range []func() error{
		says("dpkg --install /tmp/drover-agent_1.2.3_amd64.deb && echo installed", "installed"),
		says("drover-agent version; drover-agent status", "drover-agent ", "has not run on this computer yet"),
		says("drover-agent run", "belongs to no zone"),
		says("systemd-analyze verify /usr/lib/systemd/system/drover-agent.service && echo right", "right\n"),
		says("systemd-analyze verify /usr/lib/systemd/system/drover-agent.service 2>&1 | grep -c drover-agent", "0\n"),
		func() error { return os.WriteFile(identity, []byte("{}"), 0o600) },
		says("dpkg --remove drover-agent", "This computer belongs to a zone"),
		says("drover-agent version", "drover-agent "),
		func() error { return os.Remove(identity) },
		says("dpkg --remove drover-agent && ls /usr/bin/drover-agent", "No such file"),
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// An agent that was only tried, in a directory of its own, takes nothing of the one that the system runs along.
func TestTheSystemsAgentStays(t *testing.T) {
	systemtest.InJail(t, "elsewhere")
}

func elsewhere() error {
	const script = "/etc/init.d/" + service.Name
	if err := errors.Join(os.MkdirAll(filepath.Dir(script), 0o755), os.WriteFile(script, []byte("#!/bin/sh\necho Stopped\n"), 0o755)); err != nil {
		return err
	}
	if err := service.Uninstall("/tmp/tried"); err != nil {
		return err
	}
	if _, err := os.Stat(script); err != nil {
		return fmt.Errorf("the system's agent went with another: %w", err)
	}
	return nil
}

// says runs a shell command that must say all of the texts.
func says(command string, texts ...string) func() error {
	return func() error {
		out, err := exec.Command("/bin/sh", "-c", "("+command+") 2>&1").CombinedOutput()
		for _, text := range texts {
			if !strings.Contains(string(out), text) {
				return fmt.Errorf("%s says %q (%v), not %q", command, out, err, text)
			}
		}
		return nil
	}
}
