package device

import (
	"context"
	"strings"

	"drover/internal/base/sqldb"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Place says where a device is put when it comes in, and what it is called.
type Place struct {
	Folder string   // a folder's id, "" for the topmost
	Groups []string // ids of groups into which devices are chosen
	Name   string   // "" leaves it as it is
}

// Computer tells whether the device is a computer, whoever tells of it.
func (d Device) Computer() bool {
	return d.DeviceType == computerType || strings.HasSuffix(d.DeviceType, "-agent") && platform.AgentType(strings.TrimSuffix(d.DeviceType, "-agent")) == d.DeviceType
}

// CheckPlace refuses a folder that is not there, and groups that are not there or into which no device is put by hand.
func (s *Store) CheckPlace(ctx context.Context, q sqldb.Querier, folderID string, groups []string) error {
	if folderID != "" {
		if _, err := folderPath(ctx, q, folderID); err != nil {
			return err
		}
	}
	for _, id := range groups {
		if err := chosen(ctx, q, id); err != nil {
			return err
		}
	}
	return nil
}

// Settle puts a device that comes in where its registration has decided, in the transaction of that. For package enrol alone.
func (s *Store) Settle(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string, p Place) error {
	if err := gateway(c, ""); err != nil {
		return err
	}
	d, err := s.Find(ctx, tx, c, scope.DeviceRead, id)
	if err != nil {
		return err
	}
	if p.Name != "" && p.Name != d.Name {
		before := d.audited()
		d.Name = p.Name
		if err := s.update(ctx, tx, d); err != nil {
			return err
		}
		if err := s.record(ctx, tx, c, "device.named", d, before, d.audited()); err != nil {
			return err
		}
	}
	if err := s.moveTo(ctx, tx, c, d, p.Folder); err != nil {
		return err
	}
	for _, g := range p.Groups {
		if err := s.join(ctx, tx, c, d, g); err != nil {
			return err
		}
	}
	return s.with.Zone.BumpPeople(ctx, tx)
}

// join puts a device that comes in into a group.
func (s *Store) join(ctx context.Context, tx *sqldb.Tx, c scope.Caller, d Device, id string) error {
	if err := chosen(ctx, tx, id); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "INSERT INTO device_group_member (device_group, device) VALUES ($1, $2) ON CONFLICT DO NOTHING", id, d.ID)
	if err != nil || n == 0 {
		return err
	}
	return s.groupChanged(ctx, tx, c, "device-group.members-added", id, nil, map[string]any{"devices": []string{d.ID}})
}

// Expect makes the entry of a computer before it comes: it is pending until then. For package enrol alone, which has asked
// for the right.
func (s *Store) Expect(ctx context.Context, tx *sqldb.Tx, c scope.Caller, owner directory.User, f Facts) (string, error) {
	f.clean()
	f.DeviceType = computerType
	return s.enrolIn(ctx, tx, c, Hello{Owner: owner, EASID: computerType + "-" + sqldb.NewID(), Liability: Corporate, Facts: f})
}

// GroupsByName returns all groups and folders by their names, in lower case. For package enrol alone.
func (s *Store) GroupsByName(ctx context.Context, q sqldb.Querier) (map[string]Group, error) {
	list, err := sqldb.All(ctx, q, scanGroup, groupText)
	names := make(map[string]Group, len(list))
	for _, g := range list {
		names[sqldb.Fold(g.Name)] = g
	}
	return names, err
}

// Named tells whether a device in the lists is called so, besides the one with the id but.
func (s *Store) Named(ctx context.Context, q sqldb.Querier, name, but string) (bool, error) {
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], `SELECT count(*) FROM (SELECT 1 FROM device WHERE name_folded = $1
		AND id <> $2 AND state <> 'removed' LIMIT 1) x`, sqldb.Fold(name), but)
	return n > 0, err
}
