package adminapi

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

//go:embed exposure.html
var exposureFile embed.FS

var exposurePage = template.Must(template.ParseFS(exposureFile, "exposure.html"))

// exposureDays is of how many days an exposure report counts visits.
const exposureDays = 30

// lastRefusals is how many of the latest refusals a report shows.
const lastRefusals = 50

func (a *API) addExposure() {
	report := operation{
		id: "getExposure", method: http.MethodGet, path: "/exposure", tag: "doors", who: gate.Admin(scope.ServiceRead),
		summary: "Tell what is open to whom, per server and service",
	}
	add(a, report, a.getExposure)
	report.id, report.path, report.csv = "printExposure", "/exposure/report", "text/html"
	report.summary, report.words = "The same as a page to be printed or kept", "It needs no other file."
	add(a, report, a.printExposure)
	report.id, report.path, report.csv = "exposurePDF", "/exposure/pdf", "application/pdf"
	report.summary, report.words = "The same as PDF", ""
	add(a, report, a.exposurePDF)
}

func (a *API) getExposure(ctx context.Context, _ *none) (*answer[adminv1.Exposure], error) {
	return reply(a.exposure(ctx))
}

func (a *API) exposure(ctx context.Context) (out adminv1.Exposure, err error) {
	c := caller(ctx)
	v, err := a.Doors.Current(ctx, c)
	if err != nil {
		return out, err
	}
	nodes, err := a.Doors.Nodes(ctx, c)
	if err != nil {
		return out, err
	}
	name, _, err := a.Zone.Name(ctx)
	if err != nil {
		return out, err
	}
	out = adminv1.Exposure{
		Zone: name, At: stamp(a.Clock.Now()), Version: v.Number, Days: exposureDays, Internal: copied(v.Document.Internal), Servers: []adminv1.ExposureServer{},
	}
	for _, n := range nodes {
		s, err := a.exposureOf(ctx, v.Document, n)
		if err != nil {
			return out, err
		}
		out.Servers = append(out.Servers, s)
	}
	refused, _, err := a.Doors.Uses(ctx, c, door.Filtered{Days: exposureDays, Refused: true}, lastRefusals)
	if err != nil {
		return out, err
	}
	x, err := a.callers(ctx, refused)
	out.Refusals = each(refused, func(u door.Use) adminv1.DoorVisit { return wireUse(u, x) })
	return out, err
}

func (a *API) exposureOf(ctx context.Context, d door.Document, n door.Node) (adminv1.ExposureServer, error) {
	out := adminv1.ExposureServer{Server: wireServer(n, d, a.Doors.Self(), a.Clock.Now())}
	totals, err := a.Doors.Totals(ctx, caller(ctx), door.Filtered{Days: exposureDays, Server: n.ID})
	plan := d.Compile(n.ID, nil)
	out.Services = each(door.Catalogue(), func(s door.Service) adminv1.ExposureService {
		x := adminv1.ExposureService{
			Service: a.wireService(s, plan[s.Name], d, n.ID, []door.Node{n}), Reach: string(d.Reaches(n.ID, s.Name, a.Clock.Now())), Rules: []adminv1.DoorRule{},
			Otherwise: string(door.Allow), Total: wireTotal(s.Name, totals[s.Name]),
		}
		x.Told = x.Service.Told
		if f := d.FilterOf(n.ID, s.Name); f != nil {
			x.Rules, x.Otherwise = each(f.Rules, wireDoorRule), string(f.Otherwise)
		}
		return x
	})
	return out, err
}

// printed is a page.
type printed struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *API) printExposure(ctx context.Context, _ *none) (*printed, error) {
	report, err := a.exposure(ctx)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := exposurePage.Execute(&page, report); err != nil {
		return nil, err
	}
	return &printed{"text/html; charset=utf-8", `attachment; filename="exposure.html"`, page.Bytes()}, nil
}

func (a *API) exposurePDF(ctx context.Context, _ *none) (*printed, error) {
	report, err := a.exposure(ctx)
	if err != nil {
		return nil, err
	}
	paper, err := exposurePDF(report)
	return &printed{"application/pdf", `attachment; filename="exposure.pdf"`, paper}, err
}
