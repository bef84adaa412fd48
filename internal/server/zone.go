package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-webauthn/webauthn/webauthn"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/pki"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/access"
	"drover/internal/core/admin"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/door"
	"drover/internal/core/enrol"
	"drover/internal/core/event"
	"drover/internal/core/inventory"
	"drover/internal/core/journal"
	"drover/internal/core/logbook"
	"drover/internal/core/policy"
	"drover/internal/core/privacy"
	"drover/internal/core/release"
	"drover/internal/core/report"
	"drover/internal/core/safety"
	"drover/internal/core/schema"
	"drover/internal/core/script"
	"drover/internal/core/selfservice"
	"drover/internal/core/spool"
	"drover/internal/core/upstream"
	"drover/internal/core/zone"
	"drover/internal/service/activesync"
	"drover/internal/service/companion"
	"drover/internal/service/management"
)

// Zone is the core put together over one database: what the zone knows and decides, without any listener. The server
// runs one, and so do the commands that work on the data directory.
type Zone struct {
	Config   Config
	Clock    clock.Clock
	Log      *slog.Logger
	DB       *sqldb.DB
	Bus      *bus.Bus
	Keys     *seal.Keyring
	Audit    *audit.Log
	Zone     *zone.Zone
	Revision *zone.Revision
	Safety   *safety.Safety
	Admins   *admin.Store
	Users    *directory.Store
	// Directories are where users and administrators come from.
	Directories *directory.Providers
	Devices     *device.Store
	Upstream    *upstream.Store
	Policies    *policy.Store
	Render      *policy.Registry
	Enrol       *enrol.Store
	Commands    *command.Commands
	Computers   *computer.Store
	Scripts     *script.Store
	Access      *access.Store
	DoorStore   *door.Store
	Doors       *door.Doors
	Updates     *release.Store

	Inventory  *inventory.Store
	Journal    *journal.Store
	Spool      *spool.Store
	Reports    *report.Store
	Events     *event.Store
	Privacy    *privacy.Store
	Compliance *compliance.Store
	Logbook    *logbook.Store
	Selves     *selfservice.Store
	letters    letters
}

// mail is the zone as the mail gateway sees it.
func (z *Zone) mail() *activesync.Zone {
	return (&activesync.Zone{
		Users: z.Users, Devices: z.Devices, Servers: z.Upstream, Policies: z.Policies, Commands: z.Commands, Access: z.Access,
		Clock: z.Clock, Log: z.Log,
	}).Ready()
}

// OpenZone opens the data directory and its database, migrates it, and puts the core together. It makes the directory
// (mode 0700) when it is not there.
func OpenZone(ctx context.Context, cfg Config, c clock.Clock, log *slog.Logger, tell func(subject, words string)) (*Zone, error) {
	if err := prepareDir(cfg.Data); err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, sqldb.Options{URL: cfg.DatabaseURL()})
	if err != nil {
		return nil, err
	}
	z := &Zone{Config: cfg, Clock: c, Log: log, DB: db, Bus: bus.New()}
	if err := z.open(ctx, tell); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return z, nil
}

// prepareDir makes the data directory and refuses one that others may read.
func prepareDir(dir string) error {
	for _, d := range []string{dir, filepath.Join(dir, "audit")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return fmt.Errorf("make the data directory: %w", err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("the data directory %s is open to every user of this machine: run chmod 0700 on it", dir)
	}
	return nil
}

func (z *Zone) open(ctx context.Context, tell func(subject, words string)) error {
	if _, err := z.DB.Migrate(ctx, schema.Steps()); err != nil && !errors.Is(err, sqldb.ErrReadOnly) {
		return err
	}
	if err := schema.Check(ctx, z.DB); err != nil {
		return err
	}
	keys, err := seal.Open(ctx, z.DB, seal.Options{Dir: filepath.Join(z.Config.Data, "keys"), Clock: z.Clock})
	if err != nil {
		return err
	}
	passkeys, err := passkeysFor(z.Config.AdminURL())
	if err != nil {
		return err
	}
	z.Keys = keys
	z.Audit = audit.New(z.DB, z.Clock, keys, z.Bus)
	z.Zone = zone.New(z.DB, z.Audit, z.Bus)
	z.Revision = zone.NewRevision(z.DB, z.Bus, z.Log)
	z.Safety = safety.New(safety.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Keys: keys, Bus: z.Bus, Tell: tell,
	})
	z.Users = directory.New(z.DB, z.Clock, z.Audit, z.Zone, z.Revision, keys, z.Safety)
	z.Devices = device.New(device.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Revision: z.Revision, Bus: z.Bus, Keys: keys, Owners: z.Users, Safety: z.Safety,
	})
	z.Policies = policy.New(z.DB, z.Clock, z.Audit, z.Zone, z.Revision)
	z.Render = &policy.Registry{}
	z.Render.Register(activesync.Renderer{})
	z.Render.Register(companion.Renderer{})
	z.Render.Register(management.Renderer{})
	z.Users.Follow(z.Devices)
	z.Users.Follow(z.Policies)
	z.Policies.Bind(z.Devices, z.Users)
	z.Devices.Follow(z.Policies)
	z.Admins = admin.New(admin.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Safety: z.Safety, Keys: keys, Bus: z.Bus, Slog: z.Log,
		Enrolled: z.Devices.Any, Tell: tell, Passkeys: passkeys,
	})
	z.Enrol = enrol.New(enrol.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Revision: z.Revision, Bus: z.Bus, Users: z.Users, Devices: z.Devices,
		SignIn: z.signIn, Issuer: sync.OnceValues(z.authority), Keys: keys,
	})
	z.Devices.Follow(z.Enrol)
	z.Devices.OnReturn(z.Enrol.Returned)
	z.Users.Follow(z.Enrol)
	z.Commands = command.New(z.DB, z.Clock, z.Audit, z.Safety, fleet{z.Devices, z.Enrol, z.Policies}, keys, z.Bus)
	z.Devices.Follow(z.Commands)
	z.Computers = computer.New(computer.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Keys: keys, Devices: z.Devices})
	z.Devices.OnReturn(z.Computers.Returned)
	z.Scripts = script.New(script.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Revision: z.Revision, Keys: keys, Safety: z.Safety, Devices: z.Devices,
	})
	z.Upstream = upstream.New(upstream.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Revision: z.Revision, Users: z.Users, Safety: z.Safety,
	})
	z.Directories = directory.NewProviders(directory.ProviderParts{
		Users: z.Users, Admins: z.Admins, Keys: keys, Log: z.Log, Tell: tell, Mail: z.Upstream.SignIn,
	})
	z.openSelves()
	z.openPersonal()
	z.Compliance = compliance.New(compliance.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Revision: z.Revision, Bus: z.Bus, Keys: keys, Devices: z.Devices, Users: z.Users,
		Commands: z.Commands, Teller: &z.letters,
	})
	z.Devices.Follow(z.Compliance)
	z.Devices.OnReturn(z.Compliance.DeviceReturned)
	z.Access = access.New(access.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Revision: z.Revision, Bus: z.Bus, Devices: z.Devices, Users: z.Users,
		Compliance: z.Compliance,
	})
	for _, x := range []directory.Tied{z.Policies, z.Upstream, z.Admins, z.Directories, z.Compliance, z.Access, z.Selves} {
		z.Users.Tie(x)
		z.Devices.Tie(x)
	}
	z.Devices.Tie(z.Enrol)
	if err := z.openDoors(); err != nil {
		return err
	}
	if err := z.openSpool(); err != nil {
		return err
	}
	z.Updates = release.New(release.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Running: Version()})
	return z.Admins.Prepare(ctx)
}

// authority opens the zone's certificate authority, and makes it where there is none.
func (z *Zone) authority() (enrol.Issuer, error) {
	return pki.OpenAuthority(filepath.Join(z.Config.Data, "tls"), z.Clock)
}

// Close closes the database.
func (z *Zone) Close() error { return z.DB.Close() }

// passkeysFor sets passkeys up for the dashboard's host; nil where they cannot work: under a bare address.
func passkeysFor(dashboard string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(dashboard)
	if err != nil {
		return nil, err
	}
	w, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Drover", RPOrigins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil, nil // an address instead of a name: the store says so to whoever tries
	}
	return w, nil
}

// HasKeys tells whether the data directory holds a zone already.
func HasKeys(data string) bool {
	_, err := os.Stat(filepath.Join(data, "keys", "root.key"))
	return !errors.Is(err, fs.ErrNotExist)
}

// Heads is the file of signed heads of the audit log.
func (c Config) Heads() string { return filepath.Join(c.Data, "audit", "heads.jsonl") }
