package adminapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/bus"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/live"
)

const (
	// eventTopic is the topic of the bus on which core tells of changes.
	eventTopic = "event"
	// maxPending bounds what waits for one slow client; beyond it the client is told that everything may have changed.
	maxPending = 256
)

// eventRights says who is told of which changes.
var eventRights = map[string]scope.Right{
	"device": scope.DeviceRead, "command": scope.CommandRead, "policy": scope.PolicyRead, "audit": scope.AuditRead,
	"approval": scope.ApprovalRead, "breaker": scope.ApprovalRead, "user": scope.UserRead, "upstream": scope.UpstreamRead,
	"access": scope.AccessRead, "log": scope.LogServerRead, "sync": scope.LogSyncRead,
	"registration": scope.RegistrationRead,
}

func (a *API) addEvents() {
	o := operation{
		id: "followEvents", method: http.MethodGet, path: "/events", tag: "zone", time: gate.Held, csv: "text/event-stream",
		summary: "Follow changes as they happen (server-sent events)",
		words: "Each event is named by the kind of what has changed (device, command, approval, ...), and its data is {\"id\": ...}: " +
			"read the object again. Without an id, anything of the kind may have changed. Only what the caller may see is told.",
		who: gate.AnyAdmin("what is told follows the caller's rights, kind by kind"),
	}
	add(a, o, a.followEvents)
}

// mailbox gathers what has changed for one client. What changes twice is told once.
type mailbox struct {
	mu      sync.Mutex
	pending []bus.Message
	lost    bool
	full    chan struct{} // holds one when there is something
}

func (m *mailbox) put(msg bus.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case slices.Contains(m.pending, msg):
		return
	case len(m.pending) >= maxPending:
		m.lost = true
	default:
		m.pending = append(m.pending, msg)
	}
	select {
	case m.full <- struct{}{}:
	default:
	}
}

// zoneKinds may have changed when the zone's revision has: their packages tell of nothing else.
var zoneKinds = []string{"policy", "access", "upstream", "user"}

func (m *mailbox) putZone(bus.Message) {
	for _, kind := range zoneKinds {
		m.put(bus.Message{Topic: eventTopic, Body: kind})
	}
}

func (m *mailbox) take() (list []bus.Message, lost bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list, lost = m.pending, m.lost
	m.pending, m.lost = nil, false
	return list, lost
}

func (a *API) followEvents(ctx context.Context, _ *none) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		f := &follower{api: a, caller: caller(ctx), box: &mailbox{full: make(chan struct{}, 1)}}
		defer a.Bus.Subscribe(eventTopic, f.box.put)()
		defer a.Bus.Subscribe(zone.Topic, f.box.putZone)()
		live.Stream{Full: f.box.full, Take: f.take, MayGoOn: f.mayGoOn}.Run(ctx, h)
	}}, nil
}

// follower is one client that follows changes.
type follower struct {
	api    *API
	caller scope.Caller
	box    *mailbox
}

func (f *follower) take(ctx context.Context) (string, error) {
	list, lost := f.box.take()
	return f.text(ctx, list, lost)
}

// mayGoOn tells whether the caller's session or token is still there. It does not count as a use of it.
func (f *follower) mayGoOn(ctx context.Context) bool {
	if f.caller.Kind == scope.Token {
		list, err := f.api.Admins.Tokens(ctx, f.caller, f.caller.ID)
		return err == nil && slices.ContainsFunc(list, func(t admin.Token) bool { return t.ID == f.caller.Token && t.State == admin.TokenActive })
	}
	list, err := f.api.Admins.Sessions(ctx, f.caller, f.caller.ID)
	return err == nil && slices.ContainsFunc(list, func(x admin.Session) bool { return x.ID == f.caller.Session })
}

// text writes events: whole where the caller sees the whole zone, else the ids of devices within the scope and the bare
// kind of everything else.
func (f *follower) text(ctx context.Context, list []bus.Message, lost bool) (string, error) {
	if lost {
		return f.everything(), nil
	}
	var b strings.Builder
	told := map[string]bool{}
	for _, m := range list {
		kind, id, _ := strings.Cut(m.Body, " ")
		id, _, _ = strings.Cut(id, " ") // a command's is followed by its device's
		right, known := eventRights[kind]
		if !known || !f.caller.Has(right) {
			continue
		}
		sc, err := f.caller.Scope(right)
		if err != nil {
			return "", err
		}
		if !sc.All() {
			if kind == "device" {
				seen, err := f.api.Devices.Names(ctx, f.caller, id)
				if err != nil {
					return "", err
				}
				if _, ok := seen[id]; !ok {
					continue
				}
			} else {
				id = ""
			}
		}
		if text := live.Event(kind, id); !told[text] {
			told[text] = true
			b.WriteString(text)
		}
	}
	return b.String(), nil
}

// everything tells that anything may have changed.
func (f *follower) everything() string {
	var b strings.Builder
	for kind, right := range eventRights {
		if f.caller.Has(right) {
			b.WriteString(live.Event(kind, ""))
		}
	}
	return b.String()
}
