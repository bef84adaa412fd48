package compliance_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/schema"
)

// TestRulesOfBeforeAreCarriedOver takes rules as they were written before areas had shapes, and least versions days.
func TestRulesOfBeforeAreCarriedOver(t *testing.T) {
	const step = 31
	steps := schema.Steps()
	before := slices.IndexFunc(steps, func(m sqldb.Migration) bool { return m.Number == step })
	rules := map[string]string{
		"area": `{"condition":"outside-area","area":{"latitude":48.2082,"longitude":-16.3738,"metres":5000,"hours":72},"onPlatforms":["ios"],"access":"block"}`,
		"versions": `{"condition":"system-version","unknownCounts":true,"versions":{"android-gmail":"14","ios":"17.2.1"},"apps":["\"area\": x"],` +
			`"grace":24}`,
		"ageless": `{"condition":"outside-area","area":{"latitude":1,"longitude":2,"metres":100}}`,
		"one":     `{"condition":"system-version","versions":{"ios":"17"}}`,
		"other":   `{"condition":"no-contact","hours":24,"tellOwner":true}`,
	}
	want := map[string]compliance.Rule{
		"area": {
			Condition: compliance.OutsideArea, OnPlatforms: []platform.ID{platform.IOS}, Access: device.Block,
			Area: &compliance.Area{Circle: &compliance.Circle{Position: at(48.2082, -16.3738), Metres: 5000}, Hours: 72},
		},
		"versions": {
			Condition: compliance.OldSystem, UnknownCounts: true, Apps: []string{`"area": x`}, Grace: 24,
			Floors: []compliance.Floor{{Platform: platform.AndroidGmail, Version: "14"}, {Platform: platform.IOS, Version: "17.2.1"}},
		},
		"ageless": {
			Condition: compliance.OutsideArea,
			Area:      &compliance.Area{Circle: &compliance.Circle{Position: at(1, 2), Metres: 100}, Hours: 24},
		},
		"one":   {Condition: compliance.OldSystem, Floors: []compliance.Floor{{Platform: platform.IOS, Version: "17"}}},
		"other": {Condition: compliance.Silent, Hours: 24, TellOwner: true},
	}
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		if _, err := db.Migrate(t.Context(), steps[:before]); err != nil {
			t.Fatal(err)
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for id, text := range rules {
				if _, err := tx.Exec(t.Context(), "INSERT INTO compliance_rule (id, name, enabled, rule, version) VALUES ($1, $2, TRUE, $3, 1)", id, id, text); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context(), steps); err != nil {
			t.Fatal(err)
		}
		for id, rule := range want {
			text, err := sqldb.One(t.Context(), db, sqldb.Scan1[string], "SELECT rule FROM compliance_rule WHERE id = $1", id)
			if err != nil {
				t.Fatal(err)
			}
			var got compliance.Rule
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			slices.SortFunc(got.Floors, func(a, b compliance.Floor) int { return strings.Compare(string(a.Platform), string(b.Platform)) })
			if diff := cmp.Diff(rule, got); diff != "" {
				t.Errorf("%s: %s\n%s", id, text, diff)
			}
		}
	})
}
