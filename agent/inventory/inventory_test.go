package inventory_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"drover/agent/inventory"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/api/agentv1"
)

func take(t *testing.T, m system.Machine, sections []string, extra ...string) agentv1.Inventory {
	t.Helper()
	i, taken, err := inventory.Take(t.Context(), m, sections, extra)
	if err != nil || len(taken) != len(sections) {
		t.Fatalf("took %v of %v, %v", taken, sections, err)
	}
	return i
}

// What another tells of this machine and we tell too is the same.
func TestFacterTellsTheSame(t *testing.T) {
	raw, err := exec.CommandContext(t.Context(), "facter", "--json", "kernelrelease", "os", "memory", "processors", "networking", "dmi").Output()
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Kernel string `json:"kernelrelease"`
		OS     struct {
			Name         string
			Architecture string
			Release      struct{ Full string }
		}
		Memory struct {
			System struct {
				TotalBytes int64 `json:"total_bytes"`
			}
		}
		Processors struct {
			Count  int
			Models []string
		}
		Networking struct {
			Hostname   string
			Interfaces map[string]struct {
				MAC      string
				MTU      int
				Bindings []struct{ Address string }
			}
		}
		DMI struct {
			Product      struct{ Name string }
			Manufacturer string
		}
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	i := take(t, system.Here(), []string{"hardware", "system", "networks"})
	host, _, _ := strings.Cut(i.System.Host, ".")
	for name, pair := range map[string][2]any{
		"kernel":     {i.System.Kernel, f.Kernel},
		"system":     {strings.ToLower(i.System.Name), strings.ToLower(f.OS.Name)},
		"version":    {i.System.Version, f.OS.Release.Full},
		"processor":  {i.System.Arch, f.OS.Architecture},
		"host":       {host, f.Networking.Hostname},
		"memory":     {i.Hardware.Memory, f.Memory.System.TotalBytes},
		"processors": {i.Hardware.Processors, f.Processors.Count},
		"model":      {i.Hardware.Processor, f.Processors.Models[0]},
		"machine":    {i.Hardware.Model, f.DMI.Product.Name},
		"maker":      {i.Hardware.Maker, f.DMI.Manufacturer},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, facter tells %v", name, pair[0], pair[1])
		}
	}
	for _, n := range i.Networks {
		theirs, ok := f.Networking.Interfaces[n.Name]
		if !ok || theirs.MTU != n.MTU || theirs.MAC != "" && theirs.MAC != n.MAC {
			t.Errorf("network %+v, facter tells %+v", n, theirs)
		}
		for _, b := range theirs.Bindings {
			if !slices.ContainsFunc(n.Addresses, func(a string) bool { return strings.HasPrefix(a, b.Address+"/") }) {
				t.Errorf("network %s lacks %s", n.Name, b.Address)
			}
		}
	}
}

// The file systems are as large as df tells.
func TestDfTellsTheSame(t *testing.T) {
	for _, v := range take(t, system.Here(), []string{"volumes"}).Volumes {
		out, err := exec.CommandContext(t.Context(), "df", "--block-size=1", "--output=size,fstype", v.Mount).Output()
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(out), "\n")
		if got := strings.Fields(lines[1]); got[0] != strconv.FormatInt(v.Size, 10) || got[1] != v.Type || v.Free > v.Size {
			t.Errorf("%+v, df tells %q", v, got)
		}
	}
}

// The database of dpkg that we read is what dpkg-query tells.
func TestDpkgTellsTheSame(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "dpkg-query", "--show", "--showformat", "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); f[0] == "installed" {
			theirs[strings.Join(f[1:], " ")] = true
		}
	}
	ours := 0
	for _, p := range take(t, system.Here(), []string{"packages"}).Packages {
		if p.Source != "dpkg" {
			continue
		}
		if ours++; !theirs[p.Name+" "+p.Version+" "+p.Arch] {
			t.Errorf("dpkg knows nothing of %+v", p)
		}
	}
	if ours != len(theirs) || ours == 0 {
		t.Errorf("%d packages, dpkg tells of %d", ours, len(theirs))
	}
}

// OpenSSL names the certificates of the system by the same digests.
func TestOpenSSLNamesTheSameCertificates(t *testing.T) {
	list := take(t, system.Here(), []string{"certificates"}).Certificates
	if len(list) == 0 {
		t.Fatal("there are none")
	}
	out, err := exec.CommandContext(t.Context(), "openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", "/etc/ssl/certs/ca-certificates.crt").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, print, _ := strings.Cut(strings.TrimSpace(string(out)), "=")
	print = strings.ToLower(strings.ReplaceAll(print, ":", ""))
	if !slices.ContainsFunc(list, func(c agentv1.Certificate) bool { return c.SHA256 == print }) {
		t.Errorf("the first certificate of the system, %s, is not there", print)
	}
}

// Packages of every kind, as the programs write them.
func TestPackagesOfEveryKind(t *testing.T) {
	m := systemtest.New(system.Linux).
		Say("rpm", "bash\t0\t5.1.8-9.el9\tx86_64\tRed Hat, Inc.\nopenssl-libs\t1\t3.0.7-27.el9\tx86_64\tRed Hat, Inc.\ngpg-pubkey\t0\tfd431d51-4ae0493b\t(none)\t(none)\n").
		Say("snap list", "Name      Version        Rev    Tracking         Publisher   Notes\ncore22    20240111       1122   latest/stable    canonical*  base\n").
		Say("flatpak list", "org.gnome.Maps\t45.3\tx86_64\n").
		Put("/usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n\nName: not this\n").
		Put("/usr/lib/node_modules/npm/package.json", `{"name":"npm","version":"10.8.2"}`).
		Put("/usr/lib/node_modules/@scope/tool/package.json", `{"name":"@scope/tool","version":"1.0.0"}`)
	got := []string{}
	for _, p := range take(t, m, []string{"packages"}, "pip", "npm").Packages {
		got = append(got, p.Source+" "+p.Name+" "+p.Version)
	}
	want := []string{
		"flatpak org.gnome.Maps 45.3", "npm @scope/tool 1.0.0", "npm npm 10.8.2", "pip six 1.16.0", "rpm bash 5.1.8-9.el9",
		"rpm openssl-libs 1:3.0.7-27.el9", "snap core22 20240111",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if p := take(t, m, []string{"packages"}).Packages; slices.ContainsFunc(p, func(p agentv1.Package) bool { return p.Source == "pip" || p.Source == "npm" }) {
		t.Error("pip and npm are looked at though nobody asked")
	}
}

func TestUsersAndServicesOfLinux(t *testing.T) {
	m := systemtest.New(system.Linux).
		Put("/etc/passwd", "root:x:0:0::/root:/bin/bash\nwww-data:x:33:33::/:/usr/sbin/nologin\nann:x:1000:1000:Ann Other,Room 1:/home/ann:/bin/bash\nbob:x:1001:27::/home/bob:/bin/zsh\n").
		Put("/etc/group", "sudo:x:27:\nwheel:x:10:ann\n").Put("/etc/shadow", "ann:!$6$secret:20000:0:99999:7::1:\nbob:$6$secret:20000:0:99999:7:::\n").
		Say("systemctl list-unit-files", `[{"unit_file":"ssh.service","state":"enabled","preset":"enabled"},{"unit_file":"cron.service","state":"enabled"}]`).
		Say("systemctl list-units", `[{"unit":"ssh.service","load":"loaded","active":"active","sub":"running","description":"OpenBSD Secure Shell server"},{"unit":"dbus.service","description":"D-Bus"}]`)
	i := take(t, m, []string{"users", "services"})
	raw, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"users":[{"name":"ann","id":"1000","admin":true,"disabled":true},{"name":"bob","id":"1001","admin":true},{"name":"root","id":"0","admin":true}],` +
		`"services":[{"name":"cron","running":false,"starts":true},{"name":"dbus","title":"D-Bus","running":true,"starts":false},` +
		`{"name":"ssh","title":"OpenBSD Secure Shell server","running":true,"starts":true}]}`
	if string(raw) != want {
		t.Errorf("got %s", raw)
	}
}

// Nothing is collected that nobody asked for, and nothing ever of the environment, of processes, or of full names.
func TestOnlyWhatIsAskedForIsCollected(t *testing.T) {
	t.Setenv("DROVER_TEST_SECRET", "in the environment")
	i, taken, err := inventory.Take(t.Context(), system.Here(), nil, nil)
	if raw, _ := json.Marshal(i); err != nil || len(taken) != 0 || string(raw) != "{}" {
		t.Errorf("took %v: %s, %v", taken, raw, err)
	}
	raw, err := json.Marshal(take(t, system.Here(), agentv1.Sections()))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"in the environment", "DROVER_TEST_SECRET", "inventory.test"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%q is collected", secret)
		}
	}
}

// What Windows and macOS say here is written after what their makers document; it was not recorded on such a machine.
func TestWindowsAndMacOS(t *testing.T) {
	windows := systemtest.New(system.Windows).Do("powershell", func(p system.Program) (system.Output, error) {
		all := strings.Join(p.Args, " ")
		for part, said := range map[string]string{
			"Get-PhysicalDisk": `[{"DeviceId":"0","FriendlyName":"NVMe Disk","SerialNumber":"S1","Size":512110190592,"MediaType":"SSD","BusType":"NVMe"}]`,
			"Get-LocalUser":    `[{"Name":"ann","SID":"S-1-5-21-1-2-3-1001","Enabled":true,"Admin":true}]`,
			"Uninstall":        `[{"DisplayName":"Editor","DisplayVersion":"1.2","Publisher":"Example","Arch":"amd64"}]`,
			"Get-Service":      `[{"Name":"WinDefend","DisplayName":"Microsoft Defender","Running":true,"Starts":true}]`,
			`Cert:\`:           `[]`,
		} {
			if strings.Contains(all, part) {
				return system.Output{Text: said}, nil
			}
		}
		return system.Output{}, system.ErrNoProgram
	})
	i := take(t, windows, []string{"disks", "users", "packages", "certificates", "services"})
	if i.Disks[0].Kind != "nvme" || !i.Users[0].Admin || i.Packages[0].Name != "Editor" || !i.Services[0].Running {
		t.Errorf("Windows: %+v", i)
	}
	mac := systemtest.New(system.MacOS).
		Say("system_profiler -json SPStorageDataType", `{"SPStorageDataType":[{"_name":"Macintosh HD","bsd_name":"disk3s1","size_in_bytes":494384795648,"physical_drive":{"device_name":"APPLE SSD","medium_type":"ssd","is_internal_disk":"yes"}}]}`).
		Say("system_profiler -json SPApplicationsDataType", `{"SPApplicationsDataType":[{"_name":"Editor","version":"1.2","arch_kind":"arch_arm","obtained_from":"identified_developer"}]}`).
		Say("dscl . -list", "_www 70\nann 501\nnobody -2\nroot 0\n").Say("dscl . -read", "GroupMembership: root ann\n").
		Say("launchctl list", "PID\tStatus\tLabel\n312\t0\torg.example.daemon\n-\t0\tcom.apple.x\n").Say("security", "")
	i = take(t, mac, []string{"disks", "users", "packages", "certificates", "services"})
	if i.Disks[0].Kind != "ssd" || len(i.Users) != 2 || !i.Users[0].Admin || i.Packages[0].Arch != "arm" || len(i.Services) != 1 {
		t.Errorf("macOS: %+v", i)
	}
}

// A section that cannot be taken is not told of: what was known of it is not gone.
func TestASectionThatFailsIsLeftOut(t *testing.T) {
	m := systemtest.New(system.Linux).Say("lsblk", "nonsense").Say("systemctl list-unit-files", "[]").Say("systemctl list-units", "[]")
	_, taken, err := inventory.Take(t.Context(), m, []string{"disks", "services"}, nil)
	if err == nil || !slices.Equal(taken, []string{"services"}) {
		t.Errorf("took %v, %v", taken, err)
	}
}

// BenchmarkScan takes everything there is of this machine; its programs count too.
func BenchmarkScan(b *testing.B) {
	before := cpu(b)
	for b.Loop() {
		if _, _, err := inventory.Take(b.Context(), system.Here(), agentv1.Sections(), []string{"pip", "npm"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpu(b)-before).Seconds()/float64(b.N), "cpu-s/scan")
}
