// Package schema holds the one list of schema steps of a zone's database, and what the tables look like at its end.
// Each subject of core has its own file; a released file is never edited, a change is a new file at the end.
package schema

import (
	"context"
	"embed"
	"fmt"
	"strconv"
	"strings"

	"drover/internal/base/sqldb"
)

//go:embed *.sql
var files embed.FS

//go:embed schema.sqlite.txt schema.postgres.txt
var finals embed.FS

// Steps returns the schema steps in order. It panics when a file's name is not NNNN_subject.sql, which a test would see.
func Steps() []sqldb.Migration {
	entries, err := files.ReadDir(".") // sorted by name
	if err != nil {
		panic(err)
	}
	steps := make([]sqldb.Migration, 0, len(entries))
	for _, e := range entries {
		number, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		n, err := strconv.Atoi(number)
		if err != nil {
			panic(err)
		}
		text, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		steps = append(steps, sqldb.Migration{Number: n, Name: name, SQL: string(text)})
	}
	return steps
}

// Expected returns what [sqldb.DB.Schema] tells when the schema is as it should be.
func Expected(e sqldb.Engine) string {
	text, err := finals.ReadFile("schema." + string(e) + ".txt")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Check compares the database with what it should look like, and names the first line that differs: somebody has
// changed the tables by hand, or a migration went wrong.
func Check(ctx context.Context, db *sqldb.DB) error {
	got, err := db.Schema(ctx)
	if err != nil {
		return err
	}
	have, want := strings.Split(got, "\n"), strings.Split(Expected(db.Engine()), "\n")
	for i := range max(len(have), len(want)) {
		h, w := line(have, i), line(want, i)
		if h != w {
			return fmt.Errorf("the database's tables are not what this program made: it has %q where %q should be", h, w)
		}
	}
	return nil
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}
