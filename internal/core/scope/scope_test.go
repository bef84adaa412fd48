package scope

import (
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

func TestScopeJoinsGrantsOfTheSameRight(t *testing.T) {
	c := Caller{Grants: []Grant{
		{Rights: []Right{DeviceRead}},
		{Rights: []Right{DeviceRead, DeviceWipeFull}, Groups: []string{"b", "a"}},
		{Rights: []Right{DeviceWipeFull}, Groups: []string{"a", "c"}},
		{Rights: []Right{DeviceLock}, Groups: []string{}},
	}}
	read, err := c.Scope(DeviceRead)
	if err != nil || !read.All() {
		t.Fatalf("reading reaches %+v (%v), want the whole zone", read, err)
	}
	wipe, err := c.Scope(DeviceWipeFull)
	if err != nil || wipe.All() || len(wipe.Groups()) != 3 {
		t.Fatalf("wiping reaches %+v (%v), want the groups a, b, c", wipe, err)
	}
	var a sqldb.Args
	a.Add("x")
	want := "EXISTS (SELECT 1 FROM device_group_member sm WHERE sm.device = d.id AND sm.device_group IN ($2,$3,$4))"
	if got := wipe.Devices("d.id", &a); got != want || len(a.List()) != 4 {
		t.Fatalf("got %s", got)
	}
	for _, r := range []Right{DeviceLock, PolicyEdit} {
		if _, err := c.Scope(r); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s: got %v, want forbidden: no grant, or a grant over no group, reaches nothing", r, err)
		}
	}
	if err := c.Require(DeviceWipeFull); !problem.Is(err, problem.Forbidden) {
		t.Errorf("a limited grant passed for the whole zone: %v", err)
	}
	var none Scope
	if got := none.Devices("d.id", &a); got != "EXISTS (SELECT 1 FROM device_group_member sm WHERE sm.device = d.id AND sm.device_group IN (NULL))" {
		t.Fatalf("the zero scope gives %s", got)
	}
}

func TestTheCatalogueNamesEachRightOnce(t *testing.T) {
	seen := map[Right]bool{}
	for _, d := range Catalogue() {
		if seen[d.Right] || d.Words == "" || !Known(d.Right) {
			t.Errorf("%q: named twice, or without words", d.Right)
		}
		seen[d.Right] = true
	}
	if Known("device.fly") {
		t.Error("an unknown right is known")
	}
	for r := range seen {
		if err := System("test").Require(r); err != nil {
			t.Errorf("the system may not %s: %v", r, err)
		}
	}
}

func TestTheRightsOfAUserReachTheUsersOwnDevices(t *testing.T) {
	c := Caller{Kind: User, ID: "ann", Grants: []Grant{{Rights: []Right{DeviceRead}}, {Rights: []Right{DeviceLock}, Groups: []string{"a"}}}}
	for _, r := range []Right{DeviceRead, DeviceLock} {
		s, err := c.Scope(r)
		if err != nil || s.All() || s.Owner() != "ann" || len(s.Groups()) != 0 {
			t.Fatalf("%s reaches %+v, %v", r, s, err)
		}
		var a sqldb.Args
		if got := s.Devices("d.id", &a); got != "EXISTS (SELECT 1 FROM device sd WHERE sd.id = d.id AND sd.owner = $1)" || a.List()[0] != "ann" {
			t.Errorf("devices: %s", got)
		}
		if got := s.Users("u.id", &a); got != "u.id = $2" {
			t.Errorf("users: %s", got)
		}
		if err := c.Require(r); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s: %v", r, err)
		}
	}
	c.ID = ""
	if s, err := c.Scope(DeviceRead); !problem.Is(err, problem.Forbidden) {
		t.Errorf("nobody reaches %+v, %v", s, err)
	}
}

func TestWhatLacksARightIsNamed(t *testing.T) {
	for kind, words := range map[Kind]string{Admin: "which your role does not have", Token: "which this API token does not have"} {
		err := Caller{Kind: kind, ID: "x"}.Require(AuditRead)
		if !problem.Is(err, problem.Forbidden) || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
