package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/httpsig"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/simulate/agents"
)

// rules is how many stand before the service whose gate is measured; the caller's address matches none of them but the last.
const rules = 1000

// gateFigures are the CPU that the gate costs a status: all of it but the proof, and with the proof by the signature.
type gateFigures struct{ alone, proven time.Duration }

// plan answers for every door out of a compiled document.
type plan door.Plan

// Door returns a service's door.
func (p plan) Door(s zone.Service) *door.Door { return p[s] }

// ruled is a document with many rules before what agents tell.
func ruled() plan {
	d := door.Default()
	f := door.Filter{Otherwise: door.Deny}
	for n := range rules - 1 {
		f.Rules = append(f.Rules, door.Rule{Verdict: door.Deny, From: fmt.Sprintf("10.%d.%d.0/24", n/250, n%250)})
	}
	f.Rules = append(f.Rules, door.Rule{Verdict: door.Allow, From: "192.0.2.0/24"})
	d.Zone.Settle(zone.ServiceStatus).Filter = &f
	return plan(d.Compile("", nil))
}

// measureGate measures the gate in this process, around a service that reads what was sent and does nothing.
func measureGate() (f gateFigures, err error) {
	key, err := agents.NewKey()
	if err != nil {
		return f, err
	}
	id, err := httpsig.Thumbprint(key.Public())
	if err != nil {
		return f, err
	}
	tag := agentv1.Tag("bench", agentv1.ServiceStatus)
	v := &httpsig.Verifier{
		Tag: tag, Clock: clock.System{}, Key: func(context.Context, string) (crypto.PublicKey, error) { return key.Public(), nil },
	}
	caller := scope.Caller{Kind: scope.Device, ID: "device", Session: id}
	believe := func(*http.Request) (scope.Caller, error) { return caller, nil }
	prove := func(r *http.Request) (scope.Caller, error) {
		// One request comes again and again here: its nonce is taken anew each time.
		v.Nonces = httpsig.NewNonces(2 * httpsig.Window)
		_, err := v.Verify(r)
		return caller, err
	}
	body := []byte(`{"id":"` + rand.Text() + `"}`)
	h := http.Header{"Content-Type": {"application/json"}}
	httpsig.SetDigest(h, body)
	signed := httptest.NewRequest(http.MethodPost, agentv1.PathStatus, nil)
	signed.Header = h
	err = httpsig.Sign(httpsig.Request(signed), key, httpsig.Input{
		Label: "agent", Components: httpsig.Fields("@method", "@path", "@query", "content-digest", "content-type"),
		Created: time.Now(), Nonce: rand.Text(), KeyID: id, Tag: tag,
	})
	if err != nil {
		return f, err
	}
	if f.alone, err = gateCost(believe, h, body); err != nil {
		return f, err
	}
	f.proven, err = gateCost(prove, h, body)
	return f, err
}

func gateCost(who gate.Authenticator, h http.Header, body []byte) (time.Duration, error) {
	served := 0
	g, err := gate.New(gate.Options{
		Doors: ruled(), Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Authenticators: map[gate.Audience]gate.Authenticator{gate.AudienceAgent: who},
		Routes: []gate.Route{{
			Service: zone.ServiceStatus, Method: http.MethodPost, Pattern: agentv1.PathStatus, Who: gate.Agent(), Body: 1 << 20,
			Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }),
		}},
	})
	if err != nil {
		return 0, err
	}
	alone, err := perCall(h, body, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if err != nil {
		return 0, err
	}
	all, err := perCall(h, body, g.Device())
	if err == nil && served != gateCalls {
		err = errors.New("the gate does not let the status through")
	}
	return all - alone, err
}

// gateCalls is how many requests are made of each kind.
const gateCalls = 20_000

// perCall is the CPU of this process for one request to a handler, that of making the request with it.
func perCall(h http.Header, body []byte, to http.Handler) (time.Duration, error) {
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		return 0, err
	}
	for range gateCalls {
		r := httptest.NewRequest(http.MethodPost, agentv1.PathStatus, bytes.NewReader(body))
		r.Header, r.RemoteAddr = h.Clone(), "192.0.2.7:1"
		to.ServeHTTP(httptest.NewRecorder(), r)
	}
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	return time.Duration(used) / gateCalls, err
}
