package admin

import (
	"slices"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
)

// TestAnAddressIsChangedByWhomItMayBe, and the former one is told.
func TestAnAddressIsChangedByWhomItMayBe(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		var told []string
		f.WriteBy(func(mail, _, _ string) { told = append(told, mail) })
		x, annSecret := f.person(t, "ann")
		y, bobSecret := f.person(t, "bob", Grant{Role: Auditor})
		ann, bob := f.signIn(t, "ann", annSecret), f.signIn(t, "bob", bobSecret)
		token := scope.Caller{Kind: scope.Token, ID: y.ID}
		const done problem.Kind = -1
		for _, c := range []struct {
			name    string
			by      scope.Caller
			secret  []byte // nil gives no proof
			of      string
			address string
			want    problem.Kind
		}{
			{"another's without the right", bob, bobSecret, x.ID, "bob@example.org", problem.Forbidden},
			{"one's own without a proof", bob, nil, y.ID, "bob@example.org", problem.Forbidden},
			{"no address", bob, bobSecret, y.ID, "bob@example.org\nBcc: eve@example.org", problem.Invalid},
			{"one's own", bob, bobSecret, y.ID, "bob@example.org", done},
			{"another's without a proof", ann, nil, y.ID, "ann@example.org", problem.Forbidden},
			{"another's", ann, annSecret, y.ID, "robert@example.org", done},
			{"the same", ann, annSecret, y.ID, "robert@example.org", done},
			{"one's own by a token", token, bobSecret, y.ID, "", done},
			{"somebody unknown", ann, annSecret, "nobody", "ann@example.org", problem.NotFound},
		} {
			p := safety.Proof{}
			if c.secret != nil {
				p = f.code(c.secret)
			}
			err := f.SetMail(t.Context(), c.by, c.of, c.address, p)
			if c.want == done && err != nil || c.want != done && !problem.Is(err, c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
			if now, err := f.Get(t.Context(), scope.System("test"), y.ID); c.want == done && (err != nil || now.Mail != c.address) {
				t.Errorf("%s: the address is %q, %v", c.name, now.Mail, err)
			}
		}
		if want := []string{"bob@example.org", "robert@example.org"}; !slices.Equal(told, want) {
			t.Errorf("told are %v, want %v", told, want)
		}
		if n := f.count(t, "SELECT count(*) FROM audit_record WHERE action = 'admin.mail-changed' AND subject = $1", y.ID); n != 3 {
			t.Errorf("%d changes are recorded", n)
		}
	})
}
