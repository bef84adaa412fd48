package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"drover/agent/system"
)

// Encryption.

func diskEncryption(ctx context.Context, m system.Machine, _ value) finding {
	tree, err := system.BlockDevices(ctx, m)
	if errors.Is(err, system.ErrNoProgram) {
		return unsupported("The system cannot list its disks: lsblk is missing.")
	}
	if err != nil {
		return unknown(err)
	}
	mounts := system.Mounts(tree)
	if len(mounts) == 0 {
		return unsupported("No disk that holds the system can be seen from here.")
	}
	var clear, sealed []string
	for _, at := range mounts {
		switch {
		case at.Encrypted:
			sealed = append(sealed, at.Path)
		case at.Path != "/boot" && !strings.HasPrefix(at.Path, "/boot/"): // what starts the system holds no data of its users
			clear = append(clear, at.Path)
		}
	}
	found := fmt.Sprintf("encrypted: %s; not: %s", orNone(sealed), orNone(clear))
	return judge(len(clear) == 0, found, "A disk can be encrypted when the system is installed, not from here.")
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// Firewalls: the one of the distribution, else what the kernel holds.

func linuxFirewall(ctx context.Context, m system.Machine, _ value) finding {
	if system.Has(m, "firewall-cmd") {
		out, err := m.Run(ctx, system.Command("firewall-cmd", "--state"))
		if err == nil && strings.TrimSpace(out.Text) == "running" {
			return met("firewalld runs")
		}
	}
	if system.Has(m, "ufw") {
		out, err := m.Run(ctx, system.Command("ufw", "status", "verbose"))
		if err == nil && strings.Contains(out.Text, "Status: active") {
			return judge(!strings.Contains(out.Text, "Default: allow (incoming)"), "ufw is active", "ufw lets everything in by default.")
		}
	}
	out, err := m.Run(ctx, system.Command("nft", "--json", "list", "chains"))
	switch {
	case errors.Is(err, system.ErrNoProgram):
		return violated("no firewall", "No firewall is installed that the agent knows: ufw, firewalld or nftables.")
	case err != nil:
		return unknown(err)
	case out.Status != 0:
		return unknown(errors.New("nft cannot tell the rules of the kernel"))
	}
	filters, err := inputFilters(out.Text)
	if err != nil {
		return unknown(err)
	}
	return judge(filters, map[bool]string{true: "nftables filters", false: "nftables lets everything in"}[filters],
		"Incoming connections are not filtered.")
}

// inputFilters tells whether a chain of the input hook drops what no rule lets in (libnftables-json(5)).
func inputFilters(text string) (bool, error) {
	var list struct {
		Nftables []struct {
			Chain *struct {
				Hook   string `json:"hook"`
				Policy string `json:"policy"`
				Type   string `json:"type"`
			} `json:"chain"`
		} `json:"nftables"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return false, fmt.Errorf("what nft says cannot be read: %w", err)
	}
	for _, x := range list.Nftables {
		if x.Chain != nil && x.Chain.Hook == "input" && x.Chain.Type == "filter" && x.Chain.Policy == "drop" {
			return true, nil
		}
	}
	return false, nil
}

// startFirewall switches the distribution's firewall on. Where a server for SSH starts with the system, its door is opened
// first, so that nobody is shut out of a machine that has no other.
func startFirewall(ctx context.Context, m system.Machine, _ value) error {
	switch {
	case system.Has(m, "firewall-cmd"):
		_, err := system.Do(ctx, m, system.Command("systemctl", "enable", "--now", "firewalld.service"))
		return err
	case system.Has(m, "ufw"):
		return startUFW(ctx, m)
	}
	return errors.New("install ufw or firewalld; the agent does not write rules of its own")
}

func startUFW(ctx context.Context, m system.Machine) error {
	if system.Exists(m, "/etc/ssh/sshd_config") {
		if _, err := system.Do(ctx, m, system.Command("ufw", "limit", "22/tcp")); err != nil {
			return err
		}
	}
	for _, args := range [][]string{{"default", "deny", "incoming"}, {"--force", "enable"}} {
		if _, err := system.Do(ctx, m, system.Command("ufw", args...)); err != nil {
			return err
		}
	}
	return nil
}

// Updates.

const (
	aptPeriodic  = "/etc/apt/apt.conf.d/20auto-upgrades"
	dnfAutomatic = "/etc/dnf/automatic.conf"
)

func linuxUpdates(ctx context.Context, m system.Machine, _ value) finding {
	out, err := m.Run(ctx, system.Command("apt-config", "dump"))
	switch {
	case err == nil:
		return aptUpdates(m, out.Text)
	case !errors.Is(err, system.ErrNoProgram):
		return unknown(err)
	case system.Has(m, "dnf"):
		return dnfUpdates(ctx, m)
	}
	return unsupported("The agent knows how apt and dnf update, and neither is here.")
}

func aptUpdates(m system.Machine, dump string) finding {
	on := func(key string) bool {
		for line := range strings.Lines(dump) {
			if name, v, _ := strings.Cut(strings.TrimSpace(line), " "); name == "APT::Periodic::"+key {
				v = strings.Trim(v, `";`)
				return v != "" && v != "0"
			}
		}
		return false
	}
	lists, upgrades := on("Update-Package-Lists"), on("Unattended-Upgrade")
	found := fmt.Sprintf("apt: lists %s, upgrades %s", onOff(lists), onOff(upgrades))
	if !system.Has(m, "unattended-upgrade") {
		return violated(found, "Nothing installs updates: install the package unattended-upgrades.")
	}
	return judge(lists && upgrades, found, "Updates are not installed by themselves.")
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

var dnfConf = keyed{path: dnfAutomatic, equals: true}

func dnfUpdates(ctx context.Context, m system.Machine) finding {
	text, err := readText(m, dnfAutomatic)
	if err != nil {
		return unknown(err)
	}
	if text == "" {
		return violated("no rule", "Nothing installs updates: install the package dnf-automatic.")
	}
	v, _ := dnfConf.parse(text, "apply_updates")
	enabled, err := ask(ctx, m, "is-enabled", "dnf-automatic.timer")
	if err != nil {
		return unknown(err)
	}
	ok := slices.Contains([]string{"yes", "true", "1"}, strings.ToLower(v))
	return judge(ok && enabled == "enabled", fmt.Sprintf("dnf: apply_updates %s, timer %s", v, enabled), "Updates are not installed by themselves.")
}

func startUpdates(ctx context.Context, m system.Machine, _ value) error {
	if system.Has(m, "apt-config") {
		return m.Write(aptPeriodic, []byte("APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n"), 0o644)
	}
	if err := dnfConf.write(m, "apply_updates", "yes"); err != nil {
		return err
	}
	_, err := system.Do(ctx, m, system.Command("systemctl", "enable", "--now", "dnf-automatic.timer"))
	return err
}

// The lock of the screen: GNOME's, by a database of dconf that users cannot override.

const (
	dconfKeys    = "/etc/dconf/db/local.d/00-drover"
	dconfLocks   = "/etc/dconf/db/local.d/locks/00-drover"
	dconfProfile = "/etc/dconf/profile/user"
	noDesktop    = "No desktop is installed whose lock the agent knows: GNOME and what builds on it."
)

func hasDesktop(m system.Machine) bool {
	return system.Has(m, "dconf") && system.Exists(m, "/usr/share/glib-2.0/schemas/org.gnome.desktop.screensaver.gschema.xml")
}

func idleKeys(minutes int) string {
	return fmt.Sprintf("[org/gnome/desktop/session]\nidle-delay=uint32 %d\n\n[org/gnome/desktop/screensaver]\nlock-enabled=true\nlock-delay=uint32 0\n",
		minutes*60)
}

const idleLocks = "/org/gnome/desktop/session/idle-delay\n/org/gnome/desktop/screensaver/lock-enabled\n/org/gnome/desktop/screensaver/lock-delay\n"

// idleLock looks at what we wrote and at whether desktops are told to read it.
func idleLock(_ context.Context, m system.Machine, v value) finding {
	if !hasDesktop(m) {
		return unsupported(noDesktop)
	}
	keys, err := readText(m, dconfKeys)
	locks, err2 := readText(m, dconfLocks)
	profile, err3 := readText(m, dconfProfile)
	if err := errors.Join(err, err2, err3); err != nil {
		return unknown(err)
	}
	compiled := system.Exists(m, "/etc/dconf/db/local")
	ok := keys == idleKeys(v.number()) && locks == idleLocks && strings.Contains(profile, "system-db:local") && compiled
	return judge(ok, map[bool]string{true: fmt.Sprintf("%d minutes", v.number()), false: "no rule of the zone"}[ok],
		"Users choose for themselves when the screen locks.")
}

func setIdleLock(ctx context.Context, m system.Machine, v value) error {
	profile, err := readText(m, dconfProfile)
	if err != nil {
		return err
	}
	if profile == "" {
		profile = "user-db:user\n"
	}
	if !strings.Contains(profile, "system-db:local") {
		profile = strings.TrimRight(profile, "\n") + "\nsystem-db:local\n"
	}
	for path, text := range map[string]string{dconfKeys: idleKeys(v.number()), dconfLocks: idleLocks, dconfProfile: profile} {
		if err := m.Write(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	_, err = system.Do(ctx, m, system.Command("dconf", "update"))
	return err
}
