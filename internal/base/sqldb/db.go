package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// Engine names a database engine.
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// Options say which database to open.
type Options struct {
	// URL is "sqlite:PATH" or "postgres://USER@HOST/NAME?sslmode=verify-full&...".
	URL string
	// MaxConns bounds the connections to PostgreSQL; 0 means 16.
	MaxConns int
}

// DB is one open database. It is a [Querier] for single statements.
type DB struct {
	engine Engine
	reader *sql.DB
	writer *sql.DB
	pulse  *sql.DB
	pool   *pgxpool.Pool
	writes chan *write
	quit   chan struct{} // closed by Close: no more writes
	done   chan struct{} // closed by the writer when it has gone
	once   sync.Once
}

// Open opens the database and proves that it answers. It makes the file of an SQLite database (mode 0600) when it is
// not there; it never makes or changes tables (see [DB.Migrate]).
func Open(ctx context.Context, o Options) (*DB, error) {
	scheme, rest, _ := strings.Cut(o.URL, ":")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, o)
	}
	return nil, errors.New(`the database URL must start with "sqlite:" or "postgres://"`)
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" {
		return nil, errors.New(`the database URL "sqlite:" names no file`)
	}
	// The file holds sealed data, but also names and mail addresses: its owner alone reads it.
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database file: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	writer, err := sqliteHandle(path, "_txlock=immediate", 1)
	if err != nil {
		return nil, err
	}
	reader, err := sqliteHandle(path, "_pragma=query_only(1)", max(4, runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	pulse, err := sqliteHandle(path, "_pragma=query_only(1)", 1)
	if err != nil {
		return nil, errors.Join(err, writer.Close(), reader.Close())
	}
	db := &DB{
		engine: SQLite, reader: reader, writer: writer, pulse: pulse,
		writes: make(chan *write, groupSize), quit: make(chan struct{}), done: make(chan struct{}),
	}
	if err := errors.Join(writer.PingContext(ctx), reader.PingContext(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), writer.Close(), reader.Close(), pulse.Close())
	}
	go db.writeGroups()
	return db, nil
}

// sqliteHandle opens one pool. FULL makes every commit reach the disk; the group commit of [DB.Write] pays for it.
func sqliteHandle(path, extra string, conns int) (*sql.DB, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join([]string{
		"_pragma=busy_timeout(10000)", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)",
		"_pragma=foreign_keys(1)", "_pragma=cache_size(-16384)", "_pragma=temp_store(MEMORY)",
		"_pragma=trusted_schema(0)", "_pragma=secure_delete(1)", extra, // what is deleted is not left lying in the file
	}, "&")
	engine, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	h := sql.OpenDB(sqliteConnector{engine})
	h.SetMaxOpenConns(conns)
	h.SetMaxIdleConns(conns)
	h.SetConnMaxLifetime(time.Hour) // see [DB.Analyze]
	return h, nil
}

func openPostgres(ctx context.Context, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		// The driver's own message may quote the URL, password included.
		return nil, errors.New("the database URL is not a PostgreSQL URL")
	}
	cfg.MaxConns = 16
	if o.MaxConns > 0 {
		cfg.MaxConns = int32(min(o.MaxConns, 1000))
	}
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.ConnectTimeout = 10 * time.Second
	cfg.ConnConfig.RuntimeParams["application_name"] = "drover"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	h := stdlib.OpenDBFromPool(pool)
	h.SetMaxIdleConns(0) // the pool keeps them
	pulse := stdlib.OpenDB(*cfg.ConnConfig)
	pulse.SetMaxOpenConns(1)
	return &DB{engine: PostgreSQL, reader: h, writer: h, pulse: pulse, pool: pool}, nil
}

// Engine tells which engine runs below.
func (db *DB) Engine() Engine { return db.engine }

// Pool gives the native PostgreSQL pool for LISTEN and COPY; it is nil on SQLite.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Close waits for the writes under way and closes the database; a write that comes later is refused.
func (db *DB) Close() error {
	if db.engine == PostgreSQL {
		err := errors.Join(db.reader.Close(), db.pulse.Close())
		db.pool.Close()
		return err
	}
	db.once.Do(func() { close(db.quit) })
	<-db.done
	return errors.Join(db.reader.Close(), db.writer.Close(), db.pulse.Close())
}

// Row is what a scan function reads one row from.
type Row interface {
	Scan(dest ...any) error
}

// Querier reads: a [DB], a snapshot within [DB.Read], or a [Tx].
type Querier interface {
	Query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// Query runs one reading statement.
func (db *DB) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return db.reader.QueryContext(ctx, text, args...) // the caller closes
}

// Pulse reads over a connection of its own. It is for the few rows on which everything hangs, such as the zone's revision:
// behind thousands of statements that wait for a connection they would be read too late, and a server that is merely busy
// would close itself.
func (db *DB) Pulse() Querier { return handle{db.pulse} }

type handle struct{ db *sql.DB }

func (h handle) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return h.db.QueryContext(ctx, text, args...)
}

type snapshot struct{ tx *sql.Tx }

func (s snapshot) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return s.tx.QueryContext(ctx, text, args...)
}

// Read runs fn over one consistent snapshot.
func (db *DB) Read(ctx context.Context, fn func(Querier) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.engine == PostgreSQL {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.reader.BeginTx(ctx, opts)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	return fn(snapshot{tx})
}

// One reads exactly one row; [ErrNotFound] when there is none. Further rows are ignored.
func One[T any](ctx context.Context, q Querier, scan func(Row) (T, error), text string, args ...any) (T, error) {
	var zero T
	rows, err := q.Query(ctx, text, args...)
	if err != nil {
		return zero, classify(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return zero, classify(err)
		}
		return zero, ErrNotFound
	}
	v, err := scan(rows)
	if err != nil {
		return zero, err
	}
	return v, classify(rows.Close())
}

// All reads every row. Bound the statement with LIMIT where the table is not small by nature.
func All[T any](ctx context.Context, q Querier, scan func(Row) (T, error), text string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, text, args...)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, classify(rows.Err())
}

// Gather reads rows of two columns, a name and one of its values, and returns the values of each name in the order of the
// rows.
func Gather(ctx context.Context, q Querier, text string, args ...any) (map[string][]string, error) {
	values := make(map[string][]string)
	_, err := All(ctx, q, func(r Row) (struct{}, error) {
		var name, value string
		err := r.Scan(&name, &value)
		values[name] = append(values[name], value)
		return struct{}{}, err
	}, text, args...)
	return values, err
}

// Scan1 is the scan function for rows of one column.
func Scan1[T any](r Row) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}
