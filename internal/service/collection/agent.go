package collection

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/problem"
	"drover/internal/core/event"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
	"drover/internal/core/spool"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/agents"
)

const (
	maxInventory = 16 << 20 // octets of a request
	maxEvents    = 2 << 20
	maxUpload    = 4 << 10
)

// agentRoutes are the ways in for our own agent.
func (s *Service) agentRoutes() []gate.Route {
	one := agentv1.PathUploads + "/{upload}"
	routes := []gate.Route{
		{Method: http.MethodPost, Pattern: agentv1.PathInventory, Body: maxInventory, Handler: agents.Handle(s.takeInventory)},
		{Method: http.MethodPost, Pattern: agentv1.PathEvents, Body: maxEvents, Handler: agents.Handle(s.takeEvents)},
		{Method: http.MethodPost, Pattern: agentv1.PathUploads, Body: maxUpload, Handler: agents.Handle(s.beginUpload)},
		{Method: http.MethodGet, Pattern: one, Handler: http.HandlerFunc(s.readUpload)},
		{Method: http.MethodPut, Pattern: one, Body: spool.Chunk, Handler: http.HandlerFunc(s.takeChunk)},
	}
	for i := range routes {
		routes[i].Service, routes[i].Who = zone.ServiceCollection, gate.Agent()
	}
	return routes
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

func checkID(id string) error {
	if requestID.MatchString(id) {
		return nil
	}
	return problem.New(problem.Invalid, "request.id", "A request has an id of 16 to 64 letters, digits, - and _.").WithField("id")
}

// takeEvents keeps what happened on a computer, each event once, whatever request it comes in.
func (s *Service) takeEvents(ctx context.Context, in agentv1.Events) (agentv1.Taken, error) {
	if err := checkID(in.ID); err != nil {
		return agentv1.Taken{}, err
	}
	n, err := s.keepEvents(ctx, gate.Caller(ctx), in.Events)
	return agentv1.Taken{Count: n}, err
}

var errEvents = problem.Newf(problem.Invalid, "event.many", "Send 1 to %d events at once.", event.MaxAtOnce).WithField("events")

// keepEvents keeps events: those of the agent itself in any case, those that tell of people as far as the policy asks for them
// now. An agent may still have some of before: they are dropped, and not sent again.
func (s *Service) keepEvents(ctx context.Context, c scope.Caller, list []agentv1.Event) (int, error) {
	if len(list) < 1 || len(list) > event.MaxAtOnce {
		return 0, errEvents
	}
	own, told, err := sortEvents(list)
	if err != nil {
		return 0, err
	}
	kept, err := s.keepTold(ctx, c, told)
	if err != nil {
		return 0, err
	}
	if _, err := s.Events.Keep(ctx, c, own); err != nil {
		return 0, err
	}
	s.Seen(c, c.ID)
	return len(own) + kept, nil
}

// kinds of events that tell of people, by the protocol's names.
var kinds = map[string]journal.Kind{
	agentv1.EventLogin: journal.SignIn, agentv1.EventElevation: journal.Elevation, agentv1.EventUSB: journal.USB,
}

// sortEvents tells the agent's own events from those that tell of people.
func sortEvents(list []agentv1.Event) (own []event.Event, told []*journal.Happening, err error) {
	for _, e := range list {
		if err := checkID(e.ID); err != nil {
			return nil, nil, err
		}
		at, err := time.Parse(time.RFC3339, e.At)
		if err != nil {
			return nil, nil, problem.New(problem.Invalid, "event.at", "The time of an event is written as RFC 3339 says.").WithField("at")
		}
		if k, ok := kinds[e.Kind]; ok {
			told = append(told, &journal.Happening{Event: e.ID, What: k, At: at, Level: e.Level, Words: e.Words, User: e.User})
			continue
		}
		own = append(own, event.Event{ID: e.ID, At: at, Kind: event.Kind(e.Kind), Level: event.Level(e.Level), Words: e.Words})
	}
	return own, told, nil
}

// keepTold keeps what tells of people and returns how many that were. What happened before the computer was its owner's is nobody's
// any more: the owner of now is not told of it, and the one before has no part in the computer.
func (s *Service) keepTold(ctx context.Context, c scope.Caller, list []*journal.Happening) (int, error) {
	wanted := map[journal.Kind]bool{}
	var items []journal.Item
	for _, h := range list {
		if _, known := wanted[h.What]; !known {
			ask, err := s.Asks(ctx, c.ID, h.What)
			if err != nil {
				return 0, err
			}
			wanted[h.What] = ask.Wanted
		}
		if wanted[h.What] {
			items = append(items, h)
		}
	}
	if len(items) == 0 {
		return 0, nil
	}
	owner, since, err := s.OwnerOf(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	items = slices.DeleteFunc(items, func(it journal.Item) bool { h, ok := it.(*journal.Happening); return ok && h.At.Before(since) })
	if len(items) == 0 {
		return 0, nil
	}
	err = s.Journal.Keep(ctx, c, journal.Source{Device: c.ID, Owner: owner}, items...)
	if problem.Is(err, problem.TooLarge) { // as much is kept as the zone keeps: sent again it would be refused again
		s.Log.Warn("what happened on a computer is not kept: its journal is full")
		return 0, nil
	}
	return len(items), err
}

func (s *Service) beginUpload(ctx context.Context, in agentv1.NewUpload) (agentv1.Upload, error) {
	c := gate.Caller(ctx)
	if spool.Kind(in.Kind) == spool.Log {
		if err := s.Requested(ctx, c.ID, in.Order); err != nil {
			return agentv1.Upload{}, err
		}
	}
	f, err := s.Spool.Begin(ctx, c, spool.Draft{
		Upload: in.ID, Kind: spool.Kind(in.Kind), Command: in.Order, Media: in.Type, Size: in.Size, SHA256: in.SHA256,
	})
	return wireUpload(f), err
}

func wireUpload(f spool.File) agentv1.Upload {
	return agentv1.Upload{Upload: f.ID, Offset: f.Received, Chunk: spool.Chunk, Done: f.State != spool.Receiving}
}

func (s *Service) readUpload(w http.ResponseWriter, r *http.Request) {
	f, err := s.Spool.Of(r.Context(), gate.Caller(r.Context()), r.PathValue("upload"))
	if err != nil {
		gate.WriteProblem(w, r, err)
		return
	}
	agents.Answer(w, wireUpload(f))
}

func (s *Service) takeChunk(w http.ResponseWriter, r *http.Request) {
	offset, err := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64)
	if err != nil || offset < 0 {
		gate.WriteProblem(w, r, problem.New(problem.Malformed, "upload.offset", "Say where the chunk begins: ?offset=0.").WithField("offset"))
		return
	}
	f, err := s.Spool.Put(r.Context(), gate.Caller(r.Context()), r.PathValue("upload"), offset, r.Body)
	if err != nil {
		gate.WriteProblem(w, r, err)
		return
	}
	agents.Answer(w, wireUpload(f))
}
