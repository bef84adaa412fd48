package server

import (
	"context"
	"net/netip"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"drover/api/agentv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/door"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/service/management"
)

// newManagement makes the service that manages computers.
func (s *Server) newManagement() *management.Service {
	z := s.zone
	m := management.New(management.Deps{
		Log: s.log, Clock: z.Clock, Bus: z.Bus, Enrol: z.Enrol, Devices: z.Devices, Commands: z.Commands, Computers: z.Computers,
		Effective: s.mail.Effective, EffectiveOf: s.mail.EffectiveOf, Learn: z.learn, Locations: z.locations, Advertised: z.Doors.Number,
		Scripts: z.Scripts.For,
		Zone: func(ctx context.Context) (string, error) {
			name, _, err := z.Zone.Name(ctx)
			return name, err
		},
	})
	s.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "drover_agents_held", Help: "Computers that hold a connection for hints.",
	}, func() float64 { return float64(m.Held()) }))
	return m
}

// agentState is what the agent of a computer was told and has told last.
func (z *Zone) agentState(ctx context.Context, d device.Device) (map[string]any, error) {
	st, err := z.Computers.Standing(ctx, exporter, d.ID)
	if problem.Is(err, problem.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	settings := map[platform.Setting]any{}
	for key, s := range st.Settings {
		settings[key] = map[string]any{"state": s.State, "found": s.Found, "reason": s.Reason, "at": s.At}
	}
	return map[string]any{"agent": map[string]any{
		"version": st.Agent, "made": st.Made, "received": st.Received, "policySent": st.SentAt, "documents": st.Documents, "settings": settings,
	}}, nil
}

// resultChapter is what became of the orders and scripts on a user's computers.
func (z *Zone) resultChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	c := scope.Caller{Kind: scope.User, ID: owner, Grants: []scope.Grant{{Rights: []scope.Right{scope.CommandRead}}}}
	return page.Walk(func(after string) ([]computer.Result, string, error) {
		p, err := z.Computers.Results(ctx, c, computer.Filter{}, page.Request{Limit: page.MaxLimit, After: after})
		return p.Items, p.Next, err
	}, func(r computer.Result) error {
		return add(map[string]any{
			"device": r.Device, "command": r.Command, "script": r.Script, "state": r.State, "reason": r.Reason, "words": r.Words,
			"exit": r.Exit, "output": r.Output, "made": r.Made, "received": r.Received,
		})
	})
}

// learn takes over what a computer says it is, unless that is another machine. It proves nothing.
func (z *Zone) learn(ctx context.Context, c scope.Caller, p enrol.Proof, f agentv1.Facts) error {
	facts := enrol.FactsOf(f)
	if err := facts.Clean(); err != nil {
		return err
	}
	same, err := z.Enrol.Tells(ctx, p, facts, c.Addr)
	if err != nil || !same {
		return err
	}
	_, err = z.Devices.RecordFacts(ctx, c, p.Device, facts.Device())
	return err
}

// locations tells a computer which servers are close to the address that it asks from.
func (z *Zone) locations(_ context.Context, d device.Device, from netip.Addr) (agentv1.Locations, error) {
	c, err := z.Doors.Closest(scope.Caller{Kind: scope.Device, ID: d.ID, Addr: from}, door.Asker{Device: d.ID, Addr: from})
	out := agentv1.Locations{Location: c.Location, Servers: []agentv1.Server{}}
	for _, r := range c.Roles {
		s := agentv1.Server{Role: string(r.Role), URLs: []string{}}
		for _, x := range r.Choices {
			if len(s.URLs) < agentv1.MaxServers && !slices.Contains(s.URLs, x.URL) {
				s.URLs = append(s.URLs, x.URL)
			}
		}
		out.Servers = append(out.Servers, s)
	}
	return out, err
}
