package agents

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"drover/agent/talk"
	"drover/api/agentv1"
)

// changing is which share of the computers has another inventory at each turn: one in a hundred.
const changing = 100

// turn is what a computer does when its time has come.
func (f *Fleet) turn(ctx context.Context, c *computer, due time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.asks(c, due) {
		f.ask(ctx, c)
	}
	if f.options.Inventory && c.number%changing == 0 {
		f.takeStock(ctx, c)
	}
	c.told++
	if f.tell(ctx, &f.statuses, c.client, agentv1.ServiceStatus, agentv1.PathStatus, Status(c.told, time.Now())) == nil {
		c.kept = c.told
	}
}

// asks tells whether the computer asks for its documents at this turn.
func (f *Fleet) asks(c *computer, due time.Time) bool {
	if f.options.Ask <= 0 || due.Before(c.asked) {
		return false
	}
	c.asked = due.Add(f.options.Ask)
	return true
}

// documents are what an agent asks for.
var documents = []struct{ service, path string }{
	{agentv1.ServiceSettings, agentv1.PathSettings},
	{agentv1.ServicePolicies, agentv1.PathPolicies},
	{agentv1.ServiceAssignments, agentv1.PathAssignments},
}

func (f *Fleet) ask(ctx context.Context, c *computer) {
	for _, d := range documents {
		var e agentv1.Envelope
		began := time.Now()
		a, err := c.client.Do(ctx, talk.Request{Service: d.service, Method: http.MethodGet, Path: d.path, ETag: c.etags[d.path]}, &e)
		f.documents.add(time.Since(began), err)
		f.note(err)
		if err == nil && a.Fresh {
			if c.etags == nil {
				c.etags = map[string]string{}
			}
			c.etags[d.path] = a.ETag
		}
	}
}

// tell sends a body and counts what became of it.
func (f *Fleet) tell(ctx context.Context, n *tally, c *talk.Client, service, path string, body any) error {
	began := time.Now()
	_, err := c.Do(ctx, talk.Request{Service: service, Method: http.MethodPost, Path: path, Body: body}, nil)
	n.add(time.Since(began), err)
	f.note(err)
	return err
}

// Status is a status of about 2 KB. Its number stands in the count of what waits, so that the server can be asked for it.
func Status(number int, at time.Time) agentv1.Status {
	stamp := at.UTC().Format(time.RFC3339)
	s := agentv1.Status{
		ID: rand.Text(), Made: stamp, Agent: Version, Revision: "simulated", Waiting: number,
		Documents: []agentv1.Held{
			{Kind: agentv1.KindSettings, Version: at.UnixMicro()},
			{Kind: agentv1.KindPolicies, Version: at.UnixMicro()},
			{Kind: agentv1.KindAssignments, Version: at.UnixMicro()},
		},
	}
	for _, setting := range settings {
		s.Settings = append(s.Settings, agentv1.SettingState{
			Setting: setting, State: agentv1.StateMet, Found: "as asked, in the file that the system reads", At: stamp,
		})
	}
	return s
}

var settings = []string{
	agentv1.PasswordMinLength, agentv1.PasswordComplexGroups, agentv1.PasswordExpiration, agentv1.PasswordHistory,
	agentv1.PasswordMaxFailures, agentv1.LockInactivity, agentv1.EncryptDevice, agentv1.FirewallEnabled, agentv1.UpdatesAutomatic,
	agentv1.AdminsAllowed, agentv1.ServicesRunning, agentv1.ServicesStopped, agentv1.LogLevel,
}

// takeStock tells another inventory than the last time: all of it at first, then what is different.
func (f *Fleet) takeStock(ctx context.Context, c *computer) {
	next := stock(c.number, c.told)
	r := agentv1.InventoryReport{
		ID: rand.Text(), Made: time.Now().UTC().Format(time.RFC3339), Hash: next.Hash(), Sections: sections, Inventory: next,
	}
	if len(c.held.Packages) > 0 {
		r.Base = c.held.Hash()
		r.Inventory, r.Gone = agentv1.Changes(c.held, next)
	}
	err := f.tell(ctx, &f.inventories, c.client, agentv1.ServiceCollection, agentv1.PathInventory, r)
	switch {
	case err == nil:
		c.held = next
	case talk.IsRefused(err, "inventory.base"):
		c.held = agentv1.Inventory{} // told whole at the next turn
	}
}

var sections = []string{agentv1.SectionHardware, agentv1.SectionSystem, agentv1.SectionPackages}

// packages is how many a computer has.
const packages = 200

// stock is what is on a computer: at each turn one of its packages has another version.
func stock(number, turn int) agentv1.Inventory {
	i := agentv1.Inventory{
		Hardware: &agentv1.Hardware{Maker: "Example", Model: "Desk 1", Serial: strconv.Itoa(number), Processors: 8, Memory: 16 << 30},
		System:   &agentv1.System{Host: fmt.Sprintf("ws-%05d.example.org", number), Platform: "linux", Name: "debian", Version: "12", Arch: "amd64"},
	}
	for n := range packages {
		version := "1.0-1"
		if n == turn%packages {
			version = fmt.Sprintf("1.%d-1", turn+1)
		}
		i.Packages = append(i.Packages, agentv1.Package{
			Source: "dpkg", Name: "lib" + strings.Repeat("x", n%8) + strconv.Itoa(n), Version: version, Arch: "amd64",
		})
	}
	i.Sort()
	return i
}
