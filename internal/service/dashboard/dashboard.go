package dashboard

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/gate"
)

// Dashboard is the front end in memory.
type Dashboard struct {
	files map[string]*file
	// page answers every address of a page: the front end draws it. In a build without a front end it is the page that
	// says so.
	page *file
	// Built tells whether there is a front end.
	Built bool
}

// New reads the front end out of files, as package web holds it. An error when there is neither a front end nor the page
// that stands for it, or a file of an unknown kind.
func New(files fs.FS) (*Dashboard, error) {
	built, err := fs.Sub(files, "app")
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(built, "index.html"); err != nil {
		page, err := readFile(files, "placeholder.html")
		if err != nil {
			return nil, fmt.Errorf("the binary holds no dashboard: %w", err)
		}
		return &Dashboard{page: page}, nil
	}
	d := &Dashboard{files: make(map[string]*file), Built: true}
	err = fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f, err := readFile(built, name)
		d.files[name] = f
		return err
	})
	d.page = d.files["index.html"]
	return d, err
}

// ServeHTTP sends the file of that name. An address without one is a page, unless it looks like a file or lies under
// /api/: a script that is gone, or a call that does not exist, must not be answered with a page.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if f := d.files[name]; f != nil {
		f.ServeHTTP(w, r)
		return
	}
	last := name[strings.LastIndexByte(name, '/')+1:]
	if name == "api" || strings.HasPrefix(name, "api/") || strings.Contains(last, ".") {
		gate.WriteProblem(w, r, problem.New(problem.NotFound, "dashboard.unknown", "There is nothing at this address."))
		return
	}
	d.page.ServeHTTP(w, r)
}
