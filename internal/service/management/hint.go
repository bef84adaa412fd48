package management

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"drover/api/agentv1"
	"drover/internal/base/bus"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

const (
	// hintTime is how long a hint may wait for an agent that does not read.
	hintTime = 20 * time.Second
	// maxHinting bounds the hints that are under way: one is a few octets, which go at once unless the agent does not read.
	maxHinting = 256
	// silence is how long nothing is said on a connection at most, so that nothing between forgets it, and silenceLook how
	// often that is looked after.
	silence     = 10 * time.Minute
	silenceLook = time.Minute
	// drainTime is within which time agents hold their connections elsewhere when the server stops, and drainWait how long
	// it waits to have told them.
	drainTime = 30 * time.Second
	drainWait = 2 * time.Second
	// checkRate is how many computers a second ask for news when something has changed for all of them.
	checkRate = 500
)

// Recheck has every computer that is held looked at, soon.
func (s *Service) Recheck() { s.held.lookAtAll() }

// Run hints to the computers that are held, until ctx ends or the server stops, of which it tells them: at once what has happened
// to them, and when the zone has changed that they may have to obey something else. One goroutine waits for them all.
func (s *Service) Run(ctx context.Context) {
	cancel := s.Bus.Subscribe(zone.Topic, func(bus.Message) { s.Recheck() })
	defer cancel()
	tick := time.NewTicker(silenceLook)
	defer tick.Stop()
	defer s.drain(context.WithoutCancel(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.held.stops():
			return
		case <-tick.C:
			s.ping(ctx)
		case <-s.held.bell:
			s.serve(ctx)
		}
	}
}

// serve hints to those that stand in line, and looks at some groups, each beside the others.
func (s *Service) serve(ctx context.Context) {
	woken, looked := s.held.next()
	for _, c := range woken {
		s.check(ctx, c)
	}
	var all sync.WaitGroup
	for group := range slices.Chunk(looked, lookGroup) {
		all.Go(func() {
			if err := s.look(ctx, group); err != nil && ctx.Err() == nil {
				// The next change finds it, or the schedule.
				s.Log.WarnContext(ctx, "computers that are held are not told of a change", logfield.Error, err)
			}
		})
	}
	all.Wait()
}

// drain tells all that the server stops, and ends their connections.
func (s *Service) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainWait)
	defer cancel()
	limit := make(chan struct{}, maxHinting)
	var all sync.WaitGroup
	for _, c := range s.held.all() {
		limit <- struct{}{}
		all.Go(func() {
			defer func() { <-limit }()
			_ = say(ctx, c.conn, agentv1.Hint{Hint: agentv1.HintDrain, Seconds: int(drainTime / time.Second)})
			_ = c.conn.CloseNow()
		})
	}
	all.Wait()
}

// ping says something to those that have heard nothing for long.
func (s *Service) ping(ctx context.Context) {
	before := time.Now().Add(silenceLook - silence).Unix()
	for _, c := range s.held.all() {
		if c.hinted.Load() <= before {
			s.hint(ctx, c, agentv1.Hint{Hint: agentv1.HintPing})
		}
	}
}

// check hints that a computer should ask, unless its key has ended.
func (s *Service) check(ctx context.Context, c *connection) {
	if _, err := s.stays(ctx, c.key); err != nil {
		s.end(c)
		return
	}
	s.hint(ctx, c, agentv1.Hint{Hint: agentv1.HintCheck})
}

// self looks at computers for Drover itself.
var self = scope.System("management")

// look finds out what computers that are held must obey now, and whether orders wait for them, with few questions to the
// database, and hints to those for whom that is news. The keys are proven anew: they may have ended meanwhile.
func (s *Service) look(ctx context.Context, group []*connection) error {
	names, keys := make([]device.Name, len(group)), make([]string, len(group))
	for i, c := range group {
		names[i], keys[i] = device.Name{ID: c.device, Owner: c.owner, EASID: c.easID}, c.key
	}
	devices, err := s.Devices.Many(ctx, self, names)
	if err == nil {
		err = s.Enrol.Remember(ctx, keys, devices)
	}
	if err != nil {
		return err
	}
	within := s.held.count() / checkRate
	for _, c := range group {
		d := devices[c.device]
		c.owner, c.easID = d.Device.Owner, d.Device.EASID
		revision, due, err := s.news(ctx, c, d)
		switch {
		case problem.Is(err, problem.Unavailable):
			return err
		case err != nil || !gate.Served(c.ctx):
			s.end(c)
		case due || revision != c.known: // the first look hints in any case: much may have changed while nothing was held
			c.known = revision
			s.hint(ctx, c, agentv1.Hint{Hint: agentv1.HintCheck, Seconds: within})
		}
	}
	return nil
}

// news returns what names all that a computer must obey, and whether an order waits for it; a problem when it must stay out.
func (s *Service) news(ctx context.Context, c *connection, d device.Known) (what string, due bool, err error) {
	if _, err := s.stays(ctx, c.key); err != nil {
		return "", false, err
	}
	e, err := s.EffectiveOf(ctx, d)
	if err != nil {
		return "", false, err
	}
	scripts, err := s.Scripts(ctx, d.Device)
	if err != nil {
		return "", false, err
	}
	due, err = s.Commands.Due(ctx, c.device, platform.Agent)
	return revision(e.RevisionOver(platform.Agent, platform.Version{}), scripts, s.Advertised()), due, err
}

// revision names what a computer must obey, scripts included, and what it is told of servers.
func revision(policy string, scripts []agentv1.Script, servers int64) string {
	policy += " " + strconv.FormatInt(servers, 10)
	for _, x := range scripts {
		policy += " " + x.ID + "/" + x.Revision
	}
	return policy
}

// end ends a connection. Its reader finds that out.
func (s *Service) end(c *connection) { go c.conn.CloseNow() }

// hint writes a hint, without waiting for the agent that is to read it unless very many do not. The connection of an agent that
// does not read ends.
func (s *Service) hint(ctx context.Context, c *connection, h agentv1.Hint) {
	c.hinted.Store(time.Now().Unix())
	ctx = context.WithoutCancel(ctx) // whose end would cut the connection before it is drained
	s.hinting <- struct{}{}
	go func() {
		defer func() { <-s.hinting }()
		if say(ctx, c.conn, h) != nil {
			_ = c.conn.CloseNow()
		}
	}()
}

func say(ctx context.Context, conn *websocket.Conn, h agentv1.Hint) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, hintTime)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, raw)
}
