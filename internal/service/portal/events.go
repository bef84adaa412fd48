package portal

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/bus"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/gate"
	"drover/internal/gate/live"
	"drover/internal/gate/openapi"
)

const (
	// eventTopic is the topic of the bus on which core tells of changes.
	eventTopic = "event"
	eventsPath = "/events"
	// gather is how long changes are gathered before one question finds the owners of all of them.
	gather = 200 * time.Millisecond
	// askTime bounds that question.
	askTime = 10 * time.Second
	// maxStreams bounds the streams of one user, maxFollowed those of all at one server. Who gets none asks from time to time.
	maxStreams, maxFollowed = 4, 20_000
)

func (p *Portal) addEvents() {
	o := byUser("devices", "followDevices", http.MethodGet, eventsPath, "Follow changes of one's own devices as they happen (server-sent events)")
	o.Words = "Each event is named device, and its data is {\"id\": ...}: read the device and its orders again. Without an id, any of " +
		"one's devices may have changed. A user has at most 4 streams; who gets no more asks from time to time. Following is no use of " +
		"the session, which ends without one as it would."
	o.Type, o.Time = "text/event-stream", gate.Held
	openapi.Add(p.API, o, p.followDevices)
}

func (p *Portal) followDevices(ctx context.Context, _ *none) (*huma.StreamResponse, error) {
	c := caller(ctx)
	f, leave, err := p.hub.follow(c.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer leave()
		mayGoOn := func(ctx context.Context) bool {
			list, err := p.Selves.Sessions(ctx, c)
			return err == nil && slices.ContainsFunc(list, func(x selfservice.Session) bool { return x.ID == c.Session })
		}
		live.Stream{Full: f.full, Take: f.take, MayGoOn: mayGoOn}.Run(ctx, h)
	}}, nil
}

// follower is one page of a user that follows the user's devices.
type follower struct {
	mu      sync.Mutex
	devices []string
	full    chan struct{} // holds one when there is something
}

// put notes a device that has changed; "" for any of the user's.
func (f *follower) put(device string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.devices, device) || slices.Contains(f.devices, "") {
		return
	}
	if device == "" || len(f.devices) >= maxDevices {
		device, f.devices = "", nil
	}
	f.devices = append(f.devices, device)
	select {
	case f.full <- struct{}{}:
	default:
	}
}

func (f *follower) take(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, id := range f.devices {
		b.WriteString(live.Event("device", id))
	}
	f.devices = nil
	return b.String(), nil
}

// hub hands what changes to the owners of the devices who follow them, and to nobody else. It asks the database once for
// all changes of a moment, however many follow, and not at all while nobody does.
type hub struct {
	owners func(ctx context.Context, c scope.Caller, devices ...string) (map[string]string, error)

	mu      sync.Mutex
	follows map[string][]*follower // by user
	count   int
	pending map[string]bool // devices that have changed
	lost    bool            // there were more
	due     bool            // they will be told
}

func newHub(owners func(context.Context, scope.Caller, ...string) (map[string]string, error)) *hub {
	return &hub{owners: owners, follows: map[string][]*follower{}, pending: map[string]bool{}}
}

func (h *hub) follow(user string) (f *follower, leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.follows[user]) >= maxStreams || h.count >= maxFollowed {
		return nil, nil, problem.New(problem.Throttled, "portal.streams", "Too many pages follow already: ask from time to time.").WithRetry(time.Minute)
	}
	f = &follower{full: make(chan struct{}, 1)}
	h.follows[user] = append(h.follows[user], f)
	h.count++
	return f, func() { h.leave(user, f) }, nil
}

func (h *hub) leave(user string, f *follower) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	h.follows[user] = slices.DeleteFunc(h.follows[user], func(x *follower) bool { return x == f })
	if len(h.follows[user]) == 0 {
		delete(h.follows, user)
	}
}

// hear takes a message of the bus. It does not block.
func (h *hub) hear(m bus.Message) {
	kind, device, _ := strings.Cut(m.Body, " ")
	if kind == "command" {
		_, device, _ = strings.Cut(device, " ")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if kind != "device" && kind != "command" || device == "" || h.count == 0 {
		return
	}
	if len(h.pending) >= page.MaxLimit {
		h.lost = true
	} else {
		h.pending[device] = true
	}
	if !h.due {
		h.due = true
		time.AfterFunc(gather, h.tell)
	}
}

// tell hands out what has changed. Where that is not known, everybody looks again.
func (h *hub) tell() {
	h.mu.Lock()
	ids, lost := slices.Collect(maps.Keys(h.pending)), h.lost
	clear(h.pending)
	h.lost, h.due = false, false
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	owners, err := h.owners(ctx, system, ids...)
	h.mu.Lock()
	defer h.mu.Unlock()
	if lost || err != nil {
		for _, list := range h.follows {
			for _, f := range list {
				f.put("")
			}
		}
		return
	}
	for device, owner := range owners {
		for _, f := range h.follows[owner] {
			f.put(device)
		}
	}
}
