package device

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// View is a list of devices that an administrator wants to see again. Query is the dashboard's: a JSON object of filters
// and columns, of at most 8 KiB.
type View struct {
	ID    string
	Name  string
	Query json.RawMessage
}

const (
	maxViews     = 50
	maxViewQuery = 8 << 10
)

// viewer returns whose views a caller has.
func viewer(c scope.Caller) (string, error) {
	if c.Kind != scope.Admin && c.Kind != scope.Token {
		return "", problem.New(problem.Forbidden, "view.owner", "Only administrators have saved views.")
	}
	_, err := c.Scope(scope.DeviceRead)
	return c.ID, err
}

// Views returns the caller's own views by name.
func (s *Store) Views(ctx context.Context, c scope.Caller) ([]View, error) {
	admin, err := viewer(c)
	if err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, func(r sqldb.Row) (v View, err error) {
		var query string
		err = r.Scan(&v.ID, &v.Name, &query)
		v.Query = json.RawMessage(query)
		return v, err
	}, "SELECT id, name, query FROM device_view WHERE admin = $1 ORDER BY name", admin)
}

// SaveView makes a view of the caller's own. A view is a bookmark: it is not audited.
func (s *Store) SaveView(ctx context.Context, c scope.Caller, name string, query json.RawMessage) (View, error) {
	admin, err := viewer(c)
	if err != nil {
		return View{}, err
	}
	v := View{ID: sqldb.NewID(), Name: strings.TrimSpace(name), Query: query}
	if v.Name == "" || sqldb.Clean(v.Name, maxName) != v.Name {
		return View{}, problem.New(problem.Invalid, "view.name", "A view's name has 1 to 128 bytes.").WithField("name")
	}
	var object map[string]json.RawMessage
	if len(query) > maxViewQuery || json.Unmarshal(query, &object) != nil || object == nil {
		return View{}, problem.New(problem.Invalid, "view.query", "A view's query is a JSON object of at most 8 KiB.").WithField("query")
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM device_view WHERE admin = $1", admin)
		if err != nil {
			return err
		}
		if n >= maxViews {
			return problem.Newf(problem.Conflict, "view.many", "You have %d views, which is the most: remove one first.", maxViews)
		}
		_, err = tx.Exec(ctx, "INSERT INTO device_view (id, admin, name, query) VALUES ($1, $2, $3, $4)", v.ID, admin, v.Name, string(query))
		if errors.Is(err, sqldb.ErrConflict) {
			return problem.New(problem.Conflict, "view.exists", "You have a view of this name already.").WithField("name")
		}
		return err
	})
	return v, err
}

// RemoveView takes one of the caller's own views away.
func (s *Store) RemoveView(ctx context.Context, c scope.Caller, id string) error {
	admin, err := viewer(c)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM device_view WHERE id = $1 AND admin = $2", id, admin)
		if err == nil && n == 0 {
			err = problem.New(problem.NotFound, "view.unknown", "There is no such view.")
		}
		return err
	})
}
