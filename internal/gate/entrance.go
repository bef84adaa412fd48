package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"drover/internal/base/httpsig"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
)

// entrance is the gate of one listener.
type entrance struct {
	gate   *Gate
	router router
}

// ServeHTTP lets a request through to its service, or refuses it. The order is the rule: path, route, door, address, rate,
// proof, right, and only then is anything read of what was sent (incident S3). A door that is closed, and one that is
// closed to this address, look as if there were none, whatever the method.
func (d *entrance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := d.gate.open(w, r)
	defer x.close()
	path, err := requestPath(r)
	if err != nil {
		x.refuse(r, refusedPath, err)
		return
	}
	r.URL.Path, r.URL.RawPath = path, ""
	n, values := d.router.find(path)
	if n == nil {
		x.refuse(r, refusedRoute, errNoRoute)
		return
	}
	route := n.methods[r.Method]
	if reason, err := x.knock(cmp.Or(route, n.first)); err != nil {
		x.refuse(r, reason, err)
		return
	}
	if route == nil {
		w.Header().Set("Allow", n.allow)
		x.refuse(r, refusedMethod, errMethod)
		return
	}
	x.enter(route)
	if x.time != Held {
		var cancel context.CancelFunc
		x.Context, cancel = context.WithTimeout(r.Context(), x.time)
		defer cancel()
	}
	x.serve(r, values)
}

// knock asks the door of the service that a route belongs to.
func (x *exchange) knock(route *entry) (reason string, err error) {
	x.meter = route.meter
	x.door = x.gate.doors.Door(route.Service)
	switch {
	case x.door == nil:
		return refusedUnavailable, errUnknown
	case !x.door.On:
		return refusedOff, errNoRoute
	case !x.door.Admits(x.client, x.started):
		return refusedAddress, errNoRoute
	}
	return x.gate.rates.count(rateKey{route.Service, network(x.client), ""}, x.door.PerAddress, x.started)
}

func (g *Gate) open(w http.ResponseWriter, r *http.Request) *exchange {
	now := time.Now() // deadlines on connections and durations are the machine's, not the zone's
	x := &exchange{Context: r.Context(), gate: g, meter: g.stray, id: rand.Uint64(), started: now}
	x.response = response{x: x, w: w, renewed: now}
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	x.client = g.proxies.Load().Client(peer.Addr(), r.Header)
	stripHeaders(r.Header)
	return x
}

func (x *exchange) enter(route *entry) {
	x.route, x.time, x.limit = route, route.Time, route.Body
	if x.time != Held && x.door.Time > 0 {
		x.time = min(x.time, x.door.Time)
	}
	if x.door.Body > 0 {
		x.limit = min(x.limit, x.door.Body)
	}
	x.meter.running.Inc()
	if route.browser {
		setBrowserHeaders(x.response.Header())
		x.response.Header().Set("X-Request-Id", x.requestID())
	}
}

// serve proves the caller and calls the service.
func (x *exchange) serve(r *http.Request, values []string) {
	route, sent := x.route, r.Body
	x.setLimits(r)
	inner := r.WithContext(x)
	inner.Body = http.NoBody
	for i, name := range route.names {
		inner.SetPathValue(name, values[i])
	}
	if route.browser && x.gate.origins.Check(r) != nil {
		x.refuse(r, refusedOrigin, errOrigin)
		return
	}
	if reason, err := x.prove(inner); err != nil {
		x.refuse(r, reason, err)
		return
	}
	if r.ContentLength > x.limit {
		x.refuse(r, refusedTooLarge, errTooLarge)
		return
	}
	if r.ContentLength != 0 {
		x.body = body{ReadCloser: http.MaxBytesReader(x.response.w, sent, x.limit), x: x}
		inner.Body = &x.body
	}
	if err := x.checkDigest(inner); err != nil {
		x.refuse(r, refusedUnauthenticated, err)
		return
	}
	route.Handler.ServeHTTP(&x.response, inner)
}

// checkDigest has the body of a device fail at its end unless it is the one that the device has signed: the signature
// covers the digest, of which the authenticator makes sure.
func (x *exchange) checkDigest(r *http.Request) (err error) {
	who := x.route.Who.audience
	if (who == AudienceDevice || who == AudienceAgent) && r.ContentLength != 0 {
		r.Body, err = httpsig.Body(r.Header, r.Body)
	}
	return err
}

// prove authenticates and authorises the caller.
func (x *exchange) prove(r *http.Request) (reason string, err error) {
	who := x.route.Who
	allowed, proves := kinds[who.audience]
	if !proves {
		return "", nil
	}
	caller, err := x.gate.authenticate[who.audience](r)
	if err != nil {
		return reasonOf(err), err
	}
	if !slices.Contains(allowed, caller.Kind) {
		return refusedForbidden, errForbidden
	}
	caller.Addr = x.client
	if who.right != "" {
		if _, err := caller.Scope(who.right); err != nil {
			return refusedForbidden, err
		}
	}
	x.caller = caller
	if caller.Kind != scope.Device {
		return "", nil
	}
	return x.gate.rates.count(rateKey{x.route.Service, netip.Addr{}, caller.ID}, x.door.PerDevice, x.started)
}

// reasonOf tells the failure to judge a proof from a wrong proof.
func reasonOf(err error) string {
	switch problem.From(err).Kind {
	case problem.Unauthenticated:
		return refusedUnauthenticated
	case problem.Throttled:
		return refusedThrottled
	case problem.Unavailable, problem.Internal:
		return refusedUnavailable
	}
	return refusedForbidden
}

// close ends the exchange: it survives a handler's panic (incident S14), counts, and writes the access log.
func (x *exchange) close() {
	cut := false
	if v := recover(); v != nil {
		cut = x.panicked(v)
	}
	if x.response.status == 0 && !cut {
		x.response.WriteHeader(http.StatusOK)
	}
	took := time.Since(x.started)
	if x.route != nil {
		x.meter.running.Dec()
	}
	x.meter.count(x, took)
	x.record(took)
	x.logAccess(took)
	if cut {
		panic(http.ErrAbortHandler)
	}
}

// panicked tells the log about a panic and answers if nothing was answered; otherwise the connection is to be cut, so
// that half an answer does not look whole. A panic's value may hold what a device sent, so only Go's own words are logged.
func (x *exchange) panicked(v any) (cut bool) {
	if v == http.ErrAbortHandler {
		return true
	}
	kind := fmt.Sprintf("%T", v)
	var fault runtime.Error
	if err, ok := v.(error); ok && errors.As(err, &fault) {
		kind = fault.Error()
	}
	x.refused = refusedPanic
	x.gate.log.Error("a handler panicked", logfield.Service, x.meter.service, logfield.Route, x.pattern(),
		logfield.Request, x.requestID(), logfield.Kind, kind, logfield.Stack, string(debug.Stack()))
	if x.response.status != 0 {
		return true
	}
	p := problem.From(errors.New("panic"))
	writeDocument(&x.response, p, p.Status(), x.requestID())
	return false
}

func (x *exchange) record(took time.Duration) {
	if x.gate.traffic == nil {
		return
	}
	x.gate.traffic.Record(Visit{
		At: x.started.UTC(), Service: x.meter.service, Route: x.pattern(), Refused: x.refused, Client: x.client,
		Kind: x.caller.Kind, Caller: x.caller.ID, Status: x.response.status, BytesIn: x.body.n.Load(), BytesOut: x.response.n,
		Duration: took, Held: x.held(), Sync: x.sync, Unproven: x.unproven,
	})
}

// logAccess writes one line about the exchange: what people do at Info, what devices do all day at Debug, refusals at
// Info. There is no path and no query in it, for they hold names.
func (x *exchange) logAccess(took time.Duration) {
	level := slog.LevelDebug
	if x.refused != "" || x.route.browser {
		level = slog.LevelInfo
	}
	if !x.gate.log.Enabled(x, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String(logfield.Service, string(x.meter.service)), slog.String(logfield.Route, x.pattern()),
		slog.Int(logfield.Status, x.response.status), slog.String(logfield.Client, x.client.String()),
		slog.String(logfield.Request, x.requestID()), slog.Int64(logfield.BytesIn, x.body.n.Load()),
		slog.Int64(logfield.BytesOut, x.response.n), slog.Duration(logfield.Duration, took),
	}
	if x.route != nil {
		attrs = append(attrs, slog.String(logfield.Method, x.route.Method))
	}
	if x.refused != "" {
		attrs = append(attrs, slog.String(logfield.Reason, x.refused))
	}
	x.gate.log.LogAttrs(x, level, "request", attrs...)
}

func asProblem(err error) *problem.Error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errTooLarge
	}
	return problem.From(err)
}
