package inventory

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"drover/agent/system"
	"drover/api/agentv1"
)

// firmware is what the machine says of itself below the system.
type firmware struct {
	maker, model, serial, uuid, version string
}

func readFirmware(ctx context.Context, m system.Machine) (firmware, error) {
	switch m.Platform() {
	case system.Windows:
		return windowsFirmware(ctx, m)
	case system.MacOS:
		return macFirmware(ctx, m)
	}
	field := func(name string) string {
		raw, err := m.Read("/sys/class/dmi/id/" + name)
		if err != nil {
			return "" // not a PC, or a container
		}
		return told(string(raw), 128)
	}
	return firmware{
		maker: field("sys_vendor"), model: field("product_name"), serial: field("product_serial"),
		uuid: strings.ToLower(field("product_uuid")), version: field("bios_version"),
	}, nil
}

func hardware(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	fw, err := readFirmware(ctx, m)
	if err != nil {
		return err
	}
	memory, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return err
	}
	h := agentv1.Hardware{
		Maker: fw.maker, Model: fw.model, Serial: fw.serial, UUID: fw.uuid, Firmware: fw.version, Processors: runtime.NumCPU(),
		Memory: int64(memory.Total),
	}
	if all, err := cpu.InfoWithContext(ctx); err == nil && len(all) > 0 {
		h.Processor = text(all[0].ModelName, 128)
	}
	if n, err := cpu.CountsWithContext(ctx, true); err == nil {
		h.Processors = n
	}
	if n, err := cpu.CountsWithContext(ctx, false); err == nil {
		h.Cores = n
	}
	if kind, role, err := host.VirtualizationWithContext(ctx); err == nil && role == "guest" {
		h.Virtual = text(kind, 64)
	}
	i.Hardware = &h
	return nil
}

func operatingSystem(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	info, err := host.InfoWithContext(ctx)
	if err != nil {
		return err
	}
	zone, _ := time.Now().Zone()
	i.System = &agentv1.System{
		Host: text(info.Hostname, 253), Platform: m.Platform(), Name: text(info.Platform, 128), Version: text(info.PlatformVersion, 64),
		Kernel: text(info.KernelVersion, 128), Arch: runtime.GOARCH, TimeZone: text(zone, 64),
		Booted: time.Unix(int64(info.BootTime), 0).UTC().Truncate(time.Minute).Format(time.RFC3339), // the clock trembles
	}
	return nil
}

// Facts are what the computer says it is when it registers.
func Facts(ctx context.Context, m system.Machine, version string) (agentv1.Facts, error) {
	fw, err := readFirmware(ctx, m)
	if err != nil {
		return agentv1.Facts{}, err
	}
	info, err := host.InfoWithContext(ctx)
	if err != nil {
		return agentv1.Facts{}, err
	}
	name, err := os.Hostname()
	if err != nil {
		return agentv1.Facts{}, err
	}
	return agentv1.Facts{
		Host: text(name, 253), Serial: fw.serial, UUID: fw.uuid, Machine: machineID(m), MACs: hardwareAddresses(m), Maker: fw.maker, Model: fw.model,
		Platform: m.Platform(), OS: text(strings.TrimSpace(prettyName(m, info)), 128), OSVersion: text(info.PlatformVersion, 64),
		Arch: runtime.GOARCH, Agent: version,
	}, nil
}

// prettyName is the name of the system for people (os-release(5)).
func prettyName(m system.Machine, info *host.InfoStat) string {
	raw, err := m.Read("/etc/os-release")
	if err == nil {
		for line := range strings.Lines(string(raw)) {
			if v, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				return strings.Trim(v, `"'`)
			}
		}
	}
	return fmt.Sprintf("%s %s", info.Platform, info.PlatformVersion)
}

// machineID is the id of the installation (machine-id(5)); those of the others are the firmware's.
func machineID(m system.Machine) string {
	raw, err := m.Read("/etc/machine-id")
	if err != nil {
		return ""
	}
	return text(string(raw), 64)
}

// hardwareAddresses are those of network cards that are hardware, or a virtual machine's; not of bridges, tunnels and the like.
func hardwareAddresses(m system.Machine) []string {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var list []string
	for _, n := range all {
		real := n.Flags&net.FlagLoopback == 0 && len(n.HardwareAddr) == 6
		if m.Platform() == system.Linux {
			real = real && system.Exists(m, "/sys/class/net/"+n.Name+"/device")
		}
		if real && len(list) < 32 {
			list = append(list, n.HardwareAddr.String())
		}
	}
	return list
}

func networks(_ context.Context, _ system.Machine, i *agentv1.Inventory, _ []string) error {
	all, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, n := range all {
		if n.Flags&net.FlagLoopback != 0 {
			continue
		}
		one := agentv1.Network{Name: text(n.Name, 64), MAC: n.HardwareAddr.String(), MTU: n.MTU, Up: n.Flags&net.FlagUp != 0}
		addresses, err := n.Addrs()
		if err != nil {
			continue // it has gone meanwhile
		}
		for _, a := range addresses {
			p, err := netip.ParsePrefix(a.String())
			if err == nil && !p.Addr().IsLinkLocalUnicast() && len(one.Addresses) < 64 {
				one.Addresses = append(one.Addresses, p.String())
			}
		}
		i.Networks = append(i.Networks, one)
	}
	return nil
}

func volumes(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	all, err := disk.PartitionsWithContext(ctx, false)
	if err != nil {
		return err
	}
	sealed := sealedMounts(ctx, m)
	for _, p := range all {
		if p.Fstype == "squashfs" { // of snaps: their contents are packages
			continue
		}
		use, err := disk.UsageWithContext(ctx, p.Mountpoint)
		if err != nil {
			continue // a disk that does not answer is no reason to tell of none
		}
		step := max(use.Total/100, 1)
		i.Volumes = append(i.Volumes, agentv1.Volume{
			Mount: text(p.Mountpoint, 1024), Device: text(p.Device, 256), Type: text(p.Fstype, 64), Size: int64(use.Total),
			Free: int64(use.Free / step * step), Encrypted: sealed(p.Mountpoint),
		})
	}
	return nil
}

// sealedMounts tells whether what is mounted is encrypted: yes, no or unknown.
func sealedMounts(ctx context.Context, m system.Machine) func(mount string) string {
	known := map[string]string{}
	if m.Platform() == system.Linux {
		tree, err := system.BlockDevices(ctx, m)
		if err == nil {
			for _, at := range system.Mounts(tree) {
				known[at.Path] = map[bool]string{true: "yes", false: "no"}[at.Encrypted]
			}
		}
	}
	return func(mount string) string {
		if s := known[mount]; s != "" {
			return s
		}
		return "unknown"
	}
}
