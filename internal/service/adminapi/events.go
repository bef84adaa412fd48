package adminapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"drover/internal/base/bus"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

const (
	// eventTopic is the topic of the bus on which core tells of changes.
	eventTopic = "event"
	// maxPending bounds what waits for one slow client; beyond it the client is told that everything may have changed.
	maxPending = 256
	// gather is how long changes are gathered, so that a busy fleet does not keep browsers busy.
	gather = 100 * time.Millisecond
	// heartbeat keeps proxies from taking the stream for dead.
	heartbeat = 15 * time.Second
	// streamTime ends a stream: the browser comes back by itself and proves itself anew, with the rights it has then.
	streamTime = 10 * time.Minute
)

// eventRights says who is told of which changes.
var eventRights = map[string]scope.Right{
	"device": scope.DeviceRead, "command": scope.CommandRead, "policy": scope.PolicyRead, "audit": scope.AuditRead,
	"approval": scope.ApprovalRead, "breaker": scope.ApprovalRead, "user": scope.UserRead, "upstream": scope.UpstreamRead,
	"access": scope.AccessRead, "log": scope.LogServerRead, "sync": scope.LogSyncRead,
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
		_, w := humago.Unwrap(h)
		h.SetHeader("Content-Type", "text/event-stream")
		s := &stream{api: a, caller: caller(ctx), w: w, flush: http.NewResponseController(w).Flush}
		box := &mailbox{full: make(chan struct{}, 1)}
		defer a.Bus.Subscribe(eventTopic, box.put)()
		defer a.Bus.Subscribe(zone.Topic, box.putZone)()
		s.run(ctx, box)
	}}, nil
}

// stream writes events to one client.
type stream struct {
	api    *API
	caller scope.Caller
	w      io.Writer
	flush  func() error
}

func (s *stream) run(ctx context.Context, box *mailbox) {
	end := time.NewTimer(streamTime)
	defer end.Stop()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	if s.write("retry: 1000\n\n: hello\n\n") != nil {
		return
	}
	for {
		text := ": still here\n\n"
		select {
		case <-ctx.Done():
			return
		case <-gate.Stopping(ctx):
			return
		case <-end.C:
			return
		case <-beat.C:
		case <-box.full:
			if !pause(ctx, gather) {
				return
			}
			list, lost := box.take()
			var err error
			if text, err = s.text(ctx, list, lost); err != nil {
				return
			}
		}
		if !s.mayGoOn(ctx) || s.write(text) != nil {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// mayGoOn tells whether the caller's session or token is still there. It does not count as a use of it.
func (s *stream) mayGoOn(ctx context.Context) bool {
	if s.caller.Kind == scope.Token {
		list, err := s.api.Admins.Tokens(ctx, s.caller, s.caller.ID)
		return err == nil && slices.ContainsFunc(list, func(t admin.Token) bool { return t.ID == s.caller.Token && t.State == admin.TokenActive })
	}
	list, err := s.api.Admins.Sessions(ctx, s.caller, s.caller.ID)
	return err == nil && slices.ContainsFunc(list, func(x admin.Session) bool { return x.ID == s.caller.Session })
}

func (s *stream) write(text string) error {
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	return s.flush()
}

// text writes events: whole where the caller sees the whole zone, else the ids of devices within the scope and the bare
// kind of everything else.
func (s *stream) text(ctx context.Context, list []bus.Message, lost bool) (string, error) {
	if lost {
		return s.everything(), nil
	}
	var b strings.Builder
	told := map[string]bool{}
	for _, m := range list {
		kind, id, _ := strings.Cut(m.Body, " ")
		right, known := eventRights[kind]
		if !known || !s.caller.Has(right) {
			continue
		}
		sc, err := s.caller.Scope(right)
		if err != nil {
			return "", err
		}
		if !sc.All() {
			if kind == "device" {
				seen, err := s.api.Devices.Names(ctx, s.caller, id)
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
		if text := event(kind, id); !told[text] {
			told[text] = true
			b.WriteString(text)
		}
	}
	return b.String(), nil
}

// everything tells that anything may have changed.
func (s *stream) everything() string {
	var b strings.Builder
	for kind, right := range eventRights {
		if s.caller.Has(right) {
			b.WriteString(event(kind, ""))
		}
	}
	return b.String()
}

func event(kind, id string) string {
	data := map[string]string{}
	if id != "" {
		data["id"] = id
	}
	raw, _ := json.Marshal(data) // a map of strings
	return fmt.Sprintf("event: %s\ndata: %s\n\n", kind, raw)
}
