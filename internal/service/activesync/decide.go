package activesync

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/logfield"
	"drover/internal/gate"
)

// verdict is what becomes of a request of a device that is known.
type verdict uint8

const (
	passOn     verdict = iota
	wipe               // an order waits: the device must come for it
	refuse             // access is blocked
	quarantine         // a mailbox of our own
	provision          // a Provision ends here
	policyDue          // the device must fetch its policy first
)

// reasons tell in the log of synchronisations why a device did not get what it asked for.
var reasons = map[verdict]string{wipe: "wipe", refuse: "blocked", quarantine: "quarantine", policyDue: "policy"}

// judge decides on what is known, without asking anybody. The order matters: a wipe reaches also who is blocked, and
// who is not let in is asked for nothing.
func (v *visit) judge(s *Standing) (verdict, Status) {
	if v.g.core.Pending(s.Device) {
		return wipe, statusWipeRequested
	}
	return v.judgeAccess(s)
}

// judgeAccess decides where no order waits.
func (v *visit) judgeAccess(s *Standing) (verdict, Status) {
	switch s.Access {
	case Blocked:
		return refuse, s.Status
	case Quarantined:
		return quarantine, 0
	}
	if v.query.Command == Provision {
		return provision, 0
	}
	if due := v.policyDue(s); due != 0 {
		return policyDue, due
	}
	return passOn, 0
}

// policyDue tells why the device must provision before anything else, or 0. A key counts for the device, the protocol
// version and the revision of the policy that it was given for; revisions are compared, never documents, so that what a
// version cannot say cannot make it come for ever.
func (v *visit) policyDue(s *Standing) Status {
	revision := s.policyRevision(v.version)
	if revision == "" {
		return 0
	}
	k := s.Keys
	switch {
	case k.Final == 0:
		return statusNotProvisioned
	case v.key == 0 && v.query.Command != Ping: // a Ping need not carry the key (MS-ASHTTP section 2.2.1.1.2.5)
		return statusNotProvisioned
	case v.key != 0 && v.key != k.Final:
		return statusInvalidKey
	case k.FinalBinding != Binding{revision, v.version}:
		return statusRefresh
	}
	if hours := s.Policy.RefreshHours(); hours > 0 && v.g.clock.Now().Sub(k.At) > time.Duration(hours)*time.Hour {
		return statusRefresh
	}
	return 0
}

// decide carries the verdict out. Only what is passed on may go without proof, since the mail server then asks for it
// itself; and only on what has just been read from the database is a device told no.
func (v *visit) decide(s *Standing, fresh bool) (answer, error) {
	if d, _ := v.judge(s); d == passOn {
		return v.passOn(s)
	}
	if a, err := v.prove(); err != nil || a.status != 0 {
		return a, err
	}
	if !fresh {
		var err error
		if s, err = v.reload(); err != nil {
			return v.decideAnew()
		}
	}
	d, status := v.judge(s)
	return v.carryOut(s, d, status)
}

func (v *visit) carryOut(s *Standing, d verdict, status Status) (answer, error) {
	gate.Synced(v.r.Context()).Reason = reasons[d]
	switch d {
	case wipe:
		return v.wipe(s)
	case refuse:
		if s.Wiped {
			v.then = func() { v.tellUpstream(s) }
		}
		return v.tell(status), nil
	case quarantine:
		return v.quarantine(s)
	case provision:
		return v.provision(s)
	case policyDue:
		return v.askForPolicy(s, status)
	}
	return v.passOn(s)
}

// timesAsked is how often a device is asked to provision before it is taken for one that cannot.
const timesAsked = 3

// askForPolicy sends the device to Provision. One that does not come although it has been asked is let through where the
// policy allows devices that cannot take it. Elsewhere one that does not even know of policy keys is told that it is too
// old, so that it stops asking.
func (v *visit) askForPolicy(s *Standing, status Status) (answer, error) {
	if v.g.standings.ask(v.place) <= timesAsked {
		return v.tell(status), nil
	}
	if s.Policy.AllowsNonProvisionable() {
		return v.passOn(s)
	}
	if !v.knowsKeys() {
		status = statusLegacyDevice
	}
	return v.tell(status), nil
}

// knowsKeys tells whether the request has a place for a policy key, be it empty. A Ping need not have one.
func (v *visit) knowsKeys() bool {
	if v.query.Base64 {
		return v.query.KeyField || v.query.Command == Ping
	}
	_, has := v.r.Header["X-Ms-Policykey"]
	return has || v.query.Command == Ping
}

// quarantine answers from the mailbox that holds one message.
func (v *visit) quarantine(s *Standing) (answer, error) {
	if v.query.Command == Provision {
		return v.provisionNothing(s)
	}
	body, err := v.readBody()
	if err != nil {
		return answer{}, err
	}
	if v.query.Command == Settings {
		if err := v.keepInformation(s, parseSettings(body)); err != nil {
			return answer{}, err
		}
	}
	a, hold := quarantined(v.version, v.query.Command, body, s.Notice)
	if hold == 0 {
		return a, nil
	}
	return v.hold(s, a, hold)
}

// hold answers with a after the time, or as soon as something changes for the device.
func (v *visit) hold(s *Standing, a answer, d time.Duration) (answer, error) {
	changed := make(chan struct{})
	w := v.await(s, sync.OnceFunc(func() { close(changed) }))
	defer w.done()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-v.r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-timer.C:
		return a, nil
	case <-changed:
	}
	if w.held.followed.Load() {
		return v.nothingNew(), nil
	}
	if stopping(v.r.Context()) || v.g.moved(&w.held) {
		return v.comeBack(), nil
	}
	now, err := v.load()
	if err != nil {
		return answer{}, err
	}
	if d, _ := v.judge(now); d != passOn {
		return v.decide(now, false)
	}
	if v.query.Command == Ping {
		return pingAnswer(pingFolderSync), nil
	}
	return restartSync(v.body), nil
}

// nothingNew ends a held request without news, so that a client that still listens asks again.
func (v *visit) nothingNew() answer {
	if v.query.Command == Ping {
		return pingAnswer(pingExpired)
	}
	return answer{status: http.StatusOK}
}

// comeBack sends a client that is held to another server, or to this one when it is back.
func (v *visit) comeBack() answer {
	return answer{status: http.StatusServiceUnavailable, retry: 5}
}

// waiting is an exchange that is held, and how it hears of changes.
type waiting struct {
	g      *Gateway
	held   held
	cancel func()
}

// await has end called once something changes for the device. done ends the watching.
func (v *visit) await(s *Standing, end func()) *waiting {
	w := &waiting{g: v.g, held: held{
		ctx: v.r.Context(), login: v.login.name, server: v.upstream.URL.String(), place: v.place, command: v.query.Command,
		version: v.version, print: v.print, proven: v.proven, standing: s, pending: v.g.core.Pending(s.Device), end: end,
	}}
	v.g.watchStop(gate.Stopping(v.r.Context()))
	w.cancel = v.g.bus.Subscribe("device:"+s.Device, func(bus.Message) { end() }) // first, so that who is held hears
	v.g.holding.add(&w.held)
	if stopping(v.r.Context()) {
		end()
	}
	return w
}

// watchStop ends everything that is held when the server stops.
func (g *Gateway) watchStop(stop <-chan struct{}) {
	if stop == nil {
		return
	}
	g.stop.Do(func() {
		go func() {
			<-stop
			g.holding.endAll()
		}()
	})
}

// stopping tells whether the server stops.
func stopping(ctx context.Context) bool {
	select {
	case <-gate.Stopping(ctx):
		return true
	default:
		return false
	}
}

func (w *waiting) done() {
	w.cancel()
	w.g.holding.remove(&w.held)
}

// recheckHeld looks again at every device that is held, after the zone has changed, and ends the waiting of those for
// which something else is to be said now. It ends them only when all have been looked at: a phone that is woken takes its
// new policy at once, and that work would stand before the looks at all others.
func (g *Gateway) recheckHeld(ctx context.Context) {
	revision, err := g.revision.Current()
	if err != nil {
		return // the next change, or the next request, decides
	}
	all := g.holding.all()
	g.remember(ctx, all)
	changed := make([]bool, len(all))
	work := make(chan int)
	var wg sync.WaitGroup
	for range recheckers {
		wg.Go(func() {
			for i := range work {
				changed[i] = g.hasChanged(ctx, all[i], revision)
			}
		})
	}
	for i := range all {
		work <- i
	}
	close(work)
	wg.Wait()
	for i, h := range all {
		if changed[i] {
			h.end()
		}
	}
}

// remember prepares for the looks at all that is held. Where it fails they take longer.
func (g *Gateway) remember(ctx context.Context, all []*held) {
	seats := make([]Seat, len(all))
	for i, h := range all {
		seats[i] = Seat{User: h.standing.User, DeviceID: h.place.device, Device: h.standing.Device}
	}
	if err := g.core.Remember(ctx, seats); err != nil {
		g.log.Warn("devices that are held are looked at one by one", slog.Any(logfield.Error, err))
	}
}

// recheckers is how many held devices are looked at in parallel.
const recheckers = 8

// moved tells whether the way that a held exchange came is no more: the service is switched off, or the mail server of
// its user is another one, or none.
func (g *Gateway) moved(h *held) bool {
	if !gate.Served(h.ctx) {
		return true
	}
	up, user, err := g.upstreams.Choose(h.login)
	return err != nil || up.ID != h.place.upstream || user != h.place.user || up.URL.String() != h.server
}

// hasChanged tells whether something else is to be said to a held device than when it began to wait.
func (g *Gateway) hasChanged(ctx context.Context, h *held, revision int64) bool {
	if g.moved(h) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s, _ := g.standings.get(h.place, revision, g.clock.Now())
	if s == nil {
		var err error
		if s, err = g.stand(ctx, h.place, h.version, g.core.Standing); err != nil {
			g.log.Warn("a held device could not be looked at again", slog.Any(logfield.Error, err))
			return true // it decides for itself
		}
	}
	now := g.clock.Now()
	same := s.Access == h.standing.Access && s.policyRevision(h.version) == h.standing.policyRevision(h.version) &&
		s.pace(now) == h.standing.pace(now)
	return !same || !h.pending && g.core.Pending(s.Device)
}
