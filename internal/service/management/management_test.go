package management_test

import (
	"strings"
	"testing"

	"drover/api/agentv1"
	"drover/internal/base/page"
	"drover/internal/core/command"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/server/zonetest"
)

// TestAPolicyIsCheckedMendedAndReported, setting by setting, by the agent's own code against the real service.
func TestAPolicyIsCheckedMendedAndReported(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.suite(t, policy.Values{
			platform.PasswordRequired: policy.Bool(true), platform.PasswordMinLength: policy.Number(12),
			platform.FilesPresent:  policy.Files(policy.File{Path: "/etc/motd", Mode: "0644", Text: "Welcome\n"}, policy.File{Path: `C:\motd.txt`}),
			platform.AdminsAllowed: policy.List("ann"), platform.AgentContact: policy.Text("Help desk, telephone 100"),
			platform.UpdatesAutomatic: policy.Bool(true), platform.AgentLogLevel: policy.Number(3),
		})
		c := w.workstation(t)
		c.machine.Put("/etc/pam.d/common-password", "password requisite pam_pwquality.so retry=3\n").
			Put("/etc/security/pwquality.conf", "minlen = 6\n").End("gpasswd", "no such program here", 1)
		a := c.start(t)
		c.turn(t, a)
		if got := c.machine.Text("/etc/security/pwquality.conf"); got != "minlen = 12\n" || c.machine.Text("/etc/motd") != "Welcome\n" {
			t.Errorf("pwquality.conf is %q, motd %q", got, c.machine.Text("/etc/motd"))
		}
		x := c.standing(t)
		for setting, want := range map[platform.Setting]computer.Setting{
			platform.PasswordMinLength: {State: agentv1.StateRepaired, Found: "6"},
			platform.FilesPresent:      {State: agentv1.StateRepaired, Found: "0 of 1 as asked"},
			platform.AdminsAllowed:     {State: agentv1.StateFailed, Found: "ann, bob"},
			platform.UpdatesAutomatic:  {State: agentv1.StateUnsupported},
			platform.AgentLogLevel:     {State: agentv1.StateMet, Found: "debug"},
		} {
			if got := x.Settings[setting]; got.State != want.State || want.Found != "" && got.Found != want.Found {
				t.Errorf("%s: %+v, want %+v", setting, got, want)
			}
		}
		d := c.device(t)
		if len(x.Settings) != 5 || len(x.Documents) != 4 || x.Agent != "1.2.3" || x.Sent != x.Revision || d.PolicyState != device.PolicyPartial ||
			d.Platform != platform.LinuxAgent || d.OS != "Debian GNU/Linux 12 (bookworm)" {
			t.Errorf("%+v, %+v", x, d)
		}
		c.turn(t, a)
		if x := c.standing(t); x.Settings[platform.PasswordMinLength].State != agentv1.StateMet {
			t.Errorf("at the next turn: %+v", x.Settings)
		}
	})
}

// TestOrdersAreCarriedOutOnce and what the agent says of each is kept.
func TestOrdersAreCarriedOutOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		c.machine.Say("loginctl", "").Say("wall", "").Say("shutdown", "").Say("usermod", "")
		a := c.start(t)
		for _, o := range []struct {
			kind platform.Command
			text string
			ran  string
		}{
			{platform.Lock, "", "loginctl lock-sessions"},
			{platform.Message, "Please call.", "wall"},
			{platform.DisableAccounts, "bob", "usermod --lock --expiredate 1 ann"},
			{platform.Reboot, "", "shutdown -r"},
			{platform.Refresh, "", ""},
			{platform.UpdateInventory, "", ""},
			{platform.Uninstall, "", ""},
		} {
			x := c.order(t, o.kind, o.text)
			c.turn(t, a)
			c.turn(t, a)
			got := c.command(t, x.ID)
			if got.State != command.Done || got.Channel != platform.Agent {
				t.Errorf("%s: %+v", o.kind, got)
			}
			if ran := c.machine.Ran(o.ran); o.ran != "" && len(ran) != 1 {
				t.Errorf("%s ran %q", o.kind, ran)
			}
			p, err := w.Computers.Results(t.Context(), zonetest.System, computer.Filter{Command: x.ID}, page.Request{})
			if err != nil || len(p.Items) != 1 || p.Items[0].Words == "" {
				t.Errorf("%s: %+v %v", o.kind, p.Items, err)
			}
		}
		st, err := c.store(t).State()
		if err != nil || st.Consent == "" {
			t.Errorf("the agent has no consent: %+v %v", st, err)
		}
	})
}

const encrypted = `{"blockdevices":[{"name":"sda","path":"/dev/sda","type":"disk","mountpoints":[null],"children":[
	{"name":"sda2","path":"/dev/sda2","type":"part","fstype":"crypto_LUKS","mountpoints":[null],"children":[
	{"name":"root","path":"/dev/mapper/root","type":"crypt","fstype":"ext4","mountpoints":["/"]}]}]}]}`

// TestAWipeHasTwoSteps: the computer asks, is told to go, and is kept out from then on but for saying what became of it.
func TestAWipeHasTwoSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		c.machine.Say("lsblk", encrypted).Say("cryptsetup", "").Say("usermod", "").Say("shutdown", "")
		a := c.start(t)
		c.turn(t, a)
		x := c.order(t, platform.FullWipe, "")
		if x.State != command.Queued {
			t.Fatalf("%+v", x)
		}
		_ = a.Turn(t.Context()) // what comes after the wipe is refused
		if ran := c.machine.Ran("cryptsetup"); len(ran) != 1 || !strings.Contains(ran[0], "erase --batch-mode /dev/sda2") {
			t.Fatalf("ran %q", c.machine.Ran(""))
		}
		await(t, "the wipe is told to be done", func() bool {
			_ = a.Turn(t.Context())
			return c.command(t, x.ID).State == command.Done
		})
		if d := c.device(t); d.State != device.Wiped {
			t.Errorf("the computer is %s", d.State)
		}
		if ran := c.machine.Ran("cryptsetup"); len(ran) != 1 {
			t.Errorf("erased %d times", len(ran))
		}
		steps := []command.State{command.Queued, command.Delivered, command.Acknowledged, command.Done}
		got := c.command(t, x.ID).Steps
		for i, s := range steps {
			if len(got) != len(steps) || got[i].State != s {
				t.Fatalf("%+v", got)
			}
		}
	})
}
