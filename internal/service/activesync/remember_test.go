package activesync

import (
	"testing"
	"time"
)

// TestAKeyThatAnotherServerGave: a device is refused only on what the database says of it.
func TestAKeyThatAnotherServerGave(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.values = strictValues
		p.folderSync()
		p.enrol()
		p.passes()
		at := place{"mail", p.user, p.id}
		newer := func() {
			old := w.zone.devices[at].Keys
			w.zone.memory = map[place]Keys{at: old}
			now := *w.zone.devices[at]
			now.Keys.Final++
			w.zone.devices[at] = &now
			p.key++
		}
		read(w.zone, func() (none struct{}) { newer(); return none })
		p.passes() // what this gateway remembers is old
		w.zone.set(newer)
		p.passes() // and so is what core remembers, after a change of the zone
		w.clock.Advance(2 * standingAge)
		read(w.zone, func() (none struct{}) { newer(); return none })
		p.passes()
	})
}

// TestWhatRunsOutIsSeenWithinAMinute: an exception or a rule ends by itself, and no revision tells of it.
func TestWhatRunsOutIsSeenWithinAMinute(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	asked := read(w.zone, func() int { return w.zone.asked })
	read(w.zone, func() (none struct{}) { w.zone.access = Blocked; return none })
	w.clock.Advance(standingAge)
	p.passes()
	if n := read(w.zone, func() int { return w.zone.asked }); n != asked {
		t.Errorf("core was asked %d times within a minute", n-asked)
	}
	w.clock.Advance(time.Second)
	p.expect("blocked", p.folderSync(), either(p.version, statusDeviceBlocked))
}
