package collection

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/event"
	"drover/internal/core/inventory"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
	"drover/internal/core/spool"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/service/collection/foreign"
)

// Base is where Drover's own path for the inventory agents of others begins; the token follows it.
const Base = "/collection/foreign"

// usual are the paths that administrators of such agents know.
var usual = []string{"/front/inventory.php", "/plugins/fusioninventory", "/plugins/fusioninventory/", "/ocsinventory"}

// Deps are what the service stands on. All are needed.
type Deps struct {
	Log       *slog.Logger
	Clock     clock.Clock
	Inventory *inventory.Store
	// ByToken returns the device whose inventory a token lets tell, and whether it comes without the proof that others are asked
	// for; strict tells that all are.
	ByToken func(ctx context.Context, addr netip.Addr, token string, strict bool) (c scope.Caller, unproven bool, err error)
	// Inventoried notes that a device has told its inventory, with the facts in it.
	Inventoried func(ctx context.Context, c scope.Caller, id string, f device.Facts) error
	// AsksAbout tells whether what the device tells of people is wanted.
	AsksAbout func(ctx context.Context, device string) (bool, error)

	// Of our own agent.
	Spool   *spool.Store
	Events  *event.Store
	Journal *journal.Store
	// Asks tells what the policy of a device asks of one kind.
	Asks func(ctx context.Context, device string, k journal.Kind) (journal.Ask, error)
	// OwnerOf returns whose device it is, and since when; the zero time for from the first.
	OwnerOf func(ctx context.Context, device string) (string, time.Time, error)
	// Requested returns a problem unless the order asks the device for its log.
	Requested func(ctx context.Context, device, order string) error
	// Seen notes that a device was there.
	Seen func(c scope.Caller, device string)
}

// Service takes inventories.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// Routes returns the ways into the service.
func (s *Service) Routes() []gate.Route {
	who := gate.ByProtocol("inventory agents prove by a token for each computer whose inventory they tell")
	routes := []gate.Route{
		{Method: http.MethodPost, Pattern: Base + "/{token}", Who: who, Body: foreign.MaxBody, Handler: http.HandlerFunc(s.take)},
		{Method: http.MethodGet, Pattern: Base + "/{token}", Who: who, Handler: http.HandlerFunc(s.noTask)},
	}
	for _, path := range usual {
		routes = append(routes,
			gate.Route{Method: http.MethodPost, Pattern: path, Who: who, Body: foreign.MaxBody, Handler: http.HandlerFunc(s.take)},
			gate.Route{Method: http.MethodGet, Pattern: path, Who: who, Handler: http.HandlerFunc(s.noTask)})
	}
	for i := range routes {
		routes[i].Service = zone.ServiceCollection
	}
	return append(routes, s.agentRoutes()...)
}

// caller returns the device that the request's token names.
func (s *Service) caller(r *http.Request) (scope.Caller, error) {
	token := r.PathValue("token")
	if token == "" {
		_, token, _ = r.BasicAuth()
	}
	if token == "" {
		return scope.Caller{}, problem.New(problem.Unauthenticated, "collection.none", "Give the computer's token as the password, or in the address.")
	}
	ctx := r.Context()
	c, unproven, err := s.ByToken(ctx, gate.ClientAddr(ctx), token, gate.Strict(ctx))
	if err == nil {
		gate.Came(ctx, c, unproven)
	}
	return c, err
}

// take takes one message of an agent.
func (s *Service) take(w http.ResponseWriter, r *http.Request) {
	c, err := s.caller(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	m, err := foreign.Read(r.Header, r.Body)
	if err == nil && m.Kind == foreign.Inventory {
		err = s.keep(r.Context(), c, m)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	if err := m.Answer(w); err != nil {
		s.Log.Debug("an answer was not taken", slog.Any(logfield.Error, err))
	}
}

// noTask answers who asks for a task of another kind than inventories: there is none.
func (s *Service) noTask(w http.ResponseWriter, r *http.Request) {
	if _, err := s.caller(r); err != nil {
		s.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}"))
}

func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if problem.Is(err, problem.Unauthenticated) {
		w.Header().Set("WWW-Authenticate", `Basic realm="inventory"`)
	}
	gate.WriteProblem(w, r, err)
}

// keep stores an inventory. Such agents cannot be told what is not asked for: what tells of people goes unless it is.
func (s *Service) keep(ctx context.Context, c scope.Caller, m foreign.Message) error {
	about, err := s.AsksAbout(ctx, c.ID)
	if err != nil {
		return err
	}
	if !about {
		m.Parts = slices.DeleteFunc(m.Parts, func(p inventory.Part) bool { d, err := inventory.Describe(p.Section); return err != nil || d.About })
	}
	_, err = s.Inventory.Keep(ctx, c, c.ID, inventory.Report{Made: s.Clock.Now(), Source: m.Agent, Parts: m.Parts})
	if err != nil {
		return err
	}
	return s.Inventoried(ctx, c, c.ID, facts(m.Parts))
}

// facts are what an inventory tells of the device itself.
func facts(parts []inventory.Part) device.Facts {
	one := func(section inventory.Section) inventory.Item {
		for _, p := range parts {
			if p.Section == section && len(p.Items) > 0 {
				return p.Items[0]
			}
		}
		return nil
	}
	system, hardware := one(inventory.System), one(inventory.Hardware)
	return device.Facts{
		OS: strings.TrimSpace(system["os"]), Model: strings.TrimSpace(hardware["vendor"] + " " + hardware["model"]), Serial: hardware["serial"],
	}
}
