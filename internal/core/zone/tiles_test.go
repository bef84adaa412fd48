package zone_test

import (
	"log/slog"
	"strings"
	"testing"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

func TestTheServerOfMapTiles(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		z, c, ctx := newZone(db, bus.New()), scope.System("test"), t.Context()
		now, version, err := z.Tiles(ctx)
		if err != nil || now != (zone.Tiles{}) {
			t.Fatalf("at first: %+v, %v", now, err)
		}
		for address, origin := range map[string]string{
			"https://tiles.example.org/{z}/{x}/{y}.png":             "https://tiles.example.org",
			"https://Tiles.example.org:8443/?z={z}&x={x}&y={y}":     "https://tiles.example.org:8443",
			"http://localhost:8080/{z}/{x}/{y}.png":                 "http://localhost:8080",
			"http://127.0.0.1/{z}/{x}/{y}.png":                      "http://127.0.0.1",
			"http://192.168.7.7:81/{z}/{x}/{y}@2x.png":              "http://192.168.7.7:81",
			"https://198.51.100.7/maps/osm/{z}/{x}/{y}.webp?key=ab": "https://198.51.100.7",
		} {
			want := zone.Tiles{URL: address, Attribution: "© the surveyors"}
			if err := z.SetTiles(ctx, c, want, version); err != nil {
				t.Errorf("%s: %v", address, err)
				continue
			}
			version++
			if now, _, err = z.Tiles(ctx); err != nil || now != want || now.Origin() != origin {
				t.Errorf("%s: %+v, origin %q, %v", address, now, now.Origin(), err)
			}
		}
		for _, address := range []string{
			"tiles.example.org/{z}/{x}/{y}", "https://tiles.example.org/{z}/{x}", "https://{z}.example.org/{x}/{y}", "https://tiles.example.org/{z}/{x}/{y}/{y}",
			"http://tiles.example.org/{z}/{x}/{y}", "http://198.51.100.7/{z}/{x}/{y}", "ftp://tiles.example.org/{z}/{x}/{y}",
			"https://ann:secret@tiles.example.org/{z}/{x}/{y}", "https://tiles.example.org/{z}/{x}/{y}#a", "https://[2001:db8::1]/{z}/{x}/{y}",
			"https://a;script-src *.example.org/{z}/{x}/{y}", "https://*/{z}/{x}/{y}", "https://example.org;/{z}/{x}/{y}", "javascript:{z}{x}{y}",
			"https:///{z}/{x}/{y}", "https://tiles.example.org/{z}/{x}/{y}" + strings.Repeat("a", 500),
		} {
			err := z.SetTiles(ctx, c, zone.Tiles{URL: address}, version)
			if !problem.Is(err, problem.Invalid) || problem.From(err).Field != "url" {
				t.Errorf("%s: %v", address, err)
			}
		}
		if err := z.SetTiles(ctx, c, zone.Tiles{URL: now.URL, Attribution: "two\nlines"}, version); problem.From(err).Code != "map.attribution" {
			t.Error(err)
		}
		if err := z.SetTiles(ctx, scope.Caller{Kind: scope.Admin, ID: "a"}, zone.Tiles{}, version); !problem.Is(err, problem.Forbidden) {
			t.Error("without the right:", err)
		}
	})
}

func TestTheOriginOfTilesIsThatInForce(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		b := bus.New()
		z, r, ctx := newZone(db, b), zone.NewRevision(db, b, slog.New(slog.DiscardHandler)), t.Context()
		o := zone.NewTileOrigin(db, r)
		if got := o.Now(ctx); got != "" {
			t.Errorf("before the revision is read: %q", got)
		}
		for i, want := range []zone.Tiles{{}, {URL: "https://tiles.example.org/{z}/{x}/{y}.png"}, {URL: "https://maps.example.org/{z}/{x}/{y}.png"}, {}} {
			if i > 0 {
				if err := z.SetTiles(ctx, scope.System("test"), want, int64(i-1)); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.Read(ctx); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if got := o.Now(ctx); got != want.Origin() {
					t.Errorf("%q, want %q", got, want.Origin())
				}
			}
		}
	})
}
