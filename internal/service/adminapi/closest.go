package adminapi

import (
	"context"
	"net/netip"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/door"
)

func (a *API) previewClosest(ctx context.Context, in *struct {
	Device  string `query:"device" maxLength:"64" doc:"The id of a computer."`
	Address string `query:"address" maxLength:"64" doc:"From which it asks; left out for where the device came from last."`
},
) (*answer[adminv1.ClosestServers], error) {
	asker := door.Asker{Device: in.Device}
	if in.Address != "" {
		from, err := netip.ParseAddr(in.Address)
		if err != nil {
			return nil, problem.New(problem.Invalid, "doors.address", "Write an address such as 192.0.2.1 or 2001:db8::1.").WithField("address")
		}
		asker.Addr = from
	}
	asker, c, err := a.Doors.Preview(ctx, caller(ctx), asker)
	if err != nil {
		return nil, err
	}
	out := adminv1.ClosestServers{Address: asker.Addr.String(), Inside: c.Inside, Location: c.Location, Roles: each(c.Roles, wireRoleClosest)}
	if in.Device == "" {
		return reply(out, nil)
	}
	names, err := a.devices(ctx, in.Device)
	if err != nil {
		return nil, err
	}
	ref := names.ref(in.Device)
	out.Device = &ref
	return reply(out, nil)
}

func wireRoleClosest(r door.RoleClosest) adminv1.ClosestForRole {
	return adminv1.ClosestForRole{Role: string(r.Role), Choices: each(r.Choices, wireChoice), Left: each(r.Left, wireChoice)}
}

func wireChoice(c door.Choice) adminv1.ClosestChoice {
	return adminv1.ClosestChoice{
		Server: adminv1.Ref{ID: c.Server, Name: c.Name}, URL: c.URL, Shown: string(c.Shown), Group: c.Group, Blocked: c.Blocked, Left: c.Left,
	}
}

func wireAddress(a door.Address) adminv1.ServerAddress {
	return adminv1.ServerAddress{URL: a.URL, Shown: string(a.Shown), Roles: each(a.Roles, func(r door.InRole) adminv1.AddressInRole {
		return adminv1.AddressInRole{Role: string(r.Role), Shown: string(r.Shown)}
	})}
}

func wireAdvertised(a door.Advertised) adminv1.AdvertisedAddress {
	return adminv1.AdvertisedAddress{ServerAddress: wireAddress(a.Address), Said: a.Said, Own: a.Own, Local: a.Local()}
}

func wireServerOrder(o door.Order) adminv1.ServerOrder {
	return adminv1.ServerOrder{Role: string(o.Role), Groups: each(o.Groups, func(g door.Group) []string { return copied(g) })}
}

func coreAddress(a adminv1.ServerAddress) door.Address {
	out := door.Address{URL: a.URL, Shown: door.Shown(a.Shown), Roles: each(a.Roles, func(r adminv1.AddressInRole) door.InRole {
		return door.InRole{Role: door.Role(r.Role), Shown: door.Shown(r.Shown)}
	})}
	if kept, err := door.CheckURL(a.URL); err == nil {
		out.URL = kept
	}
	return out
}

func coreOrder(o adminv1.ServerOrder) door.Order {
	return door.Order{Role: door.Role(o.Role), Groups: each(o.Groups, func(g []string) door.Group { return g })}
}
