package agent

import (
	"context"
	"errors"
	"slices"
	"time"

	"drover/agent/desired"
	"drover/agent/schedule"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/logfield"
)

// rest is for how long a server is left aside that did not answer.
type rest struct {
	failures int
	until    time.Time
}

// told are the servers of a role as the zone has told them, the closest first, and at last the one that the computer registered
// with: a list that leads nowhere must not cut a computer off for ever. What is signed by the zone and vouched for by its
// authority is the same at all of them.
func (a *Agent) told(role string) []string {
	var list []string
	add := func(url string) {
		if c, err := a.current().At(url); err == nil && !slices.Contains(list, c.Server()) {
			list = append(list, c.Server())
		}
	}
	for _, s := range a.desired.Locations.Servers {
		if s.Role != role {
			continue
		}
		for _, url := range s.URLs[:min(len(s.URLs), agentv1.MaxServers)] {
			add(url)
		}
	}
	add(a.home)
	return list
}

// server is the one to be asked in a role: the closest that is not left aside, or else the one that comes back first. all tells
// that each is left aside.
func (a *Agent) server(role string) (server string, all bool) {
	now := a.Clock.Now()
	for _, url := range a.told(role) {
		r, resting := a.aside[url]
		if !resting || !now.Before(r.until) {
			return url, false
		}
		if server == "" || r.until.Before(a.aside[server].until) {
			server = url
		}
	}
	return server, true
}

// in is a client of the server to be asked in a role.
func (a *Agent) in(role string) *talk.Client {
	present := a.current()
	server, _ := a.server(role)
	if server == present.Server() {
		return present
	}
	next, err := present.At(server)
	if err != nil {
		a.Log.Warn("the address of a server cannot be used", logfield.Error, err)
		return present
	}
	return next
}

// turnTo makes the closest server of management the present one.
func (a *Agent) turnTo() { a.setClient(a.in(agentv1.RoleManagement)) }

// leaveAside leaves a server aside that did not answer, each time for longer.
func (a *Agent) leaveAside(server string) {
	r := a.aside[server]
	r.failures++
	r.until = a.Clock.Now().Add(schedule.Retry(r.failures))
	a.aside[server] = r
}

// judge remembers whether a server answered.
func (a *Agent) judge(server string, err error) {
	if reached(err) {
		delete(a.aside, server)
		return
	}
	a.leaveAside(server)
}

// reached tells whether a server answered, and has something to say to this computer.
func reached(err error) bool { return talk.Answered(err) && !errors.Is(err, desired.ErrNothing) }

// fetch asks for the documents, of the closest server and then of the next ones until one answers, and turns to those that are
// close by what it has told.
func (a *Agent) fetch(ctx context.Context) error {
	a.turnTo()
	for {
		server := a.current().Server()
		_, err := a.desired.Fetch(ctx, a.current())
		if ctx.Err() != nil {
			return err
		}
		a.judge(server, err)
		if reached(err) {
			a.turnTo()
			return err
		}
		next, all := a.server(agentv1.RoleManagement)
		if all {
			return err
		}
		a.Log.Info("the server does not answer; the next one is asked", logfield.Error, err, logfield.Name, next)
		a.turnTo()
	}
}

// renewKey changes the key when it is time, at a server that registers.
func (a *Agent) renewKey(ctx context.Context, asked bool) error {
	at := a.in(agentv1.RoleRegistration)
	client, err := renew(ctx, a.Store, at, asked)
	if !reached(err) && ctx.Err() == nil {
		a.leaveAside(at.Server())
	}
	present := a.current().Server()
	if next, bad := client.At(present); bad == nil {
		client = next
	}
	a.setClient(client)
	return off(err)
}

// collect hands something to the closest server that collects.
func (a *Agent) collect(ctx context.Context, r talk.Request, out any) error {
	at := a.in(agentv1.RoleCollection)
	r.Service = agentv1.ServiceCollection
	_, err := at.Do(ctx, r, out)
	if ctx.Err() == nil {
		a.judge(at.Server(), err)
	}
	return err
}
