package activesync

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/wbxml"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

// Options are the parts that the gateway stands on. All are required.
type Options struct {
	Core      Core
	Upstreams Upstreams
	Revision  Revision
	Bus       *bus.Bus
	Clock     clock.Clock
	Log       *slog.Logger
}

// Revision is the number that decisions kept in memory carry.
type Revision interface {
	// Current returns the zone's revision; a problem of kind Unavailable when nothing may be decided.
	Current() (int64, error)
}

// Gateway is the service.
type Gateway struct {
	core        Core
	upstreams   Upstreams
	revision    Revision
	bus         *bus.Bus
	clock       clock.Clock
	log         *slog.Logger
	credentials *credentials
	standings   *standings
	holding     *holding
	keyed       *keyed
	complaints  *complaints
	recheck     chan struct{}
	stop        sync.Once
}

// New returns the gateway. Run must run beside it.
func New(o Options) *Gateway {
	return &Gateway{
		core: patient{o.Core}, upstreams: o.Upstreams, revision: o.Revision, bus: o.Bus, clock: o.Clock, log: o.Log,
		credentials: newCredentials(o.Clock.Now), standings: newStandings(), holding: newHolding(),
		keyed: newKeyed(o.Clock.Now), complaints: newComplaints(), recheck: make(chan struct{}, 1),
	}
}

// visit is one request on its way through the gateway.
type visit struct {
	g    *Gateway
	w    http.ResponseWriter
	r    *http.Request
	from netip.Addr

	query   Query
	version Version
	key     uint32 // the policy key that the device shows, 0 for none

	login    login
	upstream Upstream
	user     string
	print    fingerprint
	proven   bool // the upstream has accepted the credentials

	place    place
	body     []byte        // of the request, where it is small or ends here
	whole    bool          // body is all of it
	repeated bool          // it has been passed on before
	bound    time.Duration // how long the mail server may hold it by the device's schedule; 0 where that says nothing
	then     func()        // what is left to do when the device has its answer; nil for nothing
}

// serveCommand answers a POST.
func (g *Gateway) serveCommand(w http.ResponseWriter, r *http.Request) {
	v := visit{g: g, w: w, r: r, from: gate.ClientAddr(r.Context())}
	a, err := v.serve()
	gate.Synced(r.Context()).Proven = v.proven
	if errors.Is(err, errRelayed) {
		return
	}
	if err != nil {
		a = v.failed(err)
	}
	v.write(a)
	if v.then != nil {
		v.then()
	}
}

// errRelayed says that the answer has been written.
var errRelayed = errors.New("activesync: the answer has been written")

// serve finds the answer to a request, or passes it on and returns errRelayed.
func (v *visit) serve() (answer, error) {
	if a, ok := v.read(); !ok {
		return a, nil
	}
	revision, err := v.g.revision.Current()
	if err != nil {
		return answer{}, err
	}
	if a, err := v.identify(); err != nil || a.status != 0 {
		return a, err
	}
	if versions := v.upstream.Versions; len(versions) > 0 && !slices.Contains(versions, v.version.String()) {
		v.w.Header().Set("X-MS-RP", strings.Join(versions, ",")) // the client asks again what is spoken here
		return answer{status: http.StatusBadRequest}, nil
	}
	trial := v.g.credentials.judge(v.print, v.user, v.from)
	switch trial {
	case trialProven:
		v.proven = true
	case trialRefused:
		return v.refused()
	case trialLater:
		return v.later()
	case trialTrusted, trialAsk:
	}
	v.place = place{v.upstream.ID, v.user, v.query.DeviceID}
	s, old := v.g.standings.get(v.place, revision, v.g.clock.Now())
	if s != nil && old {
		s, _ = v.load() // without one it is decided anew
	}
	if s == nil || trial == trialAsk {
		return v.decideAnew()
	}
	v.seen(s)
	return v.decide(s, false)
}

// read takes the request line apart.
func (v *visit) read() (answer, bool) {
	q, err := ParseQuery(v.r.URL.RawQuery)
	switch {
	case errors.Is(err, errCommand):
		return answer{status: http.StatusNotImplemented}, false
	case err != nil:
		return answer{status: http.StatusBadRequest}, false
	}
	v.query, v.version, v.key = q, q.Version, q.PolicyKey
	if q.Base64 {
		return answer{}, true
	}
	v.version = ParseVersion(v.r.Header.Get("MS-ASProtocolVersion"))
	if v.version == 0 {
		return answer{status: http.StatusBadRequest}, false
	}
	// A key that is no number is no key of ours: the device is asked to provision.
	v.key, _ = policyKey(v.r.Header.Get("X-MS-PolicyKey"))
	return answer{}, true
}

// identify finds out whose credentials these claim to be, and which mail server can tell.
func (v *visit) identify() (answer, error) {
	header := v.r.Header.Get("Authorization")
	l, err := v.g.login(v.r.Context(), header)
	if err != nil {
		if header != "" {
			v.g.credentials.blame(v.from)
		}
		return v.challenge(), nil
	}
	v.print = v.g.credentials.fingerprint("", header)
	if v.upstream, v.user, err = v.g.upstreams.Choose(l.name); err != nil {
		return v.unknownUser(err)
	}
	if l.bearer != "" && l.bearer != v.upstream.ID { // a token for one mail server is none for another
		return v.challenge(), nil
	}
	if v.query.User != "" && v.query.User != l.name {
		up, user, err := v.g.upstreams.Choose(v.query.User)
		if err != nil || up.ID != v.upstream.ID || user != v.user {
			return answer{status: http.StatusForbidden}, nil
		}
	}
	v.login, v.print = l, v.g.credentials.fingerprint(v.upstream.ID, header)
	return answer{}, nil
}

// unknownUser answers for a user whom no mail server knows as a mail server would.
func (v *visit) unknownUser(err error) (answer, error) {
	if problem.From(err).Kind != problem.NotFound {
		return answer{}, err
	}
	if v.g.credentials.crowded(v.from) {
		return v.later()
	}
	v.g.credentials.blame(v.from)
	return v.refused()
}

// decideAnew proves the credentials, takes the device in at its first contact and decides on what the database says.
func (v *visit) decideAnew() (answer, error) {
	if a, err := v.prove(); err != nil || a.status != 0 {
		return a, err
	}
	s, err := v.reload()
	if err != nil && problem.From(err).Kind == problem.NotFound {
		s, err = v.enrol()
	}
	if a, ok := v.notEnrolled(err); ok {
		return a, nil
	}
	if err != nil {
		return answer{}, err
	}
	v.seen(s)
	return v.decide(s, true)
}

// load asks core where the device stands and keeps it in memory.
func (v *visit) load() (*Standing, error) {
	return v.g.stand(v.r.Context(), v.place, v.version, v.g.core.Standing)
}

// reload is load from the database.
func (v *visit) reload() (*Standing, error) {
	return v.g.stand(v.r.Context(), v.place, v.version, v.g.core.FreshStanding)
}

// stand asks core where a device stands and keeps it in memory.
func (g *Gateway) stand(ctx context.Context, p place, version Version,
	ask func(ctx context.Context, upstream, user, deviceID string, v Version) (*Standing, error),
) (*Standing, error) {
	revision, err := g.revision.Current() // read first, so that what is kept is never older than it says
	if err != nil {
		return nil, err
	}
	s, err := ask(ctx, p.upstream, p.user, p.device, version)
	if err != nil {
		g.standings.forget(p)
		return nil, err
	}
	g.standings.put(p, s, revision, g.clock.Now())
	return s, nil
}

func (v *visit) enrol() (*Standing, error) {
	err := v.g.core.Enrol(v.r.Context(), Contact{
		Upstream: v.place.upstream, User: v.place.user, DeviceID: v.place.device, DeviceType: cleanFact(v.query.DeviceType),
		UserAgent: cleanFact(v.r.UserAgent()), Version: v.version, Address: v.from,
	})
	if err != nil {
		return nil, err
	}
	return v.load()
}

// notEnrolled answers a device that may not come in at all.
func (v *visit) notEnrolled(err error) (answer, bool) {
	if err == nil {
		return answer{}, false
	}
	switch problem.From(err).Kind {
	case problem.Conflict: // the user has as many devices as the zone allows
		return v.tell(statusTooManyDevices), true
	case problem.Forbidden, problem.NotFound:
		return v.tell(statusDeviceBlocked), true
	}
	return answer{}, false
}

// seen tells the log of synchronisations, and core of the contact, once a minute at most.
func (v *visit) seen(s *Standing) {
	synced := gate.Synced(v.r.Context())
	synced.Device, synced.Command = s.Device, v.query.Command.String()
	now := v.g.clock.Now()
	if !v.proven || !v.g.standings.due(v.place, now) {
		return
	}
	v.g.core.Seen(Sighting{
		Device: s.Device, At: now, Version: v.version, UserAgent: cleanFact(v.r.UserAgent()),
		Command: v.query.Command, Address: v.from,
	})
}

// challenge asks for credentials.
func (v *visit) challenge() answer { return answer{status: http.StatusUnauthorized} }

// later tells a client to come back: too many wrong passwords. It is the same for every user and device, known or not.
func (v *visit) later() (answer, error) {
	if a, ok, err := v.dying(); ok || err != nil {
		return a, err
	}
	return answer{status: http.StatusServiceUnavailable, retry: int(wrongWindow / time.Second)}, nil
}

// retryAfter is when a client may try again after a fault, in seconds.
const retryAfter = 30

// failed turns an error into an answer: whatever goes wrong, nobody is let in.
func (v *visit) failed(err error) answer {
	p := problem.From(err)
	if p.Kind != problem.Throttled && v.g.complaints.first(v.upstream.ID+" "+p.Code, v.g.clock.Now()) {
		v.g.log.LogAttrs(v.r.Context(), slog.LevelWarn, "an ActiveSync request failed",
			slog.String(logfield.Kind, v.query.Command.String()), slog.String(logfield.Upstream, v.upstream.ID),
			slog.String(logfield.Reason, p.Code), slog.Any(logfield.Error, p.Detail))
	}
	retry := max(int(p.Retry/time.Second), retryAfter)
	return answer{status: http.StatusServiceUnavailable, retry: retry}
}

// write sends what the gateway says itself.
func (v *visit) write(a answer) {
	h := v.w.Header()
	h.Set("Cache-Control", "private")
	h.Set("MS-Server-ActiveSync", orDefault(a.version, serverVersion))
	if a.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retry))
	}
	if a.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="mail", charset="UTF-8"`)
	}
	if len(a.body) > 0 {
		h.Set("Content-Type", wbxml.ContentType)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	v.w.WriteHeader(a.status)
	_, _ = v.w.Write(a.body) // a client that is gone cannot be told
}

// serverVersion is what the gateway's own answers say of the server; clients only look whether it is there.
const serverVersion = "16.1"

// maxTerminated bounds the body of a request that ends at the gateway.
const maxTerminated = 256 << 10

// readBody takes the whole body of a request that ends here.
func (v *visit) readBody() ([]byte, error) {
	if v.whole {
		return v.body, nil
	}
	body, err := io.ReadAll(io.LimitReader(v.r.Body, maxTerminated+1))
	if err != nil {
		return nil, problem.New(problem.Malformed, "activesync.body", "The request did not arrive whole.").WithDetail(err)
	}
	if len(body) > maxTerminated {
		return nil, problem.New(problem.TooLarge, "activesync.body", "The request is too large for its command.")
	}
	v.body, v.whole = body, true
	return body, nil
}

// Recheck looks again at everything that is held, soon: for changes that the zone's revision does not tell of in time.
func (g *Gateway) Recheck() {
	select {
	case g.recheck <- struct{}{}:
	default: // one is due already
	}
}

// Run watches for changes of the zone until ctx ends, and then ends all that is held.
func (g *Gateway) Run(ctx context.Context) {
	cancel := g.bus.Subscribe(zone.Topic, func(bus.Message) { g.Recheck() })
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			g.holding.endAll()
			return
		case <-g.recheck:
			g.recheckHeld(ctx)
		}
	}
}
