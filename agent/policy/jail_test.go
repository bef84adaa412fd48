package policy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"drover/agent/policy"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/api/agentv1"
)

func TestMain(m *testing.M) {
	systemtest.Main(m, map[string]func() error{"policies": realPolicies})
}

// The checks and repairs of Linux against its real programs, in a root directory of their own.
func TestRealProgramsObey(t *testing.T) { systemtest.InJail(t, "policies") }

// hash is of a password that nobody uses.
const hash = "$6$saltsalt$3W1OOfbbFdkOWCK2Jr9OU6xYqTdkGL5JcFUx0Zj1C3U7Sk6SEZJ3k5f5TTq0tb3PcS8uVZzrFAb7sCTAc7xQy."

func realPolicies() error {
	for path, text := range map[string]string{
		"/etc/passwd":                     "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\nann:x:1000:1000::/home/ann:/bin/bash\nbob:x:1001:1001::/home/bob:/bin/bash\n",
		"/etc/group":                      "root:x:0:\nsudo:x:27:ann,bob\nann:x:1000:\nbob:x:1001:\nshadow:x:42:\n",
		"/etc/gshadow":                    "root:*::\nsudo:*::ann,bob\nann:!::\nbob:!::\nshadow:*::\n",
		"/etc/shadow":                     "root:*:20000:0:99999:7:::\nann:" + hash + ":20000:0:99999:7:::\nbob:" + hash + ":20000:0:60:7:::\n",
		"/etc/pam.d/common-password":      "password requisite pam_pwquality.so retry=3\npassword [success=1 default=ignore] pam_unix.so obscure use_authtok\n",
		"/etc/security/pwquality.conf":    "# a comment\nminlen = 6\n",
		"/etc/systemd/system/old.service": "[Unit]\nDescription=old\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
	} {
		if err := system.Here().Write(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	for _, step := range []func() error{admins, age, length, updates, units, files} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func one(setting, value string, repair bool) agentv1.SettingState {
	p := policy.Policy{Machine: system.Here(), Level: nil}
	return p.Check(context.Background(), []agentv1.PolicySetting{{Setting: setting, Value: json.RawMessage(value), Repair: repair}}, time.Now())[0]
}

// expect looks, mends and looks again, and has what the system's own program says judged.
func expect(setting, value string, judge ...string) error {
	if s := one(setting, value, false); s.State != agentv1.StateViolated {
		return fmt.Errorf("%s before: %+v", setting, s)
	}
	if s := one(setting, value, true); s.State != agentv1.StateRepaired {
		return fmt.Errorf("%s mended: %+v", setting, s)
	}
	if s := one(setting, value, true); s.State != agentv1.StateMet {
		return fmt.Errorf("%s after: %+v", setting, s)
	}
	if len(judge) == 0 {
		return nil
	}
	return says(judge[0], judge[1:]...)
}

// says runs a shell command that must say all of the texts.
func says(command string, texts ...string) error {
	out, err := exec.Command("/bin/sh", "-c", command).CombinedOutput()
	for _, text := range texts {
		if !strings.Contains(string(out), text) {
			return fmt.Errorf("%s says %q (%v), not %q", command, out, err, text)
		}
	}
	return nil
}

func admins() error {
	if err := expect(agentv1.AdminsAllowed, `["ann"]`, "id bob; id ann", "groups=1001(bob)\n", "groups=1000(ann),27(sudo)"); err != nil {
		return err
	}
	return nil
}

func age() error {
	return expect(agentv1.PasswordExpiration, "90", "chage --list ann; chage --list bob; grep ^PASS_MAX_DAYS /etc/login.defs",
		"between password change\t\t: 90", "between password change\t\t: 60", "PASS_MAX_DAYS 90")
}

func length() error {
	if err := says("echo kT4-pelican-wz | pwscore", "\n"); err != nil {
		return err
	}
	return expect(agentv1.PasswordMinLength, "20", "echo kT4-pelican-wz | pwscore", "shorter than 20 characters")
}

func updates() error {
	s := one(agentv1.UpdatesAutomatic, "true", true)
	if s.State == agentv1.StateMet {
		return fmt.Errorf("updates: %+v", s)
	}
	return says("apt-config dump", `APT::Periodic::Unattended-Upgrade "1";`, `APT::Periodic::Update-Package-Lists "1";`)
}

func units() error {
	if err := says("systemctl enable old.service && systemctl is-enabled old.service", "enabled"); err != nil {
		return err
	}
	if err := expect(agentv1.ServicesStopped, `["old"]`, "systemctl is-enabled old.service", "disabled"); err != nil {
		return err
	}
	s := one(agentv1.ServicesRunning, `["not-there"]`, false)
	if s.State != agentv1.StateViolated || !strings.Contains(s.Reason, "not-there is not installed") {
		return fmt.Errorf("a service that is not there: %+v", s)
	}
	return nil
}

func files() error {
	if err := os.Symlink("/etc/motd.real", "/etc/motd"); err != nil {
		return err
	}
	if err := os.WriteFile("/etc/motd.real", []byte("old"), 0o600); err != nil {
		return err
	}
	if err := expect(agentv1.FilesPresent, `[{"path":"/etc/motd","text":"new\n","mode":"0640"}]`, "stat -c %a /etc/motd.real; readlink /etc/motd",
		"640", "/etc/motd.real"); err != nil {
		return err
	}
	return expect(agentv1.FilesAbsent, `["/etc/motd"]`, "ls /etc", "motd.real")
}
