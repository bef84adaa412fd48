package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"drover/internal/simulate/phone"
	"drover/internal/simulate/upstream"
)

// bench is one run: the mail server, a directory, and the certificate of the plain proxies.
type bench struct {
	settings
	dir      string
	mail     *upstream.Server
	mailAddr string
	web      *http.Server
}

// subject is a server that is measured. start returns it with its address; prepare sets it up once it listens; wakes
// lists how its held Pings are ended.
type subject struct {
	name    string
	start   func(context.Context) (*process, string, error)
	ca      string
	prepare func(context.Context) error
	wakes   []wake
	wipe    func(context.Context, *phone.Fleet, *stopwatch) ([]time.Duration, error) // one by one; nil where it cannot
	flood   func(context.Context) error                                              // orders to wipe every device
	last    []wake                                                                   // after which nobody asks again
}

// wake is one way to end all held Pings.
type wake struct {
	name string
	do   func(context.Context) error
}

// result is what was measured of one subject.
type result struct {
	name    string
	startup time.Duration
	perPost time.Duration // CPU for each command passed through
	rate    float64       // commands in a second; says more of the machine than of the subject
	perHeld int           // bytes of PSS for each held Ping
	setup   time.Duration // CPU to set one phone up
	idle    float64       // share of one core while all Pings are held
	wakes   []wakeResult
	flooded int // orders to wipe every device
	wiped   int // phones that did so, in the whole run
}

type wakeResult struct {
	name     string
	p99, max time.Duration
	cpu      time.Duration // for each Ping
}

func newBench(s settings) (*bench, error) {
	dir, err := os.MkdirTemp("", "drover-bench-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's workers are not root
		return nil, err
	}
	if err := writeCertificate(dir); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &bench{settings: s, dir: dir, mailAddr: listener.Addr().String()}
	b.mail = upstream.New(upstream.Options{Users: "U%d", Password: password, Mails: 1})
	b.web = &http.Server{Handler: b.mail, ReadHeaderTimeout: 10 * time.Second}
	go b.web.Serve(listener) // ends with close
	return b, nil
}

func (b *bench) close() {
	b.web.Close()
	os.RemoveAll(b.dir)
}

// password of every simulated user.
const password = "benchmark"

func (b *bench) subjects() []subject {
	plain := filepath.Join(b.dir, "cert.pem")
	nothing := func(context.Context) error { return nil }
	mail := wake{"mail for all", func(context.Context) error { b.mail.DeliverAll(); return nil }}
	all := []subject{
		{name: "nginx", start: b.startNginx, ca: plain, prepare: nothing, wakes: []wake{mail}},
		{name: "reverseproxy", start: b.startReverseProxy, ca: plain, prepare: nothing, wakes: []wake{mail}},
	}
	if _, err := os.Stat(b.drover); err != nil {
		fmt.Printf("%s is not built and is not measured\n", b.drover)
		return all
	}
	return append(all, b.droverSubject(mail))
}

// measure takes one subject through the whole run.
func (b *bench) measure(ctx context.Context, s subject) (r result, err error) {
	began := time.Now()
	p, addr, err := s.start(ctx)
	if err != nil {
		return r, err
	}
	defer p.stop()
	defer func() {
		if err != nil {
			b.showLogs()
		}
	}()
	if err := p.ready(ctx, func() bool { return listens(addr) }); err != nil {
		return r, err
	}
	r = result{name: s.name, startup: time.Since(began)}
	if err := s.prepare(ctx); err != nil {
		return r, fmt.Errorf("prepare: %w", err)
	}
	roots, err := readRoots(s.ca)
	if err != nil {
		return r, err
	}
	options := phone.Options{URL: "https://" + addr, Roots: roots, UserPattern: "U%d", Password: password, Model: bestModel, From: places()}
	if err := b.post(ctx, p, options, &r); err != nil {
		return r, err
	}
	return r, b.hold(ctx, p, options, s, &r)
}

// places are loopback addresses of several networks: a server may bound the connections from one.
func places() []netip.Addr {
	var all []netip.Addr
	for n := range byte(16) {
		all = append(all, netip.AddrFrom4([4]byte{127, 0, n + 1, 1}))
	}
	return all
}

// bestModel is a phone of today: plain queries, 16.1, empty Pings.
func bestModel(int) phone.Model {
	m, err := phone.Find("ios")
	if err != nil {
		panic(err) // the name is a constant
	}
	return m
}

func listens(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

func readRoots(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return roots, nil
}

// live starts a fleet and returns a function that ends it.
func live(ctx context.Context, o phone.Options) (*phone.Fleet, func() phone.Report, error) {
	fleet, err := phone.New(o)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan phone.Report, 1)
	go func() { done <- fleet.Run(ctx) }()
	stop := sync.OnceValue(func() phone.Report { cancel(); return <-done })
	return fleet, stop, nil
}

// post measures the CPU of commands that are passed through: a Sync of 180 bytes answered by one mail of 600.
func (b *bench) post(ctx context.Context, p *process, o phone.Options, r *result) error {
	o.Count, o.Busy, o.Seed = b.busy, true, "busy"
	fleet, stop, err := live(ctx, o)
	if err != nil {
		return err
	}
	defer stop()
	if err := poll(ctx, time.Minute, func() bool { return fleet.Served() > 20*b.busy }); err != nil {
		return fmt.Errorf("the phones are not served: %+v", stop())
	}
	before, served, began, err := reading(p, fleet)
	if err != nil {
		return err
	}
	if err := sleep(ctx, b.settings.measure); err != nil {
		return err
	}
	after, servedAfter, ended, err := reading(p, fleet)
	if err != nil {
		return err
	}
	n := servedAfter - served
	if report := stop(); report.Events[phone.Failed] > 0 || n == 0 {
		return fmt.Errorf("the phones are not served: %+v", report)
	}
	r.perPost = (after - before) / time.Duration(n)
	r.rate = float64(n) / ended.Sub(began).Seconds()
	return nil
}

func reading(p *process, f *phone.Fleet) (cpu time.Duration, served int, at time.Time, err error) {
	cpu, err = p.cpu()
	return cpu, f.Served(), time.Now(), err
}

// hold measures memory and CPU of held Pings, and how long it takes to end them all.
func (b *bench) hold(ctx context.Context, p *process, o phone.Options, s subject, r *result) error {
	pss, err := p.pss()
	if err != nil {
		return err
	}
	cpu, err := p.cpu()
	if err != nil {
		return err
	}
	watch := &stopwatch{}
	o.Count, o.Seed, o.Observe, o.Heartbeat = b.held, "held", watch.observe, 30*time.Minute
	fleet, stop, err := live(ctx, o)
	if err != nil {
		return err
	}
	defer stop()
	allHeld := func() bool { return b.mail.Held() == b.held && fleet.Holding() == b.held }
	if err := poll(ctx, 3*time.Minute, allHeld); err != nil {
		return fmt.Errorf("%d of %d Pings are held: %+v", b.mail.Held(), b.held, stop())
	}
	after, err := p.cpu()
	if err != nil {
		return err
	}
	r.setup = (after - cpu) / time.Duration(b.held)
	if err := sleep(ctx, 3*time.Second); err != nil { // what was only needed for setting up is given back
		return err
	}
	full, err := p.pss()
	if err != nil {
		return err
	}
	r.perHeld = (full - pss) / b.held
	if err := b.idle(ctx, p, r); err != nil {
		return err
	}
	h := &held{b, p, fleet, watch, b.held, r}
	for _, w := range s.wakes {
		if err := h.wake(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	if s.wipe != nil {
		if err := h.wipe(ctx, s.wipe); err != nil {
			return fmt.Errorf("wipe: %w", err)
		}
	}
	if s.flood != nil {
		if err := h.flood(ctx, s.flood); err != nil {
			return fmt.Errorf("wipe everything: %w", err)
		}
	}
	for _, w := range s.last {
		if err := h.wake(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return nil
}

// idle measures what nothing costs.
func (b *bench) idle(ctx context.Context, p *process, r *result) error {
	before, err := p.cpu()
	if err != nil {
		return err
	}
	const span = 5 * time.Second
	if err := sleep(ctx, span); err != nil {
		return err
	}
	after, err := p.cpu()
	r.idle = float64(after-before) / float64(span)
	return err
}

// held is a fleet whose Pings are ended in one way after another.
type held struct {
	bench   *bench
	process *process
	fleet   *phone.Fleet
	watch   *stopwatch
	count   int // phones that are left
	result  *result
}

// settle waits until all phones that are left hold a Ping.
func (h *held) settle(ctx context.Context) error {
	all := func() bool { return h.bench.mail.Held() == h.count && h.fleet.Holding() == h.count }
	if err := poll(ctx, 2*time.Minute, all); err != nil {
		return fmt.Errorf("only %d of %d Pings are held before it", h.bench.mail.Held(), h.count)
	}
	return nil
}

// wake ends all Pings and takes the time until the phones have their answers.
func (h *held) wake(ctx context.Context, w wake) error {
	if err := h.settle(ctx); err != nil {
		return err
	}
	before, err := h.process.cpu()
	if err != nil {
		return err
	}
	h.watch.start()
	if err := w.do(ctx); err != nil {
		return err
	}
	if err := poll(ctx, time.Minute, func() bool { return h.watch.count() >= h.count }); err != nil {
		return fmt.Errorf("only %d of %d phones were woken", h.watch.count(), h.count)
	}
	after, err := h.process.cpu()
	h.result.add(w.name, h.watch.stop(), after-before)
	return err
}

// wipe orders phones to wipe themselves, one after the other.
func (h *held) wipe(ctx context.Context, one func(context.Context, *phone.Fleet, *stopwatch) ([]time.Duration, error)) error {
	if err := h.settle(ctx); err != nil {
		return err
	}
	times, err := one(ctx, h.fleet, h.watch)
	if err != nil {
		return err
	}
	h.count -= len(times)
	slices.Sort(times)
	h.result.add(fmt.Sprintf("%d wipes, one by one", len(times)), times, 0)
	return nil
}

// flood orders every phone to wipe itself. What counts is how many do.
func (h *held) flood(ctx context.Context, all func(context.Context) error) error {
	if err := h.settle(ctx); err != nil {
		return err
	}
	if err := all(ctx); err != nil {
		return err
	}
	h.result.flooded, h.result.wiped = h.count, h.watch.wipes()
	h.count = h.bench.held - h.result.wiped
	return nil
}

// add notes times, which are sorted.
func (r *result) add(name string, times []time.Duration, cpu time.Duration) {
	if n := len(times); n > 0 {
		r.wakes = append(r.wakes, wakeResult{name: name, p99: times[n*99/100], max: times[n-1], cpu: cpu / time.Duration(n)})
	}
}

// stopwatch takes the times at which Pings end, each phone's first.
type stopwatch struct {
	mu    sync.Mutex
	began time.Time
	times map[string]time.Duration // by DeviceId
	wiped int
}

func (w *stopwatch) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began, w.times = time.Now(), map[string]time.Duration{}
}

func (w *stopwatch) observe(e phone.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Kind == phone.Wiped {
		w.wiped++
	}
	if e.Kind != phone.PingEnded {
		return
	}
	if _, seen := w.times[e.DeviceID]; !seen && w.times != nil {
		w.times[e.DeviceID] = e.At.Sub(w.began)
	}
}

func (w *stopwatch) wipes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wiped
}

func (w *stopwatch) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.times)
}

// of returns the time of one phone.
func (w *stopwatch) of(deviceID string) (time.Duration, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, ok := w.times[deviceID]
	return d, ok
}

func (w *stopwatch) stop() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var times []time.Duration
	for _, d := range w.times {
		times = append(times, d)
	}
	slices.Sort(times)
	w.times = nil
	return times
}

// poll waits until ok.
func poll(ctx context.Context, most time.Duration, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for !ok() {
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return errors.New("it takes too long")
	case <-time.After(d):
		return nil
	}
}

// showLogs prints the end of what the measured servers said.
func (b *bench) showLogs() {
	logs, err := filepath.Glob(filepath.Join(b.dir, "*.log"))
	if err != nil {
		return
	}
	for _, path := range logs {
		data, err := os.ReadFile(path)
		if err != nil || len(data) == 0 {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s:\n%s\n", filepath.Base(path), data[max(0, len(data)-2000):])
	}
}
