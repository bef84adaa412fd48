package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// statement tells SQL from prose: our SQL has its words in capitals.
var statement = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY|GROUP BY|FROM|JOIN|VALUES|LIMIT)\s`)

// fragments are the names of parameters and fields that hold SQL which callers wrote out.
var fragments = map[string]bool{"column": true, "columns": true, "from": true, "where": true, "order": true, "table": true}

// checkSQL finds statements into which a value may be pasted. A statement is put together from literals, constants,
// results of functions that return SQL (such as sqldb.Args.Add), and local variables made of these; everything else
// belongs behind a placeholder.
func checkSQL(s *source) []finding {
	if !product(s) {
		return nil
	}
	var found []finding
	for _, d := range s.file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		c := &composer{source: s, locals: map[string][]ast.Expr{}, suspects: map[string]bool{}, judged: map[ast.Node]bool{}}
		c.learn(fn)
		ast.Inspect(fn.Body, c.visit)
		found = append(found, c.found...)
	}
	return found
}

// composer judges the statements of one function.
type composer struct {
	source   *source
	locals   map[string][]ast.Expr // what is assigned to each local variable
	suspects map[string]bool       // parameters and loop variables
	judged   map[ast.Node]bool
	found    []finding
}

// learn gathers parameters, loop variables and assignments.
func (c *composer) learn(fn *ast.FuncDecl) {
	c.parameters(fn.Type)
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			c.parameters(n.Type)
		case *ast.RangeStmt:
			c.suspect(n.Key)
			c.suspect(n.Value)
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if id, ok := left.(*ast.Ident); ok {
					c.locals[id.Name] = append(c.locals[id.Name], n.Rhs[min(i, len(n.Rhs)-1)])
				}
			}
		}
		return true
	})
}

func (c *composer) parameters(t *ast.FuncType) {
	for _, field := range t.Params.List {
		for _, name := range field.Names {
			c.suspects[name.Name] = !fragments[name.Name]
		}
	}
}

func (c *composer) suspect(e ast.Expr) {
	if id, ok := e.(*ast.Ident); ok {
		c.suspects[id.Name] = true
	}
}

func (c *composer) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if n.Op == token.ADD && !c.judged[n] && isStatement(n) {
			c.judge(n)
		}
	case *ast.CallExpr:
		if formats(n) && len(n.Args) > 1 && isStatement(n.Args[0]) {
			c.found = append(c.found, c.source.find(n.Pos(), "SQL is never formatted; use placeholders"))
		}
	}
	return true
}

// judge looks at every part of one concatenation.
func (c *composer) judge(e ast.Expr) {
	var last string
	for _, part := range c.parts(e) {
		if strings.HasSuffix(last, "'") {
			c.found = append(c.found, c.source.find(part.Pos(), "a value is pasted between quotes; use a placeholder"))
		} else if !c.harmless(part, 4) {
			c.found = append(c.found, c.source.find(part.Pos(), "SQL is put together from something that is no SQL of ours; use a placeholder"))
		}
		last = textOf(part)
	}
}

// parts flattens a chain of additions.
func (c *composer) parts(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.parts(e.X)
	case *ast.BinaryExpr:
		c.judged[e] = true
		return append(c.parts(e.X), c.parts(e.Y)...)
	}
	return []ast.Expr{e}
}

// harmless tells whether an expression can only be SQL that we wrote. It follows local variables so deep.
func (c *composer) harmless(e ast.Expr, depth int) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.ParenExpr:
		return c.harmless(e.X, depth)
	case *ast.BinaryExpr:
		return c.harmless(e.X, depth) && c.harmless(e.Y, depth)
	case *ast.CallExpr:
		return !formats(e) && !converts(e)
	case *ast.SelectorExpr: // a constant of another package, or a field that holds SQL and is named so
		x, ok := e.X.(*ast.Ident)
		return ok && (c.isPackage(x.Name) || fragments[e.Sel.Name])
	case *ast.IndexExpr: // a table of columns, looked up with a checked key
		return c.harmless(e.X, depth)
	case *ast.Ident:
		if c.suspects[e.Name] || depth == 0 {
			return false
		}
		for _, assigned := range c.locals[e.Name] {
			if !c.harmless(assigned, depth-1) {
				return false
			}
		}
		return true
	}
	return false
}

func (c *composer) isPackage(name string) bool {
	for path := range c.source.imports() {
		if c.source.imported(path) == name {
			return true
		}
	}
	return false
}

// isStatement tells whether a literal within an expression reads like SQL.
func isStatement(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && call != e {
			return false
		}
		if lit, ok := n.(*ast.BasicLit); ok {
			found = found || statement.MatchString(textOf(lit))
		}
		return !found
	})
	return found
}

func textOf(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return text
}

// formats tells whether a call is one of fmt's.
func formats(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "fmt" && strings.HasPrefix(sel.Sel.Name, "S")
}

// converts tells whether a call only turns a value into text.
func converts(call *ast.CallExpr) bool {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name == "string"
	case *ast.SelectorExpr:
		x, ok := fun.X.(*ast.Ident)
		return fun.Sel.Name == "String" || ok && x.Name == "strings" && fun.Sel.Name != "Join"
	}
	return false
}
