package device

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// OwnerOf returns whose device it is: to users for their own devices, and to administrators who may look at personal data
// of this one. A problem of kind NotFound for all others.
func (s *Store) OwnerOf(ctx context.Context, c scope.Caller, id string) (string, error) {
	var a sqldb.Args
	where := "d.id = " + a.Add(id) + " AND "
	if c.Kind == scope.User {
		where += "d.owner = " + a.Add(c.ID)
	} else {
		sc, err := c.Scope(scope.UserPersonalRead)
		if err != nil {
			return "", err
		}
		where += sc.Devices("d.id", &a)
	}
	owner, err := sqldb.One(ctx, s.db, sqldb.Scan1[string], "SELECT d.owner FROM device d WHERE "+where, a.List()...)
	return owner, missing(err)
}
