package device

import (
	"context"
	"slices"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Name is how a device is called: by the zone, and by itself together with its owner. Without the latter it is found in the
// database alone.
type Name struct{ ID, Owner, EASID string }

// Remember reads devices and their groups into memory, as far as they are not there, many with one statement: before
// decisions on thousands of them at once, which then ask for none one by one. For Drover itself.
func (s *Store) Remember(ctx context.Context, c scope.Caller, names []Name) error {
	for part := range slices.Chunk(names, withinAtOnce) {
		if _, err := s.Many(ctx, c, part); err != nil {
			return err
		}
	}
	return nil
}

// inMemory returns those of the devices that are in memory with their groups, by id, and the ids of the others.
func (s *Store) inMemory(revision int64, names []Name) (known map[string]Known, unknown []string, err error) {
	known = make(map[string]Known, len(names))
	for _, n := range names {
		if n.EASID == "" {
			unknown = append(unknown, n.ID)
			continue
		}
		key, err := easKey(n.EASID)
		if err != nil {
			return nil, nil, err
		}
		k, held := s.known.Get(revision, n.Owner+" "+key)
		if _, grouped := s.groups.Get(revision, n.ID); held && grouped && k.Device.ID == n.ID {
			known[n.ID] = k
		} else {
			unknown = append(unknown, n.ID)
		}
	}
	return known, unknown, nil
}

// Many returns devices by their ids, many with one statement, and remembers them and their groups: as they are in memory where
// that still holds, or else as the database has them now. Those that there are not are missing. For Drover itself.
func (s *Store) Many(ctx context.Context, c scope.Caller, names []Name) (map[string]Known, error) {
	if err := gateway(c, ""); err != nil {
		return nil, err
	}
	revision, err := s.with.Revision.People()
	if err != nil {
		return nil, err
	}
	all, unknown, err := s.inMemory(revision, names)
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(unknown, withinAtOnce) {
		list, err := s.remember(ctx, revision, part)
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			all[k.Device.ID] = k
		}
	}
	return all, nil
}

func (s *Store) remember(ctx context.Context, revision int64, ids []string) ([]Known, error) {
	var a sqldb.Args
	list, err := sqldb.All(ctx, s.db, scanKnown, knownText+"d.id IN "+a.In(ids...), a.List()...)
	if err != nil {
		return nil, err
	}
	var b sqldb.Args
	groups, err := sqldb.Gather(ctx, s.db, "SELECT device, device_group FROM device_group_member WHERE device IN "+b.In(ids...)+
		" ORDER BY device, device_group", b.List()...)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		if err := s.keep(revision, k); err != nil {
			return nil, err
		}
		s.groups.Put(revision, k.Device.ID, groups[k.Device.ID], revision)
	}
	return list, nil
}
