package pages

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/gate"
)

// Pages is a front end in memory.
type Pages struct {
	base  string // before all its addresses, without a slash at the end
	files map[string]*file
	// page answers every address of a page: the front end draws it. In a build without a front end it is the page that
	// says so.
	page *file
	// Images returns the origin from which pages may show images beside their own, "" for none; nil is none as well.
	Images func(context.Context) string
	// Built tells whether there is a front end.
	Built bool
}

// New reads the front end in the folder of files, as package web holds them, that is served under base: "" or "/portal". An
// error when there is neither a front end nor the page that stands for it, or a file of an unknown kind.
func New(files fs.FS, folder, base string) (*Pages, error) {
	built, err := fs.Sub(files, folder)
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(built, "index.html"); err != nil {
		page, err := readFile(files, "placeholder.html")
		if err != nil {
			return nil, fmt.Errorf("the binary holds no front end %s: %w", folder, err)
		}
		return &Pages{base: base, page: page}, nil
	}
	p := &Pages{base: base, files: make(map[string]*file), Built: true}
	err = fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f, err := readFile(built, name)
		p.files[name] = f
		return err
	})
	p.page = p.files["index.html"]
	return p, err
}

// ServeHTTP sends the file of that name. An address without one is a page, unless it looks like a file or lies under
// api/: a script that is gone, or a call that does not exist, must not be answered with a page.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, p.base), "/")
	if f := p.files[name]; f != nil {
		f.ServeHTTP(w, r)
		return
	}
	last := name[strings.LastIndexByte(name, '/')+1:]
	if name == "api" || strings.HasPrefix(name, "api/") || strings.Contains(last, ".") {
		gate.WriteProblem(w, r, problem.New(problem.NotFound, "page.unknown", "There is nothing at this address."))
		return
	}
	p.servePage(w, r)
}

// servePage sends the page with what it may show. It is sent anew each time: what a browser keeps of it would keep an older
// policy with it.
func (p *Pages) servePage(w http.ResponseWriter, r *http.Request) {
	if p.Images != nil {
		w.Header().Set("Content-Security-Policy", gate.ContentPolicy(p.Images(r.Context())))
		r = r.Clone(r.Context())
		r.Header.Del("If-None-Match")
	}
	p.page.ServeHTTP(w, r)
}
