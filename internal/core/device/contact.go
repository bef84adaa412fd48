package device

import (
	"context"
	"errors"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Hello is what the gateway knows of a device at a contact whose credentials the mail server has accepted.
type Hello struct {
	Owner     directory.User
	EASID     string
	Facts     Facts // DeviceType, UserAgent and Protocol; the rest comes later with [Store.RecordFacts]
	Upstream  string
	Liability Liability // of a device that is new; "" means corporate
	Cap       int       // devices that the owner may have in use; 0 for no bound
	Enrol     bool      // hands-off enrolment: a device that is new is made
}

// Contact returns the device that has proven itself, and makes it when it is new. For the gateway alone, after the
// proof. Problems: NotFound when the device is new and Enrol is false, Forbidden when the owner has Cap devices already
// ("device.cap"), or when the device must stay out ("device.wiped", "device.retired"). Any number of first contacts at
// once make one device.
func (s *Store) Contact(ctx context.Context, c scope.Caller, h Hello) (Known, error) {
	if err := gateway(c, ""); err != nil {
		return Known{}, err
	}
	h.Facts.clean()
	k, err := s.Lookup(ctx, c, h.Owner.ID, h.EASID)
	isNew := problem.Is(err, problem.NotFound) || (err == nil && k.Device.State == Removed)
	if isNew {
		return s.enrol(ctx, c, h)
	}
	if err != nil {
		return Known{}, err
	}
	if err := k.Device.Refusal(); err != nil {
		return k, err
	}
	d := k.Device
	if !d.learn(h.Facts) && d.Upstream == h.Upstream {
		return k, nil
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.learnIn(ctx, tx, c, d.ID, h.Facts, h.Upstream) })
	if err != nil {
		return Known{}, err
	}
	return s.freshByID(ctx, d.ID)
}

func (s *Store) enrol(ctx context.Context, c scope.Caller, h Hello) (Known, error) {
	if !h.Enrol {
		return Known{}, problem.New(problem.NotFound, "device.enrol",
			"This device is new, and new devices do not enrol by themselves here: an administrator must allow it.")
	}
	if !h.Liability.Known() {
		h.Liability = Corporate
	}
	var id string
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		id, err = s.enrolIn(ctx, tx, c, h)
		return err
	})
	if err != nil {
		return Known{}, err
	}
	k, err := s.freshByID(ctx, id)
	if err != nil {
		return Known{}, err
	}
	return k, k.Device.Refusal()
}

func (s *Store) enrolIn(ctx context.Context, tx *sqldb.Tx, c scope.Caller, h Hello) (id string, err error) {
	// The enrolments of one owner stand in line here: see the table's comment.
	_, err = tx.Exec(ctx, `INSERT INTO device_owner (owner, enrolments) VALUES ($1, 1)
		ON CONFLICT (owner) DO UPDATE SET enrolments = device_owner.enrolments + 1`, h.Owner.ID)
	if err != nil {
		return "", err
	}
	key, err := easKey(h.EASID)
	if err != nil {
		return "", err
	}
	old, err := sqldb.One(ctx, tx, scanKnown, knownText+"d.owner = $1 AND d.eas_key = $2", h.Owner.ID, key)
	if err == nil && old.Device.State != Removed {
		return old.Device.ID, nil // another request was faster
	}
	if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
		return "", err
	}
	if err := s.checkCap(ctx, tx, h); err != nil {
		return "", err
	}
	d := h.device(s)
	d.ID = old.Device.ID
	if d.ID == "" {
		d.ID = sqldb.NewID()
		err = s.insert(ctx, tx, d, key)
	} else {
		err = s.reenrol(ctx, tx, d)
	}
	if err != nil {
		return "", err
	}
	s.tell(tx, d.ID)
	return d.ID, s.record(ctx, tx, c, "device.enrolled", d, nil, d.audited())
}

func (s *Store) checkCap(ctx context.Context, tx *sqldb.Tx, h Hello) error {
	if h.Cap <= 0 {
		return nil
	}
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int],
		"SELECT count(*) FROM device WHERE owner = $1 AND state IN ('active', 'pending')", h.Owner.ID)
	if err != nil {
		return err
	}
	if n >= h.Cap {
		return problem.Newf(problem.Forbidden, "device.cap",
			"This user has %d devices already, which is the most allowed: remove one that is no longer used.", n)
	}
	return nil
}

// device is the new device that a hello makes.
func (h Hello) device(s *Store) Device {
	now := s.with.Clock.Now()
	d := Device{
		Owner: h.Owner.ID, OwnerName: h.Owner.Name, EASID: h.EASID, Name: h.Facts.name(), Liability: h.Liability, Facts: h.Facts,
		State: Pending, Access: Allow, Upstream: h.Upstream, PolicyState: PolicyNone, Enrolled: now, FactsAt: now, Version: 1,
	}
	d.Platform = platform.Recognise(d.PlatformFacts())
	return d
}

func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, d Device, key string) error {
	_, err := tx.Exec(ctx, `INSERT INTO device (id, owner, owner_name, owner_folded, eas_id, eas_key, name, name_folded,
		platform, platform_by, liability, friendly, model, os, language, operator, serial, imei, user_agent, device_type,
		protocol, state, access, upstream, policy_state, enrolled_at, facts_at, search, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
		$25, $26, $27, $28, 1)`,
		d.ID, d.Owner, d.OwnerName, sqldb.Fold(d.OwnerName), d.EASID, key, d.Name, sqldb.Fold(d.Name), string(d.Platform),
		recognised, string(d.Liability), d.FriendlyName, d.Model, d.OS, d.Language, d.Operator, d.Serial, d.IMEI, d.UserAgent,
		d.DeviceType, d.Protocol, string(d.State), string(d.Access), d.Upstream, string(d.PolicyState),
		sqldb.Micros(d.Enrolled), sqldb.Micros(d.FactsAt), d.searchText())
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO partnership (device, temp_key, temp_revision, temp_protocol, temp_at, final_key,
		revision, protocol, client_status, upstream_key, upstream_policy, provisioned_at, refresh_at, reprovisions, sent, sent_at, acknowledged,
		acknowledged_at, version) VALUES ($1, 0, '', '', 0, 0, '', '', 0, '', '', 0, 0, 0, '{}', 0, '{}', 0, 1)`, d.ID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO device_presence (device, last_contact, requests) VALUES ($1, $2, 0)",
		d.ID, sqldb.Micros(d.Enrolled))
	if err != nil {
		return err
	}
	return s.regroup(ctx, tx, d)
}

// reenrol brings a removed device back as if it were new, under its old id.
func (s *Store) reenrol(ctx context.Context, tx *sqldb.Tx, d Device) error {
	n, err := tx.Exec(ctx, "DELETE FROM device_group_member WHERE device = $1", d.ID)
	if err == nil && n > 0 {
		err = s.with.Zone.BumpPeople(ctx, tx)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM device_place WHERE device = $1", d.ID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE device SET state = $1, access = $2, liability = $3, policy_state = $4, enrolled_at = $5,
		upstream = $6, platform_by = $7 WHERE id = $8`, string(d.State), string(d.Access), string(d.Liability),
		string(d.PolicyState), sqldb.Micros(d.Enrolled), d.Upstream, recognised, d.ID)
	if err != nil {
		return err
	}
	if err := s.update(ctx, tx, d); err != nil {
		return err
	}
	if err := setContact(ctx, tx, d.ID, d.Enrolled); err != nil {
		return err
	}
	return resetPartnership(ctx, tx, d.ID)
}

// update writes the facts of a device with what follows from them.
func (s *Store) update(ctx context.Context, tx *sqldb.Tx, d Device) error {
	by := recognised
	if d.ByHand {
		by = byHand
	}
	_, err := tx.Exec(ctx, `UPDATE device SET owner = $1, owner_name = $2, owner_folded = $3, name = $4, name_folded = $5,
		platform = $6, platform_by = $7, liability = $8, friendly = $9, model = $10, os = $11, language = $12, operator = $13,
		serial = $14, imei = $15, user_agent = $16, device_type = $17, protocol = $18, upstream = $19, facts_at = $20,
		search = $21, version = version + 1 WHERE id = $22`,
		d.Owner, d.OwnerName, sqldb.Fold(d.OwnerName), d.Name, sqldb.Fold(d.Name), string(d.Platform), by, string(d.Liability),
		d.FriendlyName, d.Model, d.OS, d.Language, d.Operator, d.Serial, d.IMEI, d.UserAgent, d.DeviceType, d.Protocol,
		d.Upstream, sqldb.Micros(d.FactsAt), d.searchText(), d.ID)
	if err != nil {
		return err
	}
	return s.regroup(ctx, tx, d)
}

// RecordFacts writes what a device has told of itself; what it did not tell stays. The platform is recognised anew unless
// it was set by hand. It is durable on return. The mail server's own settings are untouched.
func (s *Store) RecordFacts(ctx context.Context, c scope.Caller, id string, f Facts) (Known, error) {
	if err := gateway(c, id); err != nil {
		return Known{}, err
	}
	f.clean()
	k, err := s.freshByID(ctx, id)
	if err != nil {
		return Known{}, err
	}
	d := k.Device
	news, err := s.newPhone(ctx, d, f.Phone)
	if err != nil || !d.learn(f) && !news {
		return k, err
	}
	if err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.learnIn(ctx, tx, c, id, f, d.Upstream) }); err != nil {
		return Known{}, err
	}
	return s.freshByID(ctx, id)
}

func (s *Store) learnIn(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string, f Facts, upstream string) error {
	k, err := sqldb.One(ctx, tx, scanKnown, knownText+"d.id = $1", id)
	if err != nil {
		return missing(err)
	}
	d, before := k.Device, k.Device
	d.learn(f)
	d.FactsAt, d.Upstream = s.with.Clock.Now(), upstream
	if err := s.update(ctx, tx, d); err != nil {
		return err
	}
	if f.Phone != "" {
		if err := s.savePhone(ctx, tx, d, f.Phone); err != nil {
			return err
		}
	}
	s.tell(tx, id)
	if d.Platform == before.Platform && d.Upstream == before.Upstream {
		return nil
	}
	return s.record(ctx, tx, c, "device.recognised", d, before.audited(), d.audited())
}

// audited is what of a device the audit log may hold in clear.
func (d Device) audited() map[string]any {
	return map[string]any{
		"state": d.State, "platform": d.Platform, "byHand": d.ByHand, "liability": d.Liability, "access": d.Access,
		"upstream": d.Upstream, "owner": d.Owner,
	}
}
