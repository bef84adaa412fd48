package phone_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/core/platform"
	"drover/internal/simulate/handset"
	"drover/internal/simulate/phone"
	"drover/internal/simulate/upstream"
)

// start runs a fleet beside an upstream until stop is called; stop returns the report.
func start(t *testing.T, server *upstream.Server, o phone.Options) (fleet *phone.Fleet, stop func() phone.Report) {
	t.Helper()
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	o.URL, o.UserPattern, o.Password = web.URL, "U%d", "p"
	fleet, err := phone.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan phone.Report, 1)
	go func() { done <- fleet.Run(ctx) }()
	return fleet, func() phone.Report {
		cancel()
		return <-done
	}
}

// until polls a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}

func TestEveryPlatformHoldsAPingAtEveryVersion(t *testing.T) {
	for _, version := range upstream.Versions {
		for _, provision := range []bool{false, true} {
			var speaking []phone.Model
			for _, name := range phone.Platforms() {
				m, err := phone.Find(name)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(strings.Join(m.Versions, " "), version) {
					speaking = append(speaking, m)
				}
			}
			server := upstream.New(upstream.Options{Users: "U%d", Password: "p", Versions: []string{version}, Provision: provision, Mails: 30})
			fleet, stop := start(t, server, phone.Options{
				Count: len(speaking), Model: func(n int) phone.Model { return speaking[n-1] },
			})
			until(t, version+": all hold a Ping", func() bool { return server.Held() == len(speaking) && fleet.Holding() == len(speaking) })
			report := stop()
			if !report.OK() || report.Mails != int64(30*len(speaking)) {
				t.Errorf("%s, provision %v: %+v", version, provision, report)
			}
			if n := report.Events[phone.Provisioned]; provision && n != len(speaking) {
				t.Errorf("%s: %d of %d phones were provisioned", version, n, len(speaking))
			}
		}
	}
}

func TestMailEndsAPing(t *testing.T) {
	server := upstream.New(upstream.Options{Mails: 1})
	var pings atomic.Int32
	_, stop := start(t, server, phone.Options{Count: 3, Observe: func(e phone.Event) {
		if e.Kind == phone.PingSent {
			pings.Add(1)
		}
	}})
	until(t, "all hold a Ping", func() bool { return server.Held() == 3 })
	server.Deliver("u2")
	until(t, "the phone has asked again", func() bool { return pings.Load() == 4 })
	if report := stop(); report.Mails != 4 {
		t.Errorf("%d mails arrived, not 4", report.Mails)
	}
}

func TestAWipedPhoneAcknowledgesAndEnds(t *testing.T) {
	for _, version := range []string{"2.5", "12.1", "14.0", "16.1"} {
		server := upstream.New(upstream.Options{Versions: []string{version}, Provision: true, Wipe: "U1"})
		ids := make(chan string, 1)
		_, stop := start(t, server, phone.Options{
			Count: 1, Model: func(int) phone.Model { m, _ := phone.Find("ios"); return m },
			Observe: func(e phone.Event) {
				if e.Kind == phone.Wiped {
					ids <- e.DeviceID
				}
			},
		})
		select {
		case id := <-ids:
			if !server.Wiped("U1", id) {
				t.Errorf("%s: the server does not know of the wipe", version)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: no wipe", version)
		}
		if report := stop(); report.Events[phone.WipeOrdered] != 1 || report.Events[phone.Wiped] != 1 {
			t.Errorf("%s: %v", version, report.Events)
		}
	}
}

func TestMisbehaviourDoesNotLoopForEver(t *testing.T) {
	server := upstream.New(upstream.Options{Provision: true})
	looped := make(chan struct{}, 100)
	_, stop := start(t, server, phone.Options{
		Count: 1, Manner: func(int) handset.Manner { return handset.WrongKey },
		Observe: func(e phone.Event) {
			if e.Kind == phone.Looped {
				looped <- struct{}{}
			}
		},
	})
	<-looped
	if report := stop(); report.OK() {
		t.Errorf("a loop is reported as good: %+v", report)
	}
}

// What phones call themselves is what the catalogue recognises.
func TestRefusedApplicationsWithoutMailEnd(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	fleet, err := phone.New(phone.Options{
		URL: web.URL, UserPattern: "U%d", Password: "p", Count: 3, Setups: 1,
		Model:  func(int) phone.Model { m, _ := phone.Find("ios"); return m },
		Speaks: func(int) phone.Speaks { return phone.ByApp },
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan phone.Report, 1)
	go func() { done <- fleet.Run(t.Context()) }()
	select {
	case report := <-done:
		if n := report.Events[phone.Failed]; n != 3 {
			t.Errorf("%d of 3 applications failed: %+v", n, report)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the fleet never ends")
	}
}

func TestModelsAreRecognised(t *testing.T) {
	for _, name := range phone.Platforms() {
		m, err := phone.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		facts := platform.Facts{DeviceType: m.DeviceType, UserAgent: m.UserAgent, OS: m.OS, Model: m.Name}
		if got := platform.Resolve(facts).Key(); got != name {
			t.Errorf("%s is recognised as %s", name, got)
		}
	}
}

func TestMixedFleetHasEveryPlatformInItsShare(t *testing.T) {
	got := map[string]int{}
	for n := 1; n <= 2000; n++ {
		got[phone.Mixed(n).Row()]++
	}
	for _, name := range phone.Platforms() {
		m, err := phone.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if got[name] != 20*m.Weight {
			t.Errorf("%d of 2000 phones are %s, not %d", got[name], name, 20*m.Weight)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []phone.Options{
		{URL: "ftp://x", Count: 1, UserPattern: "u"},
		{URL: "https://", Count: 1, UserPattern: "u"},
		{URL: "https://x", Count: 0, UserPattern: "u"},
		{URL: "https://x", Count: phone.MaxCount + 1, UserPattern: "u"},
		{URL: "https://x", Count: 1},
	} {
		if _, err := phone.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestReportReadsWell(t *testing.T) {
	r := phone.Report{
		Phones: 2, Seconds: 1.5, Mails: 3, Events: map[phone.Kind]int{phone.Connected: 2},
		Platforms: map[string]map[phone.Kind]int{"ios": {phone.Connected: 1}, "webos": {phone.Connected: 1}},
	}
	var table strings.Builder
	if err := r.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	want := "      event  all  ios  webos\n  connected    2    1      1\n2 phones, 1.5 s, 3 mails\n"
	if diff := cmp.Diff(want, table.String()); diff != "" {
		t.Error(diff)
	}
	data, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(data), `"events":{"connected":2}`) {
		t.Errorf("%s, %v", data, err)
	}
}
