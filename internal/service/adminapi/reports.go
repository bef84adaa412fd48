package adminapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"drover/api/adminv1"
	"drover/internal/core/report"
	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

func (a *API) addReports() {
	op := func(id, method, path, summary string) operation {
		return operation{id: id, method: method, path: path, tag: "reports", summary: summary, who: gate.Admin(scope.DeviceRead)}
	}
	add(a, op("listReports", http.MethodGet, "/reports", "List your reports and those that others share"), a.listReports)
	create := op("addReport", http.MethodPost, "/reports", "Save a question about devices as a report")
	create.status = http.StatusCreated
	create.words = "Facts of inventories need the right inventory.read. What is sent by the schedule is what its owner may see at that moment."
	add(a, create, a.addReport)
	add(a, op("getReport", http.MethodGet, "/reports/{id}", "Read a report's question"), a.getReport)
	add(a, op("editReport", http.MethodPut, "/reports/{id}", "Change a report"), a.editReport)
	add(a, op("removeReport", http.MethodDelete, "/reports/{id}", "Delete a report"), a.removeReport)
	preview := op("previewReport", http.MethodPost, "/reports/preview", "Read the first rows of a question that need not be saved")
	add(a, preview, a.previewReport)
	for _, f := range []struct {
		format    report.Format
		id, words string
	}{
		{report.CSV, "answerReportCSV", "Answer a report as comma-separated values"}, {report.JSON, "answerReportJSON", "Answer a report as JSON"},
	} {
		o := op(f.id, http.MethodGet, "/reports/{id}/answer."+string(f.format), f.words)
		o.csv, o.time = reportTypes[f.format], gate.Held
		o.words = "What the caller may see. The answer is audited."
		add(a, o, a.answerReport(f.format))
	}
	add(a, op("listReportColumns", http.MethodGet, "/report-columns", "List the columns that reports may have"), a.listReportColumns)
}

// reportTypes are the media types of answers.
var reportTypes = map[report.Format]string{report.CSV: "text/csv", report.JSON: "application/json"}

func wireReport(c scope.Caller, owners names) func(report.Report) adminv1.Report {
	return func(r report.Report) adminv1.Report {
		x := r.Content
		return adminv1.Report{
			ID: r.ID, Owner: owners.ref(r.Owner), Own: r.Owner == c.ID, Created: stamp(r.Created), Changed: stamp(r.Changed), Due: stamp(r.Due),
			Sent: stamp(r.Sent), Fault: r.Fault, ReportDraft: adminv1.ReportDraft{
				Name: r.Name, Shared: r.Shared, Tests: filled(x.Tests), Words: x.Words, Columns: filled(x.Columns), Every: string(x.Every), Hour: x.Hour,
				Format: string(x.Format), To: filled(x.To),
			},
		}
	}
}

// filled is a list that is never null in JSON.
func filled(list []string) []string { return append([]string{}, list...) }

func coreReport(d adminv1.ReportDraft) report.Draft {
	return report.Draft{Name: d.Name, Shared: d.Shared, Content: report.Content{
		Tests: d.Tests, Words: d.Words, Columns: d.Columns, Every: report.Every(d.Every), Hour: d.Hour, Format: report.Format(d.Format), To: d.To,
	}}
}

func (a *API) listReports(ctx context.Context, in *Paged) (*answer[adminv1.Page[adminv1.Report]], error) {
	p, err := a.Reports.List(ctx, caller(ctx), in.request())
	if err != nil {
		return nil, err
	}
	x, err := a.actors(ctx)
	return reply(uncounted(p.Items, p.Next, wireReport(caller(ctx), x.admins)), err)
}

func (a *API) tagReport(ctx context.Context, r report.Report, err error) (*tagged[adminv1.Report], error) {
	if err != nil {
		return nil, err
	}
	x, err := a.actors(ctx)
	return tag(r.Version, wireReport(caller(ctx), x.admins)(r), err)
}

func (a *API) addReport(ctx context.Context, in *with[adminv1.ReportDraft]) (*tagged[adminv1.Report], error) {
	r, err := a.Reports.Add(ctx, caller(ctx), coreReport(in.Body))
	return a.tagReport(ctx, r, err)
}

func (a *API) getReport(ctx context.Context, in *byID) (*tagged[adminv1.Report], error) {
	r, err := a.Reports.Get(ctx, caller(ctx), in.ID)
	return a.tagReport(ctx, r, err)
}

func (a *API) editReport(ctx context.Context, in *edit[adminv1.ReportDraft]) (*tagged[adminv1.Report], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	r, err := a.Reports.Edit(ctx, caller(ctx), in.ID, version, coreReport(in.Body))
	return a.tagReport(ctx, r, err)
}

func (a *API) removeReport(ctx context.Context, in *byID) (*none, error) {
	return done(a.Reports.Remove(ctx, caller(ctx), in.ID))
}

func (a *API) previewReport(ctx context.Context, in *with[adminv1.ReportDraft]) (*answer[adminv1.ReportPreview], error) {
	heads, rows, err := a.Reports.Preview(ctx, caller(ctx), coreReport(in.Body))
	return reply(adminv1.ReportPreview{Heads: heads, Rows: append([][]string{}, rows...)}, err)
}

// answerReport streams: what fails before the first row is a problem, what fails later cuts the connection.
func (a *API) answerReport(f report.Format) func(context.Context, *byID) (*huma.StreamResponse, error) {
	return func(ctx context.Context, in *byID) (*huma.StreamResponse, error) {
		r, write, err := a.Reports.Answer(ctx, caller(ctx), in.ID, f)
		if err != nil {
			return nil, err
		}
		return openapi.Stream(ctx, a.Log, reportTypes[f], "report-"+r.ID+"."+string(f), write), nil
	}
}

func (a *API) listReportColumns(context.Context, *Paged) (*answer[adminv1.Page[adminv1.ReportColumn]], error) {
	keys, titles := report.Columns()
	list := make([]adminv1.ReportColumn, len(keys))
	for i := range keys {
		list[i] = adminv1.ReportColumn{Key: keys[i], Title: titles[i]}
	}
	return reply(whole(list, func(x adminv1.ReportColumn) adminv1.ReportColumn { return x }), nil)
}
