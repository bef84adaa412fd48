package gate

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// maxSegments bounds the depth of patterns, and with it the search for a match.
const maxSegments = 16

// router finds the route of a normalised path. A fixed segment goes before a parameter, a parameter before the rest.
// It is a router of its own, because the standard one decodes and cleans paths once more.
type router struct {
	root   node
	folded []*node // the routes that match in any case
}

type node struct {
	pattern  string
	methods  map[string]*entry // the routes that end here
	first    *entry            // one of them
	allow    string
	children map[string]*node
	param    *node
	rest     *node
}

// entry is a route with what the gate needs to know about it at every request.
type entry struct {
	Route
	meter   *meter
	names   []string // of its parameters, in order
	browser bool     // its callers use browsers
}

// add puts a route into the tree; an error when another one has the same method and path.
func (t *router) add(e *entry) error {
	n := &t.root
	for segment := range strings.SplitSeq(e.Pattern[1:], "/") {
		name, rest := parameter(segment)
		if name != "" {
			e.names = append(e.names, name)
		}
		n = n.child(segment, name != "", rest)
	}
	n.pattern = e.Pattern
	if n.methods == nil {
		n.methods = map[string]*entry{}
	}
	if other, taken := n.methods[e.Method]; taken {
		return fmt.Errorf("route %s %s is declared twice, the other time as %s", e.Method, e.Pattern, other.Pattern)
	}
	n.methods[e.Method] = e
	if n.first == nil {
		n.first = e
	}
	if e.Method == http.MethodGet {
		n.methods[http.MethodHead] = e
	}
	n.allow = allowed(n.methods)
	if e.AnyCase && !slices.Contains(t.folded, n) {
		t.folded = append(t.folded, n)
	}
	return nil
}

func (n *node) child(segment string, isParam, isRest bool) *node {
	switch {
	case isRest:
		if n.rest == nil {
			n.rest = &node{}
		}
		return n.rest
	case isParam:
		if n.param == nil {
			n.param = &node{}
		}
		return n.param
	}
	c := n.children[segment]
	if c == nil {
		c = &node{}
		if n.children == nil {
			n.children = map[string]*node{}
		}
		n.children[segment] = c
	}
	return c
}

func allowed(methods map[string]*entry) string {
	var names []string
	for name := range methods {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// find returns where the path ends in the tree, or nil, and the values of the parameters on the way.
func (t *router) find(path string) (*node, []string) {
	var values [maxSegments]string
	n, count := t.root.walk(path[1:], values[:], 0)
	if n != nil {
		if count == 0 {
			return n, nil
		}
		return n, slices.Clone(values[:count])
	}
	for _, f := range t.folded {
		if equalASCII(f.pattern, path) {
			return f, nil
		}
	}
	return nil, nil
}

func (n *node) walk(path string, values []string, count int) (*node, int) {
	segment, rest, more := strings.Cut(path, "/")
	if c := n.children[segment]; c != nil {
		if found, count := c.follow(rest, more, values, count); found != nil {
			return found, count
		}
	}
	if n.param != nil && segment != "" {
		values[count] = segment
		if found, count := n.param.follow(rest, more, values, count+1); found != nil {
			return found, count
		}
	}
	if n.rest != nil {
		values[count] = path
		return n.rest, count + 1
	}
	return nil, 0
}

func (n *node) follow(rest string, more bool, values []string, count int) (*node, int) {
	if more {
		return n.walk(rest, values, count)
	}
	if n.methods == nil {
		return nil, 0
	}
	return n, count
}

// equalASCII compares without regard to the case of ASCII letters. Unicode's folding would let a Kelvin sign pass for a k.
func equalASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
