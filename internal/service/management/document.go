package management

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"drover/api/agentv1"
	"drover/internal/core/command"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/gate"
	"drover/internal/gate/agents"
)

// maker makes what a document says to a computer, and names it.
type maker func(context.Context, device.Device) (body any, revision string, err error)

// document hands a document out, unless the computer holds it already.
func (s *Service) document(kind string, make maker) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, v, err := s.make(r.Context(), kind, make)
		if err != nil {
			gate.WriteProblem(w, r, err)
			return
		}
		etag := strconv.Quote(strconv.FormatInt(v.Number, 10))
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		e, err := s.Enrol.Sign(r.Context(), d)
		if err != nil {
			w.Header().Del("ETag")
			gate.WriteProblem(w, r, err)
			return
		}
		agents.Answer(w, e)
	})
}

// make makes the document of a kind for the computer that calls.
func (s *Service) make(ctx context.Context, kind string, make maker) (agentv1.Document, computer.Version, error) {
	none := agentv1.Document{}
	if _, err := s.proof(ctx); err != nil {
		return none, computer.Version{}, err
	}
	d, err := s.device(ctx)
	if err != nil {
		return none, computer.Version{}, err
	}
	body, revision, err := make(ctx, d)
	if err != nil {
		return none, computer.Version{}, err
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return none, computer.Version{}, err
	}
	v, err := s.Computers.Kept(ctx, caller(ctx), d.ID, kind, revision, raw)
	return agentv1.Document{
		Device: d.ID, Kind: kind, Version: v.Number, Made: stamp(v.Made), Expires: stamp(v.Expires), Body: raw,
	}, v, err
}

func (s *Service) settings(ctx context.Context, d device.Device) (any, string, error) {
	e, err := s.Effective(ctx, d)
	if err != nil {
		return nil, "", err
	}
	out := settings(e, d)
	if !out.Uninstall.Free {
		if out.Uninstall.Codes, err = s.codes(ctx, d); err != nil {
			return nil, "", err
		}
	}
	if out.Zone, err = s.Zone(ctx); err != nil {
		return nil, "", err
	}
	out.Signing, err = s.Enrol.SigningKeys(ctx)
	return out, "", err
}

// codes are what an agent is told of the one-time codes by which it may go: of those that were shown before its key was made
// none counts, since it may have gone by them.
func (s *Service) codes(ctx context.Context, d device.Device) ([]string, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	k, err := s.Enrol.Certified(ctx, p)
	if err != nil {
		return nil, err
	}
	return s.Computers.CodePrints(ctx, caller(ctx), d.ID, k.Created)
}

func (s *Service) policies(ctx context.Context, d device.Device) (any, string, error) {
	e, err := s.Effective(ctx, d)
	if err != nil {
		return nil, "", err
	}
	out, err := policies(e, platform.Resolve(d.PlatformFacts()).ID)
	return out, out.Revision, err
}

func (s *Service) locations(ctx context.Context, d device.Device) (any, string, error) {
	l, err := s.Locations(ctx, d, gate.ClientAddr(ctx))
	return l, "", err
}

// maxOrders bounds the orders of one document; the next ones come when these are done.
const maxOrders = 20

func (s *Service) assignments(ctx context.Context, d device.Device) (any, string, error) {
	out := agentv1.Assignments{Orders: []agentv1.Order{}, Scripts: []agentv1.Script{}}
	list, err := s.Commands.Hand(ctx, d.ID, platform.Agent, maxOrders)
	if err != nil {
		return nil, "", err
	}
	for i := range list {
		o, err := s.order(ctx, d, &list[i])
		if err != nil {
			return nil, "", err
		}
		out.Orders = append(out.Orders, o)
	}
	scripts, err := s.Scripts(ctx, d)
	out.Scripts = append(out.Scripts, scripts...)
	return out, "", err
}

// order says a command on the wire.
func (s *Service) order(ctx context.Context, d device.Device, c *command.Command) (agentv1.Order, error) {
	way := platform.Resolve(d.PlatformFacts()).Ask(c.Kind, platform.Reach{Channels: []platform.Channel{platform.Agent}}).Way
	ask, err := s.Commands.Standing(ctx, c)
	return agentv1.Order{
		ID: c.ID, Kind: string(c.Kind), Class: class(c.Kind), Parameters: parameters(c), Challenge: ask.Token, Removes: way.Removes,
		Leaves: way.Leaves, Made: stamp(c.Created), Expires: stamp(c.Expires.Truncate(time.Second)),
	}, err
}

func class(k platform.Command) string {
	switch {
	case command.Destroys(k):
		return "destructive"
	case command.Disrupts(k):
		return "disruptive"
	}
	return "none"
}

func parameters(c *command.Command) map[string]string {
	switch {
	case c.Text == "":
		return nil
	case c.Kind == platform.Message:
		return map[string]string{"text": c.Text}
	case c.Kind == platform.DisableAccounts:
		return map[string]string{"except": c.Text}
	}
	return nil
}
