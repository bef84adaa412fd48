package privacy_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/journal"
)

// counted counts how often the policy is asked.
type counted struct {
	policy
	n int
}

// Asks answers.
func (c *counted) Asks(ctx context.Context, device string, k journal.Kind) (journal.Ask, error) {
	c.n++
	return c.policy.Asks(ctx, device, k)
}

func TestThePolicyIsAskedOnceForWhatADeviceSends(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		asked := &counted{policy: f.asks}
		s := journal.New(journal.Parts{DB: f.DB, Clock: f.Clock, Log: f.Log, Zone: f.Zone, Keys: f.Keys, Policy: asked})
		if _, err := s.Admit(t.Context(), f.itself(), f.source(), journal.File); !problem.Is(err, problem.Forbidden) || problem.From(err).Code != "collect.off" {
			t.Fatalf("not asked for: %v", err)
		}
		f.asks[journal.File] = journal.Ask{Wanted: true, Paths: []string{"/"}}
		asked.n = 0
		from, err := s.Admit(t.Context(), f.itself(), f.source(), journal.File)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte("content"))
		file := journal.Copy{Path: "/a.txt", SHA256: hex.EncodeToString(sum[:])}
		if err := s.KeepFile(t.Context(), f.itself(), from, file, strings.NewReader("content")); err != nil {
			t.Fatal(err)
		}
		if asked.n != 1 {
			t.Errorf("a file asks the policy %d times", asked.n)
		}
		// What was found for one kind lets no other in.
		call := &journal.Call{At: f.Clock.Now(), Number: "1", Direction: journal.In}
		if err := s.Keep(t.Context(), f.itself(), from, call); !problem.Is(err, problem.Forbidden) {
			t.Errorf("another kind: %v", err)
		}
		stranger := f.itself()
		stranger.ID = "another"
		if _, err := s.Admit(t.Context(), stranger, f.source(), journal.File); !problem.Is(err, problem.Forbidden) {
			t.Errorf("another device: %v", err)
		}
	})
}
