package zone

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"

	"drover/internal/base/outbound"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Tiles is the operator's own server of map tiles: squares of 256 pixels in the Web Mercator projection, numbered by zoom,
// column and row from the north-west. The zero value is none, and maps are drawn on the outline that Drover brings along.
type Tiles struct {
	// URL is where a tile is, with {z}, {x} and {y} in it: https, or http at an address of this machine or of a private
	// network. At most 500 bytes.
	URL string `json:"url"`
	// Attribution is who has made the map, in at most 200 bytes; it stands below each map.
	Attribution string `json:"attribution"`
}

// TilesSetting keeps the server of map tiles.
var TilesSetting = Setting[Tiles]{Name: "map.tiles", Right: scope.SettingEdit, Check: Tiles.check}

const (
	maxTilesURL    = 500
	maxAttribution = 200
)

// tileHost is a host as the rule for pages (Content-Security-Policy) can name one, which addresses of IPv6 cannot be.
var tileHost = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

func (t Tiles) check() error {
	if sqldb.Line(t.Attribution, maxAttribution) != t.Attribution {
		return badTiles("attribution", "Say in one line of at most 200 bytes who has made the map.")
	}
	if t.URL == "" {
		if t.Attribution != "" {
			return badTiles("url", "Without a server there is nobody to name.")
		}
		return nil
	}
	u, err := url.Parse(t.URL)
	if err != nil || len(t.URL) > maxTilesURL || strings.ContainsFunc(t.URL, odd) || u.User != nil || u.Fragment != "" || !tileHost.MatchString(u.Hostname()) {
		return badTiles("url", "This is no address of a tile, such as https://tiles.example.org/{z}/{x}/{y}.png.")
	}
	behind := strings.TrimPrefix(t.URL, u.Scheme+"://"+u.Host)
	for _, part := range []string{"{z}", "{x}", "{y}"} {
		if strings.Count(behind, part) != 1 {
			return badTiles("url", "The address holds {z}, {x} and {y} once each, behind the name of the server.")
		}
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && near(u.Hostname()):
		return nil
	}
	return badTiles("url", "The address begins with https://; http:// is for this machine and for addresses of a private network alone.")
}

func badTiles(field, words string) error {
	return problem.New(problem.Invalid, "map."+field, words).WithField(field)
}

// odd tells whether a letter has no place in an address as people write one.
func odd(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\", r) }

// near tells whether a host is this machine or, by its address, in a private network.
func near(host string) bool {
	a, err := netip.ParseAddr(host)
	return outbound.Loopback(host) || err == nil && a.IsPrivate()
}

// Origin is what a page must be allowed to fetch images from: scheme, host and port; "" for no server.
func (t Tiles) Origin() string {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if u.Port() != "" {
		host = net.JoinHostPort(host, u.Port())
	}
	return u.Scheme + "://" + host
}

// Tiles returns the server of map tiles and its version. It is no secret from anybody who is signed in.
func (z *Zone) Tiles(ctx context.Context) (t Tiles, version int64, err error) {
	return Get(ctx, z.db, TilesSetting)
}

// SetTiles changes the server of map tiles, or with the zero value does without. version is the one of [Zone.Tiles] that the
// caller has seen.
func (z *Zone) SetTiles(ctx context.Context, c scope.Caller, t Tiles, version int64) error {
	return z.db.Write(ctx, func(tx *sqldb.Tx) error { return Set(ctx, z, tx, c, TilesSetting, t, version) })
}

// TileOrigin tells from memory from where pages may fetch the tiles of maps.
type TileOrigin struct {
	db       *sqldb.DB
	revision *Revision
	kept     atomic.Pointer[keptOrigin]
}

type keptOrigin struct {
	revision int64
	origin   string
}

// NewTileOrigin returns the origin as this server sees it.
func NewTileOrigin(db *sqldb.DB, r *Revision) *TileOrigin { return &TileOrigin{db: db, revision: r} }

// Now returns the origin in force; "" for none, and while it is not known.
func (o *TileOrigin) Now(ctx context.Context) string {
	revision, err := o.revision.Current()
	if err != nil {
		return ""
	}
	if k := o.kept.Load(); k != nil && k.revision == revision {
		return k.origin
	}
	t, _, err := Get(ctx, o.db, TilesSetting)
	if err != nil {
		return ""
	}
	o.kept.Store(&keptOrigin{revision, t.Origin()})
	return t.Origin()
}
