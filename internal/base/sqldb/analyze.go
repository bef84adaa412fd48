package sqldb

import "context"

// Analyze refreshes what the query planner of SQLite knows of the sizes of tables and indexes, where they have changed
// much; it reads a bounded part of each. Without it the planner takes a unique index even where another holds the whole
// answer. Other connections know of it when they are opened anew, within an hour. PostgreSQL does this by itself.
func (db *DB) Analyze(ctx context.Context) error {
	if db.engine != SQLite {
		return nil
	}
	return db.Write(ctx, func(tx *Tx) error {
		// 0x10002: analyse where it is worth it, also tables that the writer has not asked lately.
		for _, s := range []string{"PRAGMA analysis_limit = 1000", "PRAGMA optimize(0x10002)"} {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}
