package foreign_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/problem"
	"drover/internal/core/inventory"
	"drover/internal/service/collection/foreign"
)

// taker takes what agents send, and answers them.
type taker struct {
	mu   sync.Mutex
	took []foreign.Message
	errs []error
}

func (x *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, err := foreign.Read(r.Header, r.Body)
	if err == nil {
		err = m.Answer(w)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.took, x.errs = append(x.took, m), append(x.errs, err)
}

func (x *taker) inventory(t *testing.T) foreign.Message {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := errors.Join(x.errs...); err != nil {
		t.Fatal(err)
	}
	for _, m := range x.took {
		if m.Kind == foreign.Inventory {
			return m
		}
	}
	t.Fatalf("no inventory among %d messages", len(x.took))
	return foreign.Message{}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// The agents that Debian has tell the truth about this machine, and are understood.
func TestFusionInventoryAgent(t *testing.T) {
	x := &taker{}
	server := httptest.NewServer(x)
	defer server.Close()
	run(t, "fusioninventory-agent", "--server", server.URL+"/front/inventory.php", "--force",
		"--no-task=deploy,netdiscovery,netinventory,esx,collect,wakeonlan")
	m := x.inventory(t)
	if !strings.Contains(m.Agent, "FusionInventory") || x.took[0].Kind != foreign.Prolog {
		t.Errorf("%q, and first %q", m.Agent, x.took[0].Kind)
	}
	judge(t, m)
}

func TestOCSInventoryAgent(t *testing.T) {
	x := &taker{}
	server := httptest.NewServer(x)
	defer server.Close()
	run(t, "ocsinventory-agent", "--server", server.URL+"/ocsinventory", "--local", "", "--basevardir", filepath.Join(t.TempDir(), "ocs"), "--force")
	m := x.inventory(t)
	if !strings.Contains(m.Agent, "OCS") {
		t.Errorf("%q", m.Agent)
	}
	judge(t, m)
}

// judge compares what an agent told with what the system says.
func judge(t *testing.T, m foreign.Message) {
	t.Helper()
	got := map[inventory.Section][]inventory.Item{}
	for _, p := range m.Parts {
		got[p.Section] = p.Items
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if s := got[inventory.System]; len(s) != 1 || s[0]["name"] != host || !strings.Contains(s[0]["os"], "Debian") {
		t.Errorf("the system: %v", s)
	}
	if h := got[inventory.Hardware]; len(h) != 1 || !near(h[0]["memory"], memory(t)) {
		t.Errorf("the hardware: %v; this machine has %d octets of memory", h, memory(t))
	}
	if len(got[inventory.User]) == 0 || len(got[inventory.Volume]) == 0 || len(got[inventory.Disk]) == 0 {
		t.Errorf("%d users, %d volumes, %d disks", len(got[inventory.User]), len(got[inventory.Volume]), len(got[inventory.Disk]))
	}
	told := map[string]string{}
	for _, it := range got[inventory.Software] {
		if it["source"] == "dpkg" {
			told[it["name"]] = it["version"]
		}
	}
	out, err := exec.CommandContext(t.Context(), "dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n").Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if f[0] != "installed" {
			continue
		}
		n++
		if told[f[1]] == "" {
			t.Errorf("%s %s was not told", f[1], f[2])
		}
	}
	if n == 0 || len(told) < n/2 {
		t.Errorf("%d packages installed, %d told", n, len(told))
	}
}

func near(text string, want int64) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n > want*9/10 && n < want*11/10
}

func memory(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(text))
	n, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil || f[0] != "MemTotal:" {
		t.Fatal(f[:3], err)
	}
	return n << 10
}

const native = `{
 "action": "inventory", "deviceid": "pc7-2026-11-01-10-00-00", "itemtype": "Computer", "partial": true,
 "content": {
  "versionclient": "GLPI-Agent_v1.12",
  "hardware": {"name": "pc7", "memory": 16384, "uuid": "4c4c4544-0042", "chassis_type": "Laptop", "workgroup": "example.org"},
  "bios": {"smanufacturer": "Example", "smodel": "E7", "ssn": "S-77", "bversion": "1.2.3", "bdate": "2025-02-01"},
  "operatingsystem": {"full_name": "Windows 11 Pro", "version": "23H2", "kernel_version": "10.0.22631", "arch": "64-bit",
   "boot_time": "2026-11-01 08:00:00", "timezone": {"name": "Europe/Berlin", "offset": "+0100"}},
  "cpus": [{"name": "Fast 7", "core": 8, "thread": 16, "speed": 3200}],
  "drives": [{"letter": "C:", "filesystem": "NTFS", "total": 1000, "free": 10, "encrypt_status": "Yes"}],
  "networks": [
   {"description": "eth0", "mac": "00:53:00:AA:BB:CC", "ipaddress": "192.0.2.7", "status": "up", "speed": "1000"},
   {"description": "eth0", "mac": "00:53:00:AA:BB:CC", "ipaddress6": "2001:db8::7", "status": "up"}],
  "softwares": [{"name": "Editor", "version": "1.5", "from": "registry", "publisher": "Example", "arch": "x86_64"}],
  "envs": [{"key": "SECRET", "val": "canary"}], "processes": [{"cmd": "run --password canary"}]
 }}`

func TestGLPINative(t *testing.T) {
	m, err := foreign.Read(http.Header{"Glpi-Agent-Id": {"x"}}, strings.NewReader(native))
	if err != nil {
		t.Fatal(err)
	}
	parts := m.Parts
	m.Parts = nil
	want := foreign.Message{Kind: foreign.Inventory, JSON: true, Device: "pc7-2026-11-01-10-00-00", Agent: "GLPI-Agent_v1.12", Partial: true}
	if diff := cmp.Diff(want, m, cmp.AllowUnexported(foreign.Message{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[inventory.Section][]inventory.Item{
		inventory.System: {{
			"name": "pc7", "domain": "example.org", "os": "Windows 11 Pro", "version": "23H2", "kernel": "10.0.22631", "arch": "64-bit",
			"zone": "Europe/Berlin", "booted": "2026-11-01T07:00:00Z",
		}},
		inventory.Hardware: {{
			"vendor": "Example", "model": "E7", "serial": "S-77", "uuid": "4c4c4544-0042", "chassis": "Laptop", "bios": "1.2.3",
			"biosDate": "2025-02-01", "memory": "17179869184",
		}},
		inventory.CPU:    {{"slot": "1", "name": "Fast 7", "cores": "8", "threads": "16", "mhz": "3200"}},
		inventory.Volume: {{"mount": "C:", "type": "NTFS", "size": "1048576000", "free": "10485760", "encrypted": "yes"}},
		inventory.Network: {{
			"name": "eth0", "mac": "00:53:00:aa:bb:cc", "addresses": "192.0.2.7 2001:db8::7", "up": "yes", "speed": "1000",
		}},
		inventory.Software: {{"name": "Editor", "version": "1.5", "arch": "x86_64", "source": "windows", "publisher": "Example"}},
	}, known(parts)); diff != "" {
		t.Error(diff)
	}
}

// known is what is told, by section, without what is empty.
func known(parts []inventory.Part) map[inventory.Section][]inventory.Item {
	got := map[inventory.Section][]inventory.Item{}
	for _, p := range parts {
		for _, it := range p.Items {
			maps.DeleteFunc(it, func(_, v string) bool { return v == "" })
		}
		got[p.Section] = p.Items
	}
	return got
}

// What GLPI Agent 1.12 wrote about a Debian machine, with the machine's names and numbers changed and its lists made shorter. Debian
// has no package of it that tests could run.
func TestGLPIAgent(t *testing.T) {
	f, err := os.Open("testdata/glpi-agent-1.12.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := foreign.Read(http.Header{"Glpi-Agent-Id": {"x"}}, f)
	if err != nil || m.Agent != "GLPI-Agent_v1.12-dev" || m.Device != "pc8-2026-11-22-16-11-10" || m.Partial || m.Kind != foreign.Inventory {
		t.Fatalf("%+v, %v", m, err)
	}
	if diff := cmp.Diff(map[inventory.Section][]inventory.Item{
		inventory.System: {{
			"name": "pc8", "domain": "example.org", "os": "Debian GNU/Linux 12 (bookworm)", "version": "12.11", "kernel": "6.1.0-40-amd64", "arch": "x86_64",
			"zone": "UTC", "booted": "2026-11-22T01:37:57Z", "virtual": "Docker",
		}},
		inventory.Hardware: {{"memory": "25275924480"}},
		inventory.CPU:      {{"slot": "1", "name": "AMD EPYC", "vendor": "AMD", "cores": "2", "threads": "1"}},
		inventory.Disk:     {{"name": "vda", "vendor": "Red Hat, Inc.", "serial": "S-8", "size": "274877000000", "bus": "Virtual", "type": "disk"}},
		inventory.Volume:   {{"mount": "/", "device": "/dev/vda", "type": "ext4", "size": "270552530944", "free": "7455375360"}},
		inventory.Network: {{
			"name": "eth0", "mac": "00:53:00:12:34:56", "addresses": "192.0.2.2 2001:db8::2 fe80::253:ff:fe12:3456", "up": "yes", "gateway": "192.0.2.1",
		}},
		inventory.User: {{"name": "root", "uid": "0"}, {"name": "www-data", "uid": "33"}},
		inventory.Software: {
			{"name": "bash", "version": "5.2.15-2+b8", "arch": "amd64", "source": "dpkg", "publisher": "Debian"},
			{"name": "libssl3", "version": "3.0.22-1~deb12u2", "arch": "amd64", "source": "dpkg", "publisher": "Debian"},
			{"name": "openssl", "version": "3.0.22-1~deb12u2", "arch": "amd64", "source": "dpkg", "publisher": "Debian"},
		},
	}, known(m.Parts)); diff != "" {
		t.Error(diff)
	}
}

func TestAnAgentThatSpeaksBothIsAskedInTheNewer(t *testing.T) {
	prolog := "<REQUEST><DEVICEID>pc7</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>"
	for header, want := range map[string]string{"": "<PROLOG_FREQ>24</PROLOG_FREQ>", "7f0e": `"expiration":24`} {
		h := http.Header{}
		if header != "" {
			h.Set("GLPI-Agent-ID", header)
		}
		m, err := foreign.Read(h, strings.NewReader(prolog))
		if err != nil || m.Kind != foreign.Prolog {
			t.Fatalf("%+v, %v", m, err)
		}
		w := httptest.NewRecorder()
		if err := m.Answer(w); err != nil || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q: %s (%v)", header, w.Body, err)
		}
	}
	m, err := foreign.Read(http.Header{}, strings.NewReader(`{"action":"contact","deviceid":"pc7","name":"GLPI-Agent","version":"1.12"}`))
	if err != nil || m.Kind != foreign.Contact || m.Agent != "GLPI-Agent 1.12" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestWhatNobodyShouldSendIsNotRead(t *testing.T) {
	m, err := foreign.Read(http.Header{}, strings.NewReader(native))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Parts {
		for _, it := range p.Items {
			for _, v := range it {
				if strings.Contains(v, "canary") {
					t.Errorf("%s: %v", p.Section, it)
				}
			}
		}
	}
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBadMessages(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want problem.Kind
	}{
		"nothing":        {"", problem.Malformed},
		"spaces":         {"   ", problem.Malformed},
		"cut off":        {"<REQUEST><DEVICEID>x", problem.Malformed},
		"another root":   {"<html></html>", problem.Malformed},
		"two roots":      {"<REQUEST></REQUEST><REQUEST></REQUEST>", problem.Malformed},
		"a list":         {"[1]", problem.Malformed},
		"deep XML":       {"<REQUEST><CONTENT>" + strings.Repeat("<A>", 1000), problem.Malformed},
		"deep wanted":    {"<REQUEST><CONTENT><BIOS>" + strings.Repeat("<A>", 1000), problem.Malformed},
		"deep JSON":      {`{"content":{"bios":{"a":` + strings.Repeat("[", 1000), problem.Malformed},
		"deep unwanted":  {`{"content":{"x":` + strings.Repeat(`{"a":`, 1000), problem.Malformed},
		"after the end":  {`{"action":"contact"} {}`, problem.Malformed},
		"an entity":      {`<!DOCTYPE r [<!ENTITY a "b">]><REQUEST><DEVICEID>&a;</DEVICEID></REQUEST>`, problem.Malformed},
		"another script": {`<?xml version="1.0" encoding="UTF-16"?><REQUEST/>`, problem.Malformed},
		"a bomb":         {zipped(t, "<REQUEST><CONTENT><BIOS>"+strings.Repeat(" ", 65<<20)), problem.TooLarge},
		"a bomb in gzip": {gzipped(t, "<REQUEST><CONTENT><BIOS>"+strings.Repeat(" ", 65<<20)), problem.TooLarge},
		"a bomb in JSON": {zipped(t, `{"content":{"x":"`+strings.Repeat("x", 65<<20)), problem.TooLarge},
		"a bomb twice":   {zipped(t, zipped(t, "<REQUEST>"+strings.Repeat(" ", 65<<20))), problem.Malformed},
		"billion laughs": {`<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><REQUEST><DEVICEID>&c;</DEVICEID></REQUEST>`, problem.Malformed},
		"a file of ours": {`<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><REQUEST><DEVICEID>&a;</DEVICEID></REQUEST>`, problem.Malformed},
		"long as it is":  {"<REQUEST>" + strings.Repeat(" ", 9<<20), problem.TooLarge},
		"no zlib":        {"\x78\x9cxxxx", problem.Malformed},
		"no gzip":        {"\x1f\x8bxxxxxxxxxxxx", problem.Malformed},
	} {
		if _, err := foreign.Read(http.Header{}, strings.NewReader(c.body)); !problem.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyItemsAreCut(t *testing.T) {
	m, err := foreign.Read(http.Header{}, strings.NewReader("<REQUEST><QUERY>INVENTORY</QUERY><CONTENT>"+
		strings.Repeat("<CPUS><NAME>x</NAME></CPUS>", 500)+"</CONTENT></REQUEST>"))
	if err != nil || len(m.Parts) != 1 || len(m.Parts[0].Items) != 64 {
		t.Errorf("%v, %v", m.Parts, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(native))
	f.Add([]byte("<REQUEST><QUERY>INVENTORY</QUERY><CONTENT><CPUS><NAME>x</NAME></CPUS></CONTENT></REQUEST>"))
	f.Add([]byte(zipped(f, "<REQUEST><QUERY>PROLOG</QUERY></REQUEST>")))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := foreign.Read(http.Header{}, bytes.NewReader(body))
		if err != nil {
			if !problem.Is(err, problem.Malformed) && !problem.Is(err, problem.TooLarge) {
				t.Error(err)
			}
			return
		}
		for _, p := range m.Parts {
			d, err := inventory.Describe(p.Section)
			if err != nil || len(p.Items) > d.Most {
				t.Errorf("%s: %d items (%v)", p.Section, len(p.Items), err)
			}
		}
		if err := m.Answer(httptest.NewRecorder()); err != nil {
			t.Error(err)
		}
	})
}
