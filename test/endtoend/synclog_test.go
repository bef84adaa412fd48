package endtoend

import (
	"slices"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/logbook"
	"drover/internal/core/scope"
	"drover/internal/simulate/upstream"
)

// TestWhatAPhoneSynchronisesIsInTheLogWhileTheZoneKeepsIt: the commands and how they ended, of a phone that must fetch its
// policy first, and nothing before somebody has asked for it.
func TestWhatAPhoneSynchronisesIsInTheLogWhileTheZoneKeepsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		p, system, book := w.handset(t, "ann", "14.1"), scope.System("test"), w.Zone.Logbook
		p.folders() // not kept yet
		_, version, err := book.Days(t.Context(), system)
		if err != nil {
			t.Fatal(err)
		}
		if err := book.Keep(t.Context(), system, 7, version); err != nil {
			t.Fatal(err)
		}
		p.folders()
		p.provision()
		p.folders()
		until(t, "the log is written", func() bool {
			if err := book.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			list, _, err := book.Syncs(t.Context(), system, logbook.SyncFilter{Device: w.device(t, p).ID}, 50, "")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range list {
				got = append(got, x.Command+" "+string(x.Outcome)+" "+x.Reason)
			}
			slices.Reverse(got)
			want := []string{"FolderSync refused policy", "Provision ok ", "Provision ok ", "FolderSync ok "}
			return slices.Equal(got, want)
		})
	})
}
