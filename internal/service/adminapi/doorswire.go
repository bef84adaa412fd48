package adminapi

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/door"
	"drover/internal/core/zone"
)

func wireDoors(d door.Document) adminv1.Doors {
	return adminv1.Doors{
		Internal: copied(d.Internal), Zone: wirePlace(d.Zone),
		Servers: each(d.Servers, func(s door.Server) adminv1.DoorServer {
			return adminv1.DoorServer{ID: s.ID, Placement: string(s.Placement), Place: wirePlace(s.Place), Addresses: each(s.Addresses, wireAddress)}
		}),
		Order: each(d.Order, wireServerOrder), Locations: each(d.Locations, func(l door.Location) adminv1.ZoneLocation {
			return adminv1.ZoneLocation{Name: l.Name, Networks: copied(l.Networks), Closest: each(l.Closest, wireServerOrder), Alone: l.Alone}
		}),
	}
}

func wirePlace(p door.Place) adminv1.DoorPlace {
	return adminv1.DoorPlace{
		Administration: wireFilter(p.Administration), Endpoint: wireFilter(p.Endpoint), Tools: wireFilter(p.Tools),
		Services: each(p.Services, func(s door.Settings) adminv1.DoorService {
			return adminv1.DoorService{
				Service: string(s.Service), On: s.On, Level: string(s.Level), Filter: wireFilter(s.Filter), PerAddress: s.PerAddress,
				PerDevice: s.PerDevice, Body: s.Body, Seconds: s.Seconds,
			}
		}),
	}
}

func wireFilter(f *door.Filter) *adminv1.DoorFilter {
	if f == nil {
		return nil
	}
	return &adminv1.DoorFilter{Rules: each(f.Rules, wireDoorRule), Otherwise: string(f.Otherwise)}
}

func wireDoorRule(r door.Rule) adminv1.DoorRule {
	return adminv1.DoorRule{Verdict: string(r.Verdict), From: r.From, Note: r.Note, Until: stamp(r.Until)}
}

func coreDoors(d adminv1.Doors) (door.Document, error) {
	out := door.Document{Internal: d.Internal}
	place, err := corePlace(d.Zone)
	if err != nil {
		return out, err
	}
	out.Zone = place
	for _, s := range d.Servers {
		if place, err = corePlace(s.Place); err != nil {
			return out, err
		}
		out.Servers = append(out.Servers, door.Server{
			ID: s.ID, Placement: door.Placement(s.Placement), Place: place, Addresses: each(s.Addresses, coreAddress),
		})
	}
	out.Order = each(d.Order, coreOrder)
	out.Locations = each(d.Locations, func(l adminv1.ZoneLocation) door.Location {
		return door.Location{Name: l.Name, Networks: l.Networks, Closest: each(l.Closest, coreOrder), Alone: l.Alone}
	})
	return out, nil
}

func corePlace(p adminv1.DoorPlace) (out door.Place, err error) {
	for c, f := range map[door.Category]*adminv1.DoorFilter{door.Administration: p.Administration, door.Endpoint: p.Endpoint, door.Tools: p.Tools} {
		if *out.Category(c), err = coreFilter(f); err != nil {
			return out, err
		}
	}
	for _, s := range p.Services {
		f, err := coreFilter(s.Filter)
		if err != nil {
			return out, err
		}
		out.Services = append(out.Services, door.Settings{
			Service: zone.Service(s.Service), On: s.On, Level: door.Level(s.Level), Filter: f, PerAddress: s.PerAddress,
			PerDevice: s.PerDevice, Body: s.Body, Seconds: s.Seconds,
		})
	}
	return out, nil
}

func coreFilter(f *adminv1.DoorFilter) (*door.Filter, error) {
	if f == nil {
		return nil, nil
	}
	out := &door.Filter{Otherwise: door.Verdict(f.Otherwise)}
	for _, r := range f.Rules {
		until, err := time.Time{}, error(nil)
		if r.Until != "" {
			if until, err = time.Parse(time.RFC3339, r.Until); err != nil {
				return nil, problem.New(problem.Invalid, "doors.until", "Write the end of a rule like 2026-12-31T23:59:00Z.").WithField("until")
			}
		}
		out.Rules = append(out.Rules, door.Rule{Verdict: door.Verdict(r.Verdict), From: r.From, Note: r.Note, Until: until.UTC()})
	}
	return out, nil
}

func wireDifference(d door.Difference) adminv1.DoorDifference {
	return adminv1.DoorDifference{Where: d.Where, Before: d.Before, After: d.After}
}

func wireReplay(r door.Replay, x actors) adminv1.DoorReplay {
	return adminv1.DoorReplay{
		Gaps: copied(r.Gaps), Bounded: wireEffect(r.Bounded, x), Unknown: copied(r.Unknown), Days: r.Days, Requests: r.Requests, Partial: r.Partial, Refused: wireEffect(r.Refused, x), Admitted: wireEffect(r.Admitted, x),
		Sentence: fmt.Sprintf("Of the %s of the last %s, this would refuse %s (%s) and newly let in %s (%s).",
			many(r.Requests, "request"), many(int64(r.Days), "day"), many(r.Refused.Requests, "request"), many(int64(r.Refused.Devices), "device"),
			many(r.Admitted.Requests, "request"), many(int64(r.Admitted.Devices), "device")) + boundedWords(r.Bounded),
	}
}

func boundedWords(e door.Effect) string {
	if e.Requests == 0 {
		return ""
	}
	return fmt.Sprintf(" Bounds would refuse some of what %s sent.", many(e.Requests, "caller"))
}

func many(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func wireEffect(e door.Effect, x actors) adminv1.DoorEffect {
	return adminv1.DoorEffect{
		Requests: e.Requests, Devices: e.Devices, Partial: e.Partial,
		List: each(e.List, func(a door.Affected) adminv1.DoorVisit {
			v := wireUse(a.Use, x)
			v.Refused = a.Why
			return v
		}),
	}
}

func wireUse(u door.Use, x actors) adminv1.DoorVisit {
	v := adminv1.DoorVisit{
		Server: u.Server, Service: string(u.Service), Requests: u.Requests, Last: stamp(u.Last),
		Refused: u.Refused, Unproven: u.Unproven,
	}
	if u.Kind != "" {
		who := x.actor(u.Kind, u.Caller)
		v.Caller = &who
	}
	if u.Address.IsValid() {
		v.Address = u.Address.String()
	}
	return v
}

func wireTotal(name zone.Service, t door.Total) adminv1.DoorTotal {
	out := adminv1.DoorTotal{
		Service: string(name), Served: t.Served, Devices: t.Devices, Unproven: t.Unproven, Last: stamp(t.Last), Reasons: []adminv1.Count{},
	}
	for reason, n := range t.Refused {
		out.Refused += n
		out.Reasons = append(out.Reasons, adminv1.Count{Key: reason, Label: reasonWords(reason), Count: int(n)})
	}
	slices.SortFunc(out.Reasons, func(a, b adminv1.Count) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Key, b.Key)) })
	return out
}

var refusals = map[string]string{
	"off": "the service is off", "address": "the address is not let in", "rate": "too many requests", "unauthenticated": "no right proof",
	"service": "the service itself refused", "forbidden": "may not do this", "origin": "another site's page", "method": "a method that is not there",
	"too-large": "too large", "throttled": "too many failed tries", "unavailable": "could not be judged", "panic": "a fault of the server",
	"proof": "no proof", "time": "too long",
}

func reasonWords(reason string) string { return cmp.Or(refusals[reason], reason) }

func wireServer(n door.Node, d door.Document, self string, now time.Time) adminv1.ZoneServer {
	s := adminv1.ZoneServer{
		ID: n.ID, Name: n.Name, Placement: string(door.Inside), Addresses: []string{}, Started: stamp(n.Started), Seen: stamp(n.Seen), Self: n.ID == self,
		Advertised: each(d.Advertised(n), wireAdvertised), Roles: each(door.Roles, func(r door.Role) adminv1.ServerRole {
			return adminv1.ServerRole{Role: string(r), Told: string(d.Told(n, r)), Open: string(d.RoleReaches(n.ID, r, now))}
		}),
	}
	if own := d.Server(n.ID); own != nil {
		s.Placement = string(own.Placement)
	}
	for _, a := range n.Addresses {
		s.Addresses = append(s.Addresses, a.String())
	}
	return s
}

// wireHardening tells how the advice stands; here tells of a port whether something answers there.
func wireHardening(f door.Finding, here func(port int) string) adminv1.HardeningRow {
	return adminv1.HardeningRow{
		ID: f.ID, Title: f.Title, Intent: f.Intent, Follows: f.Follows, State: string(f.State), Services: texts(f.Services),
		Ports: each(f.Ports, func(p door.Port) adminv1.HardeningPort {
			return adminv1.HardeningPort{Port: p.Number, Why: p.Why, Here: here(p.Number)}
		}),
		Changes: each(f.Changes, wireDifference),
	}
}
