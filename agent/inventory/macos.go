package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

// profile asks system_profiler for one type of data.
func profile[T any](ctx context.Context, m system.Machine, kind string) ([]T, error) {
	said, err := system.Do(ctx, m, system.Command("system_profiler", "-json", kind))
	if err != nil {
		return nil, err
	}
	var all map[string][]T
	if err := json.Unmarshal([]byte(said), &all); err != nil {
		return nil, fmt.Errorf("what system_profiler says cannot be read: %w", err)
	}
	return all[kind], nil
}

func macFirmware(ctx context.Context, m system.Machine) (firmware, error) {
	list, err := profile[struct {
		Model  string `json:"machine_model"`
		Serial string `json:"serial_number"`
		UUID   string `json:"platform_UUID"`
		Boot   string `json:"boot_rom_version"`
	}](ctx, m, "SPHardwareDataType")
	if err != nil || len(list) == 0 {
		return firmware{}, err
	}
	p := list[0]
	return firmware{"Apple", told(p.Model, 128), told(p.Serial, 128), strings.ToLower(told(p.UUID, 64)), told(p.Boot, 128)}, nil
}

func macDisks(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	list, err := profile[struct {
		Name     string `json:"bsd_name"`
		Size     int64  `json:"size_in_bytes"`
		Physical struct {
			Name     string `json:"device_name"`
			Kind     string `json:"medium_type"`
			Internal string `json:"is_internal_disk"`
		} `json:"physical_drive"`
	}](ctx, m, "SPStorageDataType")
	for _, d := range list {
		i.Disks = append(i.Disks, agentv1.Disk{
			Name: text(d.Name, 128), Model: told(d.Physical.Name, 128), Size: d.Size,
			Kind: map[string]string{"ssd": "ssd", "rotational": "hdd"}[d.Physical.Kind], Removable: d.Physical.Internal == "no",
		})
	}
	return err
}

func macUsers(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	said, err := system.Do(ctx, m, system.Command("dscl", ".", "-list", "/Users", "UniqueID"))
	if err != nil {
		return err
	}
	group, err := system.Do(ctx, m, system.Command("dscl", ".", "-read", "/Groups/admin", "GroupMembership"))
	if err != nil {
		return err
	}
	admins := strings.Fields(group)
	for line := range strings.Lines(said) {
		f := strings.Fields(line)
		if len(f) == 2 && !strings.HasPrefix(f[0], "_") && (f[1] == "0" || len(f[1]) == 3 && f[1] >= "501" || len(f[1]) > 3) {
			i.Users = append(i.Users, agentv1.User{Name: text(f[0], 256), ID: text(f[1], 128), Admin: slices.Contains(admins, f[0])})
		}
	}
	return nil
}

func macPackages(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	list, err := profile[struct {
		Name    string `json:"_name"`
		Version string `json:"version"`
		Arch    string `json:"arch_kind"`
		From    string `json:"obtained_from"`
	}](ctx, m, "SPApplicationsDataType")
	for _, p := range list {
		i.Packages = append(i.Packages, newPackage("macos", p.Name, p.Version, strings.TrimPrefix(p.Arch, "arch_"), p.From))
	}
	return err
}

func macServices(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	said, err := system.Do(ctx, m, system.Command("launchctl", "list"))
	for line := range strings.Lines(said) {
		f := strings.Fields(line)
		if len(f) == 3 && f[2] != "Label" && !strings.HasPrefix(f[2], "com.apple.") {
			i.Services = append(i.Services, agentv1.Service{Name: text(f[2], 256), Running: f[0] != "-", Starts: true})
		}
	}
	return err
}

func macCertificates(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	const chain = "/Library/Keychains/System.keychain"
	said, err := system.Do(ctx, m, system.Command("security", "find-certificate", "-a", "-p", chain))
	i.Certificates = append(i.Certificates, certificates([]byte(said), chain)...)
	return err
}
