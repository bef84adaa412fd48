package sqldb

import "context"

// worthAnalyzing is how many rows a table has before its statistics are kept, at least. Of a smaller one the planner would
// learn that reading all of it is cheapest, and would go on doing so while the zone grows.
const worthAnalyzing = 10_000

// Analyze refreshes what the query planner of SQLite knows of the sizes of large tables and their indexes; it reads a bounded
// part of each. Without it the planner takes a unique index even where another holds the whole answer. Of small tables it
// knows nothing, and takes an index where there is one. Other connections know of it when they are opened anew, within an
// hour. PostgreSQL does this by itself.
func (db *DB) Analyze(ctx context.Context) error {
	if db.engine != SQLite {
		return nil
	}
	large, err := db.largeTables(ctx)
	if err != nil {
		return err
	}
	// The first line makes the table of statistics, the last has the writer read it.
	say := []string{"ANALYZE sqlite_schema", "DELETE FROM sqlite_stat1", "PRAGMA analysis_limit = 1000"}
	for _, t := range large {
		say = append(say, `ANALYZE "`+t+`"`)
	}
	say = append(say, "ANALYZE sqlite_schema")
	return db.Write(ctx, func(tx *Tx) error {
		for _, s := range say {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// largeTables names the tables that are worth analyzing.
func (db *DB) largeTables(ctx context.Context) (large []string, err error) {
	all, err := All(ctx, db, Scan1[string], "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
	for _, t := range all {
		many, err := db.holdsMany(ctx, t)
		if err != nil {
			return nil, err
		}
		if many {
			large = append(large, t)
		}
	}
	return large, err
}

// holdsMany tells whether a table of the schema is worth analyzing.
func (db *DB) holdsMany(ctx context.Context, table string) (bool, error) {
	n, err := One(ctx, db, Scan1[int], `SELECT count(*) FROM (SELECT 1 FROM "`+table+`" LIMIT $1)`, worthAnalyzing)
	return n == worthAnalyzing, err
}
