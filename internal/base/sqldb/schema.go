package sqldb

import (
	"context"
	"regexp"
	"strings"
)

// Schema describes the tables as the database itself tells them, one line a column, index or constraint, in a fixed
// order, to be compared with what they should be.
func (db *DB) Schema(ctx context.Context) (string, error) {
	text := sqliteSchema
	if db.engine == PostgreSQL {
		text = postgresSchema
	}
	lines, err := All(ctx, db, Scan1[string], text)
	if err != nil {
		return "", err
	}
	for i, l := range lines {
		lines[i] = strings.TrimSpace(spaces.ReplaceAllString(l, " "))
	}
	return strings.Join(lines, "\n") + "\n", nil
}

var spaces = regexp.MustCompile(`\s+`)

const sqliteSchema = `
SELECT sql FROM sqlite_schema
WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND type IN ('table', 'index')
  AND name NOT LIKE '%_fts%'
ORDER BY tbl_name, type DESC, name`

const postgresSchema = `
SELECT line FROM (
	SELECT c.table_name AS t, 1 AS o, c.ordinal_position::int AS n,
		'table ' || c.table_name || ': ' || c.column_name || ' ' || c.data_type
		|| CASE WHEN c.is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END
		|| coalesce(' DEFAULT ' || c.column_default, '') AS line
	FROM information_schema.columns c WHERE c.table_schema = current_schema()
	UNION ALL
	SELECT i.tablename, 2, 0, i.indexdef FROM pg_indexes i WHERE i.schemaname = current_schema()
	UNION ALL
	SELECT r.relname, 3, 0, 'constraint ' || r.relname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
	FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_namespace s ON s.oid = r.relnamespace
	WHERE s.nspname = current_schema()
) x ORDER BY t, o, n, line`
