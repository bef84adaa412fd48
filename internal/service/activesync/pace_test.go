package activesync

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/wbxml"
	"drover/internal/core/policy"
	simulated "drover/internal/simulate/phone"
	"drover/internal/simulate/upstream"
)

func every(minutes int) *policy.Times {
	f := policy.Fetch{Manner: policy.Interval, Minutes: minutes}
	return &policy.Times{Peak: f, OffPeak: f}
}

var byHand = &policy.Times{Peak: policy.Fetch{Manner: policy.Manual}, OffPeak: policy.Fetch{Manner: policy.Manual}}

func pingFor(seconds int) *wbxml.Node {
	return wbxml.Elem(wbxml.PingPing, wbxml.Int(wbxml.PingHeartbeatInterval, seconds), wbxml.Elem(wbxml.PingFolders,
		wbxml.Elem(wbxml.PingFolder, wbxml.Leaf(wbxml.PingId, "1"), wbxml.Leaf(wbxml.PingClass, "Email"))))
}

func syncFor(key string, wait *wbxml.Node, more ...*wbxml.Node) *wbxml.Node {
	return wbxml.Elem(wbxml.AirSyncSync, wait, wbxml.Elem(wbxml.AirSyncCollections, wbxml.Elem(wbxml.AirSyncCollection,
		append([]*wbxml.Node{wbxml.Leaf(wbxml.AirSyncSyncKey, key), wbxml.Leaf(wbxml.AirSyncCollectionId, "1")}, more...)...)))
}

// saidIn is the Status of an answer and the bound that comes with it.
func saidIn(t *testing.T, g got, bound wbxml.Tag) (int, string) {
	t.Helper()
	root, err := wbxml.Parse(g.body)
	if err != nil {
		t.Fatalf("HTTP %d %q: %v", g.status, g.body, err)
	}
	for _, c := range root.Children {
		if c.Tag.Name() == "Status" {
			n, err := strconv.Atoi(c.Value())
			if err != nil {
				t.Fatal(err)
			}
			return n, root.Child(bound).Value()
		}
	}
	return 0, ""
}

func TestOutsidePushAHeartbeatHasTheLengthOfTheInterval(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		p.passes()
		for _, c := range []struct {
			times   *policy.Times
			request int
			status  int
			bound   string
		}{
			{every(15), 480, pingOutOfRange, "900"},
			{every(15), 3600, pingOutOfRange, "3540"},
			{every(240), 900, pingOutOfRange, "3540"},
			{byHand, 900, pingOutOfRange, "3540"},
		} {
			w.zone.set(func() { w.zone.times = c.times })
			if status, bound := saidIn(t, p.send(Ping, pingFor(c.request)), wbxml.PingHeartbeatInterval); status != c.status || bound != c.bound {
				t.Errorf("%d s: status %d, bound %s", c.request, status, bound)
			}
			w.g.standings.pass(place{"mail", "alice", "DEV1"}, Ping) // as if the client had listened
		}
		if status, _ := saidIn(t, p.post(Ping, nil), wbxml.PingHeartbeatInterval); status != pingMissing {
			t.Errorf("an empty Ping: status %d", status)
		}
		if n := len(w.mail.seen("Ping")); n != 0 {
			t.Errorf("the mail server was asked %d times", n)
		}
	})
}

func TestOutsidePushASyncIsBoundedToo(t *testing.T) {
	for name, c := range map[string]struct {
		request *wbxml.Node
		status  int
		limit   string
	}{
		"minutes": {syncFor("7", wbxml.Int(wbxml.AirSyncWait, 5)), syncOutOfRange, "15"},
		"seconds": {syncFor("7", wbxml.Int(wbxml.AirSyncHeartbeatInterval, 300)), syncOutOfRange, "900"},
		"partial": {wbxml.Elem(wbxml.AirSyncSync, wbxml.Int(wbxml.AirSyncWait, 20), wbxml.Elem(wbxml.AirSyncPartial)), syncNotCached, ""},
		"empty":   {nil, syncNotCached, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.phone(V141)
			p.passes()
			w.zone.set(func() { w.zone.times = every(15) })
			var body []byte
			if c.request != nil {
				body = c.request.Encode()
			}
			if status, limit := saidIn(t, p.post(Sync, body), wbxml.AirSyncLimit); status != c.status || limit != c.limit {
				t.Errorf("status %d, limit %q", status, limit)
			}
		})
	}
}

func TestWhatAClientSendsIsNotKeptWaiting(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	w.zone.set(func() { w.zone.times = byHand })
	wait := wbxml.Int(wbxml.AirSyncWait, 59)
	for _, n := range []*wbxml.Node{
		syncFor("7", nil), syncFor("0", wait), syncFor("7", wait, wbxml.Elem(wbxml.AirSyncCommands, wbxml.Elem(wbxml.AirSyncChange))),
	} {
		if g := p.send(Sync, n); string(g.body) != answerTo("Sync") {
			t.Errorf("%s did not reach the mail server: HTTP %d %q", foreign(t, n.Encode()), g.status, g.body)
		}
	}
}

// A client that does not listen is told three times, and then held for as long as it asks.
func TestAClientThatDoesNotListenMakesNoLoop(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	w.zone.set(func() { w.zone.times = byHand })
	for range corrections {
		p.expect("too short", p.send(Ping, pingFor(480)), pingOutOfRange)
	}
	answer := p.hold(Ping, pingFor(480).Encode(), 1)
	w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
	w.bus.Publish(bus.Message{Topic: "device:id-DEV1"})
	p.expect("a wipe", <-answer, int(statusWipeRequested))
	p.expect("the next contact", p.folderSync(), int(statusWipeRequested))
}

func TestAnotherScheduleEndsWhatItDoesNotAllow(t *testing.T) {
	push := &policy.Times{Peak: policy.Fetch{Manner: policy.Push}, OffPeak: policy.Fetch{Manner: policy.Push}}
	for name, c := range map[string]struct{ before, after *policy.Times }{
		"from push": {push, byHand}, "to push": {byHand, push}, "to none": {byHand, nil}, "from none": {nil, byHand},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mail.deaf()
			w.zone.times = c.before
			p := w.phone(V141)
			p.passes()
			answer := p.hold(Ping, pingFor(3540).Encode(), 1)
			asked := read(w.zone, func() int { return w.zone.asked })
			w.zone.set(func() {}) // something else
			w.bus.Publish(bus.Message{Topic: "zone"})
			eventually(t, "the device is looked at again", func() bool { return read(w.zone, func() int { return w.zone.asked }) > asked })
			if n := len(w.g.holding.all()); n != 1 {
				t.Fatalf("%d are held after a change of something else", n)
			}
			w.zone.set(func() { w.zone.times = c.after })
			w.bus.Publish(bus.Message{Topic: "zone"})
			p.expect("the end", <-answer, pingExpired)
		})
	}
}

// What was kept here has not reached the mail server: a client that repeats it is asked for the whole.
func TestAfterIntervalsAnEmptyPingIsAskedFor(t *testing.T) {
	w := newWorld(t)
	w.zone.times = byHand
	p := w.phone(V141)
	p.passes()
	answer := p.hold(Ping, pingFor(3540).Encode(), 1)
	push := &policy.Times{Peak: policy.Fetch{Manner: policy.Push}, OffPeak: policy.Fetch{Manner: policy.Push}}
	w.zone.set(func() { w.zone.times = push })
	w.bus.Publish(bus.Message{Topic: "zone"})
	p.expect("the end", <-answer, pingExpired)
	p.expect("the same again", p.post(Ping, nil), pingMissing)
	if g := p.send(Ping, pingFor(900)); string(g.body) != answerTo("Ping") {
		t.Errorf("the whole: HTTP %d %q", g.status, g.body)
	}
	if g := p.post(Ping, nil); string(g.body) != answerTo("Ping") {
		t.Errorf("from then on: HTTP %d %q", g.status, g.body)
	}
}

// inProcess carries requests to a handler without a network, so that a day passes in a moment.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, gone := context.WithCancel(r.Context())
	defer gone()
	in := r.Clone(ctx)
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w, done := httptest.NewRecorder(), make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		h.ServeHTTP(w, in)
	}()
	select {
	case broken := <-done:
		if broken != nil {
			return nil, context.Canceled
		}
		answer := w.Result()
		answer.Request, answer.ContentLength = r, int64(w.Body.Len())
		return answer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// diary remembers what each device asks for, and when.
type diary struct {
	mu    sync.Mutex
	lines map[string][]line // by DeviceId
}

type line struct {
	at      time.Time
	command Command
}

func (d *diary) write(device string, c Command) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines[device] = append(d.lines[device], line{time.Now(), c})
}

// between returns how many requests of the command a device makes in a time; of all commands for 255.
func (d *diary) between(device string, c Command, from, until time.Time) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lines[device] {
		if (c == 255 || l.command == c) && !l.at.Before(from) && l.at.Before(until) {
			n++
		}
	}
	return n
}

const anyCommand Command = 255

// TestTwoDaysOfPhonesOnASchedule lives through a weekend in Berlin on which the clocks are changed, with phones of three
// kinds that are told at once by day and ask every hour by night.
func TestTwoDaysOfPhonesOnASchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		at := func(day, hour, minute int) time.Time { return time.Date(2000, 3, day, hour, minute, 0, 0, berlin) }
		mail := upstream.New(upstream.Options{Password: "p", Mails: 1})
		fleet, log, zone := scheduledFleet(t, mail, &policy.Times{
			Week: policy.Week{Zone: "Europe/Berlin", Windows: []policy.Window{{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, From: 8 * 60, To: 18 * 60}}},
			Peak: policy.Fetch{Manner: policy.Push}, OffPeak: policy.Fetch{Manner: policy.Interval, Minutes: 60},
		})
		ctx, stop := context.WithCancel(t.Context())
		time.Sleep(time.Until(at(25, 12, 0)))
		ended := make(chan simulated.Report, 1)
		go func() { ended <- fleet.Run(ctx) }()
		until := func(when time.Time) {
			time.Sleep(time.Until(when))
			synctest.Wait()
		}
		devices := fleet.DeviceIDs()
		each := func(what string, c Command, from, until time.Time, least, most int) {
			t.Helper()
			for _, d := range devices {
				if n := log.between(d, c, from, until); n < least || n > most {
					t.Errorf("%s: %s makes %d requests, want %d to %d", what, d, n, least, most)
				}
			}
		}

		until(at(25, 15, 0))
		if mail.Held() != len(devices) {
			t.Fatalf("by day the mail server holds %d Pings", mail.Held())
		}
		mail.DeliverAll()
		until(at(25, 15, 1))
		each("mail by day", Sync, at(25, 15, 0), at(25, 15, 1), 1, 1)

		until(at(25, 18, 2))
		if mail.Held() > len(devices)-1 {
			t.Errorf("after the end of peak the mail server holds %d Pings", mail.Held())
		}
		until(at(25, 20, 0))
		mail.DeliverAll()
		until(at(25, 21, 1))
		each("mail by night, when it is the phone's turn", Sync, at(25, 20, 0), at(25, 21, 1), 1, 1)
		for h := 19; h < 24; h++ {
			until(at(25, h+1, 0))
			each("an hour of the night", anyCommand, at(25, h, 0), at(25, h+1, 0), 1, 6)
		}

		// The clocks go from 02:00 to 03:00: eight o'clock comes an hour earlier.
		until(at(26, 7, 59))
		if mail.Held() != 0 {
			t.Errorf("before peak the mail server holds %d Pings", mail.Held())
		}
		each("the short night", anyCommand, at(26, 0, 0), at(26, 7, 59), 7, 6*7)
		until(at(26, 8, 2))
		if mail.Held() != len(devices) {
			t.Errorf("at eight of the new time the mail server holds %d Pings", mail.Held())
		}
		if got := at(26, 8, 0).Sub(at(25, 8, 0)); got != 23*time.Hour {
			t.Fatalf("the day before has %s", got)
		}

		// A wipe reaches a phone by night too, although the mail server holds nothing.
		until(at(26, 23, 10))
		zone.set(func() {
			for _, s := range zone.devices {
				zone.orders[s.Device] = FullWipe
			}
		})
		for _, d := range devices {
			zone.bus.Publish(bus.Message{Topic: "device:id-" + d})
		}
		until(at(26, 23, 11))
		if n := len(read(zone.zoneFake, func() []Outcome { return slices.Clone(zone.outcomes) })); n != len(devices) {
			t.Errorf("%d of %d phones are wiped", n, len(devices))
		}
		stop()
		if report := <-ended; report.Events[simulated.Failed]+report.Events[simulated.Unavailable] > 0 {
			t.Errorf("%v %s", maps.Clone(report.Events), report.LastError)
		}
	})
}

type scheduledZone struct {
	*zoneFake
	bus *bus.Bus
}

// scheduledFleet is a fleet before a gateway before a mail server, all in this process.
func scheduledFleet(t *testing.T, mail http.Handler, times *policy.Times) (*simulated.Fleet, *diary, scheduledZone) {
	t.Helper()
	zone := scheduledZone{&zoneFake{
		revision: 1, devices: map[place]*Standing{}, orders: map[string]Order{}, access: Allowed, times: times,
	}, bus.New()}
	address, err := url.Parse("http://mail.example.test" + Path)
	if err != nil {
		t.Fatal(err)
	}
	g := New(Options{
		Core: zone, Upstreams: upstreamsFake{Upstream{ID: "mail", URL: address, Timeout: time.Minute, Transport: inProcess{mail}}},
		Revision: zone, Bus: zone.bus, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { g.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	log := &diary{lines: map[string][]line{}}
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			g.serveOptions(w, r)
			return
		}
		if q, err := ParseQuery(r.URL.RawQuery); err == nil {
			log.write(q.DeviceID, q.Command)
		}
		g.serveCommand(w, r)
	})
	kinds := []string{"ios", "android-samsung", "windows-mobile"}
	fleet, err := simulated.New(simulated.Options{
		URL: "http://zone.example.test", Count: len(kinds), UserPattern: "u%d", Password: "p", Transport: inProcess{front},
		Model: func(n int) simulated.Model {
			m, err := simulated.Find(kinds[n-1])
			if err != nil {
				t.Fatal(err)
			}
			return m
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return fleet, log, zone
}
