package foreign

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"drover/internal/core/inventory"
)

// parts brings the agents' names and units to ours. A section that the message does not have is left out.
func (s sections) parts() []inventory.Part {
	var out []inventory.Part
	add := func(name inventory.Section, from string, item func(row) inventory.Item) {
		if _, there := s[from]; !there {
			return
		}
		items := make([]inventory.Item, len(s[from]))
		for i, r := range s[from] {
			items[i] = item(r)
		}
		out = append(out, inventory.Part{Section: name, Items: items})
	}
	if system := s.system(); len(system) > 0 {
		out = append(out, inventory.Part{Section: inventory.System, Items: []inventory.Item{system}})
	}
	if hardware := s.hardware(); len(hardware) > 0 {
		out = append(out, inventory.Part{Section: inventory.Hardware, Items: []inventory.Item{hardware}})
	}
	number(s["CPUS"])
	number(s["MEMORIES"])
	add(inventory.CPU, "CPUS", processor)
	add(inventory.Memory, "MEMORIES", module)
	add(inventory.Disk, "STORAGES", disk)
	add(inventory.Volume, "DRIVES", volume)
	add(inventory.Display, "MONITORS", display)
	add(inventory.Printer, "PRINTERS", printer)
	add(inventory.User, "LOCAL_USERS", user)
	add(inventory.Software, "SOFTWARES", program)
	if _, there := s["NETWORKS"]; there {
		out = append(out, inventory.Part{Section: inventory.Network, Items: networks(s["NETWORKS"])})
	}
	return out
}

// any returns the first of the fields that is told.
func (r row) any(names ...string) string {
	for _, n := range names {
		if v := r[n]; v != "" {
			return v
		}
	}
	return ""
}

// times is a number of larger units in smaller ones, "" for what is no number.
func (r row) times(unit float64, names ...string) string {
	n, err := strconv.ParseFloat(r.any(names...), 64)
	if err != nil || n <= 0 || n*unit > 1<<62 {
		return ""
	}
	return strconv.FormatInt(int64(n*unit), 10)
}

const (
	mebi = 1 << 20
	mega = 1e6
)

// number gives items without a slot their place in the list.
func number(list []row) {
	for i, r := range list {
		r["SLOT"] = cmp.Or(r.any("NUMSLOTS", "ID"), strconv.Itoa(i+1))
	}
}

func (s sections) system() inventory.Item {
	h, o := s.one("HARDWARE"), s.one("OPERATINGSYSTEM")
	if h == nil && o == nil {
		return nil
	}
	return inventory.Item{
		"name":    cmp.Or(h.any("NAME"), o.any("FQDN")),
		"domain":  cmp.Or(o.any("DNS_DOMAIN"), h.any("WORKGROUP")),
		"os":      cmp.Or(o.any("FULL_NAME"), h.any("OSNAME")),
		"version": cmp.Or(o.any("VERSION"), h.any("OSVERSION")),
		"kernel":  cmp.Or(o.any("KERNEL_VERSION"), h.any("OSCOMMENTS")),
		"arch":    cmp.Or(o.any("ARCH"), h.any("ARCHNAME")),
		"zone":    o.any("TIMEZONE.NAME"),
		"booted":  booted(o),
		"virtual": h.any("VMSYSTEM"),
	}
}

// booted is when the system was started. Agents tell the time of the computer's own clock, and how far that is from UTC.
func booted(o row) string {
	offset := cmp.Or(o.any("TIMEZONE.OFFSET"), "+0000")
	t, err := time.Parse("2006-01-02 15:04:05 -0700", o.any("BOOT_TIME")+" "+offset)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (s sections) hardware() inventory.Item {
	h, b := s.one("HARDWARE"), s.one("BIOS")
	if h == nil && b == nil {
		return nil
	}
	return inventory.Item{
		"vendor": b.any("SMANUFACTURER"), "model": b.any("SMODEL"), "serial": b.any("SSN"), "uuid": h.any("UUID"),
		"chassis": cmp.Or(h.any("CHASSIS_TYPE"), b.any("TYPE")), "board": b.any("MMODEL"), "bios": b.any("BVERSION"),
		"biosDate": b.any("BDATE"), "memory": h.times(mebi, "MEMORY"),
	}
}

func processor(r row) inventory.Item {
	return inventory.Item{
		"slot": r["SLOT"], "name": r.any("NAME", "TYPE"), "vendor": r.any("MANUFACTURER"), "cores": r.times(1, "CORE", "CORES"),
		"threads": r.times(1, "THREAD", "THREADS"), "mhz": r.times(1, "SPEED"),
	}
}

func module(r row) inventory.Item {
	return inventory.Item{
		"slot": r["SLOT"], "size": r.times(mebi, "CAPACITY"), "type": r.any("TYPE"), "vendor": r.any("MANUFACTURER"), "serial": r.any("SERIALNUMBER"),
	}
}

func disk(r row) inventory.Item {
	return inventory.Item{
		"name": r.any("NAME", "DESCRIPTION"), "model": r.any("MODEL"), "vendor": r.any("MANUFACTURER"), "serial": r.any("SERIAL", "SERIALNUMBER"),
		"size": r.times(mega, "DISKSIZE"), "bus": r.any("INTERFACE", "DESCRIPTION"), "type": r.any("TYPE"),
	}
}

func volume(r row) inventory.Item {
	it := inventory.Item{
		"mount": r.any("LETTER", "TYPE", "VOLUMN"), "device": r.any("VOLUMN"), "type": r.any("FILESYSTEM"),
		"size": r.times(mebi, "TOTAL"), "free": r.times(mebi, "FREE"),
	}
	if r.any("ENCRYPT_STATUS") != "" {
		it["encrypted"] = truth(strings.EqualFold(r["ENCRYPT_STATUS"], "yes"))
	}
	return it
}

func truth(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func display(r row) inventory.Item {
	return inventory.Item{"name": r.any("CAPTION", "DESCRIPTION", "NAME"), "vendor": r.any("MANUFACTURER"), "serial": r.any("SERIAL")}
}

func printer(r row) inventory.Item {
	return inventory.Item{"name": r.any("NAME"), "driver": r.any("DRIVER"), "port": r.any("PORT")}
}

func user(r row) inventory.Item {
	it := inventory.Item{"name": r.any("LOGIN"), "uid": r.any("ID"), "full": r.any("NAME")}
	if it["full"] == it["name"] {
		delete(it, "full")
	}
	return it
}

// sources are where programs come from, by the agents' words.
var sources = map[string]string{"deb": "dpkg", "dpkg": "dpkg", "rpm": "rpm", "registry": "windows", "snap": "snap", "flatpak": "flatpak"}

func program(r row) inventory.Item {
	from := strings.ToLower(r.any("FROM"))
	it := inventory.Item{
		"name": r.any("NAME"), "version": r.any("VERSION"), "arch": r.any("ARCH", "ARCHITECTURE"), "source": cmp.Or(sources[from], from),
		"publisher": r.any("PUBLISHER"),
	}
	if name, arch, ok := strings.Cut(it["name"], ":"); ok && it["source"] == "dpkg" { // as dpkg names what may be there twice
		it["name"], it["arch"] = name, cmp.Or(it["arch"], arch)
	}
	return it
}

// speed is that of a network card. One that Linux does not know (-1) comes in 32 bits without a sign.
func speed(r row) string {
	if s := r.times(1, "SPEED"); s != "4294967295" && !strings.HasPrefix(s, "-") {
		return s
	}
	return ""
}

// networks joins what agents tell once for each address.
func networks(list []row) []inventory.Item {
	var out []inventory.Item
	for _, r := range list {
		name := r.any("DESCRIPTION", "NAME")
		if name == "" || r["TYPE"] == "loopback" || name == "lo" {
			continue
		}
		i := slices.IndexFunc(out, func(it inventory.Item) bool { return it["name"] == name })
		if i < 0 {
			i = len(out)
			out = append(out, inventory.Item{
				"name": name, "mac": strings.ToLower(r.any("MACADDR", "MAC")), "up": truth(strings.EqualFold(r.any("STATUS"), "up")), "speed": speed(r),
				"gateway": r.any("IPGATEWAY"),
			})
		}
		for _, field := range []string{"IPADDRESS", "IPADDRESS6"} {
			if a := r[field]; a != "" {
				out[i]["addresses"] = strings.TrimPrefix(out[i]["addresses"]+" "+strings.ReplaceAll(a, ",", " "), " ")
			}
		}
	}
	return out
}
