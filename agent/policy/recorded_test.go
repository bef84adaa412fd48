package policy_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"drover/agent/policy"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/api/agentv1"
)

// look checks one setting on a computer that says what a test wants.
func look(m system.Machine, setting, value string, repair bool) agentv1.SettingState {
	return policy.Policy{Machine: m}.Check(context.Background(), []agentv1.PolicySetting{{Setting: setting, Value: json.RawMessage(value), Repair: repair}}, time.Now())[0]
}

const (
	pam    = "auth required pam_faillock.so preauth\npassword requisite pam_pwhistory.so use_authtok\n"
	sealed = `{"blockdevices":[{"name":"sda","path":"/dev/sda","type":"disk","mountpoints":[null],"children":[
		{"name":"sda1","path":"/dev/sda1","type":"part","fstype":"ext4","mountpoints":["/boot"]},
		{"name":"sda2","path":"/dev/sda2","type":"part","fstype":"crypto_LUKS","mountpoints":[null],"children":[
			{"name":"c","path":"/dev/mapper/c","type":"crypt","fstype":"LVM2_member","mountpoints":[null],"children":[
				{"name":"root","path":"/dev/mapper/root","type":"lvm","fstype":"ext4","mountpoints":["/"]},
				{"name":"swap","path":"/dev/mapper/swap","type":"lvm","fstype":"swap","mountpoints":["[SWAP]"]}]}]}]}]}`
	clearSwap = `{"blockdevices":[{"name":"sda","path":"/dev/sda","type":"disk","mountpoints":[null],"children":[
		{"name":"sda1","path":"/dev/sda1","type":"part","fstype":"swap","mountpoints":["[SWAP]"]},
		{"name":"sda2","path":"/dev/sda2","type":"part","fstype":"crypto_LUKS","mountpoints":[null],"children":[
			{"name":"root","path":"/dev/mapper/root","type":"crypt","fstype":"ext4","mountpoints":["/"]}]}]}]}`
	nftDrop = `{"nftables":[{"metainfo":{"version":"1.0.6","json_schema_version":1}},
		{"chain":{"family":"inet","table":"filter","name":"input","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}]}`
	nftAccept = `{"nftables":[{"chain":{"family":"inet","table":"filter","name":"input","type":"filter","hook":"input","prio":0,"policy":"accept"}},
		{"chain":{"family":"inet","table":"filter","name":"output","type":"filter","hook":"output","prio":0,"policy":"drop"}}]}`
)

// What the system says, and what that means for a setting. What Windows and macOS say here is written after what their makers
// document; it was not recorded on such a machine.
func TestWhatSystemsSay(t *testing.T) {
	linux := func() *systemtest.Fake { return systemtest.New(system.Linux) }
	windows := func() *systemtest.Fake { return systemtest.New(system.Windows) }
	mac := func() *systemtest.Fake { return systemtest.New(system.MacOS) }
	for name, c := range map[string]struct {
		m              *systemtest.Fake
		setting, value string
		state, reason  string
	}{
		"all encrypted":         {linux().Say("lsblk", sealed), agentv1.EncryptDevice, "true", "met", ""},
		"swap in the clear":     {linux().Say("lsblk", clearSwap), agentv1.EncryptDevice, "true", "violated", "installed"},
		"no disks to be seen":   {linux().Say("lsblk", `{"blockdevices":[]}`), agentv1.EncryptDevice, "true", "unsupported", "No disk"},
		"lsblk says nonsense":   {linux().Say("lsblk", "?"), agentv1.EncryptDevice, "true", "unknown", "cannot be read"},
		"no lsblk":              {linux(), agentv1.EncryptDevice, "true", "unsupported", "lsblk"},
		"firewalld":             {linux().Say("firewall-cmd --state", "running\n"), agentv1.FirewallEnabled, "true", "met", ""},
		"ufw":                   {linux().Say("ufw status", "Status: active\nLogging: on (low)\nDefault: deny (incoming), allow (outgoing), disabled (routed)\n"), agentv1.FirewallEnabled, "true", "met", ""},
		"ufw lets all in":       {linux().Say("ufw status", "Status: active\nDefault: allow (incoming), allow (outgoing)\n"), agentv1.FirewallEnabled, "true", "violated", "lets everything in"},
		"ufw is off, nft drops": {linux().Say("ufw status", "Status: inactive\n").Say("nft", nftDrop), agentv1.FirewallEnabled, "true", "met", ""},
		"nft accepts":           {linux().Say("nft", nftAccept), agentv1.FirewallEnabled, "true", "violated", "not filtered"},
		"no firewall":           {linux(), agentv1.FirewallEnabled, "true", "violated", "No firewall"},
		"history by default":    {linux().Put("/etc/pam.d/system-auth", pam), agentv1.PasswordHistory, "10", "met", ""},
		"history too short":     {linux().Put("/etc/pam.d/system-auth", pam), agentv1.PasswordHistory, "24", "violated", "laxer"},
		"history in its file":   {linux().Put("/etc/pam.d/system-auth", pam).Put("/etc/security/pwhistory.conf", "remember = 24\n"), agentv1.PasswordHistory, "24", "met", ""},
		"no history":            {linux(), agentv1.PasswordHistory, "5", "violated", "pam_pwhistory"},
		"failures by default":   {linux().Put("/etc/pam.d/common-auth", pam), agentv1.PasswordMaxFailures, "5", "met", ""},
		"failures in arguments": {linux().Put("/etc/pam.d/common-auth", "auth required pam_faillock.so deny=9\n"), agentv1.PasswordMaxFailures, "5", "violated", "laxer"},
		"failures never count":  {linux().Put("/etc/pam.d/common-auth", pam).Put("/etc/security/faillock.conf", "deny = 0"), agentv1.PasswordMaxFailures, "5", "violated", "laxer"},
		"the main file wins": {
			linux().Put("/etc/pam.d/common-password", "password requisite pam_pwquality.so").Put("/etc/security/pwquality.conf.d/50.conf", "minlen=30").
				Put("/etc/security/pwquality.conf", "minlen = 9"), agentv1.PasswordMinLength, "12", "violated", "",
		},
		"the arguments win": {
			linux().Put("/etc/pam.d/common-password", "password requisite pam_pwquality.so retry=3 minlen=14").
				Put("/etc/security/pwquality.conf", "minlen = 9"), agentv1.PasswordMinLength, "12", "met", "",
		},
		"no desktop":     {linux(), agentv1.LockInactivity, "5", "unsupported", "GNOME"},
		"no systemd":     {linux(), agentv1.ServicesRunning, `["ssh"]`, "unsupported", "systemd"},
		"it runs":        {linux().Say("systemctl is-enabled -- ssh.service", "enabled\n").Say("systemctl is-active", "active\n"), agentv1.ServicesRunning, `["ssh"]`, "met", ""},
		"it is masked":   {linux().Say("systemctl is-enabled", "masked\n").Say("systemctl is-active", "inactive\n"), agentv1.ServicesStopped, `["telnet.socket"]`, "met", ""},
		"dnf updates":    {linux().Say("dnf", "").Put("/etc/dnf/automatic.conf", "[commands]\napply_updates = yes\n").Say("systemctl is-enabled", "enabled"), agentv1.UpdatesAutomatic, "true", "met", ""},
		"dnf only looks": {linux().Say("dnf", "").Put("/etc/dnf/automatic.conf", "apply_updates = no\n").Say("systemctl is-enabled", "enabled"), agentv1.UpdatesAutomatic, "true", "violated", "by themselves"},

		"a word for a number":   {linux(), agentv1.PasswordMinLength, `"long"`, "unsupported", "whole number"},
		"false is nothing":      {linux(), agentv1.FirewallEnabled, "false", "unsupported", "true"},
		"an option as a name":   {linux(), agentv1.ServicesRunning, `["--now"]`, "unsupported", "no name"},
		"a path that climbs":    {linux(), agentv1.FilesAbsent, `["/etc/../etc/motd"]`, "unsupported", "absolute"},
		"a mode that is setuid": {linux().Put("/x", "a"), agentv1.FilesPresent, `[{"path":"/x","text":"a","mode":"4755"}]`, "violated", "mode"},

		"BitLocker":             {windows().Say("powershell", `[{"MountPoint":"C:","ProtectionStatus":1}]`), agentv1.EncryptDevice, "true", "met", ""},
		"BitLocker not on D":    {windows().Say("powershell", `[{"MountPoint":"C:","ProtectionStatus":1},{"MountPoint":"D:","ProtectionStatus":0}]`), agentv1.EncryptDevice, "true", "violated", "BitLocker"},
		"Windows firewall":      {windows().Say("powershell", `[{"Name":"Domain","Enabled":1},{"Name":"Private","Enabled":1},{"Name":"Public","Enabled":1}]`), agentv1.FirewallEnabled, "true", "met", ""},
		"off in public":         {windows().Say("powershell", `[{"Name":"Public","Enabled":0}]`), agentv1.FirewallEnabled, "true", "violated", "off"},
		"Windows length":        {windows().Say("powershell", "[System Access]\r\nMinimumPasswordAge = 0\r\nMinPasswordLength = 14\r\n"), agentv1.PasswordMinLength, "12", "met", ""},
		"Windows age":           {windows().Say("powershell", "MaximumPasswordAge = -1\r\nMaxPasswordAge = -1\r\n"), agentv1.PasswordExpiration, "90", "violated", "laxer"},
		"Windows lock":          {windows().Say("powershell", "300\r\n"), agentv1.LockInactivity, "5", "met", ""},
		"Windows never locks":   {windows().Say("powershell", "0\r\n"), agentv1.LockInactivity, "5", "violated", "later"},
		"Windows admins":        {windows().Say("powershell", `["ann","bob"]`), agentv1.AdminsAllowed, `["ann"]`, "violated", "bob"},
		"Windows service":       {windows().Say("powershell", `[{"Name":"WinDefend","Status":"Running","StartType":"Automatic"}]`), agentv1.ServicesRunning, `["WinDefend"]`, "met", ""},
		"Windows updates":       {windows().Say("powershell", "0"), agentv1.UpdatesAutomatic, "true", "violated", "No rule"},
		"PowerShell fails":      {windows().End("powershell", "Access is denied.", 1), agentv1.EncryptDevice, "true", "unknown", "Access is denied"},
		"FileVault":             {mac().Say("fdesetup status", "FileVault is On.\n"), agentv1.EncryptDevice, "true", "met", ""},
		"FileVault is off":      {mac().Say("fdesetup status", "FileVault is Off.\n"), agentv1.EncryptDevice, "true", "violated", "FileVault"},
		"macOS firewall":        {mac().Say("socketfilterfw", "Firewall is enabled. (State = 1)\n"), agentv1.FirewallEnabled, "true", "met", ""},
		"macOS admins":          {mac().Say("dscl", "GroupMembership: root ann bob\n"), agentv1.AdminsAllowed, `["ann","bob"]`, "met", ""},
		"macOS lock":            {mac().Say("defaults read", "300\n"), agentv1.LockInactivity, "5", "met", ""},
		"macOS has no such one": {mac(), agentv1.PasswordHistory, "5", "unsupported", "no such setting"},
	} {
		s := look(c.m, c.setting, c.value, false)
		if s.State != c.state || !strings.Contains(s.Reason, c.reason) {
			t.Errorf("%s: %s %q %q, want %s %q", name, s.State, s.Found, s.Reason, c.state, c.reason)
		}
	}
}

// The lock of the screen is written for dconf, which is told, and cannot be overridden by users.
func TestTheScreenLockIsWrittenAndLocked(t *testing.T) {
	m := systemtest.New(system.Linux).Put("/usr/share/glib-2.0/schemas/org.gnome.desktop.screensaver.gschema.xml", "").
		Put("/etc/dconf/profile/user", "user-db:user\nsystem-db:site\n")
	m.Do("dconf update", func(system.Program) (system.Output, error) {
		m.Put("/etc/dconf/db/local", "compiled")
		return system.Output{}, nil
	})
	if s := look(m, agentv1.LockInactivity, "10", true); s.State != agentv1.StateRepaired {
		t.Fatalf("%+v", s)
	}
	if got := m.Text("/etc/dconf/db/local.d/00-drover"); !strings.Contains(got, "idle-delay=uint32 600") {
		t.Errorf("the keys are %q", got)
	}
	if got := m.Text("/etc/dconf/profile/user"); got != "user-db:user\nsystem-db:site\nsystem-db:local\n" {
		t.Errorf("the profile is %q", got)
	}
	if s := look(m, agentv1.LockInactivity, "5", false); s.State != agentv1.StateViolated {
		t.Errorf("another length: %+v", s)
	}
}

// Before ufw is switched on, the door of SSH is opened where there is a server for it.
func TestNobodyIsShutOutByTheFirewall(t *testing.T) {
	m := systemtest.New(system.Linux).Put("/etc/ssh/sshd_config", "")
	state := "Status: inactive\n"
	m.Do("ufw", func(p system.Program) (system.Output, error) {
		if p.String() == "ufw --force enable" {
			state = "Status: active\nDefault: deny (incoming), allow (outgoing)\n"
		}
		return system.Output{Text: state}, nil
	}).Say("nft", nftAccept)
	if s := look(m, agentv1.FirewallEnabled, "true", true); s.State != agentv1.StateRepaired {
		t.Fatalf("%+v", s)
	}
	got := strings.Join(m.Ran("ufw"), "; ")
	want := "ufw status verbose; ufw limit 22/tcp; ufw default deny incoming; ufw --force enable; ufw status verbose"
	if got != want {
		t.Errorf("ran %s", got)
	}
}

// What is asked of Windows by name never becomes part of a script.
func TestNamesAreNoScript(t *testing.T) {
	const evil = `x'; Remove-Item C:\ -Recurse; '`
	m := systemtest.New(system.Windows)
	m.Do("powershell", func(p system.Program) (system.Output, error) {
		if strings.Contains(strings.Join(p.Args, " "), "Remove-Item C:") || !strings.Contains(p.Input, `Remove-Item C:\\`) {
			t.Errorf("ran %q with %q", p.Args, p.Input)
		}
		return system.Output{Text: `[{"Name":"x","Status":"Running","StartType":"Automatic"}]`}, nil
	})
	name, err := json.Marshal([]string{evil})
	if err != nil {
		t.Fatal(err)
	}
	look(m, agentv1.ServicesStopped, string(name), true)
}
