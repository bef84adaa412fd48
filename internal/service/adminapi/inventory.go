package adminapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/inventory"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addInventory() {
	read, enrols := gate.Admin(scope.InventoryRead), gate.Admin(scope.DeviceEnrol)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "inventory", summary: summary, who: who}
	}
	create := op("addComputer", http.MethodPost, "/computers", "Add a computer that is to tell its inventory", enrols)
	create.status = http.StatusCreated
	add(a, create, a.addComputer)
	add(a, op("getInventoryToken", http.MethodGet, "/devices/{id}/inventory-token", "Tell whether a device has a token for an inventory agent",
		gate.Admin(scope.DeviceRead)), a.inventoryToken)
	token := op("addInventoryToken", http.MethodPost, "/devices/{id}/inventory-token", "Make the token of a device's inventory agent", enrols)
	token.words, token.status = "The token is told this once; only a hash of it is kept. An earlier one ends.", http.StatusCreated
	add(a, token, a.addInventoryToken)
	add(a, op("endInventoryToken", http.MethodDelete, "/devices/{id}/inventory-token", "End the token of a device's inventory agent", enrols), a.endInventoryToken)
	add(a, op("getInventory", http.MethodGet, "/devices/{id}/inventory", "Tell which sections of a device's inventory are known", read), a.inventory)
	add(a, op("getInventorySection", http.MethodGet, "/devices/{id}/inventory/{section}", "Read one section of a device's inventory", read), a.inventorySection)
	add(a, op("listInventoryChanges", http.MethodGet, "/devices/{id}/inventory-changes", "List what has changed on a device, newest first", read), a.inventoryChanges)
	add(a, op("listChanges", http.MethodGet, "/inventory/changes", "List what has changed on all devices, newest first", read), a.listChanges)
	add(a, op("listInventoryKinds", http.MethodGet, "/inventory/sections", "List the sections of inventories with their fields",
		gate.AnyAdmin("the catalogue is the same in every zone")), a.inventoryKinds)
	search := op("searchInventory", http.MethodGet, "/inventory/devices", "Find the devices that fulfil every test", read)
	search.words = `Tests are written as "openssl<3.0.15", "openssl>=3.0,<3.0.15" for a range, "dpkg:libssl*", "!openssl" for devices without it, or, of single fields, ` +
		`"system.os~debian" and "hardware.memory<8000000000". The comparisons are = != < <= > >= and, of texts, ~.`
	add(a, search, a.searchInventory)
	add(a, op("listSoftware", http.MethodGet, "/inventory/software", "List the programs of the zone by name", read), a.listSoftware)
	add(a, op("listSoftwareVersions", http.MethodGet, "/inventory/software-versions", "List the versions of one program, the newest first", read), a.softwareVersions)
	add(a, op("getCollection", http.MethodGet, "/collection", "Tell from whom inventories are taken", gate.Admin(scope.ServiceRead)), a.collection)
	add(a, op("setCollection", http.MethodPut, "/collection", "Take inventories from agents of others, or not", gate.Admin(scope.ServiceEdit)), a.setCollection)
}

func (a *API) addComputer(ctx context.Context, in *with[adminv1.ComputerDraft]) (*answer[adminv1.Device], error) {
	d, err := a.Devices.AddComputer(ctx, caller(ctx), in.Body.Name, in.Body.User, device.Liability(in.Body.Liability))
	return reply(wireDevice(nil, nil)(d), err)
}

func (a *API) inventoryToken(ctx context.Context, in *byID) (*answer[adminv1.InventoryToken], error) {
	t, err := a.Enrol.TokenOf(ctx, caller(ctx), in.ID)
	if problem.Is(err, problem.NotFound) && problem.From(err).Code == "collection.token" {
		return reply(adminv1.InventoryToken{}, nil)
	}
	return reply(adminv1.InventoryToken{Exists: true, Created: stamp(t.Created), By: t.By}, err)
}

func (a *API) addInventoryToken(ctx context.Context, in *byID) (*answer[adminv1.NewInventoryToken], error) {
	token, err := a.Enrol.IssueToken(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := adminv1.NewInventoryToken{Token: token, URL: a.DeviceURL + "/collection/foreign/" + url.PathEscape(token)}
	for _, path := range []string{"/front/inventory.php", "/plugins/fusioninventory/", "/ocsinventory"} {
		out.URLs = append(out.URLs, a.DeviceURL+path)
	}
	return reply(out, nil)
}

func (a *API) endInventoryToken(ctx context.Context, in *byID) (*none, error) {
	return done(a.Enrol.EndToken(ctx, caller(ctx), in.ID))
}

func (a *API) inventory(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.InventorySection]], error) {
	states, err := a.Inventory.States(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	known := map[inventory.Section]inventory.State{}
	for _, x := range states {
		known[x.Section] = x
	}
	var list []adminv1.InventorySection
	for _, d := range inventory.Catalogue() { // in the order in which people read
		if x, ok := known[d.Section]; ok {
			list = append(list, adminv1.InventorySection{
				Section: string(d.Section), Title: d.Title, Items: x.Items, Source: x.Source, Changed: stamp(x.At),
			})
		}
	}
	return reply(whole(list, func(x adminv1.InventorySection) adminv1.InventorySection { return x }), nil)
}

func wireInventoryKind(d inventory.Description) adminv1.InventoryKind {
	return adminv1.InventoryKind{
		Section: string(d.Section), Title: d.Title, Single: d.Single,
		Fields: each(d.Fields, func(f inventory.Field) adminv1.InventoryField {
			return adminv1.InventoryField{Name: f.Name, Title: f.Title, Unit: string(f.Unit)}
		}),
	}
}

func wireItem(it inventory.Item) map[string]string { return it }

func (a *API) inventorySection(ctx context.Context, in *struct {
	ID      string `path:"id" maxLength:"64"`
	Section string `path:"section" maxLength:"32"`
},
) (*answer[adminv1.InventoryItems], error) {
	d, err := inventory.Describe(inventory.Section(in.Section))
	if err != nil {
		return nil, err
	}
	items, err := a.Inventory.Items(ctx, caller(ctx), in.ID, d.Section)
	return reply(adminv1.InventoryItems{InventoryKind: wireInventoryKind(d), Items: each(items, wireItem)}, err)
}

func (a *API) inventoryChanges(ctx context.Context, in *struct {
	Paged
	ID      string    `path:"id" maxLength:"64"`
	Section string    `query:"section" maxLength:"32"`
	Since   time.Time `query:"since"`
},
) (*answer[adminv1.Page[adminv1.InventoryChange]], error) {
	p, err := a.Inventory.History(ctx, caller(ctx), inventory.ChangeFilter{Device: in.ID, Section: inventory.Section(in.Section), Since: in.Since}, in.request())
	if err != nil {
		return nil, err
	}
	return reply(uncounted(p.Items, p.Next, wireChange), nil)
}

func wireChange(x inventory.Change) adminv1.InventoryChange {
	return adminv1.InventoryChange{
		ID: x.ID, At: stamp(x.At), Section: string(x.Section), Kind: string(x.Kind), Before: x.Before, After: x.After,
	}
}

func (a *API) listChanges(ctx context.Context, in *struct {
	Paged
	Section string    `query:"section" maxLength:"32"`
	Kind    string    `query:"kind" enum:"added,gone,changed"`
	Name    string    `query:"name" maxLength:"200" doc:"Of what has changed, such as a program; each * stands for anything, within the last 31 days."`
	Group   string    `query:"group" maxLength:"40" doc:"Of devices."`
	Since   time.Time `query:"since"`
},
) (*answer[adminv1.Page[adminv1.ZoneChange]], error) {
	p, err := a.Inventory.History(ctx, caller(ctx), inventory.ChangeFilter{
		Group: in.Group, Section: inventory.Section(in.Section), Kind: inventory.Kind(in.Kind), Name: in.Name, Since: in.Since,
	}, in.request())
	if err != nil {
		return nil, err
	}
	n, err := a.devices(ctx, each(p.Items, func(x inventory.Change) string { return x.Device })...)
	return reply(uncounted(p.Items, p.Next, func(x inventory.Change) adminv1.ZoneChange {
		return adminv1.ZoneChange{Device: n.ref(x.Device), InventoryChange: wireChange(x)}
	}), err)
}

func (a *API) inventoryKinds(context.Context, *Paged) (*answer[adminv1.Page[adminv1.InventoryKind]], error) {
	return reply(whole(inventory.Catalogue(), wireInventoryKind), nil)
}

func (a *API) searchInventory(ctx context.Context, in *struct {
	Paged
	Test []string `query:"test,explode" minItems:"1" maxItems:"8" required:"true"`
},
) (*answer[adminv1.Page[adminv1.InventoryMatch]], error) {
	var q inventory.Query
	for _, text := range in.Test {
		t, err := inventory.ParseTest(text)
		if err != nil {
			return nil, err
		}
		q.Tests = append(q.Tests, t)
	}
	p, err := a.Inventory.Search(ctx, caller(ctx), q, in.request())
	if err != nil {
		return nil, err
	}
	n, err := a.devices(ctx, each(p.Items, func(x inventory.Found) string { return x.Device })...)
	if err != nil {
		return nil, err
	}
	return pages(p, nil, func(x inventory.Found) adminv1.InventoryMatch {
		return adminv1.InventoryMatch{Device: n.ref(x.Device), Software: each(x.Software, wireItem)}
	})
}

func (a *API) listSoftware(ctx context.Context, in *struct {
	Paged
	Words string `query:"q" maxLength:"200" doc:"Somewhere in the name."`
},
) (*answer[adminv1.Page[adminv1.Software]], error) {
	p, err := a.Inventory.Programs(ctx, caller(ctx), in.Words, page.Request{Limit: in.Limit, After: in.Cursor})
	if err != nil {
		return nil, err
	}
	return reply(uncounted(p.Items, p.Next, func(x inventory.Program) adminv1.Software { return adminv1.Software(x) }), nil)
}

func (a *API) softwareVersions(ctx context.Context, in *struct {
	Paged
	Name   string `query:"name" required:"true" maxLength:"512"`
	Source string `query:"source" maxLength:"64"`
	Within string `query:"within" maxLength:"200" doc:"A range: >=3.0,<3.0.15."`
},
) (*answer[adminv1.Page[adminv1.SoftwareVersion]], error) {
	bounds, err := inventory.ParseBounds(in.Within)
	if err != nil {
		return nil, err
	}
	list, err := a.Inventory.Versions(ctx, caller(ctx), in.Name, in.Source, bounds...)
	return reply(whole(list, func(x inventory.Version) adminv1.SoftwareVersion { return adminv1.SoftwareVersion(x) }), err)
}

func (a *API) collection(ctx context.Context, _ *none) (*tagged[adminv1.Collection], error) {
	on, version, err := a.Enrol.TakesForeign(ctx, caller(ctx))
	return tag(version, adminv1.Collection{Foreign: on}, err)
}

func (a *API) setCollection(ctx context.Context, in *struct {
	Seen
	Body adminv1.Collection
},
) (*tagged[adminv1.Collection], error) {
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	if err := a.Enrol.TakeForeign(ctx, caller(ctx), in.Body.Foreign, seen); err != nil {
		return nil, err
	}
	return a.collection(ctx, nil)
}
