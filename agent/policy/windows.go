package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

func windowsRules() map[string]rule {
	return map[string]rule{
		agentv1.PasswordMinLength:   account("MinPasswordLength", "minpwlen", func(found, asked int) bool { return found >= asked }),
		agentv1.PasswordExpiration:  account("MaxPasswordAge", "maxpwage", func(found, asked int) bool { return found >= 1 && found <= asked }),
		agentv1.PasswordHistory:     account("PasswordHistoryLength", "uniquepw", func(found, asked int) bool { return found >= asked }),
		agentv1.PasswordMaxFailures: account("LockoutThreshold", "lockoutthreshold", func(found, asked int) bool { return found >= 1 && found <= asked }),
		agentv1.LockInactivity:      {windowsLock, setWindowsLock},
		agentv1.EncryptDevice:       {check: bitLocker},
		agentv1.FirewallEnabled:     {windowsFirewall, startWindowsFirewall},
		agentv1.UpdatesAutomatic:    {windowsUpdates, startWindowsUpdates},
		agentv1.AdminsAllowed:       {windowsAdmins, removeWindowsAdmins},
		agentv1.ServicesRunning:     {windowsRunning, startWindows},
		agentv1.ServicesStopped:     {windowsStopped, stopWindows},
	}
}

// script runs a fixed script of PowerShell. What a policy names comes as JSON on its standard input, never in its text.
func script(ctx context.Context, m system.Machine, text string, input any) (string, error) {
	raw, err := json.Marshal(input)
	if err != nil {
		return "", err
	}
	p := system.Command("powershell", "-NoProfile", "-NonInteractive", "-Command", "$in = [Console]::In.ReadToEnd() | ConvertFrom-Json; "+text)
	p.Input = string(raw)
	return system.Do(ctx, m, p)
}

// tell runs a script that answers in JSON.
func tell(ctx context.Context, m system.Machine, text string, input, out any) error {
	said, err := script(ctx, m, text, input)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(said), out); err != nil {
		return fmt.Errorf("what PowerShell says cannot be read: %w", err)
	}
	return nil
}

// account is a rule of the local accounts, as secedit exports it; "net accounts" sets it.
func account(key, option string, ok func(found, asked int) bool) rule {
	const export = `$f = [IO.Path]::GetTempFileName(); secedit /export /areas SECURITYPOLICY /cfg $f | Out-Null; Get-Content $f; Remove-Item $f`
	return rule{
		check: func(ctx context.Context, m system.Machine, v value) finding {
			text, err := script(ctx, m, export, nil)
			if err != nil {
				return unknown(err)
			}
			found, there := keyed{equals: true}.parse(text, key)
			if !there {
				return unknown(errors.New("the security policy of the system does not name the rule"))
			}
			n, err := strconv.Atoi(found)
			if err != nil {
				return unknown(err)
			}
			return judge(ok(n, v.number()), found, "The rule is laxer than asked.")
		},
		mend: func(ctx context.Context, m system.Machine, v value) error {
			_, err := system.Do(ctx, m, system.Command("net", "accounts", fmt.Sprintf("/%s:%d", option, v.number())))
			return err
		},
	}
}

const (
	systemPolicies = `HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System`
	updatePolicies = `HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU`
)

// registry returns a number of the registry, 0 when it is not there.
func registry(ctx context.Context, m system.Machine, key, name string) (n int, err error) {
	err = tell(ctx, m, `[int](Get-ItemProperty -Path $in.key -Name $in.name -ErrorAction SilentlyContinue).($in.name) | ConvertTo-Json`,
		map[string]string{"key": key, "name": name}, &n)
	return n, err
}

func setRegistry(ctx context.Context, m system.Machine, key, name string, n int) error {
	_, err := script(ctx, m, `New-Item -Path $in.key -Force -ErrorAction SilentlyContinue | Out-Null; `+
		`Set-ItemProperty -Path $in.key -Name $in.name -Value ([int]$in.value) -Type DWord -ErrorAction Stop`,
		map[string]any{"key": key, "name": name, "value": n})
	return err
}

func windowsLock(ctx context.Context, m system.Machine, v value) finding {
	n, err := registry(ctx, m, systemPolicies, "InactivityTimeoutSecs")
	if err != nil {
		return unknown(err)
	}
	return judge(n >= 1 && n <= v.number()*60, fmt.Sprintf("%d seconds", n), "The screen locks later, or not at all.")
}

func setWindowsLock(ctx context.Context, m system.Machine, v value) error {
	return setRegistry(ctx, m, systemPolicies, "InactivityTimeoutSecs", v.number()*60)
}

func bitLocker(ctx context.Context, m system.Machine, _ value) finding {
	var volumes []struct {
		Mount  string `json:"MountPoint"`
		Status int    `json:"ProtectionStatus"`
	}
	err := tell(ctx, m, `ConvertTo-Json @(Get-BitLockerVolume -ErrorAction Stop | Where-Object VolumeType -ne 'Removable' | `+
		`Select-Object MountPoint, @{n='ProtectionStatus';e={[int]$_.ProtectionStatus}})`, nil, &volumes)
	if err != nil {
		return unknown(err)
	}
	var clear, sealed []string
	for _, v := range volumes {
		if v.Status == 1 {
			sealed = append(sealed, v.Mount)
			continue
		}
		clear = append(clear, v.Mount)
	}
	found := fmt.Sprintf("encrypted: %s; not: %s", orNone(sealed), orNone(clear))
	return judge(len(clear) == 0 && len(sealed) > 0, found, "BitLocker does not protect every disk.")
}

func windowsFirewall(ctx context.Context, m system.Machine, _ value) finding {
	var profiles []struct {
		Name    string
		Enabled int
	}
	err := tell(ctx, m, `ConvertTo-Json @(Get-NetFirewallProfile -PolicyStore ActiveStore -ErrorAction Stop | `+
		`Select-Object Name, @{n='Enabled';e={[int]$_.Enabled}})`, nil, &profiles)
	if err != nil {
		return unknown(err)
	}
	var off []string
	for _, p := range profiles {
		if p.Enabled != 1 {
			off = append(off, p.Name)
		}
	}
	return judge(len(off) == 0 && len(profiles) > 0, "off: "+orNone(off), "The firewall is off in some networks.")
}

func startWindowsFirewall(ctx context.Context, m system.Machine, _ value) error {
	_, err := script(ctx, m, `Set-NetFirewallProfile -All -Enabled True -ErrorAction Stop`, nil)
	return err
}

func windowsUpdates(ctx context.Context, m system.Machine, _ value) finding {
	options, err := registry(ctx, m, updatePolicies, "AUOptions")
	if err != nil {
		return unknown(err)
	}
	none, err := registry(ctx, m, updatePolicies, "NoAutoUpdate")
	if err != nil {
		return unknown(err)
	}
	ok := none == 0 && options == 4
	return judge(ok, fmt.Sprintf("NoAutoUpdate %d, AUOptions %d", none, options), "No rule has updates installed by themselves.")
}

func startWindowsUpdates(ctx context.Context, m system.Machine, _ value) error {
	if err := setRegistry(ctx, m, updatePolicies, "NoAutoUpdate", 0); err != nil {
		return err
	}
	return setRegistry(ctx, m, updatePolicies, "AUOptions", 4)
}

// windowsMembers are the administrators besides the built-in account, whose SID ends in 500.
func windowsMembers(ctx context.Context, m system.Machine) (names []string, err error) {
	err = tell(ctx, m, `ConvertTo-Json @(Get-LocalGroupMember -SID S-1-5-32-544 -ErrorAction Stop | `+
		`Where-Object { -not $_.SID.Value.EndsWith('-500') } | ForEach-Object { $_.Name.Split('\')[-1] })`, nil, &names)
	slices.Sort(names)
	return names, err
}

func windowsAdmins(ctx context.Context, m system.Machine, v value) finding {
	names, err := windowsMembers(ctx, m)
	if err != nil {
		return unknown(err)
	}
	others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(v.names(), n) })
	return judge(len(others) == 0, strings.Join(names, ", "), "These may administer and are not allowed to: "+strings.Join(others, ", ")+".")
}

func removeWindowsAdmins(ctx context.Context, m system.Machine, v value) error {
	names, err := windowsMembers(ctx, m)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(names, func(n string) bool { return slices.Contains(v.names(), n) })
	_, err = script(ctx, m, `$in.names | ForEach-Object { Remove-LocalGroupMember -SID S-1-5-32-544 -Member $_ -ErrorAction Stop }`,
		map[string]any{"names": others})
	return err
}

// windowsService is a service by its short name.
type windowsService struct {
	Name      string
	Status    string
	StartType string
}

func windowsServices(ctx context.Context, m system.Machine, names []string) (list []windowsService, err error) {
	err = tell(ctx, m, `ConvertTo-Json @($in.names | ForEach-Object { $s = Get-Service -Name $_ -ErrorAction SilentlyContinue; `+
		`[pscustomobject]@{ Name = $_; Status = "$($s.Status)"; StartType = "$($s.StartType)" } })`, map[string]any{"names": names}, &list)
	return list, err
}

func windowsRunning(ctx context.Context, m system.Machine, v value) finding {
	return windowsState(ctx, m, v, func(s windowsService) string {
		switch {
		case s.Status == "":
			return "is not installed"
		case s.Status != "Running":
			return "does not run"
		case s.StartType != "Automatic":
			return "does not start with the system"
		}
		return ""
	})
}

func windowsStopped(ctx context.Context, m system.Machine, v value) finding {
	return windowsState(ctx, m, v, func(s windowsService) string {
		switch {
		case s.Status == "Running":
			return "runs"
		case s.StartType == "Automatic":
			return "starts with the system"
		}
		return ""
	})
}

func windowsState(ctx context.Context, m system.Machine, v value, wrong func(windowsService) string) finding {
	list, err := windowsServices(ctx, m, v.names())
	if err != nil {
		return unknown(err)
	}
	var found []string
	for _, s := range list {
		if words := wrong(s); words != "" {
			found = append(found, s.Name+" "+words)
		}
	}
	return judge(len(found) == 0, fmt.Sprintf("%d of %d as asked", len(list)-len(found), len(list)), strings.Join(found, "; "))
}

func startWindows(ctx context.Context, m system.Machine, v value) error {
	_, err := script(ctx, m, `$in.names | ForEach-Object { Set-Service -Name $_ -StartupType Automatic -ErrorAction Stop; `+
		`Start-Service -Name $_ -ErrorAction Stop }`, map[string]any{"names": v.names()})
	return err
}

func stopWindows(ctx context.Context, m system.Machine, v value) error {
	_, err := script(ctx, m, `$in.names | ForEach-Object { Stop-Service -Name $_ -Force -ErrorAction Stop; `+
		`Set-Service -Name $_ -StartupType Disabled -ErrorAction Stop }`, map[string]any{"names": v.names()})
	return err
}
