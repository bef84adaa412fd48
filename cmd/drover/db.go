package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/alecthomas/kong"

	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/schema"
)

type dbCommands struct {
	Roles      dbRoles      `cmd:"" help:"Make the PostgreSQL roles that migrate, serve and read, and grant what each may."`
	Migrate    dbMigrate    `cmd:"" help:"Bring the tables to this version, before servers that may not do so start."`
	Backup     dbBackup     `cmd:"" help:"Write a copy of an SQLite database, whether a server runs or not."`
	Verify     dbVerify     `cmd:"" help:"Read the whole database and tell what is wrong with it."`
	RotateKeys dbRotateKeys `cmd:"" help:"Make a new key and wrap with it all that hung under the old one."`
	OpenDoors  dbOpenDoors  `cmd:"" help:"Take every rule by address from the dashboard and the API, for administrators who are shut out."`
}

// database opens the database of the place, and nothing else of the zone.
func (p place) database(ctx context.Context, k *kong.Kong) (*sqldb.DB, string, error) {
	cfg, err := p.config(k)
	if err != nil {
		return nil, "", err
	}
	if p.Database == "" && cfg.Database == "" {
		if err := existing(cfg); err != nil {
			return nil, "", err
		}
	}
	db, err := sqldb.Open(ctx, sqldb.Options{URL: cfg.DatabaseURL(), MaxConns: 2})
	return db, cfg.Data, err
}

type dbRoles struct{ place }

// Run makes the roles; it is run by a superuser or the owner of the database.
func (d *dbRoles) Run(ctx context.Context, c *console, k *kong.Kong) (err error) {
	if d.Database == "" && d.Config == "" {
		return unusable("name the database as its owner: --database postgres://postgres@db.example/drover")
	}
	db, _, err := d.database(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := schema.Roles(ctx, db); errors.Is(err, schema.ErrNoRoles) {
		return usage{err}
	} else if err != nil {
		return err
	}
	return c.say("%s owns the tables and migrates, %s serves, %s reads. None has a password: pg_hba.conf says who may be which.",
		schema.MigrateRole, schema.ServeRole, schema.ReadRole)
}

type dbMigrate struct{ place }

// Run migrates, and grants to the roles what they may do with new tables.
func (d *dbMigrate) Run(ctx context.Context, c *console, k *kong.Kong) (err error) {
	db, _, err := d.database(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	taken, err := db.Migrate(ctx, schema.Steps())
	if err != nil {
		return err
	}
	if err := schema.Grant(ctx, db); err != nil {
		return err
	}
	now, err := db.Version(ctx)
	if err != nil {
		return err
	}
	return c.say("%d steps taken; the database is at version %d", taken, now)
}

type dbBackup struct {
	place
	File string `arg:"" help:"The file to write; it must not be there yet."`
}

// Run writes a copy of the database.
func (d *dbBackup) Run(ctx context.Context, c *console, k *kong.Kong) (err error) {
	db, data, err := d.database(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Backup(ctx, d.File); errors.Is(err, sqldb.ErrNoBackup) {
		return usage{err}
	} else if err != nil {
		return err
	}
	keys := filepath.Join(data, "keys")
	if err := c.say("%s is the database of this moment.", d.File); err != nil {
		return err
	}
	return c.say("It is of no use without %s, which is not in it. Keep copies of these keys in another place than the backups, "+
		"and none for longer than the key retention: they are what makes an erasure reach old backups.", keys)
}

type dbVerify struct{ place }

// Run reads the whole database.
func (d *dbVerify) Run(ctx context.Context, c *console, k *kong.Kong) (err error) {
	db, _, err := d.database(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Sound(ctx); err != nil {
		return err
	}
	if err := schema.Check(ctx, db); err != nil {
		return err
	}
	n, err := db.Version(ctx)
	if err != nil {
		return err
	}
	return c.say("%s at version %d: sound, and its tables are as this program makes them", db.Engine(), n)
}

type dbRotateKeys struct {
	place
	Root bool `help:"The root key, which lies in DIR/keys, instead of the zone key."`
}

// Run rotates a key while the zone is at work.
func (d *dbRotateKeys) Run(ctx context.Context, c *console, k *kong.Kong) (err error) {
	z, err := d.openExisting(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = c.finish(ctx, z, err) }()
	which, number := "root", uint32(0)
	if d.Root {
		err = z.Keys.RotateRoot(ctx)
	} else {
		which = "zone"
		number, err = z.Keys.RotateZoneKey(ctx)
	}
	if err != nil {
		return err
	}
	err = z.DB.Write(ctx, func(tx *sqldb.Tx) error {
		return z.Audit.Append(ctx, tx, audit.Record{
			Action: "key.rotated", Caller: shell(), Subject: audit.Subject{Kind: "key", ID: which}, Outcome: audit.OK,
			After: map[string]any{"version": number},
		})
	})
	if err != nil {
		return err
	}
	return c.say("the %s key is new", which)
}
