package report

import (
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/inventory"
)

// Every says how often a report is sent.
type Every string

// The intervals. A week begins on Monday, a month on its first day.
const (
	Never Every = ""
	Day   Every = "day"
	Week  Every = "week"
	Month Every = "month"
)

// Format is how the answer of a report is written.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	JSON Format = "json"
)

// Known tells whether there is such a format.
func (f Format) Known() bool { return f == CSV || f == JSON }

// Content is what a report asks, and for whom.
type Content struct {
	// Tests that a device must fulfil, as [inventory.ParseTest] reads them; at most 8. None is all devices.
	Tests []string `json:"tests,omitempty"`
	// Words narrow the devices, where there are no tests: each somewhere in names, owner, model, system, serial.
	Words string `json:"words,omitempty"`
	// Columns in their order, 1 to 20: those of the list of devices, single facts such as "system.os", and "software", what of it
	// fulfils the tests.
	Columns []string `json:"columns"`
	Every   Every    `json:"every,omitempty"`
	Hour    int      `json:"hour"` // of the day, in UTC, at which it is sent
	Format  Format   `json:"format"`
	// To are the administrators it is sent to, by their ids; at most 20.
	To []string `json:"to,omitempty"`
}

// Report is a question that is saved.
type Report struct {
	ID      string
	Name    string
	Owner   string // an administrator's id
	Shared  bool   // others may read it, with what they may see of the devices
	Content Content
	Version int64
	Created time.Time
	Changed time.Time
	Due     time.Time // when it is sent next; zero for never
	Sent    time.Time // when it was last
	Fault   string    // why it was not sent last, for people
}

// Draft is a report before it is saved.
type Draft struct {
	Name    string
	Shared  bool
	Content Content
}

const (
	maxName    = 100
	maxTests   = 8
	maxColumns = 20
	maxTo      = 20
	maxWords   = 200

	softwareColumn = "software"
)

func (d *Draft) check() error {
	invalid := func(field, words string) error {
		return problem.New(problem.Invalid, "report."+field, words).WithField(field)
	}
	d.Name = strings.TrimSpace(sqldb.Line(d.Name, maxName))
	x := &d.Content
	x.Words = strings.TrimSpace(sqldb.Line(x.Words, maxWords))
	switch {
	case d.Name == "":
		return invalid("name", "Give the report a name of at most 100 characters.")
	case len(x.Tests) > maxTests:
		return invalid("tests", "A report has at most 8 tests.")
	case len(x.Tests) > 0 && x.Words != "":
		return invalid("words", "A report asks by words or by tests, not by both.")
	case len(x.Columns) < 1 || len(x.Columns) > maxColumns:
		return invalid("columns", "A report has 1 to 20 columns.")
	case !x.Format.Known():
		return invalid("format", "A report is written as csv or json.")
	case x.Every != Never && x.Every != Day && x.Every != Week && x.Every != Month:
		return invalid("every", "A report is sent each day, week or month, or not at all.")
	case x.Hour < 0 || x.Hour > 23:
		return invalid("hour", "The hour is 0 to 23, in UTC.")
	case len(x.To) > maxTo:
		return invalid("to", "A report is sent to at most 20 administrators.")
	case x.Every != Never && len(x.To) == 0:
		return invalid("to", "Say to which administrators the report is sent.")
	}
	for _, t := range x.Tests {
		if _, err := inventory.ParseTest(t); err != nil {
			return problem.From(err).WithField("tests")
		}
	}
	for i, c := range x.Columns {
		if _, ok := columnOf(c); !ok || slices.Contains(x.Columns[:i], c) {
			return invalid("columns", "A column is one of the list of devices, a single fact such as system.os, or software; each once.")
		}
	}
	return nil
}

// next returns when a report is due that was last looked at now.
func (x Content) next(now time.Time) time.Time {
	now = now.UTC()
	at := time.Date(now.Year(), now.Month(), now.Day(), x.Hour, 0, 0, 0, time.UTC)
	step := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	switch x.Every {
	case Never:
		return time.Time{}
	case Day:
	case Week:
		at = at.AddDate(0, 0, -(int(at.Weekday())+6)%7)
		step = func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }
	case Month:
		at = time.Date(at.Year(), at.Month(), 1, x.Hour, 0, 0, 0, time.UTC)
		step = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	}
	for !at.After(now) {
		at = step(at)
	}
	return at
}

// column is one of a table.
type column struct {
	head    string
	device  func(device.Device) string // of the list of devices
	section inventory.Section          // of a fact
	field   string
}

// columnOf returns the column that a key names.
func columnOf(key string) (column, bool) {
	for _, c := range device.Columns {
		if c.Key == key {
			return column{head: c.Head, device: c.Cell}, true
		}
	}
	if key == softwareColumn {
		return column{head: key}, true
	}
	section, name, _ := strings.Cut(key, ".")
	d, err := inventory.Describe(inventory.Section(section))
	if err != nil || !d.Single {
		return column{}, false
	}
	f, ok := d.Field(name)
	return column{head: f.Title, section: d.Section, field: name}, ok
}

// Columns lists the keys of all columns with their titles, in the order in which people read them.
func Columns() (keys, titles []string) {
	for _, c := range device.Columns {
		keys, titles = append(keys, c.Key), append(titles, c.Head)
	}
	keys, titles = append(keys, softwareColumn), append(titles, "software that fulfils the tests")
	for _, d := range inventory.Catalogue() {
		if !d.Single {
			continue
		}
		for _, f := range d.Fields {
			keys, titles = append(keys, string(d.Section)+"."+f.Name), append(titles, d.Title+": "+f.Title)
		}
	}
	return keys, titles
}
