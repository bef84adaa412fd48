package sqldb

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What both engines can say, in one vocabulary. The engine's own error stays within reach of errors.As.
var (
	ErrNotFound = errors.New("no such row")
	ErrConflict = errors.New("a row with this key is there already")
	ErrForeign  = errors.New("the row refers to one that is not there, or is referred to")
	ErrCheck    = errors.New("the row breaks a constraint")
	ErrBusy     = errors.New("the database is busy")
	ErrReadOnly = errors.New("this role may not change that")
	ErrClosed   = errors.New("the database is closed")
)

// classify wraps an engine's error in the shared vocabulary.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("%w: %w", kind, err)
	}
	return err
}

func kindOf(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteKind(e.Code())
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return postgresKind(e.Code)
	}
	return nil
}

func sqliteKind(code int) error {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return ErrConflict
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrForeign
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_NOTNULL, sqlite3.SQLITE_CONSTRAINT_DATATYPE:
		return ErrCheck
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	case sqlite3.SQLITE_READONLY:
		return ErrReadOnly
	}
	return nil
}

// postgresKind reads an SQLSTATE (PostgreSQL manual, appendix A).
func postgresKind(code string) error {
	switch code {
	case "23505":
		return ErrConflict
	case "23503":
		return ErrForeign
	case "23514", "23502":
		return ErrCheck
	case "40001", "40P01", "55P03":
		return ErrBusy
	case "42501", "25006":
		return ErrReadOnly
	}
	return nil
}
