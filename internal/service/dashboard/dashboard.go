package dashboard

import (
	"io/fs"

	"drover/internal/gate/pages"
)

// Dashboard is the front end of administrators.
type Dashboard struct {
	*pages.Pages
}

// New reads the front end out of files, as package web holds it; see [pages.New].
func New(files fs.FS) (*Dashboard, error) {
	p, err := pages.New(files, "app", "")
	return &Dashboard{p}, err
}
