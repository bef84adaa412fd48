package schema_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/schema"
	"drover/internal/core/schema/schematest"
)

var update = flag.Bool("update", false, "write the schema files from what the migrations make")

// TestTheMigratedSchemaIsTheCheckedInOne guards both engines: whoever adds a step sees in the change what it makes of
// the tables ("go test ./internal/core/schema -update" writes the files).
func TestTheMigratedSchemaIsTheCheckedInOne(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		got, err := db.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile("schema."+string(db.Engine())+".txt", []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		if err := schema.Check(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCheckSeesATableChangedByHand(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "ALTER TABLE zone_setting ADD COLUMN extra TEXT")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Check(t.Context(), db); err == nil || !strings.Contains(err.Error(), "extra") {
			t.Fatalf("got %v, want the column named", err)
		}
	})
}

// TestEverySensitiveColumnIsSealed is the schema's part of incident S21: a column whose name tells of a secret holds
// bytes (a sealed value or a hash), never text.
func TestEverySensitiveColumnIsSealed(t *testing.T) {
	words := []string{"password", "secret", "token_hash", "pin", "phone", "recovery", "private"}
	for _, s := range schema.Steps() {
		for l := range strings.SplitSeq(s.SQL, "\n") {
			f := strings.Fields(l)
			if len(f) < 2 || f[1] != "TEXT" {
				continue
			}
			for _, w := range words {
				for part := range strings.SplitSeq(f[0], "_") {
					if part == w {
						t.Errorf("step %04d: column %s is text", s.Number, f[0])
					}
				}
			}
		}
	}
}
