package dashboard

import (
	"context"
	"io/fs"

	"drover/internal/gate/pages"
)

// Dashboard is the front end of administrators.
type Dashboard struct {
	*pages.Pages
}

// New reads the front end out of files, as package web holds it; see [pages.New]. tiles tells from where maps take their
// tiles; see [zone.TileOrigin].
func New(files fs.FS, tiles func(context.Context) string) (*Dashboard, error) {
	p, err := pages.New(files, "app", "")
	if err != nil {
		return nil, err
	}
	p.Images = tiles
	return &Dashboard{p}, nil
}
