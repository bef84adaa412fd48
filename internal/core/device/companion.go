package device

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Follower is told, in the same transaction, when what a device has proven itself with must not count any more.
type Follower interface {
	// DeviceMoved is called when a device has been wiped, retired or removed, or has got another owner; to is the state
	// it is in now.
	DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to State) error
}

// Follow has f told of each move. Call it before the first one.
func (s *Store) Follow(f Follower) { s.followers = append(s.followers, f) }

// OnReturn has do called in the transaction in which a device that was retired is readmitted. Call it before the first one.
func (s *Store) OnReturn(do func(ctx context.Context, tx *sqldb.Tx, id string) error) {
	s.returned = append(s.returned, do)
}

func (s *Store) moved(ctx context.Context, tx *sqldb.Tx, id string, to State) error {
	for _, f := range s.followers {
		if err := f.DeviceMoved(ctx, tx, id, to); err != nil {
			return err
		}
	}
	return nil
}

// Come returns the device that enrols by a key of its own, in the transaction that certifies the key, and makes it when it
// is new. For package enrol alone, after the proof of its owner. The EASID of the hello links it with the mail client on
// the same device, within its owner's devices alone. Problems: Forbidden when the device must stay out, or when one of
// the owner's devices must that has told the same serial number or IMEI: such facts let nobody in, but keep out.
func (s *Store) Come(ctx context.Context, tx *sqldb.Tx, c scope.Caller, h Hello) (Device, error) {
	if err := gateway(c, ""); err != nil {
		return Device{}, err
	}
	h.Facts.clean()
	if !h.Liability.Known() {
		h.Liability = Corporate
	}
	if err := s.checkTwin(ctx, tx, h); err != nil {
		return Device{}, err
	}
	id, err := s.enrolIn(ctx, tx, c, h)
	if err != nil {
		return Device{}, err
	}
	k, err := sqldb.One(ctx, tx, scanKnown, knownText+"d.id = $1", id)
	if err != nil {
		return Device{}, missing(err)
	}
	if err := k.Device.Refusal(); err != nil {
		return Device{}, err
	}
	return k.Device, s.learnIn(ctx, tx, c, id, k.Device.companionFacts(h.Facts), k.Device.Upstream)
}

// checkTwin looks for a device of the owner that must stay out and calls itself the same.
func (s *Store) checkTwin(ctx context.Context, tx *sqldb.Tx, h Hello) error {
	d, err := sqldb.One(ctx, tx, scanKnown, knownText+`d.owner = $1 AND d.state IN ('wiped', 'retired')
		AND ((d.serial <> '' AND d.serial = $2) OR (d.imei <> '' AND d.imei = $3)) ORDER BY d.id LIMIT 1`,
		h.Owner.ID, h.Facts.Serial, h.Facts.IMEI)
	if errors.Is(err, sqldb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.Device.Refusal()
}

// companionFacts leaves to the mail client what the mail client tells of itself.
func (d Device) companionFacts(f Facts) Facts {
	f.Protocol = ""
	if d.Protocol != "" {
		f.DeviceType, f.UserAgent = "", ""
	}
	return f
}

// Posture is what a companion application says of the state of its device. Nil is untold. It may be lies.
type Posture struct {
	Rooted        *bool `json:"rooted,omitempty"` // or jailbroken
	Encrypted     *bool `json:"encrypted,omitempty"`
	CardEncrypted *bool `json:"cardEncrypted,omitempty"`
	Passcode      *bool `json:"passcode,omitempty"` // one is set, as the policy asks
	SIMPresent    *bool `json:"simPresent,omitempty"`
	SIMChanged    *bool `json:"simChanged,omitempty"` // since it enrolled
	Roaming       *bool `json:"roaming,omitempty"`
	Managed       *bool `json:"managed,omitempty"`   // the management profile is there, or the application administers the device
	Push          *bool `json:"push,omitempty"`      // the platform's push service reaches the application
	TouchDown     *bool `json:"touchDown,omitempty"` // it is installed, and registered with the account
	Apps          []App `json:"apps,omitempty"`      // of devices of the organization alone
}

// App is one application on a device.
type App struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

// MaxApps bounds the applications of a device.
const MaxApps = 1000

// SettingReport is what a companion application says of one setting.
type SettingReport struct {
	State string `json:"state"`
	Words string `json:"words,omitempty"`
}

// Companion is what a device and its companion application have told each other last.
type Companion struct {
	App        string // name and version
	Sent       string // the revision of the policy that it was sent
	SentAt     time.Time
	Reported   string // the revision that it has reported on
	Settings   map[string]SettingReport
	ReportedAt time.Time
	Posture    Posture
	PostureAt  time.Time
}

func scanCompanion(r sqldb.Row) (x Companion, err error) {
	var settings, posture string
	var sent, reported, told int64
	if err := r.Scan(&x.App, &x.Sent, &sent, &x.Reported, &settings, &reported, &posture, &told); err != nil {
		return x, err
	}
	x.SentAt, x.ReportedAt, x.PostureAt = sqldb.Time(sent), sqldb.Time(reported), sqldb.Time(told)
	if err := json.Unmarshal([]byte(settings), &x.Settings); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(posture), &x.Posture)
}

// Companion returns what one device and its companion application have told each other; a problem of kind NotFound when
// it has none.
func (s *Store) Companion(ctx context.Context, c scope.Caller, id string) (Companion, error) {
	where, args := "m.device = $1", []any{id}
	if gateway(c, id) != nil {
		sc, err := c.Scope(scope.DeviceRead)
		if err != nil {
			return Companion{}, err
		}
		var a sqldb.Args
		where = "m.device = " + a.Add(id) + " AND " + sc.Devices("m.device", &a)
		args = a.List()
	}
	x, err := sqldb.One(ctx, s.db, scanCompanion, `SELECT m.app, m.sent, m.sent_at, m.reported, m.settings, m.reported_at, m.posture,
		m.posture_at FROM device_companion m WHERE `+where, args...)
	if errors.Is(err, sqldb.ErrNotFound) {
		return x, problem.New(problem.NotFound, "device.companion", "This device has no companion application.")
	}
	return x, err
}

const maxApp = 100

// Accompany notes, in the transaction that certifies its key, that a device has a companion application from now on.
func (s *Store) Accompany(ctx context.Context, tx *sqldb.Tx, id, app string) error {
	_, err := tx.Exec(ctx, `INSERT INTO device_companion (device, app, sent, sent_at, reported, settings, reported_at, report_made,
		posture, posture_at, posture_made) VALUES ($1, $2, '', 0, '', '{}', 0, 0, '{}', 0, 0)
		ON CONFLICT (device) DO UPDATE SET app = excluded.app, sent = '', sent_at = 0, reported = '', settings = '{}',
		reported_at = 0, report_made = 0, posture = '{}', posture_at = 0, posture_made = 0`, id, sqldb.Clean(app, maxApp))
	return err
}

// CompanionSent notes the revision of the policy that the companion application is being sent. For its channel alone.
func (s *Store) CompanionSent(ctx context.Context, c scope.Caller, id, revision string) error {
	if err := gateway(c, id); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE device_companion SET sent = $1, sent_at = $2 WHERE device = $3 AND sent <> $4",
			revision, sqldb.Micros(s.with.Clock.Now()), id, revision)
		if err != nil || n == 0 {
			return err
		}
		return s.companionState(ctx, tx, id, PolicySent)
	})
}

// CompanionReported notes what the companion application says of the policy of a revision, setting by setting; made is
// when the device signed it. One that is not newer than the last changes nothing. For the device's channel alone.
func (s *Store) CompanionReported(ctx context.Context, c scope.Caller, id, revision string, settings map[string]SettingReport, made time.Time, state PolicyState) error {
	if err := gateway(c, id); err != nil {
		return err
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE device_companion SET reported = $1, settings = $2, reported_at = $3, report_made = $4
			WHERE device = $5 AND (report_made <= $6 OR report_made > $7)`,
			revision, string(text), sqldb.Micros(s.with.Clock.Now()), made.Unix(), id, made.Unix(), s.latest())
		if err != nil || n == 0 {
			return err
		}
		return s.companionState(ctx, tx, id, state)
	})
}

// latest is the time, in seconds since 1970, from which on no device can have signed anything yet: what says so was taken while the
// server's clock was ahead, and keeps nothing out.
func (s *Store) latest() int64 { return s.with.Clock.Now().Add(2 * httpsig.Window).Unix() }

// companionState keeps the state of policy of a device that has no mail client here; that of others is the mail client's.
func (s *Store) companionState(ctx context.Context, tx *sqldb.Tx, id string, state PolicyState) error {
	_, err := tx.Exec(ctx, `UPDATE device SET policy_state = $1, version = version + 1,
		state = CASE WHEN state = 'pending' AND $2 THEN 'active' ELSE state END WHERE id = $3 AND protocol = ''`,
		string(state), state != PolicySent, id)
	if err == nil {
		s.tell(tx, id)
	}
	return err
}

// CompanionPosture notes what the companion application says of the device; made is when the device signed it. What is
// not newer changes nothing. For the device's channel alone.
func (s *Store) CompanionPosture(ctx context.Context, c scope.Caller, id string, p Posture, made time.Time) error {
	if err := gateway(c, id); err != nil {
		return err
	}
	p.Apps = p.Apps[:min(len(p.Apps), MaxApps)]
	for i := range p.Apps {
		a := &p.Apps[i]
		a.ID, a.Name, a.Version = sqldb.Line(a.ID, maxFact), sqldb.Line(a.Name, maxFact), sqldb.Line(a.Version, maxApp)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE device_companion SET posture = $1, posture_at = $2, posture_made = $3
			WHERE device = $4 AND (posture_made <= $5 OR posture_made > $6)`,
			string(text), sqldb.Micros(s.with.Clock.Now()), made.Unix(), id, made.Unix(), s.latest())
		if err == nil && n > 0 {
			s.tell(tx, id)
		}
		return err
	})
}

// CompanionFacts writes what a companion application tells of its device, but not what the mail client tells of itself.
func (s *Store) CompanionFacts(ctx context.Context, c scope.Caller, id string, f Facts) (Device, error) {
	k, err := s.Fresh(ctx, c, id)
	if err != nil {
		return Device{}, err
	}
	k, err = s.RecordFacts(ctx, c, id, k.Device.companionFacts(f))
	return k.Device, err
}
