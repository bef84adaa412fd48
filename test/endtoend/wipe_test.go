package endtoend

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/sqldb"
	"drover/internal/base/wbxml"
	"drover/internal/core/command"
	"drover/internal/simulate/upstream"
)

// TestAWipeReachesADeviceWhosePasswordIsDead has devices with a pending wipe and a password that no longer works come for
// it. Their DeviceId and their last policy key together bring the wipe and nothing else; every other combination is
// answered exactly as a device is that nobody knows.
func TestAWipeReachesADeviceWhosePasswordIsDead(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		carl := w.handset(t, "carl", "14.1")
		carl.provision()
		for _, p := range []*handset{w.handset(t, "anna", "12.1"), w.handset(t, "bert", "14.1")} {
			t.Run(p.version, func(t *testing.T) {
				p.t = t
				p.provision()
				first := p.key
				p.provision()
				last := p.key
				ordered := w.wipe(t, w.device(t, p).ID)[0]
				p.password = "dead"
				stranger := *p
				stranger.id, stranger.key = "NOBODY", "0"
				unknown := stranger.folders()
				if unknown.status != http.StatusUnauthorized {
					t.Fatalf("a stranger is answered with %d", unknown.status)
				}
				for name, is := range map[string][2]string{
					"no key": {p.id, "0"}, "a wrong key": {p.id, "12345"}, "an older key": {p.id, first}, "another's key": {p.id, carl.key},
					"another's id": {"NOBODY", last}, "a device without a wipe": {carl.id, carl.key}, "the id in part": {p.id[:len(p.id)-1], last},
				} {
					guess := *p
					guess.id, guess.key = is[0], is[1]
					same(t, name, guess.folders(), unknown)
					same(t, name+", Provision", guess.send("Provision", provisionRequest()), unknown)
					same(t, name+", acknowledgement", guess.send("Provision", wiped()), unknown)
				}
				comesForItsWipe(t, w, p, ordered.ID)
			})
		}
	})
}

func comesForItsWipe(t *testing.T, w *world, p *handset, id string) {
	t.Helper()
	told := map[string]string{"12.1": "449", "14.1": "140"}[p.version]
	for range 2 {
		if got := p.folders().code(); got != told {
			t.Fatalf("with its key it is answered with %q, want %q", got, told)
		}
	}
	if got := p.sync("0").code(); got != told {
		t.Errorf("a Sync is answered with %q, want %q", got, told)
	}
	directive := p.send("Provision", provisionRequest())
	if directive.body.Child(wbxml.ProvisionRemoteWipe) == nil || policyOf(directive) != nil {
		t.Fatalf("it is not told to wipe itself, or is told more: %v", directive.body)
	}
	if s := p.send("Provision", wiped()); s.status != http.StatusOK {
		t.Fatalf("its acknowledgement is answered with %d", s.status)
	}
	c, err := w.Commands.Get(t.Context(), system, id)
	if err != nil {
		t.Fatal(err)
	}
	if c.State != command.Acknowledged || !c.Unproven {
		t.Errorf("the command is %s, unproven %v; want acknowledged by a device that could not prove its user", c.State, c.Unproven)
	}
	for _, s := range c.Steps {
		if s.State == command.Done {
			t.Error("the command was done on an unproven word")
		}
	}
}

// same wants two answers to be the same in all that the receiver can see, but for the time and the number of the request.
func same(t *testing.T, name string, got, want said) {
	t.Helper()
	bare := func(s said) said {
		s.header, s.body = s.header.Clone(), nil
		s.header.Del("Date")
		s.header.Del("X-Request-Id")
		return s
	}
	if diff := cmp.Diff(bare(want), bare(got), cmp.AllowUnexported(said{})); diff != "" {
		t.Errorf("%s is not answered as an unknown device (-unknown +it):\n%s", name, diff)
	}
}
