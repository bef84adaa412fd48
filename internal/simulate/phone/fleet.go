package phone

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"drover/internal/simulate/handset"
	"drover/internal/simulate/places"
)

// MaxCount bounds a fleet: each phone needs a connection, hence a file descriptor.
const MaxCount = 15000

// Options say what a fleet is. URL, Count and UserPattern are needed.
type Options struct {
	URL         string         // of the gateway: "https://mail.example.test"
	Roots       *x509.CertPool // whom to trust; nil is the system's list
	Count       int            // phones, at most MaxCount
	UserPattern string         // the user's name; %d becomes the phone's number, from 1 on
	Password    string         // of every user
	Invitation  string         // by which the applications come in, in place of name and password; "" for none
	Seed        string         // a part of each DeviceId: another seed is another fleet
	Model       func(number int) Model
	Manner      func(number int) handset.Manner
	Speaks      func(number int) Speaks
	Heartbeat   time.Duration     // of a Ping; 470 s when zero
	Patience    time.Duration     // how long a phone waits for any other answer; 60 s when zero
	From        []netip.Addr      // local addresses to connect from, in turn; the system chooses when empty
	Transport   http.RoundTripper // in place of connections of their own: for a server in the same process
	Busy        bool              // repeat one Sync without pause instead of holding a Ping: load for measuring
	Setups      int               // phones that set up at one time; 64 when zero
	Observe     func(Event)       // called for every event, by many goroutines; must not block
}

// Speaks says by what a device talks to the zone.
type Speaks string

// What it may be. A device without a companion application speaks ActiveSync alone, whatever is asked for.
const (
	ByMail Speaks = "activesync"
	ByApp  Speaks = "companion"
	ByBoth Speaks = "both"
)

// Fleet is a number of phones. They share the HTTP client, not the connections they hold.
type Fleet struct {
	url      string
	password string
	invited  string
	patience time.Duration
	busy     bool
	client   *http.Client
	phones   []*Phone
	setups   chan struct{}
	observe  func(Event)
	counts   counts
	holding  atomic.Int64
	served   atomic.Int64
	last     atomic.Pointer[string] // the last error, for people
}

// New prepares a fleet; nothing is sent before [Fleet.Run].
func New(o Options) (*Fleet, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, errors.New("the URL must be that of a gateway, such as https://mail.example.test")
	}
	if o.Count < 1 || o.Count > MaxCount {
		return nil, errors.New("the count of phones must be from 1 to " + strconv.Itoa(MaxCount))
	}
	if o.UserPattern == "" {
		return nil, errors.New("the phones need a user name")
	}
	f := &Fleet{
		url: base.Scheme + "://" + base.Host, password: o.Password, invited: o.Invitation, observe: o.Observe, busy: o.Busy,
		patience: orDuration(o.Patience, time.Minute), client: client(o),
		setups: make(chan struct{}, max(o.Setups, 0)),
	}
	if o.Setups == 0 {
		f.setups = make(chan struct{}, 64)
	}
	if o.Model == nil {
		o.Model = Mixed
	}
	if o.Manner == nil {
		o.Manner = func(int) handset.Manner { return handset.Obedient }
	}
	if o.Speaks == nil {
		o.Speaks = func(int) Speaks { return ByMail }
	}
	for n := 1; n <= o.Count; n++ {
		f.phones = append(f.phones, f.phone(o, n))
	}
	return f, nil
}

func (f *Fleet) phone(o Options, n int) *Phone {
	model := o.Model(n)
	speaks := o.Speaks(n)
	if !model.HasApp() {
		speaks = ByMail
	}
	return &Phone{
		fleet: f, number: n, model: model, set: handset.New(model.rules(), o.Manner(n)), id: model.deviceID(o.Seed, n),
		speaks: speaks, known: make(chan struct{}),
		user: strings.ReplaceAll(o.UserPattern, "%d", strconv.Itoa(n)),
		key:  "0", folderKey: "0", syncKey: "0",
		heartbeat: int(orDuration(o.Heartbeat, 470*time.Second) / time.Second),
	}
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// client holds at most one connection for each phone, without HTTP/2, which real phones of most platforms do not use
// for ActiveSync either. Small buffers keep five thousand of them light.
func client(o Options) *http.Client {
	if o.Transport != nil {
		return &http.Client{Transport: o.Transport, CheckRedirect: stay}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		CheckRedirect: stay,
		Transport: &http.Transport{
			Protocols:           protocols,
			DialContext:         places.Dialer(o.From),
			TLSClientConfig:     &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(64)},
			TLSHandshakeTimeout: time.Minute,
			MaxConnsPerHost:     2 * o.Count, // a mail client and an application each
			MaxIdleConnsPerHost: 2 * o.Count,
			IdleConnTimeout:     2 * time.Minute,
			ReadBufferSize:      2048,
			WriteBufferSize:     2048,
			DisableCompression:  true,
		},
	}
}

// stay follows no redirect: it would lead past the gateway.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Run lets the phones live until the context ends or every phone is wiped, and returns the report.
func (f *Fleet) Run(ctx context.Context) Report {
	start := time.Now()
	var all sync.WaitGroup
	for _, p := range f.phones {
		all.Go(func() {
			p.lead(ctx)
		})
	}
	all.Wait()
	f.client.CloseIdleConnections()
	return f.report(time.Since(start))
}

// enter waits for a place among the phones that set up. A phone gives the place back when it first holds a Ping, or
// when it is refused, so that refused phones do not keep the others waiting.
func (f *Fleet) enter(ctx context.Context, p *Phone) bool {
	select {
	case f.setups <- struct{}{}:
		p.setting.Store(true)
		return true
	case <-ctx.Done():
		return false
	}
}

// leave gives the place back, once; a phone without mail never had one.
func (f *Fleet) leave(p *Phone) {
	if p.setting.CompareAndSwap(true, false) {
		<-f.setups
	}
}

// Holding returns how many phones hold a Ping now.
func (f *Fleet) Holding() int { return int(f.holding.Load()) }

// Served returns how many Syncs were answered since the start.
func (f *Fleet) Served() int { return int(f.served.Load()) }

// DeviceIDs returns the phones' DeviceIds.
func (f *Fleet) DeviceIDs() []string {
	ids := make([]string, len(f.phones))
	for i, p := range f.phones {
		ids[i] = p.id
	}
	return ids
}

// Handset returns the device of a phone, by its number.
func (f *Fleet) Handset(number int) *handset.Handset { return f.phones[number-1].set }

func (f *Fleet) hold(p *Phone, d int64) {
	f.holding.Add(d)
	if d > 0 {
		f.leave(p)
		f.see(p, PingSent)
		return
	}
	f.see(p, PingEnded)
}

func (f *Fleet) mails(n int) { f.counts.mails.Add(int64(n)) }

func (f *Fleet) note(err error) {
	text := err.Error()
	f.last.Store(&text)
}

// see counts an event and tells whoever observes.
func (f *Fleet) see(p *Phone, kind Kind) {
	f.counts.add(p.model.Platform, kind)
	if kind.refused() {
		f.leave(p)
	}
	if f.observe != nil {
		f.observe(Event{Kind: kind, Phone: p.number, DeviceID: p.id, At: time.Now()})
	}
}
