package adminapi

import (
	"context"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addFolders() {
	reads, edits := gate.Admin(scope.GroupRead), gate.Admin(scope.GroupEdit)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "devices", summary: summary, who: who}
	}
	add(a, op("getGroupConditions", http.MethodGet, "/device-groups/{id}/conditions", "Read by which conditions devices come into a group", reads), a.groupConditions)
	set := op("setGroupConditions", http.MethodPut, "/device-groups/{id}/conditions", "Have the devices that meet all of the conditions be a group's members", edits)
	set.words = "Those that come later too. Without conditions the members stay, and are chosen one by one again. What a device tells of itself may be a lie."
	add(a, set, a.setGroupConditions)
	add(a, op("listFolders", http.MethodGet, "/device-folders", "List the folders of devices, each followed by those below it", reads), a.listFolders)
	create := op("addFolder", http.MethodPost, "/device-folders", "Make a folder", edits)
	create.status = http.StatusCreated
	add(a, create, a.addFolder)
	add(a, op("editFolder", http.MethodPut, "/device-folders/{id}", "Change a folder, or move it with all that is in it and below it", edits), a.editFolder)
	add(a, op("removeFolder", http.MethodDelete, "/device-folders/{id}", "Take a folder away that holds nothing", edits), a.removeFolder)
	add(a, op("moveToFolder", http.MethodPost, "/device-folders/move", "Put devices into a folder", edits), a.moveToFolder)
}

func wireFolder(g device.Group) adminv1.Folder {
	return adminv1.Folder{
		ID: g.ID, Path: g.Name, Description: g.Description, Members: g.Members, Quarantine: g.ID == device.QuarantineFolder, Version: g.Version,
	}
}

func (a *API) listFolders(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Folder]], error) {
	list, err := a.Devices.Folders(ctx, caller(ctx))
	return reply(whole(list, wireFolder), err)
}

func (a *API) addFolder(ctx context.Context, in *with[adminv1.FolderDraft]) (*tagged[adminv1.Folder], error) {
	g, err := a.Devices.AddFolder(ctx, caller(ctx), in.Body.Path, in.Body.Description)
	return tag(g.Version, wireFolder(g), err)
}

func (a *API) editFolder(ctx context.Context, in *edit[adminv1.FolderDraft]) (*tagged[adminv1.Folder], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	g, err := a.Devices.EditFolder(ctx, caller(ctx), in.ID, version, in.Body.Path, in.Body.Description)
	return tag(g.Version, wireFolder(g), err)
}

func (a *API) removeFolder(ctx context.Context, in *byID) (*none, error) {
	return done(a.Devices.RemoveFolder(ctx, caller(ctx), in.ID))
}

func (a *API) moveToFolder(ctx context.Context, in *with[adminv1.FolderMove]) (*none, error) {
	return done(a.Devices.MoveTo(ctx, caller(ctx), in.Body.Folder, in.Body.Devices...))
}

func (a *API) groupConditions(ctx context.Context, in *byID) (*tagged[adminv1.GroupConditions], error) {
	list, version, err := a.Devices.Conditions(ctx, caller(ctx), in.ID)
	return tag(version, adminv1.GroupConditions{Conditions: each(list, func(c device.Condition) adminv1.GroupCondition {
		return adminv1.GroupCondition{Fact: c.Fact, Test: string(c.Test), Values: c.Values}
	})}, err)
}

func (a *API) setGroupConditions(ctx context.Context, in *edit[adminv1.GroupConditions]) (*tagged[adminv1.GroupConditions], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	list := each(in.Body.Conditions, func(c adminv1.GroupCondition) device.Condition {
		return device.Condition{Fact: c.Fact, Test: device.Test(c.Test), Values: c.Values}
	})
	return tag(version+1, in.Body, a.Devices.SetConditions(ctx, caller(ctx), in.ID, version, list))
}
