package watch_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/agent/watch"
	"drover/api/agentv1"
)

// What journalctl writes, one object a line.
const said = `{"__CURSOR":"c1","__REALTIME_TIMESTAMP":"1795341600000000","MESSAGE":"New session 4 of user ann."}
{"__CURSOR":"c2","__REALTIME_TIMESTAMP":"1795341601000000","MESSAGE":"Removed session 3."}
{"__CURSOR":"c3","__REALTIME_TIMESTAMP":"1795341602000000","MESSAGE":"     bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/mysql -psecret"}
{"__CURSOR":"c4","__REALTIME_TIMESTAMP":"1795341603000000","MESSAGE":"     bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/id"}
{"__CURSOR":"c5","__REALTIME_TIMESTAMP":"1795341604000000","MESSAGE":"usb 1-2: New USB device found, idVendor=0781, idProduct=5583, bcdDevice= 1.00"}
{"__CURSOR":"c6","__REALTIME_TIMESTAMP":"1795341605000000","MESSAGE":[78,101,119,255]}
{"__CURSOR":"c7","__REALTIME`

var all = []string{agentv1.EventLogin, agentv1.EventElevation, agentv1.EventUSB}

func TestTheJournalIsRead(t *testing.T) {
	m := systemtest.New(system.Linux).Say("journalctl", said)
	got, cursor, err := watch.Take(t.Context(), m, all, "c0")
	want := []agentv1.Event{
		{At: "2026-11-22T10:00:00Z", Kind: "login", Level: "info", Words: "Somebody signed in.", User: "ann"},
		{At: "2026-11-22T10:00:02Z", Kind: "elevation", Level: "info", Words: "Somebody acted as root by sudo.", User: "bob"},
		{At: "2026-11-22T10:00:03Z", Kind: "elevation", Level: "warn", Words: "Somebody tried to act as root by sudo and was refused.", User: "bob"},
		{At: "2026-11-22T10:00:04Z", Kind: "usb", Level: "info", Words: "A USB device was plugged in: 0781:5583."},
	}
	if diff := cmp.Diff(want, got); diff != "" || cursor != "c6" || err != nil {
		t.Errorf("%s, cursor %q, %v", diff, cursor, err)
	}
	ran := m.Ran("journalctl")[0]
	if !strings.HasSuffix(ran, "--after-cursor=c0 _SYSTEMD_UNIT=systemd-logind.service + SYSLOG_IDENTIFIER=sudo + _TRANSPORT=kernel") {
		t.Errorf("ran %s", ran)
	}
}

func TestOnlyTheKindsThatAreAskedFor(t *testing.T) {
	m := systemtest.New(system.Linux).Say("journalctl", said)
	got, _, err := watch.Take(t.Context(), m, []string{agentv1.EventUSB}, "c0")
	if len(got) != 1 || got[0].Kind != agentv1.EventUSB || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if got, cursor, err := watch.Take(t.Context(), m, nil, "c0"); len(got) != 0 || cursor != "" || err != nil || len(m.Ran("journalctl")) != 1 {
		t.Errorf("%+v, %q, %v", got, cursor, err)
	}
}

// What happened before the zone asked is not told.
func TestTheFirstLookTellsNothing(t *testing.T) {
	m := systemtest.New(system.Linux).Say("journalctl", strings.SplitAfter(said, "\n")[0])
	got, cursor, err := watch.Take(t.Context(), m, all, "")
	if len(got) != 0 || cursor != "c1" || err != nil {
		t.Errorf("%+v, %q, %v", got, cursor, err)
	}
}

func TestAJournalThatIsNoneTellsNothing(t *testing.T) {
	for name, m := range map[string]*systemtest.Fake{
		"no systemd": systemtest.New(system.Linux), "Windows": systemtest.New(system.Windows), "nothing": systemtest.New(system.Linux).Say("journalctl", ""),
	} {
		if got, _, err := watch.Take(t.Context(), m, all, ""); len(got) != 0 || err != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, cursor, err := watch.Take(t.Context(), systemtest.New(system.Linux).End("journalctl", "Failed to seek to cursor", 1), all, "gone"); err == nil || cursor != "" {
		t.Errorf("cursor %q, %v", cursor, err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add(said)
	f.Fuzz(func(t *testing.T, text string) {
		events, _, err := watch.Take(t.Context(), systemtest.New(system.Linux).Say("journalctl", text), all, "c0")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if len(e.User) > 256 || strings.Contains(e.Words, "COMMAND") {
				t.Fatalf("%+v", e)
			}
		}
	})
}
