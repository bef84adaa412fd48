package report

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"

	"drover/internal/base/csvsafe"
	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/inventory"
	"drover/internal/core/scope"
)

// row is a device of an answer.
type row struct {
	device.Device
	facts    map[inventory.Section]inventory.Item
	software []inventory.Item
}

// Answer returns a function that writes the answer of a report, row by row, as the caller may see it now. What is wrong with the
// question, or with the caller's rights, is an error before anything is written. The answer is audited.
func (s *Store) Answer(ctx context.Context, c scope.Caller, id string, f Format) (Report, func(io.Writer) error, error) {
	r, err := s.Get(ctx, c, id)
	if err != nil {
		return r, nil, err
	}
	if !f.Known() {
		f = r.Content.Format
	}
	write, err := s.answer(ctx, c, r, f)
	return r, write, err
}

func (s *Store) answer(ctx context.Context, c scope.Caller, r Report, f Format) (func(io.Writer) error, error) {
	columns := make([]column, len(r.Content.Columns))
	for i, key := range r.Content.Columns {
		columns[i], _ = columnOf(key)
	}
	read, err := page.Begin(s.rows(ctx, c, r.Content, columns))
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "report.answered", Caller: c, Subject: audit.Subject{Kind: "report", ID: r.ID}, After: map[string]any{"format": f},
		})
	})
	if err != nil {
		return nil, err
	}
	if f == JSON {
		return func(w io.Writer) error { return writeJSON(w, r.Content.Columns, columns, read) }, nil
	}
	return func(w io.Writer) error { return writeCSV(w, columns, read) }, nil
}

// Preview returns the first rows of a question that may not be saved, at most 50, with the heads of its columns.
func (s *Store) Preview(ctx context.Context, c scope.Caller, d Draft) (heads []string, rows [][]string, err error) {
	if d.Name == "" {
		d.Name = "preview"
	}
	if err := d.check(); err != nil {
		return nil, nil, err
	}
	columns := make([]column, len(d.Content.Columns))
	for i, key := range d.Content.Columns {
		columns[i], _ = columnOf(key)
		heads = append(heads, columns[i].head)
	}
	list, _, err := s.rows(ctx, c, d.Content, columns)("")
	for _, r := range list[:min(len(list), previewed)] {
		rows = append(rows, cells(columns, r))
	}
	return heads, rows, err
}

const previewed = 50

// rows reads an answer page by page.
func (s *Store) rows(ctx context.Context, c scope.Caller, x Content, columns []column) page.Read[row] {
	return func(after string) ([]row, string, error) {
		list, next, err := s.devices(ctx, c, x, page.Request{Limit: page.MaxLimit, After: after})
		if err != nil {
			return nil, "", err
		}
		return list, next, s.learn(ctx, c, list, columns)
	}
}

func (s *Store) devices(ctx context.Context, c scope.Caller, x Content, r page.Request) ([]row, string, error) {
	if len(x.Tests) == 0 {
		p, err := s.with.Devices.List(ctx, c, device.Query{Filter: device.Filter{Search: x.Words}, Request: r})
		rows := make([]row, len(p.Items))
		for i, d := range p.Items {
			rows[i].Device = d
		}
		return rows, p.Next, err
	}
	var q inventory.Query
	for _, text := range x.Tests {
		t, err := inventory.ParseTest(text)
		if err != nil {
			return nil, "", err
		}
		q.Tests = append(q.Tests, t)
	}
	p, err := s.with.Inventory.Search(ctx, c, q, r)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.found(ctx, c, p.Items)
	return rows, p.Next, err
}

// found reads the devices of a page, as far as the caller may see them too.
func (s *Store) found(ctx context.Context, c scope.Caller, list []inventory.Found) ([]row, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]string, len(list))
	for i, f := range list {
		ids[i] = f.Device
	}
	devices, err := s.with.Devices.Within(ctx, s.db, sc, ids)
	if err != nil {
		return nil, err
	}
	known := make(map[string]device.Device, len(devices))
	for _, d := range devices {
		known[d.ID] = d
	}
	var rows []row
	for _, f := range list {
		if d, ok := known[f.Device]; ok && d.State != device.Removed {
			rows = append(rows, row{Device: d, software: f.Software})
		}
	}
	return rows, nil
}

// learn adds the facts that columns show.
func (s *Store) learn(ctx context.Context, c scope.Caller, rows []row, columns []column) error {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i], rows[i].facts = rows[i].ID, map[inventory.Section]inventory.Item{}
	}
	read := map[inventory.Section]bool{"": true}
	for _, col := range columns {
		if read[col.section] {
			continue
		}
		read[col.section] = true
		facts, err := s.with.Inventory.Singles(ctx, c, col.section, ids...)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].facts[col.section] = facts[rows[i].ID]
		}
	}
	return nil
}

func (col column) cell(r row) string {
	switch {
	case col.device != nil:
		return col.device(r.Device)
	case col.section != "":
		return r.facts[col.section][col.field]
	}
	words := make([]string, len(r.software))
	for i, it := range r.software {
		words[i] = strings.TrimSpace(it["name"] + " " + it["version"])
	}
	return strings.Join(words, ", ")
}

func cells(columns []column, r row) []string {
	out := make([]string, len(columns))
	for i, col := range columns {
		out[i] = col.cell(r)
	}
	return out
}

func writeCSV(to io.Writer, columns []column, read page.Read[row]) error {
	w := csvsafe.NewWriter(to)
	heads := make([]string, len(columns))
	for i, col := range columns {
		heads[i] = col.head
	}
	if err := w.Write(heads...); err != nil {
		return err
	}
	if err := page.Walk(read, func(r row) error { return w.Write(cells(columns, r)...) }); err != nil {
		return err
	}
	return w.Flush()
}

// writeJSON writes an array of objects, one a line.
func writeJSON(to io.Writer, keys []string, columns []column, read page.Read[row]) error {
	w := bufio.NewWriter(to)
	before := "[\n"
	err := page.Walk(read, func(r row) error {
		object := make(map[string]string, len(keys))
		for i, text := range cells(columns, r) {
			object[keys[i]] = text
		}
		raw, err := json.Marshal(object)
		if err != nil {
			return err
		}
		_, err = w.WriteString(before)
		before = ",\n"
		if err == nil {
			_, err = w.Write(raw)
		}
		return err
	})
	if err != nil {
		return err
	}
	end := "\n]\n"
	if before == "[\n" {
		end = "[]\n"
	}
	if _, err := w.WriteString(end); err != nil {
		return err
	}
	return w.Flush()
}
