package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"drover/api/adminv1"
	"drover/internal/simulate/phone"
)

// droverServer is Drover as a house would run it: SQLite, its own authority, one mail server, a policy for everybody.
type droverServer struct {
	bench *bench
	data  string
	admin string // address

	token  string
	client *http.Client
	env    []string // for the command line
	read   string   // the version of what was read last
	second string   // a suite that is assigned to nobody at first
}

func (b *bench) droverSubject(mail wake) subject {
	d := &droverServer{bench: b, data: filepath.Join(b.dir, "drover")}
	return subject{
		name: "drover", start: d.start, ca: filepath.Join(d.data, "tls", "ca.pem"), prepare: d.prepare,
		wakes: []wake{mail, {"another policy", d.anotherPolicy}}, wipe: d.wipe, flood: d.flood,
		last: []wake{{"all blocked", d.blockAll}},
	}
}

func (d *droverServer) start(context.Context) (*process, string, error) {
	device, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	if d.admin, err = freeAddress(); err != nil {
		return nil, "", err
	}
	p, err := start(d.bench.dir, nil, d.bench.drover, "serve", "--data", d.data, "--device-addr", device, "--admin-addr", d.admin)
	return p, device, err
}

// prepare makes an owner, a token, the mail server and the policy, as an administrator's script would.
func (d *droverServer) prepare(ctx context.Context) error {
	secret := filepath.Join(d.bench.dir, "password")
	if err := os.WriteFile(secret, []byte("correct horse battery staple"), 0o600); err != nil {
		return err
	}
	if _, err := d.run(ctx, "admin", "create", "bench", "--role", "owner", "--password-file", secret, "--data", d.data); err != nil {
		return err
	}
	token, err := d.run(ctx, "token", "create", "--admin", "bench", "--name", "bench", "--data", d.data)
	if err != nil {
		return err
	}
	if err := d.connect(strings.TrimSpace(token)); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"upstream", "add", "mail", "--url", "http://" + d.bench.mailAddr, "--default", "--hands-off"},
		{"policy", "create", "first", "--preset", "strict"},
		{"policy", "assign", "first", "--default"},
	} {
		if _, err := d.run(ctx, args...); err != nil {
			return err
		}
	}
	var second adminv1.Suite
	err = d.post(ctx, "/policies", adminv1.SuiteDraft{Name: "second", Preset: "basic"}, &second)
	d.second = second.ID
	return err
}

// anotherPolicy gives every device another policy.
func (d *droverServer) anotherPolicy(ctx context.Context) error {
	return d.post(ctx, "/policy-assignments", adminv1.AssignmentDraft{Kind: "default", Suite: d.second}, nil)
}

// run is Drover's own command line.
func (d *droverServer) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, d.bench.drover, args...)
	var told bytes.Buffer
	cmd.Stderr = &told
	cmd.Env = append(os.Environ(), d.env...)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("drover %s: %w: %s", strings.Join(args[:2], " "), err, told.String())
	}
	return string(out), nil
}

// blockAll keeps every device out.
func (d *droverServer) blockAll(ctx context.Context) error {
	return d.post(ctx, "/access-rules", adminv1.AccessRuleDraft{Name: "nobody", Match: "any", Decision: "block"}, nil)
}

// floodWorkers order at the same time.
const floodWorkers = 16

// mostWipes is how many devices are wiped one by one; budget is how many the zone lets anybody wipe in an hour.
const (
	mostWipes = 50
	budget    = 60
)

// wipe orders one device after the other to wipe itself, and takes the time from the order to the end of its Ping.
func (d *droverServer) wipe(ctx context.Context, fleet *phone.Fleet, watch *stopwatch) ([]time.Duration, error) {
	if err := d.allowWipes(ctx); err != nil {
		return nil, err
	}
	names := map[string]string{} // as the phones write them
	for _, id := range fleet.DeviceIDs() {
		names[strings.ToLower(id)] = id
	}
	devices, err := d.devices(ctx)
	if err != nil {
		return nil, err
	}
	var times []time.Duration
	for _, device := range devices {
		id, held := names[strings.ToLower(device.DeviceID)]
		if !held || len(times) == mostWipes {
			continue
		}
		watch.start()
		if err := d.orderWipe(ctx, device); err != nil {
			return nil, err
		}
		woken := func() bool { _, ok := watch.of(id); return ok }
		if err := poll(ctx, 30*time.Second, woken); err != nil {
			return nil, fmt.Errorf("%s never heard of it", id)
		}
		took, _ := watch.of(id)
		times = append(times, took)
	}
	return times, nil
}

// allowWipes makes the budgets wide enough to measure, which an only owner may do alone.
func (d *droverServer) allowWipes(ctx context.Context) error {
	var rules adminv1.SafetyRules
	if err := d.call(ctx, http.MethodGet, "/safety/rules", nil, &rules); err != nil {
		return err
	}
	rules.Actor = adminv1.Budget{Hour: budget, Day: budget}
	rules.Role, rules.Zone = rules.Actor, rules.Actor
	return d.call(ctx, http.MethodPut, "/safety/rules", rules, nil)
}

func (d *droverServer) orderWipe(ctx context.Context, device adminv1.Device) error {
	return d.post(ctx, "/devices/"+device.ID+"/commands", adminv1.DeviceCommandDraft{Kind: "full-wipe", Reason: "measuring"}, nil)
}

// devices lists the whole fleet.
func (d *droverServer) devices(ctx context.Context) ([]adminv1.Device, error) {
	var all []adminv1.Device
	for after := ""; ; {
		var page adminv1.Page[adminv1.Device]
		if err := d.call(ctx, http.MethodGet, "/devices?limit=500&state=active&cursor="+url.QueryEscape(after), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if after = page.Next; after == "" {
			return all, nil
		}
	}
}

// flood orders every device to wipe itself, many at a time, as a stolen token would, and waits until no order is under
// way. It is an error when the breaker has not stopped them.
func (d *droverServer) flood(ctx context.Context) error {
	devices, err := d.devices(ctx)
	if err != nil {
		return err
	}
	work := make(chan adminv1.Device, len(devices))
	for _, device := range devices {
		work <- device
	}
	close(work)
	var orders sync.WaitGroup
	failed := make(chan error, floodWorkers)
	for range floodWorkers {
		orders.Go(func() {
			for device := range work {
				if err := d.orderWipe(ctx, device); err != nil && !errors.Is(err, errRefused) {
					failed <- err
					return
				}
			}
		})
	}
	orders.Wait()
	close(failed)
	if err := <-failed; err != nil {
		return err
	}
	var breaker adminv1.Breaker
	if err := d.call(ctx, http.MethodGet, "/safety/breaker", nil, &breaker); err != nil {
		return err
	}
	if !breaker.Open {
		return fmt.Errorf("%d orders to wipe left the breaker closed", len(devices))
	}
	return poll(ctx, 30*time.Second, func() bool {
		var now adminv1.Overview
		return d.call(ctx, http.MethodGet, "/overview", nil, &now) == nil && !slices.ContainsFunc(now.Commands.ByState, underWay)
	})
}

// underWay tells whether commands are with their devices.
func underWay(c adminv1.Count) bool {
	return c.Count > 0 && (c.Key == "delivered" || c.Key == "acknowledged")
}

// errRefused is the end of a budget, or the open breaker.
var errRefused = errors.New("the zone refuses")

func (d *droverServer) post(ctx context.Context, path string, body, answer any) error {
	return d.call(ctx, http.MethodPost, path, body, answer)
}

// call is one request to the admin API.
func (d *droverServer) call(ctx context.Context, method, path string, body, answer any) error {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, "https://"+d.admin+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPut {
		req.Header.Set("If-Match", d.read)
	}
	res, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	switch {
	case err != nil:
		return err
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusForbidden, res.StatusCode == http.StatusConflict:
		return fmt.Errorf("%w: %s", errRefused, text)
	case res.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, text)
	case answer == nil:
		return nil
	case method == http.MethodGet:
		d.read = res.Header.Get("ETag")
	}
	return json.Unmarshal(text, answer)
}

// connect prepares the client of the admin API.
func (d *droverServer) connect(token string) error {
	ca := filepath.Join(d.data, "tls", "ca.pem")
	roots, err := readRoots(ca)
	if err != nil {
		return err
	}
	d.token = token
	d.client = &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}
	d.env = []string{"DROVER_URL=https://" + d.admin, "DROVER_TOKEN=" + token, "DROVER_CA=" + ca}
	return nil
}
