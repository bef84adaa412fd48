package adminapi

import (
	"context"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/core/command"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// orders are the commands that can be asked for, in the order in which people are shown them.
var orders = []platform.Command{
	platform.Lock, platform.Message, platform.ClearPasscode, platform.Locate, platform.RequestLog, platform.UpdateInventory,
	platform.Refresh, platform.DisableAccounts, platform.EnableAccounts, platform.Reboot, platform.Uninstall,
	platform.SelectiveWipe, platform.WipeCard, platform.FullWipe,
}

var orderLabels = map[platform.Command]string{
	platform.Lock: "Lock", platform.SelectiveWipe: "Selective wipe", platform.WipeCard: "Wipe the storage card", platform.FullWipe: "Full wipe",
	platform.Message: "Message", platform.ClearPasscode: "Clear the passcode", platform.Locate: "Locate", platform.RequestLog: "Request the log",
	platform.UpdateInventory: "Update what is known", platform.Refresh: "Check everything now", platform.DisableAccounts: "Disable the accounts",
	platform.EnableAccounts: "Enable the accounts", platform.Reboot: "Restart", platform.Uninstall: "Let the agent be removed",
}

const anyOrder = "each kind of command has a right of its own, which core asks for"

func (a *API) addCommands() {
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "commands", summary: summary, who: who}
	}
	read := gate.Admin(scope.CommandRead)
	add(a, op("listCommands", http.MethodGet, "/commands", "List commands, newest first", read), a.listCommands)
	add(a, op("getCommand", http.MethodGet, "/commands/{id}", "Read one command, with its reason and its steps", read), a.getCommand)
	preview := op("previewCommand", http.MethodPost, "/commands/preview",
		"Tell what an order would do, device by device, in the words of their platforms", gate.AnyAdmin(anyOrder))
	preview.body = 1 << 20
	add(a, preview, a.previewCommand)
	order := op("sendCommand", http.MethodPost, "/commands", "Order something from devices: from all of them or none", gate.AnyAdmin(anyOrder))
	order.words = "Repeating it with the same Idempotency-Key gives the same commands and no new ones."
	many := order
	many.words += " What erases goes to 500 devices at most. The commands of more than 250 devices are written in pieces; a device " +
		"that cannot take its command any more when its turn comes is left out and named. What breaks off is carried on by the " +
		"server; the same key carries it on at once."
	many.body, many.status = 1<<20, http.StatusCreated
	add(a, many, a.sendCommands)
	add(a, op("listBatches", http.MethodGet, "/command-batches",
		"List what was ordered from more than one device at once, newest first: one's own, and all with the right over the whole zone",
		read), a.listBatches)
	one := op("sendDeviceCommand", http.MethodPost, "/devices/{id}/commands", "Order something from one device", gate.AnyAdmin(anyOrder))
	one.words, one.status = order.words, http.StatusCreated
	add(a, one, a.sendCommand)
	add(a, op("listDeviceCommands", http.MethodGet, "/devices/{id}/commands", "List a device's commands, newest first", read), a.listDeviceCommands)
	add(a, op("cancelCommand", http.MethodPost, "/commands/{id}/cancel", "Take a command back that no device has been given yet",
		gate.Admin(scope.CommandCancel)), a.cancelCommand)
}

// wireCommand needs the names of devices, users and those who ask.
type wireCommand struct {
	actors
	devices names
}

func (a *API) wireCommand(ctx context.Context, list ...command.Command) (w wireCommand, err error) {
	var devices, users []string
	for _, x := range list {
		devices = append(devices, x.Device)
		users = append(users, x.Owner)
	}
	if w.devices, err = a.devices(ctx, devices...); err != nil {
		return w, err
	}
	w.actors, err = a.actors(ctx, users...)
	return w, err
}

func (w wireCommand) command(x command.Command) adminv1.Command {
	return adminv1.Command{
		ID: x.ID, Kind: string(x.Kind), Label: orderLabels[x.Kind], Destructive: x.Destructive, Device: w.devices.ref(x.Device),
		User: w.users.ref(x.Owner), Channel: string(x.Channel), State: string(x.State), Unproven: x.Unproven, Reason: x.Reason,
		RequestedBy: w.actor(x.RequesterKind, x.Requester), Requested: stamp(x.Created), Updated: stamp(x.Changed),
		NotBefore: stamp(x.NotBefore), Expires: stamp(x.Expires), Approval: x.Approval, Detail: x.Words,
		Steps: each(x.Steps, func(s command.Step) adminv1.Step {
			return adminv1.Step{State: string(s.State), At: stamp(s.At), Detail: s.Words}
		}),
	}
}

// CommandFilter narrows a list of commands.
type CommandFilter struct {
	Paged
	Device   string `query:"device" maxLength:"64"`
	User     string `query:"user" maxLength:"64"`
	State    string `query:"state" enum:"awaiting,rejected,expired,delayed,queued,delivered,acknowledged,done,failed,postponed,cancelled"`
	Open     bool   `query:"open" doc:"Only those of which more can happen."`
	Kind     string `query:"kind" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall"`
	Approval string `query:"approval" maxLength:"64"`
	Batch    string `query:"batch" maxLength:"64" doc:"What they were ordered with."`
}

func (a *API) listCommands(ctx context.Context, in *CommandFilter) (*answer[adminv1.Page[adminv1.Command]], error) {
	return a.commandPage(ctx, in.Paged, command.Filter{
		Device: in.Device, Owner: in.User, State: command.State(in.State), Open: in.Open, Kind: platform.Command(in.Kind), Approval: in.Approval,
		Batch: in.Batch,
	})
}

func (a *API) listDeviceCommands(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.Command]], error) {
	if _, err := a.Devices.Get(ctx, caller(ctx), in.ID); err != nil {
		return nil, err
	}
	return a.commandPage(ctx, in.Paged, command.Filter{Device: in.ID})
}

func (a *API) commandPage(ctx context.Context, p Paged, f command.Filter) (*answer[adminv1.Page[adminv1.Command]], error) {
	list, next, err := a.Commands.List(ctx, caller(ctx), f, p.Limit, p.Cursor)
	if err != nil {
		return nil, err
	}
	w, err := a.wireCommand(ctx, list...)
	return reply(uncounted(list, next, w.command), err)
}

func (a *API) getCommand(ctx context.Context, in *byID) (*answer[adminv1.Command], error) {
	x, err := a.Commands.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	w, err := a.wireCommand(ctx, x)
	return reply(w.command(x), err)
}

func (a *API) previewCommand(ctx context.Context, in *with[adminv1.CommandPreview]) (*answer[adminv1.Page[adminv1.Effect]], error) {
	list, err := a.Commands.Preview(ctx, caller(ctx), command.Request{Kind: platform.Command(in.Body.Kind), Devices: in.Body.Devices})
	if err != nil {
		return nil, err
	}
	return reply(whole(list, effect), nil)
}

func effect(e command.Effect) adminv1.Effect {
	v := e.Verdict
	return adminv1.Effect{
		Device: adminv1.Ref{ID: e.Device, Name: e.Name}, Platform: e.Row, Possible: v.Possible, Reason: v.Reason,
		Channel: string(v.Way.Channel), Extent: string(v.Way.Extent), Removes: v.Way.Removes, Leaves: v.Way.Leaves, Caveat: v.Way.Caveat,
		Alternatives: each(v.Alternatives, alternative),
	}
}

func alternative(x platform.Alternative) adminv1.Alternative {
	return adminv1.Alternative{Command: string(x.Command), Words: x.Words}
}

// Key makes a repeated request the same request.
type Key struct {
	Key string `header:"Idempotency-Key" maxLength:"100" doc:"Chosen by the caller, unique for the caller."`
}

func (a *API) sendCommands(ctx context.Context, in *struct {
	Key
	Body adminv1.CommandDraft
},
) (*answer[adminv1.Batch], error) {
	b, err := a.Commands.Request(ctx, caller(ctx), command.Request{
		Kind: platform.Command(in.Body.Kind), Devices: in.Body.Devices, Reason: in.Body.Reason, Text: in.Body.Text, Key: in.Key.Key,
	})
	if err != nil {
		return nil, err
	}
	w, err := a.wireCommand(ctx, b.Commands...)
	if err != nil {
		return nil, err
	}
	p, err := a.wireBatch(ctx, b)
	if err != nil {
		return nil, err
	}
	return reply(adminv1.Batch{
		Waiting: adminv1.Waiting{Approval: b.Approval, Needed: b.Needed}, Progress: p.progress(b), Items: each(b.Commands, w.command),
	}, nil)
}

func (a *API) sendCommand(ctx context.Context, in *struct {
	Key
	ID   string `path:"id" maxLength:"64"`
	Body adminv1.DeviceCommandDraft
},
) (*answer[adminv1.Command], error) {
	b, err := a.Commands.Request(ctx, caller(ctx), command.Request{
		Kind: platform.Command(in.Body.Kind), Devices: []string{in.ID}, Reason: in.Body.Reason, Text: in.Body.Text, Key: in.Key.Key,
	})
	if err != nil {
		return nil, err
	}
	w, err := a.wireCommand(ctx, b.Commands...)
	return reply(w.command(b.Commands[0]), err)
}

func (a *API) cancelCommand(ctx context.Context, in *byID) (*answer[adminv1.Command], error) {
	x, err := a.Commands.Cancel(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	w, err := a.wireCommand(ctx, x)
	return reply(w.command(x), err)
}
