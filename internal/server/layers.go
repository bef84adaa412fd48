package server

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/outbound"
	"drover/internal/core/scope"
)

// How a finding stands, from the best to the worst. What was not looked at is unknown, never good.
const (
	stateOff       = "off"
	stateGood      = "good"
	stateUnknown   = "unknown"
	stateAttention = "attention"
	stateBad       = "bad"
)

var worse = map[string]int{stateOff: 0, stateGood: 1, stateUnknown: 2, stateAttention: 3, stateBad: 4}

// layersCaller reads for those who may see how the layers of security stand.
var layersCaller = scope.System("security")

// layersKept is how long an answer is told again: to read it anew connects to other servers.
const layersKept = 30 * time.Second

// layers keeps the last answer.
type layers struct {
	mu   sync.Mutex
	last adminv1.SecurityLayers
	at   time.Time
}

// securityLayers tells how each layer of security stands.
func (s *Server) securityLayers(ctx context.Context) (adminv1.SecurityLayers, error) {
	s.layers.mu.Lock()
	defer s.layers.mu.Unlock()
	now := s.zone.Clock.Now()
	if !s.layers.at.IsZero() && now.Sub(s.layers.at) < layersKept {
		return s.layers.last, nil
	}
	out := adminv1.SecurityLayers{Checked: now.UTC().Format(time.RFC3339)}
	for _, l := range []struct {
		key, title string
		find       func(context.Context) ([]adminv1.SecurityFinding, error)
	}{
		{"links", "Links to other servers", s.linkFindings},
		{"data", "Data at rest", s.dataFindings},
		{"logs", "Logs", s.logFindings},
		{"doors", "Links with devices and people", s.doorFindings},
		{"devices", "Devices", s.deviceFindings},
	} {
		found, err := l.find(ctx)
		if err == nil {
			err = ctx.Err() // whoever asked has gone, and with them every connection that was being made
		}
		if err != nil {
			return out, err
		}
		layer := adminv1.SecurityLayer{Key: l.key, Title: l.title, State: stateOff, Findings: found}
		for i := range found {
			if found[i].Facts == nil {
				found[i].Facts = []adminv1.SecurityFact{}
			}
			if worse[found[i].State] > worse[layer.State] {
				layer.State = found[i].State
			}
		}
		out.Layers = append(out.Layers, layer)
	}
	s.layers.last, s.layers.at = out, now
	return out, nil
}

func fact(name, value string) adminv1.SecurityFact {
	return adminv1.SecurityFact{Name: name, Value: value}
}

func number[N int | int64 | uint32](name string, n N) adminv1.SecurityFact {
	return fact(name, fmt.Sprint(n))
}

func moment(name string, t time.Time) adminv1.SecurityFact {
	return fact(name, t.UTC().Format(time.RFC3339))
}

// certificates are the facts of what a server showed, its own first.
func certificates(chain []outbound.Certificate) (facts []adminv1.SecurityFact) {
	for i, c := range chain {
		facts = append(facts, fact([]string{"certificate", "issued by"}[min(i, 1)], c.Subject+", ends "+c.Expires.Format(time.RFC3339)))
	}
	if len(chain) == 1 && chain[0].Issuer != chain[0].Subject {
		facts = append(facts, fact("issued by", chain[0].Issuer))
	}
	return facts
}

// judgeEnd judges the end of a certificate.
func judgeEnd(end, now time.Time) (state, words string) {
	switch left := end.Sub(now); {
	case left <= 0:
		return stateBad, "The certificate has ended."
	case left < soon:
		return stateAttention, fmt.Sprintf("The certificate ends in %d days.", int(left.Hours()/24))
	default:
		return stateGood, fmt.Sprintf("The certificate is good for %d days.", int(left.Hours()/24))
	}
}

// othersMay tells which of the files somebody else than their owner may do something with, by the bits of a mode; a file that
// is not there is nobody's. The error is of one that cannot be looked at.
func othersMay(bits os.FileMode, files ...string) (open []string, err error) {
	for _, f := range files {
		info, err := os.Stat(f)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return open, err
		}
		if info.Mode().Perm()&bits != 0 {
			open = append(open, fmt.Sprintf("%s (%#o)", f, info.Mode().Perm()))
		}
	}
	return open, nil
}
