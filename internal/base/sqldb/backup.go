package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoBackup says that the engine's own tools make its backups.
var ErrNoBackup = errors.New("PostgreSQL is backed up by its own tools, such as pg_dump or pg_basebackup")

// Backup writes a copy of an SQLite database as it is at this moment to a new file (mode 0600), while others read and
// write it. It refuses a file that is there, and PostgreSQL ([ErrNoBackup]).
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.engine != SQLite {
		return ErrNoBackup
	}
	// SQLite writes into an empty file; made here, it is nobody else's from its first byte on.
	f, err := os.OpenFile(filepath.Clean(file), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is", file)
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, "VACUUM INTO $1", file); err != nil {
		return errors.Join(fmt.Errorf("write the backup: %w", err), os.Remove(file))
	}
	return syncFile(file)
}

func syncFile(file string) error {
	f, err := os.OpenFile(filepath.Clean(file), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Sound reads the whole of an SQLite database and tells what is broken in it. PostgreSQL checks its pages itself
// (data checksums, pg_amcheck): there it only proves that the database answers.
func (db *DB) Sound(ctx context.Context) error {
	if db.engine != SQLite {
		_, err := One(ctx, db, Scan1[int], "SELECT 1")
		return err
	}
	faults, err := All(ctx, db, Scan1[string], "PRAGMA integrity_check(20)")
	if err != nil {
		return err
	}
	if len(faults) != 1 || faults[0] != "ok" {
		return fmt.Errorf("the database is damaged: %s", strings.Join(faults, "; "))
	}
	loose, err := All(ctx, db, Scan1[string], `SELECT "table" FROM pragma_foreign_key_check LIMIT 20`)
	if err != nil {
		return err
	}
	if len(loose) > 0 {
		return fmt.Errorf("rows refer to others that are not there, in: %s", strings.Join(loose, ", "))
	}
	return nil
}
