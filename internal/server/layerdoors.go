package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/door"
	"drover/internal/core/zone"
)

func (s *Server) doorFindings(context.Context) ([]adminv1.SecurityFinding, error) {
	now := s.zone.Clock.Now()
	administering := s.zone.Doors.Door(zone.ServiceAdminAPI)
	found := []adminv1.SecurityFinding{
		judgeCertificate(s.expires(), s.zone.Config.TLSMode, now),
		judgeListener("Listener for devices and people", s.DeviceAddr(), s.device.server.TLSConfig, false),
		judgeListener("Listener for administrators", s.AdminAddr(), s.admin.server.TLSConfig, administering == nil || strangers(administering, now)),
	}
	for _, x := range door.Catalogue() {
		if x.Built {
			found = append(found, judgeService(x, s.zone.Doors.Door(x.Name), s.addressOf(x.Surface), now))
		}
	}
	return found, nil
}

// judgeCertificate judges what this server shows; end is zero where it has none yet.
func judgeCertificate(end time.Time, mode string, now time.Time) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "This server's certificate", Facts: []adminv1.SecurityFact{fact("from", mode)}}
	if end.IsZero() {
		f.State, f.Words, f.Mend = stateUnknown, "The authority has given none yet.", "See in the server's log what it answers."
		return f
	}
	f.Facts = append(f.Facts, moment("ends", end))
	if f.State, f.Words = judgeEnd(end, now); f.State == stateGood {
		return f
	}
	f.Mend = "Put a new one into its place: it is read again when it changes."
	if mode != "files" {
		f.Mend = "It should have renewed itself: see in the server's log why it has not."
	}
	return f
}

// judgeListener judges a listener by what it really is set to. tempting tells that nobody from elsewhere should reach it, and
// that no rule keeps them out.
func judgeListener(name, address string, conf *tls.Config, tempting bool) adminv1.SecurityFinding {
	oldest := max(conf.MinVersion, tls.VersionTLS10)
	f := adminv1.SecurityFinding{
		Name: name, State: stateGood, Words: "It takes nothing older than " + tls.VersionName(oldest) + ", with forward secrecy.",
		Facts: []adminv1.SecurityFact{fact("address", address), fact("reached by", reachedBy(address)), fact("oldest protocol", tls.VersionName(oldest))},
	}
	var weak []string
	for _, id := range conf.CipherSuites {
		f.Facts = append(f.Facts, fact("cipher of TLS 1.2", tls.CipherSuiteName(id)))
		if slices.ContainsFunc(tls.InsecureCipherSuites(), func(c *tls.CipherSuite) bool { return c.ID == id }) {
			weak = append(weak, tls.CipherSuiteName(id))
		}
	}
	switch {
	case oldest < tls.VersionTLS12:
		f.State, f.Words, f.Mend = stateBad, "It takes "+tls.VersionName(oldest)+", which is broken.", "Use a build of Drover whose listeners were not changed."
	case len(weak) > 0:
		f.State, f.Words, f.Mend = stateBad, "It takes weak ciphers: "+strings.Join(weak, ", ")+".", "Use a build of Drover whose listeners were not changed."
	case tempting && everywhere(address):
		f.State, f.Words, f.Mend = stateAttention, "What administers the zone answers at every address of this machine, to everybody.", "Let in the addresses of administrators alone."
		f.Page = "/services"
	}
	return f
}

func everywhere(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	return err == nil && ap.Addr().IsUnspecified()
}

// reachedBy tells who reaches an address that is listened on.
func reachedBy(address string) string {
	ap, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return "unknown"
	case ap.Addr().IsUnspecified():
		return fmt.Sprintf("every address of this machine, port %d", ap.Port())
	case ap.Addr().IsLoopback():
		return fmt.Sprintf("this machine alone, port %d", ap.Port())
	}
	return address + " alone"
}

// addressOf returns the address at which the services of a surface are listened for.
func (s *Server) addressOf(surface zone.Surface) string {
	if surface == zone.SurfaceAdmin {
		return s.AdminAddr()
	}
	return s.DeviceAddr()
}

// Nobody has these addresses (RFC 5737, RFC 3849): whether they are let in tells what becomes of strangers.
var nobody = []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}

// strangers tells whether a door lets in whoever no rule knows.
func strangers(d *door.Door, now time.Time) bool {
	return slices.ContainsFunc(nobody, func(a netip.Addr) bool { return d.Admits(a, now) })
}

// judgeService judges a service by its door as it stands now; nil where that is not known.
func judgeService(x door.Service, d *door.Door, address string, now time.Time) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{
		Name: string(x.Name), State: stateOff, Words: "Switched off: " + x.Purpose + ".", Page: "/services",
		Facts: []adminv1.SecurityFact{fact("who calls it", x.Callers), fact("proof", x.Proof), fact("reached by", reachedBy(address)), fact("in a DMZ", x.DMZ)},
	}
	switch {
	case d == nil:
		f.State, f.Words = stateUnknown, "How its door is set cannot be read at this moment."
		return f
	case !d.On:
		return f
	}
	foreign := strangers(d, now)
	f.Facts = append(f.Facts, fact("security level", string(d.Level)), fact("addresses that no rule knows", map[bool]string{true: "are let in", false: "are kept out"}[foreign]))
	f.State, f.Words = stateGood, "On: "+x.Purpose+"."
	switch {
	case d.Level == door.Open && !x.Required:
		f.State, f.Mend = stateAttention, "It asks for no proof of identity: switch it off where it is not needed."
	case d.Level == door.Open && foreign && everywhere(address):
		f.State, f.Mend = stateAttention, "It asks for no proof of identity, at every address of this machine: let in the addresses alone that need it."
	case d.Level == door.Observe:
		f.State, f.Mend = stateAttention, "It lets in devices that prove themselves by less than a signature, and counts them: set it to strict once there are none."
	}
	return f
}
