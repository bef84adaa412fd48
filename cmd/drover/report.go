package main

import (
	"context"
	"os"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type reportCommands struct {
	List    reportList    `cmd:"" help:"List your reports and those that others share."`
	Show    reportShow    `cmd:"" help:"Show what a report asks, and when it is sent."`
	Add     reportAdd     `cmd:"" help:"Save a question about devices as a report."`
	Edit    reportEdit    `cmd:"" help:"Change a report: what is not given stays."`
	Remove  reportRemove  `cmd:"" help:"Delete a report."`
	Run     reportRun     `cmd:"" help:"Answer a report as comma-separated values or JSON."`
	Try     reportTry     `cmd:"" help:"Show the first rows of a question without saving it."`
	Columns reportColumns `cmd:"" help:"List the columns that reports may have."`
}

type reportList struct {
	remote
	Limit int `help:"At most so many." default:"50"`
}

// Run lists reports.
func (r *reportList) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Report]{
		path: "/reports", limit: r.Limit, empty: "There is no report.", heads: []string{"ID", "NAME", "OWNER", "SHARED", "SENT", "NEXT"},
		row: func(x adminv1.Report) []string {
			return []string{x.ID, x.Name, x.Owner.Name, yes(x.Shared), optionalMoment(x.Sent), optionalMoment(x.Due)}
		},
	}.print(ctx, s)
}

type oneReport struct {
	remote
	Report string `arg:"" help:"Report, by id or name."`
}

func (o oneReport) find(ctx context.Context, c *console) (*session, string, error) {
	s, err := o.connect(c)
	if err != nil {
		return nil, "", err
	}
	id, err := named(ctx, s, "report", "/reports", o.Report, func(x adminv1.Report) (string, string) { return x.ID, x.Name })
	return s, id, err
}

type reportShow struct{ oneReport }

// Run shows a report.
func (r *reportShow) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	x, res, err := client.Read[adminv1.Report](ctx, s.Client, client.Path("reports", id), nil)
	if err != nil {
		return err
	}
	return show(s, res, func(adminv1.Report) error {
		var f table.Facts
		f.Add("name", x.Name)
		f.Add("id", x.ID)
		f.Add("owner", x.Owner.Name)
		f.Add("shared", yes(x.Shared))
		f.Add("tests", strings.Join(x.Tests, "  "))
		f.Add("words", x.Words)
		f.Add("columns", strings.Join(x.Columns, " "))
		f.Add("format", x.Format)
		f.Add("sent each", x.Every)
		f.Add("next", optionalMoment(x.Due))
		f.Add("last", optionalMoment(x.Sent))
		f.Add("not sent because", x.Fault)
		return f.Write(s.out)
	})
}

// reportAsks are the options of a report.
type reportAsks struct {
	Test   []string `sep:"none" help:"Such as 'openssl<3.0.15'; several must all be fulfilled."`
	Words  string   `help:"Without tests: words somewhere in names, owner, model, system or serial."`
	Column []string `help:"Columns in their order; drover report columns lists them."`
	Share  *bool    `negatable:"" help:"Let other administrators read it."`
	Every  string   `enum:",never,day,week,month" default:"" help:"How often it is sent: never, day, week, month."`
	Hour   *int     `help:"At which it is sent, 0 to 23 in UTC."`
	Format string   `enum:",csv,json" default:"" help:"csv or json."`
	To     []string `help:"Administrators it is sent to, by id or name."`
}

// onto puts what is given into a draft.
func (r reportAsks) onto(ctx context.Context, s *session, d *adminv1.ReportDraft) error {
	if r.Test != nil {
		d.Tests, d.Words = r.Test, ""
	}
	if r.Words != "" {
		d.Words, d.Tests = r.Words, nil
	}
	if r.Column != nil {
		d.Columns = r.Column
	}
	if r.Share != nil {
		d.Shared = *r.Share
	}
	if r.Every != "" {
		d.Every = strings.TrimPrefix(r.Every, "never")
	}
	if r.Hour != nil {
		d.Hour = *r.Hour
	}
	if r.Format != "" {
		d.Format = r.Format
	}
	if r.To != nil {
		d.To = nil
	}
	for _, name := range r.To {
		id, err := s.admin(ctx, name)
		if err != nil {
			return err
		}
		d.To = append(d.To, id)
	}
	d.Tests, d.To = append([]string{}, d.Tests...), append([]string{}, d.To...)
	return nil
}

type reportAdd struct {
	remote
	Name string `arg:"" help:"Name of the report."`
	reportAsks
}

// newReport is what a report is where nothing else is said.
func newReport(name string) adminv1.ReportDraft {
	return adminv1.ReportDraft{Name: name, Columns: []string{"name", "user", "os", "lastContact"}, Format: "csv", Hour: 6}
}

// Run saves a report.
func (r *reportAdd) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	d := newReport(r.Name)
	if err := r.onto(ctx, s, &d); err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/reports", d)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Report) error { return s.say("saved %s (%s)", x.Name, x.ID) })
}

type reportEdit struct {
	oneReport
	Name string `help:"Another name."`
	reportAsks
}

// Run changes a report.
func (r *reportEdit) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	x, res, err := client.Read[adminv1.Report](ctx, s.Client, client.Path("reports", id), nil)
	if err != nil {
		return err
	}
	d := x.ReportDraft
	if r.Name != "" {
		d.Name = r.Name
	}
	if err := r.onto(ctx, s, &d); err != nil {
		return err
	}
	if res, err = s.Do(ctx, client.Request{Method: put, Path: client.Path("reports", id), Body: d, ETag: res.ETag}); err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Report) error { return s.say("changed %s", x.Name) })
}

type reportRemove struct{ oneReport }

// Run deletes a report.
func (r *reportRemove) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("reports", id), nil, "removed %s", r.Report)
}

type reportRun struct {
	oneReport
	Format string `enum:"csv,json" default:"csv" help:"csv or json."`
	Output string `short:"o" placeholder:"FILE" help:"File to write to, instead of the terminal."`
}

// Run prints the answer of a report in its format, whatever --json says.
func (r *reportRun) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{Method: get, Path: client.Path("reports", id, "answer."+r.Format), Time: fetchTime})
	if err != nil {
		return err
	}
	if r.Output == "" {
		_, err = s.out.Write(res.Body)
		return err
	}
	if err := os.WriteFile(r.Output, res.Body, 0o600); err != nil {
		return err
	}
	return s.done("wrote %d bytes to %s", len(res.Body), r.Output)
}

type reportTry struct {
	remote
	reportAsks
}

// Run shows the first rows.
func (r *reportTry) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	d := newReport("try")
	if err := r.onto(ctx, s, &d); err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/reports/preview", d)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.ReportPreview) error {
		t := table.New(x.Heads...)
		for _, row := range x.Rows {
			t.Row(row...)
		}
		return t.Write(s.out, "No device fulfils this.")
	})
}

type reportColumns struct{ remote }

// Run lists columns.
func (r *reportColumns) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.ReportColumn]{
		path: "/report-columns", empty: "There is no column.", heads: []string{"COLUMN", "TITLE"},
		row: func(x adminv1.ReportColumn) []string { return []string{x.Key, x.Title} },
	}.print(ctx, s)
}
