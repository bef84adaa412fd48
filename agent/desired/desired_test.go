package desired_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"drover/agent/agenttest"
	"drover/agent/desired"
	"drover/agent/store"
	"drover/api/agentv1"
)

// open makes a state that trusts the zone's present key.
func open(t *testing.T, z *agenttest.Zone) (*desired.State, *store.Store) {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	id := store.Identity{Device: agenttest.Device, Signing: z.SigningKeys()}
	if err := s.SetIdentity(id); err != nil {
		t.Fatal(err)
	}
	st, err := desired.Open(s, id)
	if err != nil {
		t.Fatal(err)
	}
	return st, s
}

func policies(revision string) agentv1.Policies { return agentv1.Policies{Revision: revision} }

// Every document that is not good is refused with its reason, and what is held stays in force.
func TestWhatIsNotGoodIsRefused(t *testing.T) {
	z, other := agenttest.New(t), agenttest.New(t)
	now := z.Clock.Now()
	doc := agentv1.Document{Device: agenttest.Device, Kind: agentv1.KindPolicies, Version: 20}
	good := z.Sign(doc, policies("good"))
	change := func(f func(*agentv1.Document)) agentv1.Envelope {
		d := doc
		d.Version = 21
		f(&d)
		return z.Sign(d, policies("bad"))
	}
	touched := z.Sign(doc, policies("bad"))
	touched.Signature = append([]byte(nil), good.Signature...)
	foreign := other.Sign(doc, policies("bad"))
	borrowed := foreign
	borrowed.KeyID = good.KeyID
	for name, c := range map[string]struct {
		e      agentv1.Envelope
		reason string
	}{
		"another payload":     {touched, "signature"},
		"another zone's key":  {foreign, "key"},
		"a borrowed key id":   {borrowed, "signature"},
		"another device":      {change(func(d *agentv1.Document) { d.Device = "device-2" }), "device"},
		"another kind":        {change(func(d *agentv1.Document) { d.Kind = agentv1.KindAssignments }), "kind"},
		"older":               {change(func(d *agentv1.Document) { d.Version = 19 }), "older"},
		"the same but other":  {change(func(d *agentv1.Document) { d.Version = 20 }), "older"},
		"no version":          {change(func(d *agentv1.Document) { d.Version = 0 }), "form"},
		"expired":             {change(func(d *agentv1.Document) { d.Expires = now.Add(-time.Second).Format(time.RFC3339) }), "expired"},
		"expires just now":    {change(func(d *agentv1.Document) { d.Expires = now.UTC().Format(time.RFC3339) }), "expired"},
		"without an end":      {change(func(d *agentv1.Document) { d.Expires = "never" }), "form"},
		"a body that is none": {z.Sign(agentv1.Document{Device: agenttest.Device, Kind: agentv1.KindPolicies, Version: 21}, []int{1}), "form"},
		"no document":         {z.SignRaw([]byte("not JSON")), "form"},
	} {
		st, _ := open(t, z)
		if _, err := st.Take(agentv1.KindPolicies, good, now); err != nil {
			t.Fatal(err)
		}
		_, err := st.Take(agentv1.KindPolicies, c.e, now)
		var refused *desired.Refused
		if !errors.As(err, &refused) || refused.Reason != c.reason {
			t.Errorf("%s: %v, want %s", name, err, c.reason)
		}
		if st.Policies.Revision != "good" {
			t.Errorf("%s: %q is in force", name, st.Policies.Revision)
		}
	}
}

func TestTheLastGoodDocumentsHoldAfterARestartAndTheirEnd(t *testing.T) {
	z := agenttest.New(t)
	st, s := open(t, z)
	e := z.Publish(agentv1.KindPolicies, policies("good"))
	if fresh, err := st.Take(agentv1.KindPolicies, e, z.Clock.Now()); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	if fresh, err := st.Take(agentv1.KindPolicies, e, z.Clock.Now()); err != nil || fresh {
		t.Errorf("the same one again: fresh %v, %v", fresh, err)
	}
	id, _, err := s.Identity()
	if err != nil {
		t.Fatal(err)
	}
	again, err := desired.Open(s, id)
	if err != nil {
		t.Fatal(err)
	}
	held := again.Held(z.Clock.Now().Add(48 * time.Hour))
	if again.Policies.Revision != "good" || len(held) != 1 || !held[0].Stale {
		t.Errorf("in force %q, held %+v", again.Policies.Revision, held)
	}
}

// The next signing key is named by settings that the present one has signed; a restart knows it too.
func TestSigningKeysChange(t *testing.T) {
	z := agenttest.New(t)
	st, s := open(t, z)
	early := z.Publish(agentv1.KindSettings, agentv1.Settings{LogLevel: "info"})
	if _, err := st.Take(agentv1.KindSettings, early, z.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	rotated := z.Rotate(agentv1.Settings{LogLevel: "info"})
	byNew := z.Publish(agentv1.KindPolicies, policies("by the new key"))
	if _, err := st.Take(agentv1.KindPolicies, byNew, z.Clock.Now()); err == nil {
		t.Error("a key that nobody has named is taken")
	}
	if _, err := st.Take(agentv1.KindSettings, rotated, z.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Take(agentv1.KindPolicies, byNew, z.Clock.Now()); err != nil {
		t.Error(err)
	}
	id, _, err := s.Identity()
	if err != nil {
		t.Fatal(err)
	}
	again, err := desired.Open(s, id)
	if err != nil || again.Policies.Revision != "by the new key" {
		t.Errorf("after a restart %q, %v", again.Policies.Revision, err)
	}
}

func TestSettingsAreBounded(t *testing.T) {
	z := agenttest.New(t)
	st, _ := open(t, z)
	e := z.Publish(agentv1.KindSettings, agentv1.Settings{
		LogLevel: "info", Refresh: agentv1.Interval{Minutes: -5, Jitter: 1 << 40}, Inventory: agentv1.Inventories{Every: agentv1.Interval{Minutes: 1}},
	})
	if _, err := st.Take(agentv1.KindSettings, e, z.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if s := st.Settings; s.Refresh.Minutes != 1 || s.Refresh.Jitter != 24*60 || s.Inventory.Every.Minutes != 15 {
		t.Errorf("%+v", s)
	}
}

// Whatever bytes a server that holds the key signs or not, nothing panics and nothing unsigned is taken.
func FuzzTake(f *testing.F) {
	z := agenttest.New(f)
	s, err := store.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"device":"device-1","kind":"settings","version":1,"expires":"2100-01-01T00:00:00Z","body":{}}`))
	f.Add([]byte(`{"device":"device-1","kind":"assignments","version":9,"expires":"2100-01-01T00:00:00Z","body":{"orders":[{}],"scripts":[{}]}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		st, err := desired.Open(s, store.Identity{Device: agenttest.Device, Signing: z.SigningKeys()})
		if err != nil {
			t.Fatal(err)
		}
		signed := z.SignRaw(payload)
		for _, kind := range []string{agentv1.KindSettings, agentv1.KindPolicies, agentv1.KindAssignments} {
			_, _ = st.Take(kind, signed, z.Clock.Now()) // any answer will do
			if len(payload) > 0 {
				wrong := signed
				wrong.Payload = append([]byte{payload[0] ^ 1}, payload[1:]...)
				if _, err := st.Take(kind, wrong, z.Clock.Now()); err == nil {
					t.Fatalf("taken without a signature: %s", wrong.Payload)
				}
			}
		}
		if _, err := json.Marshal(st.Settings); err != nil {
			t.Fatal(err)
		}
	})
}
