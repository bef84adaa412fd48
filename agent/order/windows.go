package order

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"drover/agent/store"
	"drover/agent/system"
)

type onWindows struct {
	m system.Machine
	s *store.Store
}

// script runs a fixed script; what it is given comes as JSON on its standard input, never in its text.
func (w onWindows) script(ctx context.Context, text string, input any) (string, error) {
	raw, err := json.Marshal(input)
	if err != nil {
		return "", err
	}
	p := system.Command("powershell", "-NoProfile", "-NonInteractive", "-Command", "$in = [Console]::In.ReadToEnd() | ConvertFrom-Json; "+text)
	p.Input = string(raw)
	return system.Do(ctx, w.m, p)
}

func (w onWindows) message(ctx context.Context, text string) (string, error) {
	p := system.Command("msg", "*")
	p.Input = printable(text)
	_, err := system.Do(ctx, w.m, p)
	return "Shown to who is signed in.", err
}

// lock ends every session's connection to the screen: a service cannot show the lock screen in another's session.
func (w onWindows) lock(ctx context.Context) (string, error) {
	const text = `(quser 2>$null) | Select-Object -Skip 1 | ForEach-Object { if ($_ -match '\s(\d+)\s') { tsdiscon $Matches[1] } }`
	_, err := w.script(ctx, text, nil)
	return "The active sessions were disconnected, which shows the sign-in screen.", err
}

func (w onWindows) reboot(ctx context.Context) (string, error) {
	_, err := system.Do(ctx, w.m, system.Command("shutdown", "/r", "/t", "60", "/c", "An administrator restarts this computer."))
	return "The computer restarts in a minute.", err
}

func (w onWindows) disable(ctx context.Context, except []string) (string, error) {
	said, err := w.script(ctx, `$l = @(Get-LocalUser | Where-Object { $_.Enabled -and -not $_.SID.Value.EndsWith('-500') -and $in.except -notcontains $_.Name }); `+
		`$l | Disable-LocalUser -ErrorAction Stop; ConvertTo-Json @($l.Name)`, map[string]any{"except": append([]string{}, except...)})
	if err != nil {
		return "", err
	}
	var done []string
	if err := json.Unmarshal([]byte(said), &done); err != nil {
		return "", err
	}
	err = w.s.Change(func(st *store.State) { st.Disabled = append(st.Disabled, done...) })
	return fmt.Sprintf("%d local accounts can no longer sign in; the built-in administrator's is as it was, accounts of a domain too.", len(done)), err
}

func (w onWindows) enable(ctx context.Context) (string, error) {
	st, err := w.s.State()
	if err != nil {
		return "", err
	}
	if _, err := w.script(ctx, `$in.names | ForEach-Object { Enable-LocalUser -Name $_ -ErrorAction Stop }`, map[string]any{"names": st.Disabled}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d accounts can sign in again.", len(st.Disabled)), w.s.Change(func(st *store.State) { st.Disabled = nil })
}

// wipe takes the ways to unlock the system's disk away and restarts: what asks for the key then, nobody has.
func (w onWindows) wipe(ctx context.Context) (string, error) {
	said, err := w.script(ctx, `ConvertTo-Json @(Get-BitLockerVolume -ErrorAction Stop | Where-Object ProtectionStatus -eq 'On' | `+
		`ForEach-Object { $_.MountPoint })`, nil)
	if err != nil {
		return "", err
	}
	var volumes []string
	if err := json.Unmarshal([]byte(said), &volumes); err != nil {
		return "", err
	}
	if len(volumes) == 0 {
		return "", errUnsupported("BitLocker protects no disk, so nothing can be erased for certain.")
	}
	for _, v := range volumes {
		if _, err := system.Do(ctx, w.m, system.Command("manage-bde", "-protectors", "-delete", v)); err != nil {
			return "", err
		}
	}
	_, err = system.Do(ctx, w.m, system.Command("manage-bde", "-forcerecovery", volumes[0]))
	if err == nil {
		_, err = w.reboot(ctx)
	}
	return "The ways to unlock " + strings.Join(volumes, ", ") + " are removed; the computer restarts in a minute. A recovery key that was kept elsewhere is removed with them.", err
}
