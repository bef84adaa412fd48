package device

import (
	"context"
	"io"
	"strconv"
	"time"

	"drover/internal/base/csvsafe"
	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

var exportHeader = []string{
	"id", "name", "user", "platform", "model", "os", "serial", "imei", "device id", "device type", "user agent", "protocol",
	"liability", "state", "policy", "access", "enrolled", "last contact", "requests",
}

// Export writes the devices of the query as comma-separated values, page by page, so that no snapshot is held open for
// a slow reader. Limit and After of the query do not count. The export is audited before its first row leaves.
func (s *Store) Export(ctx context.Context, c scope.Caller, query Query, to io.Writer) error {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return err
	}
	if query.Sort == "" {
		query.Sort = ByName
	}
	if err := query.Sort.check(); err != nil {
		return err
	}
	query.Limit, query.After = page.MaxLimit, ""
	rows, err := s.rows(ctx, s.db, sc, query, nil, page.MaxLimit+1) // before the header, so that a wrong filter is an error
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "device.exported", Caller: c, Subject: audit.Subject{Kind: "device"}, After: map[string]any{"sort": query.Sort},
		})
	})
	if err != nil {
		return err
	}
	w := csvsafe.NewWriter(to)
	if err := w.Write(exportHeader...); err != nil {
		return err
	}
	for {
		p := page.Cut(rows, page.MaxLimit, query.cursor)
		for _, d := range p.Items {
			if err := w.Write(d.cells()...); err != nil {
				return err
			}
		}
		if query.After = p.Next; query.After == "" {
			return w.Flush()
		}
		if rows, err = s.rows(ctx, s.db, sc, query, nil, page.MaxLimit+1); err != nil {
			return err
		}
	}
}

func (d Device) cells() []string {
	return []string{
		d.ID, d.Name, d.OwnerName, d.Platform.Name(), d.Model, d.OS, d.Serial, d.IMEI, d.EASID, d.DeviceType, d.UserAgent,
		d.Protocol, string(d.Liability), string(d.State), string(d.PolicyState), string(d.Access), stamp(d.Enrolled),
		stamp(d.LastContact), strconv.FormatInt(d.Requests, 10),
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
