package companion

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"drover/internal/simulate/handset"
)

// Facts are what a device says it is.
type Facts struct {
	Name       string `json:"name,omitempty"`
	Model      string `json:"model,omitempty"`
	OS         string `json:"os,omitempty"`
	DeviceType string `json:"deviceType,omitempty"`
	UserAgent  string `json:"userAgent,omitempty"`
	Phone      string `json:"phone,omitempty"` // told where the policy asks for it
}

// Options say what an application is. URL, Client and Handset are needed, and an invitation or a name with its password.
type Options struct {
	URL        string // of the zone: "https://zone.example.org"
	Client     *http.Client
	Handset    *handset.Handset
	Invitation string
	Name       string
	Password   string
	ActiveSync string // the DeviceId of the mail client on the same device, "" where there is none
	Facts      Facts
	Life       Life // what it can tell of its user; something harmless when zero
}

// App is one application. Only one goroutine may use it at a time.
type App struct {
	o        Options
	wire     *wire
	device   string // its id in the zone
	policy   string // the revision it has
	schedule string // the revision it has, "" before it has been told
	now      state  // what it was told last
	settings map[string]json.RawMessage
	later    []order
	shown    []string
}

// New makes an application with a new key; nothing is sent before [App.Enrol].
func New(o Options) (*App, error) {
	w, err := newWire(o.URL, o.Client)
	return &App{o: o, wire: w}, err
}

// Device returns the id that the zone has given the device, "" before it is enrolled.
func (a *App) Device() string { return a.device }

// Shown returns the messages that the user has been shown.
func (a *App) Shown() []string { return a.shown }

// state is what there is to do.
type state struct {
	Policy   string `json:"policy"`
	Commands bool   `json:"commands"`
	Terms    int    `json:"terms"`
	Schedule string `json:"schedule"`

	Time    time.Time `json:"time"`
	Contact struct {
		Manner  string    `json:"manner"`
		Minutes int       `json:"minutes"`
		Until   time.Time `json:"until"`
	} `json:"contact"`
}

// waits tells whether the device is to be told of news at once.
func (s state) waits() bool { return s.Contact.Manner == "" || s.Contact.Manner == "push" }

// Enrol finds out where it is, agrees to the terms of use, and comes in.
func (a *App) Enrol(ctx context.Context) error {
	var found struct {
		Tag   string `json:"tag"`
		Terms int    `json:"terms"`
	}
	if err := a.wire.ask(ctx, base, &found); err != nil {
		return err
	}
	a.wire.tag = found.Tag
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, a.wire.key)
	if err != nil {
		return err
	}
	var key struct {
		Device string `json:"device"`
	}
	facts := a.o.Facts
	facts.Phone = "" // before there is a policy, none asks for it
	err = a.wire.call(ctx, http.MethodPost, "/enrolments", nil, struct {
		Invitation string `json:"invitation,omitempty"`
		Name       string `json:"name,omitempty"`
		Password   string `json:"password,omitempty"`
		CSR        []byte `json:"csr"`
		Terms      int    `json:"terms,omitempty"`
		ActiveSync string `json:"activeSync,omitempty"`
		App        string `json:"app"`
		Facts      Facts  `json:"facts"`
	}{a.o.Invitation, a.o.Name, a.o.Password, csr, found.Terms, a.o.ActiveSync, "drover-sim", facts}, &key)
	a.device = key.Device
	return err
}

// CheckIn tells what the device is and how it stands, and obeys the policy when it is a new one.
func (a *App) CheckIn(ctx context.Context) error {
	s := a.o.Handset.State()
	posture := map[string]bool{"rooted": false, "passcode": s.Password}
	if a.o.Handset.Rules().Encryption != handset.OwnData { // the mail client's data is not the device
		posture["encrypted"] = s.Encrypted
	}
	for _, fact := range a.o.Handset.Rules().Stands {
		posture[fact] = a.o.Handset.Manner() != handset.Leave
	}
	facts := a.o.Facts
	if !a.asked("audit.phone-number") {
		facts.Phone = ""
	}
	var now state
	err := a.wire.call(ctx, http.MethodPost, "/check-in", nil, map[string]any{"facts": facts, "posture": posture}, &now)
	if err != nil {
		return err
	}
	return a.follow(ctx, now)
}

// follow does what is asked for besides orders.
func (a *App) follow(ctx context.Context, s state) error {
	a.now = s
	if s.Terms > 0 {
		if err := a.wire.call(ctx, http.MethodPost, "/terms", nil, map[string]int{"terms": s.Terms}, nil); err != nil {
			return err
		}
	}
	if s.Policy == a.policy && s.Schedule == a.schedule {
		return nil
	}
	return a.obey(ctx)
}

// obey fetches the policy, takes of it what the platform can, and reports.
func (a *App) obey(ctx context.Context) error {
	var p struct {
		Revision string `json:"revision"`
		Settings map[string]struct {
			Value json.RawMessage `json:"value"`
		} `json:"settings"`
		Schedule *struct {
			Revision string `json:"revision"`
		} `json:"schedule"`
	}
	if err := a.wire.call(ctx, http.MethodGet, "/policy", nil, nil, &p); err != nil {
		return err
	}
	a.policy, a.schedule, a.settings = p.Revision, "none", map[string]json.RawMessage{}
	if p.Schedule != nil {
		a.schedule = p.Schedule.Revision
	}
	type one struct {
		Setting string `json:"setting"`
		State   string `json:"state"`
	}
	report := []one{}
	for name, s := range p.Settings {
		a.settings[name] = s.Value
		report = append(report, one{name, a.took(len(report))})
	}
	if a.o.Handset.Manner() != handset.Refuse && a.o.Handset.Manner() != handset.Lie {
		a.o.Handset.Obey(handset.Policy{
			PasswordRequired: a.flag("password.required"), Encrypt: a.flag("encryption.device"), CleanCard: a.flag("touchdown.clean-card"),
		})
	}
	if p.Revision == "" {
		return nil
	}
	return a.wire.call(ctx, http.MethodPost, "/policy/report", nil, map[string]any{"revision": p.Revision, "settings": report}, nil)
}

// took says what became of the n-th setting.
func (a *App) took(n int) string {
	m := a.o.Handset.Manner()
	if m == handset.Refuse || m == handset.Partial && n == 0 {
		return "refused"
	}
	return "applied"
}

// flag reads a setting that is true or false; nil when it is not told.
func (a *App) flag(name string) *bool {
	var b *bool
	if json.Unmarshal(a.settings[name], &b) != nil {
		return nil
	}
	return b
}

func (a *App) asked(name string) bool {
	b := a.flag(name)
	return b != nil && *b
}

// Wait waits until there is something to do, at most a minute, and tells whether an order waits. Where its schedule does not
// have it told at once, it waits for its turn first, and asks.
func (a *App) Wait(ctx context.Context) (bool, error) {
	var now state
	query := url.Values{"seconds": {"60"}}
	if !a.now.waits() {
		if err := a.rest(ctx); err != nil {
			return false, err
		}
		query.Set("seconds", "1")
	}
	if a.schedule != "" {
		query.Set("schedule", a.schedule)
	}
	if a.policy != "" {
		query.Set("policy", a.policy)
	}
	if err := a.wire.call(ctx, http.MethodGet, "/wait", query, nil, &now); err != nil {
		return false, err
	}
	return now.Commands, a.follow(ctx, now)
}

// rest lets the time go by until the device is to ask: its interval, or until it comes for news in another way.
func (a *App) rest(ctx context.Context) error {
	c := a.now.Contact
	var ends <-chan time.Time // never, where it asks by hand: there is no hand
	d := time.Duration(c.Minutes) * time.Minute
	if left := c.Until.Sub(a.now.Time); !c.Until.IsZero() && (d == 0 || left < d) {
		d = max(left, time.Second)
	}
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		ends = timer.C
	}
	select {
	case <-ends:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Duress tells that the user was forced to unlock the device. An application without the altered form of the password
// tells nothing.
func (a *App) Duress(ctx context.Context) error {
	if !a.o.Handset.Rules().Duress {
		return nil
	}
	return a.wire.call(ctx, http.MethodPost, "/duress", nil, nil, nil)
}

// retry is how long an application waits before it tries again what failed.
const retry = 2 * time.Second

// Begin comes into the zone, obeys, and tells what the policy asks for.
func (a *App) Begin(ctx context.Context) error {
	if err := a.Enrol(ctx); err != nil {
		return err
	}
	if err := a.CheckIn(ctx); err != nil {
		return err
	}
	for _, kind := range a.o.Handset.Rules().Tells {
		if err := a.Tell(ctx, kind, ""); err != nil && !notThis(err) {
			return err
		}
	}
	return nil
}

// notThis tells whether an error concerns one piece of data alone, so that the application goes on without it.
func notThis(err error) bool {
	var r *Refused
	return errors.Is(err, ErrNotAsked) ||
		errors.As(err, &r) && (strings.HasPrefix(r.Code, "collect.") || strings.HasPrefix(r.Code, "journal."))
}

// Run follows [App.Begin]. It lives until the context ends, the device is wiped, or the zone refuses it for
// good, and carries out orders. Each order that was answered is told to see, and each error that it lives on with.
func (a *App) Run(ctx context.Context, see func(Taken, error)) {
	for ctx.Err() == nil {
		err := a.turn(ctx, see)
		switch {
		case err == nil || ctx.Err() != nil:
			continue
		case over(err):
			return
		}
		see(Taken{}, err)
		timer := time.NewTimer(retry)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// turn waits for orders and carries them out.
func (a *App) turn(ctx context.Context, see func(Taken, error)) error {
	waits, err := len(a.later) > 0, error(nil)
	if !waits {
		waits, err = a.Wait(ctx)
	}
	for waits && err == nil {
		var t *Taken
		if t, err = a.Take(ctx); t == nil {
			break
		}
		see(*t, nil)
		waits = t.State != "" && t.State != "postponed"
	}
	return err
}

// over tells whether an error ends the application's life.
func over(err error) bool {
	return errors.Is(err, ErrHalted) || IsRefused(err, "key.unknown") || IsRefused(err, "key.ended") ||
		IsRefused(err, "device.wiped") || IsRefused(err, "device.retired")
}
