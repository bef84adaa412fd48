package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

// ask runs a fixed script of PowerShell that answers with a list in JSON.
func ask[T any](ctx context.Context, m system.Machine, script string) (list []T, err error) {
	said, err := system.Do(ctx, m, system.Command("powershell", "-NoProfile", "-NonInteractive", "-Command",
		"[Console]::OutputEncoding = [Text.Encoding]::UTF8; ConvertTo-Json -Compress @("+script+")"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(orEmpty(said)), &list); err != nil {
		return nil, fmt.Errorf("what PowerShell says cannot be read: %w", err)
	}
	return list, nil
}

func windowsFirmware(ctx context.Context, m system.Machine) (firmware, error) {
	list, err := ask[struct{ Vendor, Name, IdentifyingNumber, UUID, Version string }](ctx, m,
		`Get-CimInstance Win32_ComputerSystemProduct | Select-Object Vendor, Name, IdentifyingNumber, UUID, `+
			`@{n='Version';e={(Get-CimInstance Win32_BIOS).SMBIOSBIOSVersion}}`)
	if err != nil || len(list) == 0 {
		return firmware{}, err
	}
	p := list[0]
	return firmware{told(p.Vendor, 128), told(p.Name, 128), told(p.IdentifyingNumber, 128), strings.ToLower(told(p.UUID, 64)), told(p.Version, 128)}, nil
}

func windowsDisks(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	list, err := ask[struct {
		DeviceID, FriendlyName, SerialNumber, MediaType, BusType string
		Size                                                     int64
	}](ctx, m, `Get-PhysicalDisk | Select-Object DeviceId, FriendlyName, SerialNumber, Size, @{n='MediaType';e={"$($_.MediaType)"}}, @{n='BusType';e={"$($_.BusType)"}}`)
	for _, d := range list {
		kind := map[string]string{"SSD": "ssd", "HDD": "hdd"}[d.MediaType]
		if d.BusType == "NVMe" {
			kind = "nvme"
		}
		i.Disks = append(i.Disks, agentv1.Disk{
			Name: "PhysicalDrive" + text(d.DeviceID, 100), Model: told(d.FriendlyName, 128), Serial: told(d.SerialNumber, 128), Size: d.Size,
			Kind: kind, Removable: d.BusType == "USB",
		})
	}
	return err
}

func windowsUsers(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	list, err := ask[struct {
		Name, SID      string
		Enabled, Admin bool
	}](ctx, m, `$a = @((Get-LocalGroupMember -SID S-1-5-32-544).SID.Value); Get-LocalUser | `+
		`ForEach-Object { [pscustomobject]@{ Name = $_.Name; SID = $_.SID.Value; Enabled = $_.Enabled; Admin = $a -contains $_.SID.Value } }`)
	for _, u := range list {
		i.Users = append(i.Users, agentv1.User{Name: text(u.Name, 256), ID: text(u.SID, 128), Admin: u.Admin, Disabled: !u.Enabled})
	}
	return err
}

func windowsPackages(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	list, err := ask[struct{ DisplayName, DisplayVersion, Publisher, Arch string }](ctx, m,
		`foreach ($k in @(@('HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*', 'amd64'), `+
			`@('HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\*', '386'))) { Get-ItemProperty $k[0] -ErrorAction SilentlyContinue | `+
			`Where-Object DisplayName | Select-Object DisplayName, DisplayVersion, Publisher, @{n='Arch';e={$k[1]}} }`)
	for _, p := range list {
		i.Packages = append(i.Packages, newPackage("windows", p.DisplayName, p.DisplayVersion, p.Arch, p.Publisher))
	}
	return err
}

func windowsServices(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	list, err := ask[struct {
		Name, DisplayName string
		Running, Starts   bool
	}](ctx, m, `Get-Service | ForEach-Object { [pscustomobject]@{ Name = $_.Name; DisplayName = $_.DisplayName; `+
		`Running = "$($_.Status)" -eq 'Running'; Starts = "$($_.StartType)" -eq 'Automatic' } } | Where-Object { $_.Running -or $_.Starts }`)
	for _, s := range list {
		i.Services = append(i.Services, agentv1.Service{Name: text(s.Name, 256), Title: text(s.DisplayName, 256), Running: s.Running, Starts: s.Starts})
	}
	return err
}

func windowsCertificates(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	list, err := ask[struct{ Store, PEM string }](ctx, m,
		`foreach ($s in 'Root', 'CA', 'My') { Get-ChildItem "Cert:\LocalMachine\$s" | ForEach-Object { [pscustomobject]@{ Store = "LocalMachine\$s"; `+
			`PEM = "-----BEGIN CERTIFICATE-----`+"`n"+`" + [Convert]::ToBase64String($_.RawData, 'InsertLineBreaks') + "`+"`n"+`-----END CERTIFICATE-----`+"`n"+`" } } }`)
	for _, c := range list {
		i.Certificates = append(i.Certificates, certificates([]byte(c.PEM), c.Store)...)
	}
	return err
}
