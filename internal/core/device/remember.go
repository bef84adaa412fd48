package device

import (
	"context"
	"slices"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Name is how a device is called: by the zone, and by itself together with its owner.
type Name struct{ ID, Owner, EASID string }

// Remember reads devices and their groups into memory, as far as they are not there, many with one statement: before
// decisions on thousands of them at once, which then ask for none one by one. For Drover itself.
func (s *Store) Remember(ctx context.Context, c scope.Caller, names []Name) error {
	if err := gateway(c, ""); err != nil {
		return err
	}
	revision, err := s.with.Revision.People()
	if err != nil {
		return err
	}
	var unknown []string
	for _, n := range names {
		key, err := easKey(n.EASID)
		if err != nil {
			return err
		}
		_, known := s.known.Get(revision, n.Owner+" "+key)
		if _, grouped := s.groups.Get(revision, n.ID); !known || !grouped {
			unknown = append(unknown, n.ID)
		}
	}
	for part := range slices.Chunk(unknown, withinAtOnce) {
		if err := s.remember(ctx, revision, part); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) remember(ctx context.Context, revision int64, ids []string) error {
	var a sqldb.Args
	list, err := sqldb.All(ctx, s.db, scanKnown, knownText+"d.id IN "+a.In(ids...), a.List()...)
	if err != nil {
		return err
	}
	var b sqldb.Args
	groups, err := sqldb.Gather(ctx, s.db, "SELECT device, device_group FROM device_group_member WHERE device IN "+b.In(ids...)+
		" ORDER BY device, device_group", b.List()...)
	if err != nil {
		return err
	}
	for _, k := range list {
		if err := s.keep(revision, k); err != nil {
			return err
		}
		s.groups.Put(revision, k.Device.ID, groups[k.Device.ID], revision)
	}
	return nil
}
