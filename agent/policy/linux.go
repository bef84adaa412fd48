package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

func linuxRules() map[string]rule {
	return map[string]rule{
		agentv1.PasswordMinLength:     quality("minlen"),
		agentv1.PasswordComplexGroups: quality("minclass"),
		agentv1.PasswordExpiration:    {passwordAge, setPasswordAge},
		agentv1.PasswordHistory:       option(history),
		agentv1.PasswordMaxFailures:   option(faillock),
		agentv1.LockInactivity:        {idleLock, setIdleLock},
		agentv1.EncryptDevice:         {check: diskEncryption},
		agentv1.FirewallEnabled:       {linuxFirewall, startFirewall},
		agentv1.UpdatesAutomatic:      {linuxUpdates, startUpdates},
		agentv1.AdminsAllowed:         {linuxAdmins, removeAdmins},
		agentv1.ServicesRunning:       {unitsRunning, startUnits},
		agentv1.ServicesStopped:       {unitsStopped, stopUnits},
	}
}

func linuxAdmins(_ context.Context, m system.Machine, v value) finding {
	all, err := system.Admins(m)
	if err != nil {
		return unknown(err)
	}
	allowed, names := v.names(), []string{}
	var others []string
	for name := range all {
		names = append(names, name)
		if !slices.Contains(allowed, name) {
			others = append(others, name)
		}
	}
	slices.Sort(names)
	slices.Sort(others)
	return judge(len(others) == 0, strings.Join(names, ", "), "These may administer and are not allowed to: "+strings.Join(others, ", ")+".")
}

// removeAdmins takes accounts out of the groups. It never makes another account with the number 0, or the main group of one,
// into something else: that is told instead.
func removeAdmins(ctx context.Context, m system.Machine, v value) error {
	all, err := system.Admins(m)
	if err != nil {
		return err
	}
	for name, groups := range all {
		if slices.Contains(v.names(), name) {
			continue
		}
		for _, g := range groups {
			if g == "" {
				err = errors.Join(err, fmt.Errorf("%s has the number of root", name))
				continue
			}
			_, failed := system.Do(ctx, m, system.Command("gpasswd", "--delete", name, g))
			err = errors.Join(err, failed)
		}
	}
	return err
}

// Units of systemd.

const noSystemd = "The system is not run by systemd."

func unit(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return name + ".service"
}

// ask returns what systemctl says of a unit.
func ask(ctx context.Context, m system.Machine, verb, name string) (string, error) {
	out, err := m.Run(ctx, system.Command("systemctl", verb, "--", unit(name)))
	return strings.TrimSpace(out.Text), err
}

func unitsRunning(ctx context.Context, m system.Machine, v value) finding {
	return units(ctx, m, v, func(enabled, active string) string {
		switch {
		case enabled == "" || enabled == "not-found":
			return "is not installed"
		case active != "active":
			return "does not run"
		case enabled == "disabled" || enabled == "masked":
			return "does not start with the system"
		}
		return ""
	})
}

func unitsStopped(ctx context.Context, m system.Machine, v value) finding {
	return units(ctx, m, v, func(enabled, active string) string {
		switch {
		case active == "active" || active == "activating":
			return "runs"
		case enabled == "enabled":
			return "starts with the system"
		}
		return ""
	})
}

func units(ctx context.Context, m system.Machine, v value, wrong func(enabled, active string) string) finding {
	list := v.names()
	var found []string
	for _, name := range list {
		enabled, err := ask(ctx, m, "is-enabled", name)
		if errors.Is(err, system.ErrNoProgram) {
			return unsupported(noSystemd)
		}
		if err != nil {
			return unknown(err)
		}
		active, err := ask(ctx, m, "is-active", name)
		if err != nil {
			return unknown(err)
		}
		if words := wrong(enabled, active); words != "" {
			found = append(found, name+" "+words)
		}
	}
	return judge(len(found) == 0, fmt.Sprintf("%d of %d as asked", len(list)-len(found), len(list)), strings.Join(found, "; "))
}

func startUnits(ctx context.Context, m system.Machine, v value) error {
	return each(ctx, m, v, "enable")
}

func stopUnits(ctx context.Context, m system.Machine, v value) error {
	return each(ctx, m, v, "disable")
}

func each(ctx context.Context, m system.Machine, v value, verb string) error {
	var all error
	for _, name := range v.names() {
		_, err := system.Do(ctx, m, system.Command("systemctl", verb, "--now", "--", unit(name)))
		all = errors.Join(all, err)
	}
	return all
}
