package desired

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"drover/agent/store"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/envelope"
	"drover/internal/base/httpsig"
)

// kinds are the documents, in the order in which they are asked for: settings may name the key that signs the others.
var kinds = []struct{ kind, service, path string }{
	{agentv1.KindSettings, agentv1.ServiceSettings, agentv1.PathSettings},
	{agentv1.KindPolicies, agentv1.ServicePolicies, agentv1.PathPolicies},
	{agentv1.KindAssignments, agentv1.ServiceAssignments, agentv1.PathAssignments},
	{agentv1.KindLocations, agentv1.ServiceLocations, agentv1.PathLocations},
}

// Refused is why a document was not taken; the reasons are those of [agentv1.Refusal].
type Refused struct {
	Kind   string
	Reason string
}

// Error says it for the log.
func (r *Refused) Error() string {
	return fmt.Sprintf("the %s were not taken: %s", r.Kind, r.Reason)
}

// held is a document that was taken.
type held struct {
	agentv1.Document
	expires time.Time
}

// State is what is in force. Only one goroutine may use it.
type State struct {
	store   *store.Store
	device  string
	keys    map[string]crypto.PublicKey
	held    map[string]held
	refused map[string]string

	Settings    agentv1.Settings
	Policies    agentv1.Policies
	Assignments agentv1.Assignments
	Locations   agentv1.Locations
}

// Defaults are how an agent works that has not been told.
func Defaults() agentv1.Settings {
	return agentv1.Settings{
		Refresh: agentv1.Interval{Minutes: 60, Jitter: 15}, Hold: true, LogLevel: "info",
		Inventory: agentv1.Inventories{Every: agentv1.Interval{Minutes: 24 * 60, Jitter: 120}},
	}
}

// Open reads the last good documents. One that cannot be read any more counts as none.
func Open(s *store.Store, id store.Identity) (*State, error) {
	st := &State{store: s, device: id.Device, held: map[string]held{}, refused: map[string]string{}, Settings: Defaults()}
	if err := st.trust(id.Signing); err != nil {
		return nil, err
	}
	for _, k := range kinds {
		e, ok, err := s.Document(k.kind)
		if err != nil || !ok {
			continue // damaged: it is fetched anew
		}
		if d, err := st.open(k.kind, e); err == nil {
			_ = st.use(d) // what was taken once could be used
		}
	}
	return st, nil
}

// trust takes the keys that sign from now on; a list without a usable key changes nothing.
func (st *State) trust(list []agentv1.PublicKey) error {
	keys := map[string]crypto.PublicKey{}
	for _, k := range list {
		key, err := x509.ParsePKIXPublicKey(k.Key)
		if err != nil {
			continue
		}
		if id, err := httpsig.Thumbprint(key); err == nil && id == k.ID {
			keys[id] = key
		}
	}
	if len(keys) == 0 {
		return errors.New("the zone has named no key that signs documents; register the computer anew")
	}
	st.keys = keys
	return nil
}

// ErrNothing is returned where a server answers that it offers none of the documents: it is off, or shut to this computer.
var ErrNothing = errors.New("the server offers nothing to this computer")

// Fetch asks for all documents. One that does not come stops none of the others, unless the server does not answer at all; the
// first error is returned. A document that was refused is told by [State.Refusals], not as an error.
func (st *State) Fetch(ctx context.Context, c *talk.Client) (changed bool, first error) {
	offered := false
	for _, k := range kinds {
		fresh, err := st.fetch(ctx, c, k.kind, k.service, k.path)
		changed = changed || fresh
		if refused, ok := errors.AsType[*Refused](err); ok {
			st.refused[k.kind], offered = refused.Reason, true
			continue
		}
		if err != nil && !talk.IsOff(err) && first == nil {
			first = err
		}
		if err == nil {
			delete(st.refused, k.kind)
		}
		if !talk.Answered(err) {
			return changed, first // each of the others would wait in vain
		}
		offered = offered || !talk.IsOff(err)
	}
	if !offered {
		return changed, ErrNothing
	}
	return changed, first
}

func (st *State) fetch(ctx context.Context, c *talk.Client, kind, service, path string) (bool, error) {
	r := talk.Request{Service: service, Method: http.MethodGet, Path: path}
	if h, ok := st.held[kind]; ok && c.Now().Before(h.expires) {
		r.ETag = strconv.Quote(strconv.FormatInt(h.Version, 10))
	}
	var e agentv1.Envelope
	answer, err := c.Do(ctx, r, &e)
	if err != nil || !answer.Fresh {
		return false, err
	}
	return st.Take(kind, e, c.Now())
}

// Take judges a document and, when it is good, keeps it and puts it in force. It tells whether that changed anything. The
// error is a [Refused] where the document is not good.
func (st *State) Take(kind string, e agentv1.Envelope, now time.Time) (bool, error) {
	d, err := st.open(kind, e)
	if err != nil {
		return false, err
	}
	if !now.Before(d.expires) {
		return false, &Refused{kind, "expired"}
	}
	old, had := st.held[kind]
	switch {
	case had && d.Version < old.Version:
		return false, &Refused{kind, "older"}
	case had && d.Version == old.Version && !bytes.Equal(d.Body, old.Body):
		return false, &Refused{kind, "older"} // two that call themselves the same: the first one holds
	}
	if err := st.use(d); err != nil {
		return false, &Refused{kind, "form"}
	}
	if kind == agentv1.KindSettings {
		if err := st.keepKeys(); err != nil {
			return false, err
		}
	}
	return !had || d.Version != old.Version, st.store.SetDocument(kind, e)
}

// keepKeys writes the signing keys down before the document that names them, so that a restart knows who has signed it.
func (st *State) keepKeys() error {
	id, ok, err := st.store.Identity()
	if err != nil || !ok || len(st.Settings.Signing) == 0 {
		return err
	}
	same := slices.EqualFunc(id.Signing, st.Settings.Signing, func(a, b agentv1.PublicKey) bool { return a.ID == b.ID })
	if same || st.trust(st.Settings.Signing) != nil {
		return nil
	}
	id.Signing = st.Settings.Signing
	return st.store.SetIdentity(id)
}

// open checks what does not depend on the time.
func (st *State) open(kind string, e agentv1.Envelope) (held, error) {
	key, ok := st.keys[e.KeyID]
	if !ok {
		return held{}, &Refused{kind, "key"}
	}
	if envelope.Check(key, envelope.AgentDocument, e.Payload, e.Signature) != nil {
		return held{}, &Refused{kind, "signature"}
	}
	var d held
	if json.Unmarshal(e.Payload, &d.Document) != nil {
		return held{}, &Refused{kind, "form"}
	}
	switch {
	case d.Device != st.device:
		return held{}, &Refused{kind, "device"}
	case d.Kind != kind:
		return held{}, &Refused{kind, "kind"}
	}
	var err error
	if d.expires, err = time.Parse(time.RFC3339, d.Expires); err != nil || d.Version <= 0 {
		return held{}, &Refused{kind, "form"}
	}
	return d, nil
}

// use puts a document in force.
func (st *State) use(d held) error {
	var err error
	switch d.Kind {
	case agentv1.KindSettings:
		s := Defaults()
		if err = json.Unmarshal(d.Body, &s); err == nil {
			st.Settings = bounded(s)
			_ = st.trust(s.Signing) // keys that cannot be read leave the present ones
		}
	case agentv1.KindPolicies:
		var p agentv1.Policies
		if err = json.Unmarshal(d.Body, &p); err == nil {
			st.Policies = p
		}
	case agentv1.KindAssignments:
		var a agentv1.Assignments
		if err = json.Unmarshal(d.Body, &a); err == nil {
			st.Assignments = a
		}
	case agentv1.KindLocations:
		var l agentv1.Locations
		if err = json.Unmarshal(d.Body, &l); err == nil {
			st.Locations = l
		}
	}
	if err == nil {
		st.held[d.Kind] = d
	}
	return err
}

// bounded keeps intervals to what does neither the agent nor the zone harm.
func bounded(s agentv1.Settings) agentv1.Settings {
	week := 7 * 24 * 60
	s.Refresh.Minutes = min(max(s.Refresh.Minutes, 1), week)
	s.Inventory.Every.Minutes = min(max(s.Inventory.Every.Minutes, 15), week)
	for _, j := range []*int{&s.Refresh.Jitter, &s.Inventory.Every.Jitter} {
		*j = min(max(*j, 0), 24*60)
	}
	return s
}

// Has tells whether a document of a kind is in force.
func (st *State) Has(kind string) bool {
	_, ok := st.held[kind]
	return ok
}

// Held tells what is in force.
func (st *State) Held(now time.Time) []agentv1.Held {
	list := []agentv1.Held{}
	for _, k := range kinds {
		if h, ok := st.held[k.kind]; ok {
			list = append(list, agentv1.Held{Kind: k.kind, Version: h.Version, Stale: !now.Before(h.expires)})
		}
	}
	return list
}

// Refusals tells what was not taken at the last question, and why.
func (st *State) Refusals() []agentv1.Refusal {
	var list []agentv1.Refusal
	for _, k := range kinds {
		if reason := st.refused[k.kind]; reason != "" {
			list = append(list, agentv1.Refusal{Kind: k.kind, Reason: reason})
		}
	}
	return list
}
