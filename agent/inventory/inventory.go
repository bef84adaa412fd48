package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

// collector takes one section.
type collector func(ctx context.Context, m system.Machine, i *agentv1.Inventory, extra []string) error

func collectors(platform string) map[string]collector {
	all := map[string]collector{
		agentv1.SectionHardware: hardware, agentv1.SectionSystem: operatingSystem, agentv1.SectionVolumes: volumes,
		agentv1.SectionNetworks: networks,
	}
	switch platform {
	case system.Linux:
		all[agentv1.SectionDisks], all[agentv1.SectionUsers] = linuxDisks, linuxUsers
		all[agentv1.SectionPackages], all[agentv1.SectionServices] = linuxPackages, linuxServices
		all[agentv1.SectionCertificates] = linuxCertificates
	case system.Windows:
		all[agentv1.SectionDisks], all[agentv1.SectionUsers] = windowsDisks, windowsUsers
		all[agentv1.SectionPackages], all[agentv1.SectionServices] = windowsPackages, windowsServices
		all[agentv1.SectionCertificates] = windowsCertificates
	case system.MacOS:
		all[agentv1.SectionDisks], all[agentv1.SectionUsers] = macDisks, macUsers
		all[agentv1.SectionPackages], all[agentv1.SectionServices] = macPackages, macServices
		all[agentv1.SectionCertificates] = macCertificates
	}
	return all
}

// Take takes the sections that are asked for, sorted and bounded as the protocol wants it. A section that cannot be taken
// is left out of those that are returned; the error tells why.
func Take(ctx context.Context, m system.Machine, sections, extra []string) (agentv1.Inventory, []string, error) {
	var i agentv1.Inventory
	var all error
	taken := []string{}
	known := collectors(m.Platform())
	for _, s := range agentv1.Sections() {
		if !slices.Contains(sections, s) || known[s] == nil {
			continue
		}
		if ctx.Err() != nil {
			return i, nil, ctx.Err()
		}
		if err := known[s](ctx, m, &i, extra); err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", s, err))
			continue
		}
		taken = append(taken, s)
	}
	bound(&i)
	i.Sort()
	return i, taken, all
}

// Fill puts what was known before in the place of sections that are wanted and could not be taken, so that nothing is told to
// be gone that was only not seen. It returns the sections that are there then.
func Fill(i *agentv1.Inventory, taken []string, old agentv1.Inventory, known, wanted []string) []string {
	for _, s := range known {
		if slices.Contains(taken, s) || !slices.Contains(wanted, s) {
			continue
		}
		taken = append(taken, s)
		switch s {
		case agentv1.SectionHardware:
			i.Hardware = old.Hardware
		case agentv1.SectionSystem:
			i.System = old.System
		case agentv1.SectionDisks:
			i.Disks = old.Disks
		case agentv1.SectionVolumes:
			i.Volumes = old.Volumes
		case agentv1.SectionNetworks:
			i.Networks = old.Networks
		case agentv1.SectionUsers:
			i.Users = old.Users
		case agentv1.SectionPackages:
			i.Packages = old.Packages
		case agentv1.SectionCertificates:
			i.Certificates = old.Certificates
		case agentv1.SectionServices:
			i.Services = old.Services
		}
	}
	return taken
}

// bound keeps to what the protocol takes.
func bound(i *agentv1.Inventory) {
	i.Disks, i.Volumes, i.Networks = first(i.Disks, 500), first(i.Volumes, 500), first(i.Networks, 500)
	i.Users, i.Packages = first(i.Users, 2_000), first(i.Packages, 20_000)
	i.Certificates, i.Services = first(i.Certificates, 2_000), first(i.Services, 5_000)
}

func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// text cleans what a system says of itself: no control characters, no spaces around it, not too long.
func text(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(s), "?"))
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// unset are what makers leave in the fields that they do not fill.
var unset = []string{
	"none", "n/a", "not specified", "to be filled by o.e.m.", "default string", "system serial number", "0123456789", "system product name",
	"system manufacturer", "not available", "unknown", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
}

// told is a field of the firmware, "" when its maker has not filled it.
func told(s string, n int) string {
	s = text(s, n)
	if slices.Contains(unset, strings.ToLower(s)) {
		return ""
	}
	return s
}
