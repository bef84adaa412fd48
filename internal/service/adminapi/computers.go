package adminapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/enrol"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addComputers() {
	enrols := gate.Admin(scope.DeviceEnrol)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "computers", summary: summary, who: who}
	}
	add(a, op("listComputerKeys", http.MethodGet, "/computers/keys", "List the keys by which computers register, newest first", enrols), a.listComputerKeys)
	create := op("addComputerKey", http.MethodPost, "/computers/keys", "Make a key by which computers register", enrols)
	create.words, create.status = "The key and the commands with it are told this once; only a hash of it is kept.", http.StatusCreated
	add(a, create, a.addComputerKey)
	add(a, op("endComputerKey", http.MethodDelete, "/computers/keys/{id}", "Take a key back: no computer comes in by it any more", enrols), a.endComputerKey)
	add(a, op("getComputersClosed", http.MethodGet, "/computers/closed", "Tell where no new computers are taken in", gate.Admin(scope.ServiceRead)), a.computersClosed)
	add(a, op("setComputersClosed", http.MethodPut, "/computers/closed", "Take in no new computers, everywhere or at some servers", gate.Admin(scope.ServiceEdit)), a.closeComputers)
	rotate := op("rotateAgentKey", http.MethodPost, "/computers/signing-key", "Have the next key sign what agents are told", gate.Admin(scope.KeyRotate))
	rotate.words = "Agents know the next key beforehand. One that is away while the keys change twice must be registered anew."
	add(a, rotate, a.rotateAgentKey)
}

// wireComputerKey needs the names of those who make keys.
func (a *API) wireComputerKey(ctx context.Context) (func(enrol.AuthKey) adminv1.ComputerKey, error) {
	who, err := a.actors(ctx)
	now := a.Clock.Now()
	return func(k enrol.AuthKey) adminv1.ComputerKey {
		return adminv1.ComputerKey{
			ID: k.ID, Name: k.Name, Platforms: texts(k.Platforms), Place: adminv1.ComputerPlace(k.Place), Uses: k.Uses, Used: k.Used, Open: k.Open(now),
			By: who.actor(k.ByKind, k.By), Created: stamp(k.Created), Expires: stamp(k.Expires), Ended: stamp(k.Ended),
		}
	}, err
}

func (a *API) listComputerKeys(ctx context.Context, in *struct {
	Paged
	Open bool `query:"open" doc:"Those alone by which a computer can still come in."`
},
) (*answer[adminv1.Page[adminv1.ComputerKey]], error) {
	list, next, err := a.Enrol.AuthKeys(ctx, caller(ctx), in.Open, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	wire, err := a.wireComputerKey(ctx)
	return reply(uncounted(list, next, wire), err)
}

func (a *API) addComputerKey(ctx context.Context, in *with[adminv1.ComputerKeyDraft]) (*answer[adminv1.NewComputerKey], error) {
	k, secret, err := a.Enrol.AddAuthKey(ctx, caller(ctx), enrol.AuthKeyDraft{
		Name: in.Body.Name, Platforms: in.Body.Platforms, Place: enrol.Place(in.Body.Place), Uses: in.Body.Uses,
		Life: time.Duration(in.Body.Hours) * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	wire, err := a.wireComputerKey(ctx)
	if err != nil {
		return nil, err
	}
	return reply(adminv1.NewComputerKey{ComputerKey: wire(k), Key: secret, Join: a.joinCommands(k.Platforms, secret)}, nil)
}

// joins are the ways to run the agent's program as an administrator of each system.
var joins = []struct{ platform, run, words string }{
	{"linux", "sudo drover-agent", "Install the agent's package first, or put its program into /usr/bin."},
	{"windows", "drover-agent.exe", "In a console that runs as administrator, where the agent's program is. Built, but not tried on Windows yet."},
	{"macos", "sudo ./drover-agent", "Where the agent's program is. Built, but not tried on macOS yet."},
}

// joinCommands are the lines that bring a computer in by a key. All in them is made by us and needs no quoting in any shell.
func (a *API) joinCommands(platforms []string, secret string) []adminv1.JoinCommand {
	list := []adminv1.JoinCommand{}
	pin := ""
	if a.Pin != "" {
		pin = " --pin " + a.Pin
	}
	for _, j := range joins {
		if len(platforms) > 0 && !slices.Contains(platforms, j.platform) {
			continue
		}
		list = append(list, adminv1.JoinCommand{
			Platform: j.platform, Words: j.words, Command: fmt.Sprintf("%s register --url %s%s --key %s --install", j.run, a.DeviceURL, pin, secret),
		})
	}
	return list
}

func (a *API) endComputerKey(ctx context.Context, in *byID) (*none, error) {
	return done(a.Enrol.EndAuthKey(ctx, caller(ctx), in.ID))
}

func wireClosed(c enrol.Closed) adminv1.ComputersClosed {
	return adminv1.ComputersClosed{Zone: c.Zone, Servers: texts(c.Servers)}
}

func (a *API) computersClosed(ctx context.Context, _ *none) (*tagged[adminv1.ComputersClosed], error) {
	c, version, err := a.Enrol.Closed(ctx, caller(ctx))
	return tag(version, wireClosed(c), err)
}

func (a *API) closeComputers(ctx context.Context, in *struct {
	Seen
	Body adminv1.ComputersClosed
},
) (*tagged[adminv1.ComputersClosed], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	c := enrol.Closed{Zone: in.Body.Zone, Servers: in.Body.Servers}
	if err := a.Enrol.Close(ctx, caller(ctx), c, version); err != nil {
		return nil, err
	}
	return tag(version+1, wireClosed(c), nil)
}

func (a *API) rotateAgentKey(ctx context.Context, _ *none) (*none, error) {
	return done(a.Enrol.RotateSigning(ctx, caller(ctx)))
}
