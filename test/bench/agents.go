package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/sqldb"
	"drover/internal/simulate/agents"
)

// agentSettings are what a run over computers' agents may vary.
type agentSettings struct {
	identities  int           // computers of the zone
	interval    time.Duration // between two reports of one
	load        time.Duration // how long they report
	connections int           // that they share
	held        int           // of them, that hold a connection
	settle      time.Duration // at most, until what setting up has used is given back
}

// fleetFigures are what was measured of agents.
type fleetFigures struct {
	gate gateFigures

	plain, report time.Duration // CPU for a signed status: of a plain handler, and durable with Drover
	rate          float64

	seeded  int
	seeding time.Duration
	load    agents.Report
	cores   float64 // CPU while they report, as a share of one core
	rss     int     // the most of it, octets
	missing int     // computers of which the zone does not hold what it has answered

	perHeld  int // octets of PSS
	hinted   int // of those that hold a connection
	p99, max time.Duration
}

// fleetBench is one run over agents: one zone, on SQLite.
type fleetBench struct {
	*bench
	zone       *droverServer
	identities []agents.Identity
	process    *process
	addr       string
	authority  *x509.Certificate
	tag        string
}

// agents measures what computers' agents cost.
func (b *bench) agents(ctx context.Context) (f fleetFigures, err error) {
	if f.gate, err = measureGate(); err != nil {
		return f, err
	}
	z := &fleetBench{bench: b, zone: &droverServer{bench: b, data: filepath.Join(b.dir, "agents")}}
	defer func() {
		z.stop()
		if err != nil {
			b.showLogs()
		}
	}()
	if err := z.start(ctx); err != nil {
		return f, err
	}
	if err := z.zone.prepare(ctx); err != nil { // of a zone that is empty: later a new owner may not do all of it
		return f, err
	}
	z.stop()
	began := time.Now()
	if z.identities, err = seed(ctx, z.zone.data, max(b.agent.identities, b.agent.held)); err != nil {
		return f, fmt.Errorf("seed: %w", err)
	}
	f.seeded, f.seeding = len(z.identities), time.Since(began)
	if err := z.start(ctx); err != nil {
		return f, err
	}
	for _, part := range []func(context.Context, *fleetFigures) error{z.single, z.many, z.hold} {
		if err := part(ctx, &f); err != nil {
			return f, err
		}
	}
	return f, nil
}

// start starts the server on what is seeded.
func (z *fleetBench) start(ctx context.Context) (err error) {
	if z.process, z.addr, err = z.zone.start(ctx); err != nil {
		return err
	}
	if err := z.process.ready(ctx, func() bool { return listens(z.addr) }); err != nil {
		return err
	}
	if z.authority, err = readCertificate(filepath.Join(z.zone.data, "tls", "ca.pem")); err != nil {
		return err
	}
	if z.zone.token != "" { // it listens elsewhere than before
		if err := z.zone.connect(z.zone.token); err != nil {
			return err
		}
	}
	return z.process.ready(ctx, func() bool {
		d, _, err := talk.Discover(ctx, "https://"+z.addr, talk.Pin(z.authority))
		z.tag = d.Tag
		return err == nil
	})
}

func (z *fleetBench) stop() {
	if z.process != nil {
		z.process.stop()
		z.process = nil
	}
}

func (z *fleetBench) fleet(ctx context.Context, o agents.Options) (*agents.Fleet, error) {
	o.Identities, o.From = z.identities, places()
	if o.URL == "" {
		o.URL, o.Tag, o.Authority = "https://"+z.addr, z.tag, z.authority
	}
	f, err := agents.New(o)
	if err != nil {
		return nil, err
	}
	return f, f.Join(ctx)
}

// single measures the CPU of one signed status, beside a handler that reads one and answers it.
func (z *fleetBench) single(ctx context.Context, f *fleetFigures) error {
	p, addr, err := z.startPlain()
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.ready(ctx, func() bool { return listens(addr) }); err != nil {
		return err
	}
	plain, err := readCertificate(filepath.Join(z.dir, "cert.pem"))
	if err != nil {
		return err
	}
	o := agents.Options{URL: "https://" + addr, Tag: "plain", Authority: plain}
	var theirs, ours work
	for range turns {
		if err := z.busy(ctx, p, o, &theirs); err != nil {
			return fmt.Errorf("the plain handler: %w", err)
		}
		if err := z.busy(ctx, z.process, agents.Options{}, &ours); err != nil {
			return err
		}
	}
	f.plain, f.report, f.rate = theirs.each(), ours.each(), float64(ours.statuses)/ours.took.Seconds()
	return nil
}

// turns is how often the plain handler and Drover are measured, one after the other: the machine is not alike from one moment to
// the next, and both are to see the same of it.
const turns = 4

// work is what a server has done while it was measured.
type work struct {
	cpu, took time.Duration
	statuses  int
}

func (w *work) each() time.Duration { return w.cpu / time.Duration(w.statuses) }

// busy has computers report without pause, and adds what that costs.
func (z *fleetBench) busy(ctx context.Context, p *process, o agents.Options, w *work) error {
	o.Count, o.Busy, o.Connections, o.For = min(len(z.identities), 1024), true, z.agent.connections, time.Hour
	fleet, err := z.fleet(ctx, o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan agents.Report, 1)
	go func() { done <- fleet.Run(ctx) }()
	if err := poll(ctx, time.Minute, func() bool { return fleet.Answered() > 2*o.Count }); err != nil {
		return err
	}
	before, err := p.cpu()
	if err != nil {
		return err
	}
	n, began := fleet.Answered(), time.Now()
	if err := sleep(ctx, z.settings.measure); err != nil {
		return err
	}
	after, err := p.cpu()
	n, took := fleet.Answered()-n, time.Since(began)
	cancel()
	if r := <-done; !r.OK() || n == 0 {
		return fmt.Errorf("not every status is taken: %+v", r)
	}
	if err != nil {
		return err
	}
	w.cpu, w.took, w.statuses = w.cpu+after-before, w.took+took, w.statuses+n
	return nil
}

// many has all computers report at their interval, ends the server as a failing machine would, and looks what it has kept.
func (z *fleetBench) many(ctx context.Context, f *fleetFigures) error {
	fleet, err := z.fleet(ctx, agents.Options{
		Count: z.agent.identities, Interval: z.agent.interval, For: z.agent.load, Connections: z.agent.connections,
		Ask: time.Hour, Inventory: true,
	})
	if err != nil {
		return err
	}
	before, err := z.process.cpu()
	if err != nil {
		return err
	}
	watched, stop := context.WithCancel(ctx)
	defer stop()
	most := make(chan int, 1)
	go func() { most <- z.process.mostResident(watched) }()
	f.load = fleet.Run(ctx)
	after, err := z.process.cpu()
	stop()
	f.rss = <-most
	f.cores = (after - before).Seconds() / f.load.Took.Seconds()
	if err != nil {
		return err
	}
	z.process.kill()
	z.process = nil
	f.missing, err = z.missing(ctx, fleet.Kept())
	if err != nil {
		return err
	}
	return z.start(ctx)
}

// missing counts the computers of which the database does not hold the last status that was answered.
func (z *fleetBench) missing(ctx context.Context, kept map[string][2]int) (n int, err error) {
	db, err := sqldb.Open(ctx, sqldb.Options{URL: "sqlite:" + filepath.Join(z.zone.data, "drover.db")})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	type row struct {
		device string
		number int
	}
	rows, err := sqldb.All(ctx, db, func(r sqldb.Row) (x row, err error) {
		var told string
		if err := r.Scan(&x.device, &told); err != nil {
			return x, err
		}
		var s struct{ Waiting int }
		err = json.Unmarshal([]byte(told), &s)
		x.number = s.Waiting
		return x, err
	}, "SELECT device, told FROM agent_status")
	held := map[string]int{}
	for _, x := range rows {
		held[x.device] = x.number
	}
	for device, numbers := range kept {
		if held[device] < numbers[0] || held[device] > numbers[1] {
			n++
		}
	}
	return n, err
}

// nudges takes the times at which computers are told to ask, each one's first.
type nudges struct {
	mu    sync.Mutex
	began time.Time
	times map[int]time.Duration
}

func (n *nudges) hear(number int, h agentv1.Hint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, heard := n.times[number]; !heard && n.times != nil && h.Hint == agentv1.HintCheck {
		n.times[number] = time.Since(n.began)
	}
}

func (n *nudges) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.began, n.times = time.Now(), map[int]time.Duration{}
}

func (n *nudges) sorted() []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []time.Duration
	for _, d := range n.times {
		list = append(list, d)
	}
	slices.Sort(list)
	return list
}

// hold measures what a held connection costs, and how fast all are told of a change of the zone.
func (z *fleetBench) hold(ctx context.Context, f *fleetFigures) error {
	heard := &nudges{}
	fleet, err := z.fleet(ctx, agents.Options{
		Count: z.agent.held, Hold: z.agent.held, Interval: time.Hour, For: time.Hour, Connections: 1, Hinted: heard.hear,
	})
	if err != nil {
		return err
	}
	before, err := z.process.pss()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan agents.Report, 1)
	go func() { done <- fleet.Run(ctx) }()
	if err := poll(ctx, 5*time.Minute, func() bool { return z.held(ctx) == z.agent.held }); err != nil {
		return fmt.Errorf("%d of %d connections are held", z.held(ctx), z.agent.held)
	}
	least, err := z.settled(ctx)
	if err != nil {
		return err
	}
	f.perHeld = (least - before) / z.agent.held
	heard.start()
	if err := z.zone.anotherPolicy(ctx); err != nil {
		return err
	}
	_ = poll(ctx, time.Minute, func() bool { return len(heard.sorted()) == z.agent.held }) // who was not told is counted
	times := heard.sorted()
	f.hinted = len(times)
	if n := len(times); n > 0 {
		f.p99, f.max = times[n*99/100], times[n-1]
	}
	cancel()
	if r := <-done; r.Broken > 0 {
		return fmt.Errorf("%d held connections broke off: %s", r.Broken, r.LastError)
	}
	return nil
}

// settled waits until the runtime has given back what only setting up has used, and returns the least that was seen.
func (z *fleetBench) settled(ctx context.Context) (least int, err error) {
	for end := time.Now().Add(z.agent.settle); ; {
		now, err := z.process.pss()
		if err != nil {
			return 0, err
		}
		if least == 0 || now < least {
			least = now
		}
		if time.Now().After(end) {
			return least, nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return 0, err
		}
	}
}

// held is how many connections the server holds, as it tells monitoring systems.
func (z *fleetBench) held(ctx context.Context) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+z.zone.admin+"/metrics", nil)
	if err != nil {
		return 0
	}
	res, err := z.zone.client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return figure(res.Body, "drover_agents_held ")
}

func readCertificate(path string) (*x509.Certificate, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return x509.ParseCertificate(block.Bytes)
}
