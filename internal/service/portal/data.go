package portal

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"drover/api/portalv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/journal"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

func (p *Portal) addData() {
	openapi.Add(p.API, byUser("data", "listStocks", http.MethodGet, "/devices/{id}/data",
		"Tell what is kept of what a device has told, kind by kind"), p.listStocks)
	openapi.Add(p.API, byUser("data", "listEntries", http.MethodGet, "/devices/{id}/data/{kind}",
		"Show what a device has told, newest first"), p.listEntries)
	openapi.Add(p.API, byUser("data", "listLooks", http.MethodGet, "/looks", "Show who has looked at one's personal data, and why"), p.listLooks)
	export := byUser("data", "export", http.MethodPost, "/export", "Take everything along that is kept of oneself, as a ZIP archive")
	export.Words, export.Type, export.Time = "It needs a proof.", "application/zip", gate.Held
	openapi.Add(p.API, export, p.export)
}

func (p *Portal) listStocks(ctx context.Context, in *byID) (*answer[portalv1.List[portalv1.Stock]], error) {
	c, d, err := p.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := p.Journal.Stocks(ctx, c, d.ID)
	return reply(portalv1.List[portalv1.Stock]{Items: each(list, func(x journal.Stock) portalv1.Stock {
		return portalv1.Stock{Kind: string(x.Kind), Entries: x.Entries, Oldest: stamp(x.Oldest), Newest: stamp(x.Newest)}
	})}, err)
}

// Paged is the input of lists that come page by page.
type Paged struct {
	Cursor string `query:"cursor" maxLength:"2048"`
}

// pageSize is how much of a list a phone is sent at once.
const pageSize = 50

func (x Paged) page() page.Request { return page.Request{Limit: pageSize, After: x.Cursor} }

func (p *Portal) listEntries(ctx context.Context, in *struct {
	Paged
	ID   string `path:"id" maxLength:"64"`
	Kind string `path:"kind" maxLength:"20"`
},
) (*answer[portalv1.Page[portalv1.Entry]], error) {
	c, d, err := p.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := p.Privacy.Entries(ctx, c, journal.Query{Device: d.ID, Kind: journal.Kind(in.Kind), Request: in.page()}, "")
	return reply(portalv1.Page[portalv1.Entry]{Next: list.Next, Items: each(list.Items, func(e journal.Entry) portalv1.Entry {
		return portalv1.Entry{ID: e.ID, At: stamp(e.At), Body: e.Body}
	})}, err)
}

func (p *Portal) listLooks(ctx context.Context, in *Paged) (*answer[portalv1.Page[portalv1.Look]], error) {
	c := caller(ctx)
	list, err := p.Privacy.Looks(ctx, c, c.ID, in.page())
	if err != nil {
		return nil, err
	}
	ids := each(list.Items, func(l privacy.Look) string { return l.Device })
	devices, err := p.Devices.Names(ctx, c, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]portalv1.Look, 0, len(list.Items))
	for _, l := range list.Items {
		by, err := p.looker(ctx, l)
		if err != nil {
			return nil, err
		}
		out = append(out, portalv1.Look{
			ID: l.ID, At: stamp(l.At), Kind: l.Kind, Device: devices[l.Device], By: by, Reason: l.Reason, Entries: l.Entries,
		})
	}
	return reply(portalv1.Page[portalv1.Look]{Items: out, Next: list.Next}, nil)
}

// looker names who has looked; "" for an administrator who is gone.
func (p *Portal) looker(ctx context.Context, l privacy.Look) (string, error) {
	if l.ByKind != scope.Admin && l.ByKind != scope.Token {
		return l.By, nil
	}
	a, err := p.Admins.Get(ctx, system, l.By)
	if problem.Is(err, problem.NotFound) {
		return "", nil
	}
	return a.Name, err
}

func (p *Portal) export(ctx context.Context, _ *none) (*huma.StreamResponse, error) {
	c := caller(ctx)
	if err := p.Selves.Spend(ctx, c); err != nil {
		return nil, err
	}
	write, err := p.Privacy.Export(ctx, c, c.ID, "")
	if err != nil {
		return nil, err
	}
	return openapi.Stream(ctx, p.Log, "application/zip", "my-data.zip", write), nil
}
