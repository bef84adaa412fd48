package device_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// sorter may sort devices.
var sorter = coretest.Admin([]scope.Right{scope.DeviceRead, scope.GroupRead, scope.GroupEdit})

// folder makes a folder or fails.
func (f *fixture) folder(t testing.TB, path string) device.Group {
	t.Helper()
	g, err := f.devices.AddFolder(t.Context(), sorter, path, "")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// in returns the names of the groups that a device is in.
func (f *fixture) in(t testing.TB, id string) []string {
	t.Helper()
	list, err := f.devices.GroupsOf(t.Context(), gate, id)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(list))
	for i, g := range list {
		names[i] = g.Name
	}
	return names
}

func TestADeviceIsInOneFolderAndThoseAbove(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, c := t.Context(), sorter
		vienna, servers, graz := f.folder(t, "/Vienna"), f.folder(t, " /vienna/Servers "), f.folder(t, "/Graz")
		if servers.Name != "/Vienna/Servers" {
			t.Fatalf("the folder is called %s", servers.Name)
		}
		d := f.contact(t, f.user(t, "ann"), "one").Device
		if at, err := f.devices.FolderOf(ctx, c, d.ID); err != nil || at.ID != "" {
			t.Fatalf("a new device is in %+v (%v)", at, err)
		}
		for _, to := range []string{"", servers.ID, servers.ID} { // where it is already, it stays
			if err := f.devices.MoveTo(ctx, c, to, d.ID); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.in(t, d.ID); !slices.Equal(got, []string{"/Vienna", "/Vienna/Servers"}) {
			t.Fatalf("it is in %q", got)
		}
		limited := coretest.Admin([]scope.Right{scope.DeviceRead}, vienna.ID)
		if _, err := f.devices.Get(ctx, limited, d.ID); err != nil {
			t.Fatalf("who is limited to the folder above does not see it: %v", err)
		}
		if err := f.devices.MoveTo(ctx, c, graz.ID, d.ID); err != nil {
			t.Fatal(err)
		}
		if got := f.in(t, d.ID); !slices.Equal(got, []string{"/Graz"}) {
			t.Fatalf("it is in %q", got)
		}
		if _, err := f.devices.Get(ctx, limited, d.ID); !problem.Is(err, problem.NotFound) {
			t.Fatalf("who is limited to the old folder still sees it: %v", err)
		}
		if err := f.devices.MoveTo(ctx, c, "", d.ID); err != nil {
			t.Fatal(err)
		}
		if got := f.in(t, d.ID); len(got) != 0 {
			t.Fatalf("at the top it is in %q", got)
		}
		if n := strings.Count(f.Actions(t), "device.moved-to-folder"); n != 3 {
			t.Fatalf("%d moves are recorded, want 3", n)
		}
	})
}

func TestAFolderMovesWithAllBelowIt(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, c := t.Context(), sorter
		a, b, other := f.folder(t, "/A"), f.folder(t, "/A/B"), f.folder(t, "/AB")
		d := f.contact(t, f.user(t, "ann"), "one").Device
		if err := f.devices.MoveTo(ctx, c, b.ID, d.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.devices.EditFolder(ctx, c, a.ID, a.Version, "/A/C", ""); !problem.Is(err, problem.Conflict) {
			t.Fatalf("below itself: %v", err)
		}
		if _, err := f.devices.EditFolder(ctx, c, a.ID, a.Version, "/ab", ""); !problem.Is(err, problem.Conflict) {
			t.Fatalf("onto another: %v", err)
		}
		if _, err := f.devices.EditFolder(ctx, c, a.ID, a.Version, "/ab/Moved", "d"); err != nil {
			t.Fatal(err)
		}
		if got := f.in(t, d.ID); !slices.Equal(got, []string{"/AB", "/AB/Moved", "/AB/Moved/B"}) {
			t.Fatalf("the device is in %q", got)
		}
		if err := f.devices.RemoveFolder(ctx, c, b.ID); !problem.Is(err, problem.Conflict) {
			t.Fatalf("with a device in it: %v", err)
		}
		if err := f.devices.RemoveFolder(ctx, c, other.ID); !problem.Is(err, problem.Conflict) {
			t.Fatalf("with folders below: %v", err)
		}
		if err := f.devices.MoveTo(ctx, c, "", d.ID); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{b.ID, a.ID, other.ID} {
			if err := f.devices.RemoveFolder(ctx, c, id); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestFoldersAreNoGroupsToPutDevicesInto(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, c := t.Context(), sorter
		x, d := f.folder(t, "/X"), f.contact(t, f.user(t, "ann"), "one").Device
		if err := f.devices.AddMembers(ctx, c, x.ID, d.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("joined a folder as a group: %v", err)
		}
		if _, err := f.devices.EditGroup(ctx, c, x.ID, x.Version, "y", ""); !problem.Is(err, problem.Conflict) {
			t.Errorf("renamed a folder as a group: %v", err)
		}
		if err := f.devices.RemoveGroup(ctx, c, device.QuarantineFolder); !problem.Is(err, problem.Conflict) {
			t.Errorf("removed the quarantine as a group: %v", err)
		}
		if err := f.devices.RemoveFolder(ctx, c, device.QuarantineFolder); !problem.Is(err, problem.Conflict) {
			t.Errorf("removed the quarantine: %v", err)
		}
		if _, err := f.devices.EditFolder(ctx, c, device.QuarantineFolder, 1, "/Y", ""); !problem.Is(err, problem.Conflict) {
			t.Errorf("renamed the quarantine: %v", err)
		}
		if _, err := f.devices.AddGroup(ctx, c, "/Z", ""); !problem.Is(err, problem.Invalid) {
			t.Errorf("a group is called like a folder: %v", err)
		}
		for _, path := range []string{
			"", "/", "X", "//", "/X/", "/a//b", "/" + strings.Repeat("x", 65), "/1/2/3/4/5/6/7/8/9", "/a\x00b", "/a\nb", "/\u202egpj", "/ ",
		} {
			if _, err := f.devices.AddFolder(ctx, c, path, ""); !problem.Is(err, problem.Invalid) {
				t.Errorf("a folder %q: %v", path, err)
			}
		}
		for _, path := range []string{"/None/X", "/quarantine/X", "/x"} {
			if _, err := f.devices.AddFolder(ctx, c, path, ""); !problem.Is(err, problem.Conflict) {
				t.Errorf("a folder %q: %v", path, err)
			}
		}
		limited := coretest.Admin([]scope.Right{scope.GroupEdit, scope.GroupRead}, x.ID)
		if err := f.devices.MoveTo(ctx, limited, "", d.ID); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who is limited to groups moves devices: %v", err)
		}
		if _, err := f.devices.Folders(ctx, limited); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who is limited to groups sees all folders: %v", err)
		}
	})
}

// TestWhateverIsMovedEachDeviceIsWhereItWasPut: after any row of changes to the tree, a device is a member of the folder in
// which it was put and of those above it, and of no other.
func TestWhateverIsMovedEachDeviceIsWhereItWasPut(t *testing.T) {
	f := newFixture(coretest.New(t, sqldbtest.Engines[0]))
	ctx, c := t.Context(), sorter
	var devices []string
	for i := range 3 {
		devices = append(devices, f.contact(t, f.user(t, "ann"), fmt.Sprint(i)).Device.ID)
	}
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			list, err := f.devices.Folders(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			at := list[rapid.IntRange(0, len(list)-1).Draw(r, "at")]
			to := rapid.SampledFrom([]string{"/a", "/b", "/a/c", "/b/c", "/a/c/d", "/A/c/e"}).Draw(r, "to")
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0:
				_, err = f.devices.AddFolder(ctx, c, to, "")
			case 1:
				_, err = f.devices.EditFolder(ctx, c, at.ID, at.Version, to, "")
			case 2:
				err = f.devices.RemoveFolder(ctx, c, at.ID)
			case 3:
				err = f.devices.MoveTo(ctx, c, at.ID, rapid.SampledFrom(devices).Draw(r, "device"))
			}
			if err != nil && !problem.Is(err, problem.Conflict) {
				t.Fatal(err)
			}
		}
		for _, id := range devices {
			at, err := f.devices.FolderOf(ctx, c, id)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for path := at.Name; path != ""; path = path[:strings.LastIndexByte(path, '/')] {
				want = append(want, sqldb.Fold(path))
			}
			got := f.in(t, id)
			for i := range got {
				got[i] = sqldb.Fold(got[i])
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("the device in %q is a member of %q", at.Name, got)
			}
		}
	})
}
