package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// module is the path of the main module.
const module = "drover"

// source is one parsed file of the main module.
type source struct {
	path string // from the root, with slashes
	fset *token.FileSet
	file *ast.File
	size int // lines
}

// finding is one breach of a rule.
type finding struct {
	where string
	what  string
}

func (f finding) String() string { return f.where + ": " + f.what }

func (s *source) find(at token.Pos, what string) finding {
	p := s.fset.Position(at)
	return finding{fmt.Sprintf("%s:%d", s.path, p.Line), what}
}

// dir is the file's directory from the root.
func (s *source) dir() string {
	return strings.TrimSuffix(filepath.ToSlash(filepath.Dir(s.path)), "/.")
}

// isTest tells whether the file is a test or a fixture of tests, such as internal/base/sqldb/sqldbtest.
func (s *source) isTest() bool {
	return strings.HasSuffix(s.path, "_test.go") || strings.HasSuffix(s.dir(), "test")
}

// imports returns what the file imports, by path.
func (s *source) imports() map[string]*ast.ImportSpec {
	paths := map[string]*ast.ImportSpec{}
	for _, spec := range s.file.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths[path] = spec
		}
	}
	return paths
}

// imported returns the name under which the file knows a package, "" when it does not import it.
func (s *source) imported(path string) string {
	spec := s.imports()[path]
	switch {
	case spec == nil:
		return ""
	case spec.Name != nil:
		return spec.Name.Name
	}
	return path[strings.LastIndex(path, "/")+1:]
}

// parse reads one file, given its text or nil to read it from disk.
func parse(root, path string, text []byte) (*source, error) {
	if text == nil {
		var err error
		if text, err = os.ReadFile(filepath.Join(root, path)); err != nil {
			return nil, err
		}
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &source{path: filepath.ToSlash(path), fset: fset, file: file, size: strings.Count(string(text), "\n")}, nil
}

// tree reads every Go file of the main module below root. Modules of their own, and what npm or a build put there, are
// no part of it.
func tree(root string) ([]*source, error) {
	var all []*source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(root, path, d.Name())
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s, err := parse(root, rel, nil)
		if err != nil {
			return err
		}
		if !ast.IsGenerated(s.file) {
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

func skipDir(root, path, name string) error {
	if path == root {
		return nil
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
		return fs.SkipDir
	}
	if strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin" || name == "data" || name == "testdata" {
		return fs.SkipDir
	}
	return nil
}
