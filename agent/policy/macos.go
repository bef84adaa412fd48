package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

// What only a configuration profile may set on macOS is checked here and mended by Apple's own management.
func macRules() map[string]rule {
	return map[string]rule{
		agentv1.LockInactivity:   {check: macLock},
		agentv1.EncryptDevice:    {check: fileVault},
		agentv1.FirewallEnabled:  {macFirewall, startMacFirewall},
		agentv1.UpdatesAutomatic: {macUpdates, startMacUpdates},
		agentv1.AdminsAllowed:    {macAdmins, removeMacAdmins},
	}
}

func fileVault(ctx context.Context, m system.Machine, _ value) finding {
	text, err := system.Do(ctx, m, system.Command("fdesetup", "status"))
	if err != nil {
		return unknown(err)
	}
	text = strings.TrimSpace(text)
	return judge(strings.HasPrefix(text, "FileVault is On"), text, "FileVault is switched on by a user or by Apple's management.")
}

// firewall is the program of the application firewall.
const macFirewallProgram = "socketfilterfw"

func macFirewall(ctx context.Context, m system.Machine, _ value) finding {
	text, err := system.Do(ctx, m, system.Command(macFirewallProgram, "--getglobalstate"))
	if err != nil {
		return unknown(err)
	}
	text = strings.TrimSpace(text)
	return judge(strings.Contains(text, "enabled"), text, "The firewall is off.")
}

func startMacFirewall(ctx context.Context, m system.Machine, _ value) error {
	_, err := system.Do(ctx, m, system.Command(macFirewallProgram, "--setglobalstate", "on"))
	return err
}

const softwareUpdate = "/Library/Preferences/com.apple.SoftwareUpdate"

// updateKeys are the switches for security updates to come by themselves.
var updateKeys = []string{"AutomaticCheckEnabled", "AutomaticDownload", "CriticalUpdateInstall", "ConfigDataInstall"}

func macUpdates(ctx context.Context, m system.Machine, _ value) finding {
	var off []string
	for _, key := range updateKeys {
		out, err := m.Run(ctx, system.Command("defaults", "read", softwareUpdate, key))
		if err != nil {
			return unknown(err)
		}
		if strings.TrimSpace(out.Text) != "1" {
			off = append(off, key)
		}
	}
	return judge(len(off) == 0, "off: "+orNone(off), "Updates are not installed by themselves.")
}

func startMacUpdates(ctx context.Context, m system.Machine, _ value) error {
	for _, key := range updateKeys {
		if _, err := system.Do(ctx, m, system.Command("defaults", "write", softwareUpdate, key, "-bool", "true")); err != nil {
			return err
		}
	}
	return nil
}

// macLock looks at the user's setting that a profile has put there for all.
func macLock(ctx context.Context, m system.Machine, v value) finding {
	out, err := m.Run(ctx, system.Command("defaults", "read", "/Library/Managed Preferences/com.apple.screensaver", "idleTime"))
	if err != nil {
		return unknown(err)
	}
	var seconds int
	_, bad := fmt.Sscan(out.Text, &seconds)
	return judge(out.Status == 0 && bad == nil && seconds >= 1 && seconds <= v.number()*60, fmt.Sprintf("%d seconds", seconds),
		"Users choose for themselves when the screen locks; a configuration profile can ask it.")
}

func macMembers(ctx context.Context, m system.Machine) ([]string, error) {
	text, err := system.Do(ctx, m, system.Command("dscl", ".", "-read", "/Groups/admin", "GroupMembership"))
	if err != nil {
		return nil, err
	}
	_, list, _ := strings.Cut(text, ":")
	names := slices.DeleteFunc(strings.Fields(list), func(n string) bool { return n == "root" })
	slices.Sort(names)
	return names, nil
}

func macAdmins(ctx context.Context, m system.Machine, v value) finding {
	names, err := macMembers(ctx, m)
	if err != nil {
		return unknown(err)
	}
	others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(v.names(), n) })
	return judge(len(others) == 0, strings.Join(names, ", "), "These may administer and are not allowed to: "+strings.Join(others, ", ")+".")
}

func removeMacAdmins(ctx context.Context, m system.Machine, v value) error {
	names, err := macMembers(ctx, m)
	if err != nil {
		return err
	}
	for _, n := range names {
		if slices.Contains(v.names(), n) {
			continue
		}
		if _, err := system.Do(ctx, m, system.Command("dseditgroup", "-o", "edit", "-d", n, "-t", "user", "admin")); err != nil {
			return err
		}
	}
	return nil
}
