package seal

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAnyHistoryKeepsTheLivingAndLosesTheErased lets two servers do anything in any order, crash at any step, restart,
// and live through months. Afterwards every field of a living user opens, and none of an erased one.
func TestAnyHistoryKeepsTheLivingAndLosesTheErased(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := onSQLite(t)
		servers := []*Keyring{r.open(), r.open()}
		fields, erasedUsers := map[Owner]map[Field]Sealed{}, map[Owner]bool{}

		steps := rapid.IntRange(5, 25).Draw(rt, "steps")
		for i := range steps {
			k := rapid.SampledFrom(servers).Draw(rt, "server")
			o := User(fmt.Sprint(rapid.IntRange(0, 4).Draw(rt, "user")))
			switch rapid.SampledFrom([]string{"seal", "seal", "erase", "crash", "maintain", "restart", "time"}).Draw(rt, "act") {
			case "seal":
				if erasedUsers[o] {
					continue
				}
				f := phone(fmt.Sprint(i))
				if fields[o] == nil {
					fields[o] = map[Field]Sealed{}
				}
				fields[o][f] = r.seal(k, f, o, f.Row)
			case "erase":
				if rapid.IntRange(0, 3).Draw(rt, "really") == 0 {
					r.erase(k, string(o)[len(userPrefix):])
					erasedUsers[o] = true
				}
			case "crash":
				r.crash(rt)
			case "maintain":
				r.maintain(k)
			case "restart":
				servers[rapid.IntRange(0, 1).Draw(rt, "which")] = r.open()
			case "time":
				r.clock.Advance(time.Duration(rapid.IntRange(1, 50*24).Draw(rt, "hours")) * time.Hour)
			}
		}

		r.clock.Advance(cacheAge)
		for _, k := range append(servers, r.open()) {
			for o, sealed := range fields {
				for f, s := range sealed {
					if erasedUsers[o] {
						r.wantErased(k, f, o, s)
					} else {
						r.wantOpen(k, f, o, s, f.Row)
					}
				}
			}
		}
	})
}

// crash starts one more server, which dies somewhere in a rotation or in its maintenance.
func (r *rig) crash(rt *rapid.T) {
	r.t.Helper()
	k, _ := r.openCrashing(rapid.IntRange(1, 6).Draw(rt, "at"))
	var err error
	switch rapid.SampledFrom([]string{"zone", "root", "maintain"}).Draw(rt, "in") {
	case "zone":
		_, err = k.RotateZoneKey(r.t.Context())
	case "root":
		err = k.RotateRoot(r.t.Context())
	case "maintain":
		_, err = k.Maintain(r.t.Context())
	}
	if err != nil && !errors.Is(err, errCrash) {
		must(r.t, err)
	}
}
