package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

// linuxPackages asks every system of packages that is there; pip and npm only when they are asked for.
func linuxPackages(ctx context.Context, m system.Machine, i *agentv1.Inventory, extra []string) error {
	list, err := dpkg(m)
	i.Packages = append(i.Packages, list...)
	for _, source := range []struct {
		program system.Program
		read    func(text string) []agentv1.Package
	}{
		{system.Command("rpm", "--query", "--all", "--queryformat", `%{NAME}\t%{EPOCHNUM}\t%{VERSION}-%{RELEASE}\t%{ARCH}\t%{VENDOR}\n`), rpm},
		{system.Command("snap", "list", "--unicode=never", "--color=never"), snap},
		{system.Command("flatpak", "list", "--columns=application,version,arch"), flatpak},
	} {
		out, failed := m.Run(ctx, source.program)
		if errors.Is(failed, system.ErrNoProgram) || failed == nil && out.Status != 0 {
			continue // a program without its database or service
		}
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		i.Packages = append(i.Packages, source.read(out.Text)...)
	}
	if slices.Contains(extra, "pip") {
		i.Packages = append(i.Packages, pip(m)...)
	}
	if slices.Contains(extra, "npm") {
		i.Packages = append(i.Packages, npm(m)...)
	}
	return err
}

func newPackage(source, name, version, arch, maker string) agentv1.Package {
	return agentv1.Package{
		Source: source, Name: text(name, 256), Version: text(version, 128), Arch: text(arch, 32), Maker: told(strings.Trim(text(maker, 128), "()"), 128),
	}
}

// dpkg reads the database of dpkg itself (deb822(5)), which costs a tenth of asking dpkg-query.
func dpkg(m system.Machine) ([]agentv1.Package, error) {
	raw, err := m.Read("/var/lib/dpkg/status")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []agentv1.Package
	for len(raw) > 0 {
		var stanza []byte
		stanza, raw, _ = bytes.Cut(raw, []byte("\n\n"))
		f := fields(stanza, "Package", "Status", "Version", "Architecture")
		if f["Package"] != "" && strings.HasSuffix(f["Status"], " installed") {
			list = append(list, newPackage("dpkg", f["Package"], f["Version"], f["Architecture"], ""))
		}
	}
	return list, err
}

// fields returns those of a stanza that are asked for.
func fields(stanza []byte, names ...string) map[string]string {
	found := map[string]string{}
	for line := range bytes.Lines(stanza) {
		name, v, ok := bytes.Cut(line, []byte(":"))
		if ok && slices.Contains(names, string(name)) {
			found[string(name)] = string(bytes.TrimSpace(v))
		}
	}
	return found
}

func rpm(said string) []agentv1.Package {
	var list []agentv1.Package
	for line := range strings.Lines(said) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) != 5 || f[0] == "gpg-pubkey" {
			continue
		}
		version := f[2]
		if f[1] != "0" {
			version = f[1] + ":" + version
		}
		list = append(list, newPackage("rpm", f[0], version, f[3], f[4]))
	}
	return list
}

// snap reads the table of snap list: name, version, revision, tracking, publisher, notes.
func snap(said string) []agentv1.Package {
	var list []agentv1.Package
	for line := range strings.Lines(said) {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] == "Name" {
			continue
		}
		list = append(list, newPackage("snap", f[0], f[1], "", strings.TrimRight(f[4], "*")))
	}
	return list
}

func flatpak(said string) []agentv1.Package {
	var list []agentv1.Package
	for line := range strings.Lines(said) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) == 3 && f[0] != "" {
			list = append(list, newPackage("flatpak", f[0], f[1], f[2], ""))
		}
	}
	return list
}

// pip reads what the installers of Python leave beside each package, in the places of the system.
func pip(m system.Machine) []agentv1.Package {
	var list []agentv1.Package
	for _, dir := range pythonDirs(m) {
		names, err := m.List(dir)
		if err != nil {
			continue
		}
		for _, n := range names {
			bare, ok := strings.CutSuffix(n, ".dist-info")
			if !ok {
				continue
			}
			raw, err := m.Read(dir + "/" + n + "/METADATA")
			if err != nil {
				continue
			}
			head, _, _ := bytes.Cut(raw, []byte("\n\n"))
			if f := fields(head, "Name", "Version"); f["Name"] != "" {
				list = append(list, newPackage("pip", f["Name"], f["Version"], "", ""))
				continue
			}
			name, version, _ := strings.Cut(bare, "-")
			list = append(list, newPackage("pip", name, version, "", ""))
		}
	}
	return list
}

func pythonDirs(m system.Machine) []string {
	var dirs []string
	for _, lib := range []string{"/usr/lib", "/usr/local/lib"} {
		names, err := m.List(lib)
		if err != nil {
			continue
		}
		for _, n := range names {
			if strings.HasPrefix(n, "python3") {
				dirs = append(dirs, lib+"/"+n+"/dist-packages", lib+"/"+n+"/site-packages")
			}
		}
	}
	return dirs
}

// npm reads the packages that are installed for everybody.
func npm(m system.Machine) []agentv1.Package {
	var list []agentv1.Package
	for _, dir := range []string{"/usr/lib/node_modules", "/usr/local/lib/node_modules"} {
		for _, path := range nodeDirs(m, dir) {
			raw, err := m.Read(path + "/package.json")
			var p struct{ Name, Version string }
			if err == nil && json.Unmarshal(raw, &p) == nil && p.Name != "" {
				list = append(list, newPackage("npm", p.Name, p.Version, "", ""))
			}
		}
	}
	return list
}

func nodeDirs(m system.Machine, dir string) []string {
	names, err := m.List(dir)
	if err != nil {
		return nil
	}
	var dirs []string
	for _, n := range names {
		if strings.HasPrefix(n, "@") {
			dirs = append(dirs, nodeDirs(m, dir+"/"+n)...)
			continue
		}
		dirs = append(dirs, dir+"/"+n)
	}
	return dirs
}
