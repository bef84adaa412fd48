package adminapi

import (
	"context"
	"io"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"drover/api/adminv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

func (a *API) addDevices() {
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "devices", summary: summary, who: who}
	}
	read := gate.Admin(scope.DeviceRead)
	add(a, op("listDevices", http.MethodGet, "/devices", "List devices", read), a.listDevices)
	export := op("exportDevices", http.MethodGet, "/devices.csv", "Export devices as comma-separated values, for spreadsheets", read)
	export.csv, export.time = "text/csv", gate.Held
	export.words = "Cells that look like formulas are made harmless. The export is audited."
	add(a, export, a.exportDevices)
	add(a, op("countDevices", http.MethodGet, "/devices/counts", "Count devices by what they are and where they stand", read), a.countDevices)
	add(a, op("getDevice", http.MethodGet, "/devices/{id}", "Read one device, with what is known of it and what it can be ordered", read), a.getDevice)
	add(a, op("editDevice", http.MethodPatch, "/devices/{id}", "Change a device", gate.Admin(scope.DeviceEdit)), a.editDevice)
	out := op("removeDevice", http.MethodPost, "/devices/{id}/remove", "Take a device out of the lists; it enrols anew when it comes back",
		gate.Admin(scope.DeviceRemove))
	out.words = mayWait
	add(a, out, a.removeDevice)
	add(a, op("retireDevice", http.MethodPost, "/devices/{id}/retire", "Take a device out of service", gate.Admin(scope.DeviceRemove)), a.retireDevice)
	add(a, op("readmitDevice", http.MethodPost, "/devices/{id}/readmit", "Let a wiped or retired device enrol again",
		gate.Admin(scope.DeviceReadmit)), a.readmitDevice)
	phone := op("lookAtPhone", http.MethodPost, "/devices/{id}/phone", "Look at a device's phone number", gate.Admin(scope.UserPersonalRead))
	phone.words = "The look is recorded with its reason, which the owner sees."
	add(a, phone, a.lookAtPhone)
}

// DeviceFilter narrows a list of devices.
type DeviceFilter struct {
	Q           string   `query:"q" maxLength:"200" doc:"Words, each somewhere in names, owner, model, system, serial, IMEI or DeviceId."`
	Platform    []string `query:"platform" maxItems:"20"`
	State       []string `query:"state" maxItems:"5" enum:"active,pending,retired,wiped,removed"`
	PolicyState []string `query:"policyState" maxItems:"7" enum:"none,pending,sent,acknowledged,partial,refused,external"`
	Access      []string `query:"access" maxItems:"3" enum:"allow,block,quarantine"`
	Liability   string   `query:"liability" enum:"corporate,personal"`
	User        string   `query:"user" maxLength:"64"`
	Group       string   `query:"group" maxLength:"64"`
	Upstream    string   `query:"upstream" maxLength:"64"`
	Contact     string   `query:"contact" enum:"hour,day,week,month,longer" doc:"How long ago the last contact was."`
	Mark        []string `query:"mark" maxItems:"2" enum:"stale,lost" doc:"What the rules of compliance call it."`
	Sort        string   `query:"sort" enum:"name,owner,platform,state,contact,enrolled,-name,-owner,-platform,-state,-contact,-enrolled" doc:"A minus turns the order round."`
}

func (f DeviceFilter) query(p page.Request) device.Query {
	q := device.Query{Request: p, Filter: device.Filter{
		Search: f.Q, Platforms: f.Platform, States: named[device.State](f.State), PolicyState: named[device.PolicyState](f.PolicyState),
		Access: named[device.Access](f.Access), Liability: device.Liability(f.Liability), Owner: f.User, Group: f.Group,
		Upstream: f.Upstream, Contact: device.Contact(f.Contact), Marks: named[device.Mark](f.Mark),
	}, Sort: device.Sort(f.Sort)}
	if len(f.Sort) > 0 && f.Sort[0] == '-' {
		q.Sort, q.Desc = device.Sort(f.Sort[1:]), true
	}
	return q
}

func named[T ~string](list []string) []T {
	return each(list, func(s string) T { return T(s) })
}

func wireDevice(upstreams names, marks map[string]device.Mark) func(device.Device) adminv1.Device {
	return func(d device.Device) adminv1.Device {
		return adminv1.Device{
			ID: d.ID, Name: d.Name, User: names{d.Owner: d.OwnerName}.ref(d.Owner), Platform: string(d.Platform),
			PlatformLabel: d.Platform.Name(), ByHand: d.ByHand, Model: d.Model, OS: d.OS, State: string(d.State), Access: string(d.Access),
			PolicyState: string(d.PolicyState), Liability: string(d.Liability), LastContact: stamp(d.LastContact),
			Enrolled: stamp(d.Enrolled), DeviceID: d.EASID, Protocol: d.Protocol, Upstream: upstreams.ref(d.Upstream),
			Requests: d.Requests, Mark: string(marks[d.ID]), Version: d.Version,
		}
	}
}

func (a *API) listDevices(ctx context.Context, in *struct {
	Paged
	DeviceFilter
},
) (*answer[adminv1.Page[adminv1.Device]], error) {
	p, err := a.Devices.List(ctx, caller(ctx), in.query(in.request()))
	if err != nil {
		return nil, err
	}
	upstreams, err := a.upstreams(ctx)
	if err != nil {
		return nil, err
	}
	marks, err := a.Devices.Marks(ctx, caller(ctx), each(p.Items, func(d device.Device) string { return d.ID })...)
	return pages(p, err, wireDevice(upstreams, marks))
}

// DeviceColumns chooses what an export holds.
type DeviceColumns struct {
	Columns []string `query:"columns" maxItems:"20" enum:"id,name,user,platform,model,os,serial,imei,deviceId,deviceType,userAgent,protocol,liability,state,policyState,access,enrolled,lastContact,requests,upstream" doc:"In this order; all without it."`
}

func (x DeviceColumns) of(upstreams names) []device.Column {
	all := append(slices.Clone(device.Columns), device.Column{
		Key: "upstream", Head: "mail server", Cell: func(d device.Device) string { return upstreams[d.Upstream] },
	})
	if len(x.Columns) == 0 {
		return all
	}
	chosen := make([]device.Column, 0, len(x.Columns))
	for _, key := range x.Columns {
		i := slices.IndexFunc(all, func(c device.Column) bool { return c.Key == key })
		chosen = append(chosen, all[i]) // the API's description admits no other
	}
	return chosen
}

// exportDevices streams: what fails before the first row is a problem, what fails later cuts the connection.
func (a *API) exportDevices(ctx context.Context, in *struct {
	DeviceFilter
	DeviceColumns
},
) (*huma.StreamResponse, error) {
	c, query := caller(ctx), in.query(page.Request{Limit: 1})
	if _, err := a.Devices.List(ctx, c, query); err != nil {
		return nil, err
	}
	upstreams, err := a.upstreams(ctx)
	if err != nil {
		return nil, err
	}
	columns := in.of(upstreams)
	return openapi.Stream(ctx, a.Log, "text/csv; charset=utf-8; header=present", "devices.csv", func(w io.Writer) error {
		return a.Devices.Export(ctx, c, query, columns, w)
	}), nil
}

func (a *API) getDevice(ctx context.Context, in *byID) (*tagged[adminv1.DeviceDetail], error) {
	d, err := a.Devices.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out, err := a.detail(ctx, d)
	return tag(d.Version, out, err)
}

func (a *API) detail(ctx context.Context, d device.Device) (adminv1.DeviceDetail, error) {
	c := caller(ctx)
	upstreams, err := a.upstreams(ctx)
	if err != nil {
		return adminv1.DeviceDetail{}, err
	}
	marks, err := a.Devices.Marks(ctx, c, d.ID)
	if err != nil {
		return adminv1.DeviceDetail{}, err
	}
	out := adminv1.DeviceDetail{Device: wireDevice(upstreams, marks)(d), Facts: facts(d)}
	groups, err := a.Devices.GroupsOf(ctx, c, d.ID)
	if err != nil && !problem.Is(err, problem.Forbidden) {
		return out, err
	}
	out.Folder, out.Groups = deepest(groups), each(groups, groupRef)
	out.Capabilities, err = a.capabilities(ctx, d)
	return out, err
}

// facts lists what is known of a device, without what is empty.
func facts(d device.Device) []adminv1.Fact {
	row := platform.Resolve(d.PlatformFacts())
	kind, program := d.DeviceType, "Mail client"
	if d.Computer() {
		kind, program = "", "Agent" // its type is made up by the zone
	}
	all := []adminv1.Fact{
		{Key: "platform", Label: "Platform", Value: row.Name, Source: "catalogue"},
		{Key: "connection", Label: "Connection", Value: row.Connection(), Source: "catalogue"},
		{Key: "encryption", Label: "Encryption", Value: row.Encryption.Words, Source: "catalogue"},
		{Key: "friendlyName", Label: "Name on the device", Value: d.FriendlyName},
		{Key: "model", Label: "Model", Value: d.Model},
		{Key: "os", Label: "Operating system", Value: d.OS},
		{Key: "language", Label: "Language", Value: d.Language},
		{Key: "operator", Label: "Mobile operator", Value: d.Operator},
		{Key: "serial", Label: "Serial number", Value: d.Serial},
		{Key: "imei", Label: "IMEI", Value: d.IMEI},
		{Key: "deviceType", Label: "Device type", Value: kind},
		{Key: "userAgent", Label: program, Value: d.UserAgent},
		{Key: "protocol", Label: "ActiveSync version", Value: d.Protocol, Source: "gateway"},
	}
	known := []adminv1.Fact{}
	for _, f := range all {
		if f.Value == "" {
			continue
		}
		if f.Source == "" {
			f.Source, f.At = "device", stamp(d.FactsAt)
		}
		known = append(known, f)
	}
	return known
}

// capabilities tells of each command whether the caller can order it from the device, and what it would do.
func (a *API) capabilities(ctx context.Context, d device.Device) ([]adminv1.Capability, error) {
	c := caller(ctx)
	quorum := 0
	if rules, _, err := a.Safety.Rules(ctx, c); err == nil {
		quorum = rules.Quorum
	}
	row := platform.Resolve(d.PlatformFacts())
	list := make([]adminv1.Capability, 0, len(orders))
	for _, k := range orders {
		if !row.Concerns(k) {
			continue
		}
		x := adminv1.Capability{Kind: string(k), Label: orderLabels[k], Destructive: command.Destroys(k), Typed: k == platform.FullWipe, Alternatives: []adminv1.Alternative{}}
		if x.Destructive {
			x.Approvals = quorum
		}
		effects, err := a.Commands.Preview(ctx, c, command.Request{Kind: k, Devices: []string{d.ID}})
		switch {
		case problem.Is(err, problem.Forbidden), problem.Is(err, problem.NotFound):
			x.Reason = "You do not have the right to order this from this device."
		case err != nil:
			return nil, err
		case d.State == device.Wiped:
			x.Reason = "It has been wiped and must enrol again first."
		default:
			e := effect(effects[0])
			x.Available, x.Reason, x.Removes, x.Leaves, x.Caveat, x.Alternatives = e.Possible, e.Reason, e.Removes, e.Leaves, e.Caveat, e.Alternatives
		}
		list = append(list, x)
	}
	return list, nil
}

func (a *API) editDevice(ctx context.Context, in *edit[adminv1.DeviceEdit]) (*tagged[adminv1.DeviceDetail], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	b := in.Body
	d, err := a.Devices.Edit(ctx, caller(ctx), in.ID, version, device.Change{
		Name: b.Name, Platform: (*platform.ID)(b.Platform), Liability: (*device.Liability)(b.Liability), Owner: b.Owner,
	})
	if err != nil {
		return nil, err
	}
	out, err := a.detail(ctx, d)
	return tag(d.Version, out, err)
}

func (a *API) removeDevice(ctx context.Context, in *idWith[adminv1.Reason]) (*answer[adminv1.Waiting], error) {
	return asked(a.Devices.Remove(ctx, caller(ctx), in.ID, in.Body.Reason))
}

func (a *API) retireDevice(ctx context.Context, in *idWith[adminv1.Reason]) (*none, error) {
	return done(a.Devices.Retire(ctx, caller(ctx), in.ID, in.Body.Reason))
}

func (a *API) readmitDevice(ctx context.Context, in *idWith[adminv1.Reason]) (*none, error) {
	return done(a.Devices.Readmit(ctx, caller(ctx), in.ID, in.Body.Reason))
}

func (a *API) lookAtPhone(ctx context.Context, in *idWith[adminv1.Reason]) (*answer[adminv1.Phone], error) {
	number, err := a.Privacy.Phone(ctx, caller(ctx), in.ID, in.Body.Reason)
	return reply(adminv1.Phone{Phone: number}, err)
}

func (a *API) countDevices(ctx context.Context, _ *none) (*answer[adminv1.DeviceCounts], error) {
	n, err := a.Devices.Counts(ctx, caller(ctx))
	return reply(wireCounts(n), err)
}
