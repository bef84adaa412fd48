package enrol

import (
	"crypto/x509"
	"encoding/json"
	"testing"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/envelope"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
)

// open checks a document as an agent does that believes the named keys.
func open(t *testing.T, named []agentv1.PublicKey, e agentv1.Envelope) (agentv1.Document, bool) {
	t.Helper()
	var d agentv1.Document
	for _, k := range named {
		if k.ID != e.KeyID {
			continue
		}
		key, err := x509.ParsePKIXPublicKey(k.Key)
		if err != nil {
			t.Fatal(err)
		}
		if envelope.Check(key, envelope.AgentDocument, e.Payload, e.Signature) == nil {
			return d, json.Unmarshal(e.Payload, &d) == nil
		}
	}
	return d, false
}

// An agent that knows the keys of one moment believes what is signed after the next change, and what was signed before is
// believed by one that came after it.
func TestTheNextSigningKeyIsNamedBeforeItSigns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sign := func() agentv1.Envelope {
			t.Helper()
			e, err := w.Sign(t.Context(), agentv1.Document{Device: "d-1", Kind: agentv1.KindSettings, Version: 7})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		named := func() []agentv1.PublicKey {
			t.Helper()
			list, err := w.SigningKeys(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		before, early := named(), sign()
		if d, ok := open(t, before, early); !ok || d.Device != "d-1" || d.Version != 7 || len(before) != 2 {
			t.Fatalf("%+v %v, %d keys", d, ok, len(before))
		}
		if err := w.RotateSigning(t.Context(), scope.System("test")); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		after, late := named(), sign()
		if _, ok := open(t, before, late); !ok || late.KeyID == early.KeyID {
			t.Error("who was away while the keys changed does not know the new one")
		}
		if _, ok := open(t, after, early); !ok || len(after) != 3 {
			t.Errorf("%d keys: what was signed before the change is not believed any more", len(after))
		}
		w.Clock.Advance(signedLife + time.Hour)
		if err := w.RotateSigning(t.Context(), scope.System("test")); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		if _, ok := open(t, named(), early); ok {
			t.Error("a key that has not signed for long is still named")
		}
	})
}

// TestTheSigningKeyIsNotChangedTwiceAtOnce: the computers have not been told yet which key comes after the one that has just begun to
// sign, and would all have to register anew.
func TestTheSigningKeyIsNotChangedTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := scope.System("test")
		if err := w.RotateSigning(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		told, err := w.SigningKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, wait := range []time.Duration{0, learning - time.Second} {
			w.Clock.Advance(wait)
			if err := w.RotateSigning(t.Context(), c); problem.From(err).Code != "key.young" {
				t.Errorf("after %s: %v", wait, err)
			}
		}
		w.Clock.Advance(time.Second)
		if err := w.RotateSigning(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		late, err := w.Sign(t.Context(), agentv1.Document{Device: "d-1", Kind: agentv1.KindSettings, Version: 7})
		if _, ok := open(t, told, late); !ok || err != nil {
			t.Errorf("who has learnt of the next key does not believe it (%v)", err)
		}
	})
}

func TestOnlyWhoMayChangeKeysChangesThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		err := w.RotateSigning(t.Context(), scope.Caller{Kind: scope.Admin, ID: "a"})
		if !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
	})
}
