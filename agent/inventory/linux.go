package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

func linuxDisks(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	tree, err := system.BlockDevices(ctx, m)
	if errors.Is(err, system.ErrNoProgram) {
		return nil
	}
	for _, b := range tree {
		if b.Type != "disk" || b.Size == 0 {
			continue
		}
		kind := "ssd"
		switch {
		case b.Transport == "nvme":
			kind = "nvme"
		case strings.HasPrefix(b.Name, "vd") || strings.HasPrefix(b.Name, "xvd") || b.Transport == "virtio":
			kind = "virtual"
		case b.Rotates:
			kind = "hdd"
		}
		i.Disks = append(i.Disks, agentv1.Disk{
			Name: text(b.Name, 128), Model: told(b.Model, 128), Serial: told(b.Serial, 128), Size: b.Size, Kind: kind, Removable: b.Removable,
		})
	}
	return err
}

func linuxUsers(_ context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	accounts, err := system.Accounts(m)
	if err != nil {
		return err
	}
	admins, err := system.Admins(m)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.Person || a.ID == "0" {
			_, admin := admins[a.Name]
			i.Users = append(i.Users, agentv1.User{
				Name: text(a.Name, 256), ID: text(a.ID, 128), Admin: admin || a.ID == "0", Disabled: a.Expires == "1",
			})
		}
	}
	return nil
}

// linuxServices tells what runs, and what starts with the system. Without a running systemd, only the latter.
func linuxServices(ctx context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	out, err := m.Run(ctx, system.Command("systemctl", "list-unit-files", "--type=service", "--state=enabled", "--output=json"))
	if errors.Is(err, system.ErrNoProgram) {
		return nil
	}
	if err != nil {
		return err
	}
	var files []struct {
		Unit string `json:"unit_file"`
	}
	if err := json.Unmarshal([]byte(orEmpty(out.Text)), &files); err != nil {
		return err
	}
	found := map[string]agentv1.Service{}
	for _, f := range files {
		name := strings.TrimSuffix(f.Unit, ".service")
		found[name] = agentv1.Service{Name: text(name, 256), Starts: true}
	}
	out, err = m.Run(ctx, system.Command("systemctl", "list-units", "--type=service", "--state=running", "--output=json"))
	if err != nil {
		return err
	}
	var units []struct {
		Unit        string `json:"unit"`
		Description string `json:"description"`
	}
	if json.Unmarshal([]byte(orEmpty(out.Text)), &units) == nil { // words instead, where systemd does not run
		for _, u := range units {
			name := strings.TrimSuffix(u.Unit, ".service")
			s := found[name]
			s.Name, s.Title, s.Running = text(name, 256), text(u.Description, 256), true
			found[name] = s
		}
	}
	for _, s := range found {
		i.Services = append(i.Services, s)
	}
	return nil
}

func orEmpty(s string) string {
	if strings.TrimSpace(s) == "" {
		return "[]"
	}
	return s
}

// stores are the files and directories of Linux in which certificates lie that the system trusts.
var stores = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/usr/local/share/ca-certificates",
	"/etc/pki/ca-trust/source/anchors",
}

func linuxCertificates(_ context.Context, m system.Machine, i *agentv1.Inventory, _ []string) error {
	for _, path := range stores {
		names, err := m.List(path)
		if err != nil { // a file, or nothing
			i.Certificates = append(i.Certificates, fileCertificates(m, path)...)
			continue
		}
		slices.Sort(names)
		for _, n := range names {
			i.Certificates = append(i.Certificates, fileCertificates(m, path+"/"+n)...)
		}
	}
	return nil
}
