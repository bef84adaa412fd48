package audit_test

import (
	"slices"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
)

// TestTheRightToSeeDuressIsOfTheWholeZoneOrNone: limited to groups it does not reach what another right shows of others.
func TestTheRightToSeeDuressIsOfTheWholeZoneOrNone(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.append(t, audit.Record{Action: audit.Duress, Caller: scope.System("companion")})
		f.append(t, audit.Record{Action: "device.changed", Caller: scope.System("test")})
		read := scope.Grant{Rights: []scope.Right{scope.AuditRead}}
		for name, x := range map[string]struct {
			grant scope.Grant
			sees  bool
		}{
			"without":   {scope.Grant{}, false},
			"in groups": {scope.Grant{Rights: []scope.Right{scope.DuressRead}, Groups: []string{"a"}}, false},
			"with":      {scope.Grant{Rights: []scope.Right{scope.DuressRead}}, true},
		} {
			c := scope.Caller{Kind: scope.Admin, ID: "a1", Grants: []scope.Grant{read, x.grant}}
			list, _, err := f.log.List(t.Context(), c, audit.Filter{}, audit.Page{Limit: 10})
			sees := slices.ContainsFunc(list, func(e audit.Entry) bool { return e.Action == audit.Duress })
			if err != nil || sees != x.sees || len(list) < 1 {
				t.Errorf("%s the right: %d records, sees %v, %v", name, len(list), sees, err)
			}
		}
	})
}
