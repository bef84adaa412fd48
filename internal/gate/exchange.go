package gate

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

const (
	// BodyTime is how long the body of a held exchange may be behind [BodyRate], and so the longest pause in it. A listener
	// sets it as its server's ReadTimeout.
	BodyTime = 60 * time.Second
	// BodyRate is how many octets a second must arrive of it on the whole: fewer than the slowest mobile network carries,
	// so that a mail with attachments gets through at last, and one that only pretends to send is cut.
	BodyRate = 1 << 10
	// StallTime is how long a piece of an answer may wait for a client that does not read. A listener sets it as its
	// server's WriteTimeout.
	StallTime = 60 * time.Second
	// renewStall is how old a deadline may grow before the next piece renews it: seldom, as it costs.
	renewStall = 5 * time.Second
)

// exchange is one request and its answer, and the context of both, in a single allocation.
type exchange struct {
	context.Context
	gate     *Gate
	meter    *meter
	route    *entry // nil until it is found
	id       uint64
	started  time.Time
	client   netip.Addr
	caller   scope.Caller
	door     *door.Door    // nil until it is known
	time     time.Duration // that it may take, as in [Route]
	limit    int64         // octets of its body
	unproven bool
	refused  string
	sync     Sync
	body     body
	response response
}

type exchangeKey struct{}

// Value returns the exchange itself for its own key.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// ClientAddr returns the address a request came from; the zero Addr outside the gate.
func ClientAddr(ctx context.Context) netip.Addr {
	if x := exchangeOf(ctx); x != nil {
		return x.client
	}
	return netip.Addr{}
}

// Caller returns who calls, as the gate has proven it; a caller without grants for routes that ask for no proof.
func Caller(ctx context.Context) scope.Caller {
	if x := exchangeOf(ctx); x != nil {
		return x.caller
	}
	return scope.Caller{}
}

// Service returns the service that a request is for; "" outside the gate.
func Service(ctx context.Context) zone.Service {
	if x := exchangeOf(ctx); x != nil && x.route != nil {
		return x.route.Service
	}
	return ""
}

// Strict tells whether the door insists on a device's signature: who proves to be a device by less must be refused. True outside
// the gate.
func Strict(ctx context.Context) bool {
	x := exchangeOf(ctx)
	return x == nil || x.door == nil || x.door.Level == door.Strict
}

// Came notes which device a service has found to call that leaves the proof to it (see [ByProtocol]), for the record of visits;
// unproven tells that it would have been refused where the door is strict. The handler alone may call it.
func Came(ctx context.Context, c scope.Caller, unproven bool) {
	if x := exchangeOf(ctx); x != nil {
		x.caller, x.unproven = c, unproven
	}
}

// RequestID returns the id under which the log knows a request; "" outside the gate.
func RequestID(ctx context.Context) string {
	if x := exchangeOf(ctx); x != nil {
		return x.requestID()
	}
	return ""
}

// Synced returns what the service knows of an exchange with a device, to be filled in by its handler, which alone may
// hold it.
func Synced(ctx context.Context) *Sync {
	if x := exchangeOf(ctx); x != nil {
		return &x.sync
	}
	return new(Sync)
}

// Served tells whether the door that an exchange came through is still open to its caller; true outside the gate. A held
// exchange asks when it hears of a change.
func Served(ctx context.Context) bool {
	x := exchangeOf(ctx)
	if x == nil || x.route == nil {
		return true
	}
	d := x.gate.doors.Door(x.route.Service)
	return d != nil && d.On && d.Admits(x.client, time.Now())
}

// Stopping returns a channel that is closed when the server stops. A held exchange watches it beside its context and
// then ends in good order; short work goes on. Nil outside the gate.
func Stopping(ctx context.Context) <-chan struct{} {
	if x := exchangeOf(ctx); x != nil {
		return x.gate.stopping
	}
	return nil
}

func (x *exchange) requestID() string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], x.id)
	return hex.EncodeToString(b[:])
}

func (x *exchange) pattern() string {
	if x.route == nil {
		return ""
	}
	return x.route.Pattern
}

func (x *exchange) held() bool { return x.route != nil && x.time == Held }

// setLimits puts the limits of the route on the connection. The listener has set BodyTime and StallTime already.
func (x *exchange) setLimits(r *http.Request) {
	c := http.NewResponseController(x.response.w)
	if !x.held() {
		x.response.end = x.started.Add(x.time)
		_ = c.SetReadDeadline(x.response.end)
		_ = c.SetWriteDeadline(x.response.end.Add(renewStall)) // room to say that time is up
		return
	}
	// Past its deadline a connection that is only watched would cancel the exchange.
	if r.ContentLength == 0 {
		_ = c.SetReadDeadline(time.Time{})
	}
	// A stream of HTTP/2 is reset at its deadline even when nothing is being written; stalls end with the connection there.
	if r.ProtoMajor == 2 {
		x.response.unwatched = true
		_ = c.SetWriteDeadline(time.Time{})
	}
}

// body counts what is read, within the bound of the route.
type body struct {
	io.ReadCloser
	x *exchange
	n atomic.Int64 // a transport may read on after the exchange

	// Of a held exchange, since its start: the time that the body has, and the deadline that was last put on the
	// connection, both beyond BodyTime.
	earned, granted time.Duration
}

// Read reads. In a held exchange every piece earns time for the rest, and the deadline is lifted once all is read.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	switch {
	case !b.x.held():
	case err == io.EOF:
		b.deadline(time.Time{})
	case n > 0:
		b.earn(n)
	}
	return n, err
}

// earn gives the body a second for each BodyRate octets. What is not used up is lost: who was fast may not stop for long.
func (b *body) earn(n int) {
	b.earned = min(b.earned+time.Duration(n)*time.Second/BodyRate, time.Since(b.x.started))
	if b.earned-b.granted < renewStall {
		return
	}
	b.granted = b.earned
	b.deadline(b.x.started.Add(BodyTime + b.earned))
}

func (b *body) deadline(at time.Time) {
	_ = http.NewResponseController(b.x.response.w).SetReadDeadline(at)
}

// response counts what is written and renews the deadline for writing.
type response struct {
	x         *exchange
	w         http.ResponseWriter
	status    int
	n         int64
	renewed   time.Time
	unwatched bool
	end       time.Time // of an exchange that is not held
}

// Unwrap is for [http.ResponseController].
func (w *response) Unwrap() http.ResponseWriter { return w.w }

// Header returns the headers of the answer.
func (w *response) Header() http.Header { return w.w.Header() }

// WriteHeader sends the status.
func (w *response) WriteHeader(status int) {
	w.renew()
	if w.status == 0 && status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		w.status = status
	}
	w.w.WriteHeader(status)
}

// Write sends a piece of the answer.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.renew()
	n, err := w.w.Write(p)
	w.n += int64(n)
	return n, err
}

// SetReadDeadline lets a handler shorten the time for its body, never lengthen it: libraries lift it with good intentions.
func (w *response) SetReadDeadline(t time.Time) error {
	if !w.end.IsZero() && (t.IsZero() || t.After(w.end)) {
		t = w.end
	}
	return http.NewResponseController(w.w).SetReadDeadline(t)
}

// heldBuffer is how many octets are buffered each way of a connection that is taken over: it carries words, by the thousand.
const heldBuffer = 512

// Hijack hands the connection over, for WebSocket.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.status = http.StatusSwitchingProtocols
	conn, both, err := http.NewResponseController(w.w).Hijack()
	if err != nil || both.Reader.Buffered() > 0 {
		return conn, both, err
	}
	return conn, bufio.NewReadWriter(bufio.NewReaderSize(conn, heldBuffer), bufio.NewWriterSize(conn, heldBuffer)), nil
}

// renew moves the deadline for writing of a held exchange; that of any other stands from the start.
func (w *response) renew() {
	if w.unwatched || !w.x.held() {
		return
	}
	if now := time.Now(); now.Sub(w.renewed) > renewStall {
		w.renewed = now
		_ = http.NewResponseController(w.w).SetWriteDeadline(now.Add(StallTime))
	}
}
