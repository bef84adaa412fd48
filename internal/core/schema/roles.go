package schema

import (
	"context"
	"errors"

	"drover/internal/base/sqldb"
)

// The roles of a zone's database on PostgreSQL. None has a password: who may log in as which is for pg_hba.conf to say,
// by client certificate or by peer.
const (
	MigrateRole = "drover_migrate" // owns the tables and changes the schema
	ServeRole   = "drover_serve"   // what servers log in as: neither the schema nor the audit log can be changed
	ReadRole    = "drover_read"    // for reports: reads, and cannot open what is sealed
)

// ErrNoRoles says that the engine has no roles: SQLite's file belongs to one user of the machine.
var ErrNoRoles = errors.New("SQLite has no roles: the file's owner alone may read and write it")

// Roles makes the roles where they are missing, gives the tables to [MigrateRole], and grants what each may do. It
// needs a superuser, or the owner of the database with the right to make roles. Doing it again changes nothing.
func Roles(ctx context.Context, db *sqldb.DB) error {
	if db.Engine() != sqldb.PostgreSQL {
		return ErrNoRoles
	}
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, text := range []string{makeRoles, ownTables, grantDatabase, grantTables} {
			if _, err := tx.Exec(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// Grant grants to the roles what they may do with the tables that there are now; to be called after a migration, by
// the role that has migrated. Without the roles, or on SQLite, it does nothing.
func Grant(ctx context.Context, db *sqldb.DB) error {
	if db.Engine() != sqldb.PostgreSQL {
		return nil
	}
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM pg_roles WHERE rolname IN ($1, $2)", ServeRole, ReadRole)
		if err != nil || n < 2 {
			return err
		}
		_, err = tx.Exec(ctx, grantTables)
		return err
	})
}

// Roles belong to the whole server, so that two zones, or two calls, may make them at once.
const makeRoles = `DO $do$
DECLARE
	role text;
BEGIN
	FOREACH role IN ARRAY ARRAY['drover_migrate', 'drover_serve', 'drover_read'] LOOP
		IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role) THEN
			BEGIN
				EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role);
			EXCEPTION WHEN duplicate_object OR unique_violation THEN
				NULL;
			END;
		END IF;
	END LOOP;
	IF NOT pg_has_role(current_user, 'drover_migrate', 'MEMBER') THEN
		EXECUTE format('GRANT drover_migrate TO %I', current_user);
	END IF;
END $do$`

const ownTables = `DO $do$
DECLARE
	name text;
BEGIN
	EXECUTE format('ALTER SCHEMA %I OWNER TO drover_migrate', current_schema());
	FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
		EXECUTE format('ALTER TABLE %I OWNER TO drover_migrate', name);
	END LOOP;
END $do$`

const grantDatabase = `DO $do$
BEGIN
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO drover_migrate, drover_serve, drover_read', current_database());
	EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', current_schema());
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO drover_serve, drover_read', current_schema());
END $do$`

// The audit log can only grow under the hands of a server, and the list of schema steps not even that.
const grantTables = `DO $do$
DECLARE
	name text;
BEGIN
	FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
		EXECUTE format('REVOKE ALL ON TABLE %I FROM PUBLIC, drover_serve, drover_read', name);
		EXECUTE format('GRANT SELECT ON TABLE %I TO drover_serve, drover_read', name);
		CASE
		WHEN name = 'schema_migration' THEN
			NULL;
		WHEN name IN ('audit_record', 'audit_link', 'audit_head') THEN
			EXECUTE format('GRANT INSERT ON TABLE %I TO drover_serve', name);
		ELSE
			EXECUTE format('GRANT INSERT, UPDATE, DELETE ON TABLE %I TO drover_serve', name);
		END CASE;
	END LOOP;
END $do$`
