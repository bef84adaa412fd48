package device

import (
	"context"

	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// OwnerOf returns whose device it is: to users for their own devices, and to administrators who may look at personal data
// of this one. A problem of kind NotFound for all others.
func (s *Store) OwnerOf(ctx context.Context, c scope.Caller, id string) (string, error) {
	var a sqldb.Args
	where, err := personal(c, id, &a)
	if err != nil {
		return "", err
	}
	owner, err := sqldb.One(ctx, s.db, sqldb.Scan1[string], "SELECT d.owner FROM device d WHERE "+where, a.List()...)
	return owner, missing(err)
}

// personal is the condition that the caller may look at what is personal of a device.
func personal(c scope.Caller, id string, a *sqldb.Args) (string, error) {
	where := "d.id = " + a.Add(id) + " AND "
	if c.Kind == scope.User {
		return where + "d.owner = " + a.Add(c.ID), nil
	}
	sc, err := c.Scope(scope.UserPersonalRead)
	if err != nil {
		return "", err
	}
	return where + sc.Devices("d.id", a), nil
}

// OpenPhone opens a device's phone number, "" when none is known, and tells whose it is, to those to whom [Store.OwnerOf]
// does. It is for package privacy, which records the look in the same transaction.
func (s *Store) OpenPhone(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) (number, owner string, err error) {
	var a sqldb.Args
	where, err := personal(c, id, &a)
	if err != nil {
		return "", "", err
	}
	type row struct {
		owner string
		phone []byte
	}
	x, err := sqldb.One(ctx, tx, func(r sqldb.Row) (x row, err error) { return x, r.Scan(&x.owner, &x.phone) },
		"SELECT d.owner, d.phone FROM device d WHERE "+where, a.List()...)
	if err != nil || x.phone == nil {
		return "", x.owner, missing(err)
	}
	plain, err := s.with.Keys.Open(ctx, tx, phoneField(id), seal.User(x.owner), x.phone)
	return string(plain), x.owner, err
}
