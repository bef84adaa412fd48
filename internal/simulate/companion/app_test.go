package companion

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drover/internal/simulate/handset"
)

// zone answers an application in the same process, as a zone with a schedule does: told at once by day, every hour by
// night.
type zone struct {
	mu    sync.Mutex
	asked []string // what it was asked for in the time that is counted

	refuses string // the code by which it refuses files, for which its policy asks then
}

func (z *zone) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, base)
	z.mu.Lock()
	z.asked = append(z.asked, path)
	z.mu.Unlock()
	body := any(map[string]any{})
	switch path {
	case "/check-in":
		body = z.state()
	case "/policy":
		body = map[string]any{"revision": "", "settings": map[string]any{}, "schedule": map[string]any{"revision": "s1"}}
		if z.refuses != "" {
			body = map[string]any{"revision": "p1", "settings": map[string]any{"audit.files": map[string]any{"value": true}}}
		}
	case "/wait":
		if err := z.hold(r); err != nil {
			return nil, err
		}
		body = z.state()
	}
	status := http.StatusOK
	if strings.HasPrefix(path, "/data/") {
		status, body = http.StatusForbidden, map[string]any{"status": http.StatusForbidden, "code": z.refuses}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
}

// hold waits as long as the application asks, until the night or the day ends.
func (z *zone) hold(r *http.Request) error {
	d, err := time.ParseDuration(r.URL.Query().Get("seconds") + "s")
	if err != nil {
		return err
	}
	timer := time.NewTimer(min(d, time.Until(z.until())))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

func (*zone) day() bool {
	hour := time.Now().UTC().Hour()
	return hour >= 8 && hour < 18
}

func (z *zone) until() time.Time {
	now := time.Now().UTC()
	edge := time.Date(now.Year(), now.Month(), now.Day(), 8, 0, 0, 0, time.UTC)
	if z.day() {
		return edge.Add(10 * time.Hour)
	}
	if !edge.After(now) {
		edge = edge.Add(24 * time.Hour)
	}
	return edge
}

func (z *zone) state() map[string]any {
	contact := map[string]any{"manner": "push", "until": z.until()}
	if !z.day() {
		contact["manner"], contact["minutes"] = "interval", 60
	}
	return map[string]any{"time": time.Now(), "policy": "", "schedule": "s1", "contact": contact}
}

// count returns how often the application has asked for something since it was asked last.
func (z *zone) count() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	n := len(z.asked)
	z.asked = nil
	return n
}

func TestAnApplicationLivesOnWithoutWhatIsNotWanted(t *testing.T) {
	rules, ok := handset.Of("ios/10")
	if !ok {
		t.Fatal("there is no such platform")
	}
	rules.Tells = []string{"file"}
	for code, lives := range map[string]bool{"journal.unasked": true, "collect.size": true, "key.ended": false} {
		z := &zone{refuses: code}
		a, err := New(Options{URL: "http://zone.example.test", Client: &http.Client{Transport: z}, Handset: handset.New(rules, handset.Obedient)})
		if err != nil {
			t.Fatal(err)
		}
		err = a.Begin(t.Context())
		if last := z.asked[len(z.asked)-1]; !strings.HasPrefix(last, "/data/file/") {
			t.Fatalf("%s: the last it asks for is %s", code, last)
		}
		if lives != (err == nil) {
			t.Errorf("a file refused with %s: %v", code, err)
		}
	}
}

func TestAnApplicationKeepsItsSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2000, 3, 1, 17, 0, 0, 0, time.UTC)))
		rules, ok := handset.Of("ios/10")
		if !ok {
			t.Fatal("there is no such platform")
		}
		rules.Tells = nil
		z := &zone{}
		a, err := New(Options{URL: "http://zone.example.test", Client: &http.Client{Transport: z}, Handset: handset.New(rules, handset.Obedient)})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		z.count()
		go func() {
			defer close(done)
			a.Run(ctx, func(_ Taken, err error) {
				if err != nil {
					t.Error(err)
				}
			})
		}()
		pass := func(d time.Duration, least, most int, when string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if n := z.count(); n < least || n > most {
				t.Errorf("%s it asks %d times, want %d to %d", when, n, least, most)
			}
		}
		pass(time.Hour-time.Second, 59, 61, "in an hour of the day, each wait a minute long,")
		pass(2*time.Second, 0, 1, "when the day ends")
		pass(14*time.Hour-5*time.Second, 13, 15, "in the night")
		pass(10*time.Minute, 9, 12, "in ten minutes of the next day")
		stop()
		<-done
	})
}
