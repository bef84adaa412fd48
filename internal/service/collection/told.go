package collection

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/problem"
	"drover/internal/core/inventory"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// agentSource names our own agent as the source of an inventory.
const agentSource = "drover-agent"

// takeInventory takes a whole inventory, or what changed since the one that is held. The same request again, whose answer was
// lost, changes nothing and gets the same answer.
func (s *Service) takeInventory(ctx context.Context, in agentv1.InventoryReport) (agentv1.InventoryTaken, error) {
	if err := checkID(in.ID); err != nil {
		return agentv1.InventoryTaken{}, err
	}
	c := gate.Caller(ctx)
	return agentv1.InventoryTaken{Hash: in.Hash}, s.keepInventory(ctx, c, in)
}

var errSections = problem.New(problem.Invalid, "inventory.sections", "The sections are those of the protocol, each named once.").WithField("sections")

func (s *Service) keepInventory(ctx context.Context, c scope.Caller, in agentv1.InventoryReport) error {
	known := agentv1.Sections()
	for i, name := range in.Sections {
		if !slices.Contains(known, name) || slices.Contains(in.Sections[:i], name) {
			return errSections
		}
	}
	var held agentv1.Inventory
	if in.Base != "" {
		told, err := s.Inventory.Told(ctx, c)
		if err != nil {
			return err
		}
		if told.Hash == in.Hash {
			return nil
		}
		if held, err = unpackTold(told.Body); err != nil {
			return errBase.WithDetail(err)
		}
	}
	next, err := agentv1.Apply(held, in)
	if err != nil {
		return errBase.WithDetail(err)
	}
	body, err := packTold(next)
	if err != nil {
		return err
	}
	_, err = s.Inventory.Keep(ctx, c, c.ID, inventory.Report{
		Made: s.Clock.Now(), Source: agentSource, Parts: parts(next, in.Sections),
		Told: &inventory.Told{Base: in.Base, Hash: in.Hash, Body: body},
	})
	s.Seen(c, c.ID)
	return err
}

var errBase = problem.New(problem.Conflict, "inventory.base", "Tell the inventory whole: the zone holds another than the one that this changes.").
	WithField("base")

// maxTold bounds an inventory as it is held, unpacked.
const maxTold = 64 << 20

func packTold(i agentv1.Inventory) ([]byte, error) {
	raw, err := json.Marshal(i)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(raw)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func unpackTold(packed []byte) (i agentv1.Inventory, err error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return i, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxTold))
	if err != nil {
		return i, err
	}
	return i, json.Unmarshal(raw, &i)
}

// parts turns an inventory of our agent into the sections of the zone. What is not collected any more is told as empty, so that
// what was known of it goes.
func parts(i agentv1.Inventory, collected []string) []inventory.Part {
	list := []inventory.Part{
		{Section: inventory.System, Items: system(i)},
		{Section: inventory.Hardware, Items: hardware(i.Hardware)},
		{Section: inventory.CPU, Items: processor(i.Hardware)},
		part(inventory.Disk, i.Disks, func(x agentv1.Disk) inventory.Item {
			return inventory.Item{"name": x.Name, "model": x.Model, "serial": x.Serial, "size": number(x.Size), "type": x.Kind}
		}),
		part(inventory.Volume, i.Volumes, func(x agentv1.Volume) inventory.Item {
			it := inventory.Item{"mount": x.Mount, "device": x.Device, "type": x.Type, "size": number(x.Size), "free": number(x.Free)}
			if x.Encrypted == "yes" || x.Encrypted == "no" {
				it["encrypted"] = x.Encrypted
			}
			return it
		}),
		part(inventory.Network, i.Networks, func(x agentv1.Network) inventory.Item {
			return inventory.Item{"name": x.Name, "mac": x.MAC, "addresses": strings.Join(x.Addresses, ", "), "up": truth(x.Up)}
		}),
		part(inventory.Software, i.Packages, func(x agentv1.Package) inventory.Item {
			return inventory.Item{"name": x.Name, "version": x.Version, "arch": x.Arch, "source": x.Source, "publisher": x.Maker}
		}),
		part(inventory.Certificate, i.Certificates, func(x agentv1.Certificate) inventory.Item {
			return inventory.Item{"sha256": x.SHA256, "subject": x.Subject, "issuer": x.Issuer, "expires": moment(x.Until), "store": x.Store}
		}),
		part(inventory.Service, i.Services, func(x agentv1.Service) inventory.Item {
			return inventory.Item{"name": x.Name, "title": x.Title, "state": either(x.Running, "running", "stopped"), "start": either(x.Starts, "with the system", "")}
		}),
		part(inventory.User, i.Users, func(x agentv1.User) inventory.Item {
			return inventory.Item{"name": x.Name, "uid": x.ID, "admin": truth(x.Admin), "disabled": truth(x.Disabled)}
		}),
	}
	for n, p := range list {
		if !slices.Contains(collected, sections[p.Section]) {
			list[n].Items = nil
		}
	}
	return list
}

// sections are those of the protocol, by what becomes of them.
var sections = map[inventory.Section]string{
	inventory.System: agentv1.SectionSystem, inventory.Hardware: agentv1.SectionHardware, inventory.CPU: agentv1.SectionHardware,
	inventory.Disk: agentv1.SectionDisks, inventory.Volume: agentv1.SectionVolumes, inventory.Network: agentv1.SectionNetworks,
	inventory.Software: agentv1.SectionPackages, inventory.Certificate: agentv1.SectionCertificates,
	inventory.Service: agentv1.SectionServices, inventory.User: agentv1.SectionUsers,
}

func part[T any](section inventory.Section, list []T, turn func(T) inventory.Item) inventory.Part {
	p := inventory.Part{Section: section}
	for _, x := range list {
		p.Items = append(p.Items, turn(x))
	}
	return p
}

func system(i agentv1.Inventory) []inventory.Item {
	x := i.System
	if x == nil {
		return nil
	}
	it := inventory.Item{
		"name": x.Host, "os": x.Name, "version": x.Version, "kernel": x.Kernel, "arch": x.Arch, "zone": x.TimeZone, "booted": moment(x.Booted),
	}
	if i.Hardware != nil {
		it["virtual"] = i.Hardware.Virtual
	}
	return []inventory.Item{it}
}

func hardware(x *agentv1.Hardware) []inventory.Item {
	if x == nil {
		return nil
	}
	return []inventory.Item{{
		"vendor": x.Maker, "model": x.Model, "serial": x.Serial, "uuid": x.UUID, "bios": x.Firmware, "memory": number(x.Memory),
		"cores": number(int64(cmp.Or(x.Cores, x.Processors))),
	}}
}

func processor(x *agentv1.Hardware) []inventory.Item {
	if x == nil || x.Processor == "" {
		return nil
	}
	return []inventory.Item{{"slot": "0", "name": x.Processor, "cores": number(int64(x.Cores)), "threads": number(int64(x.Processors))}}
}

// number writes what is known; an agent leaves out what it does not know.
func number(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func truth(b bool) string { return either(b, "yes", "no") }

func either(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// moment is a time as inventories write it, "" where it cannot be read.
func moment(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
