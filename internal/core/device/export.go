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

// Column is one column of an export.
type Column struct {
	Key  string // as the lists of the dashboard and the API name it
	Head string // in the first line
	Cell func(Device) string
}

// Columns are what is known of a device here, in their order.
var Columns = []Column{
	{"id", "id", func(d Device) string { return d.ID }},
	{"name", "name", func(d Device) string { return d.Name }},
	{"user", "user", func(d Device) string { return d.OwnerName }},
	{"platform", "platform", func(d Device) string { return d.Platform.Name() }},
	{"model", "model", func(d Device) string { return d.Model }},
	{"os", "os", func(d Device) string { return d.OS }},
	{"serial", "serial", func(d Device) string { return d.Serial }},
	{"imei", "imei", func(d Device) string { return d.IMEI }},
	{"deviceId", "device id", func(d Device) string { return d.EASID }},
	{"deviceType", "device type", func(d Device) string { return d.DeviceType }},
	{"userAgent", "user agent", func(d Device) string { return d.UserAgent }},
	{"protocol", "protocol", func(d Device) string { return d.Protocol }},
	{"liability", "liability", func(d Device) string { return string(d.Liability) }},
	{"state", "state", func(d Device) string { return string(d.State) }},
	{"policyState", "policy", func(d Device) string { return string(d.PolicyState) }},
	{"access", "access", func(d Device) string { return string(d.Access) }},
	{"enrolled", "enrolled", func(d Device) string { return stamp(d.Enrolled) }},
	{"lastContact", "last contact", func(d Device) string { return stamp(d.LastContact) }},
	{"requests", "requests", func(d Device) string { return strconv.FormatInt(d.Requests, 10) }},
}

// line is a device in an export, or its heads for nil.
func line(columns []Column, d *Device) []string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.Head
		if d != nil {
			cells[i] = c.Cell(*d)
		}
	}
	return cells
}

// Export writes the columns of the devices of the query as comma-separated values, page by page, so that no snapshot is
// held open for a slow reader. Limit and After of the query do not count. The export is audited before its first row leaves.
func (s *Store) Export(ctx context.Context, c scope.Caller, query Query, columns []Column, to io.Writer) error {
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
	query.Limit = page.MaxLimit
	read, err := page.Begin(func(after string) ([]Device, string, error) { // a wrong filter is an error before the heads
		query.After = after
		rows, err := s.rows(ctx, s.db, sc, query, nil, page.MaxLimit+1)
		p := page.Cut(rows, page.MaxLimit, query.cursor)
		return p.Items, p.Next, err
	})
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
	if err := w.Write(line(columns, nil)...); err != nil {
		return err
	}
	if err := page.Walk(read, func(d Device) error { return w.Write(line(columns, &d)...) }); err != nil {
		return err
	}
	return w.Flush()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
