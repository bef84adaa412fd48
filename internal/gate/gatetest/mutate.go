package gatetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// slashes are what some reader takes for a slash, or for nothing.
var slashes = []string{
	"//", "///", "/./", "/%2e/", "/%2E/", "%2f", "%2F", "/%2f", "%252f", "%25252f", "%5c", "%5C", `\`, `/\`, "/;/", ";/", "/;x=y/",
	"/.;/", "/..;/", "/x/../", "/x/..;/", "/x/%2e%2e/", "/x/.%2e/", "/x/%2e./", "/x/..%2f", "/x%2f..%2f", "/x/..%5c", "/x/%252e%252e/",
	"/%00/", "%00/", "/%0a", "/%0d%0a", "/%09", "/%20/", "%c0%af", "%e0%80%af", "%ef%bc%8f", "%u2215", "/%ff/", "/..././", "/.../",
}

// before are ways into a path from somewhere that is open to all.
var before = []string{
	"/healthz/..", "/healthz/../", "/healthz/..;", "/healthz;", "/healthz/%2e%2e", "/healthz%2f..", "/healthz/.%2e", "/healthz/..%5c",
	"/Microsoft-Server-ActiveSync/..", "/Microsoft-Server-ActiveSync;", "/autodiscover/..;", "/static/../", "/static/..%2f", "/.",
	"/..", "/%2e", "/%2e%2e", "/;", "/;a=b", "//", "/%2f", "/%5c", `/\`, "/mifs/asfV3", "/public", "/%20", "/%00", "http://localhost",
	"http://user@localhost", "//localhost", "*", "/?/..", "/#/..", "/..;/..;", "/a/b/c/../../..", "/%c0%ae%c0%ae",
}

// after are endings that some reader cuts off.
var after = []string{
	"/", "//", "/.", "/..", "/./", ";", ";.css", ";jsessionid=1", "%3b", "%3f", "%23", "?", "?x=y", "#", "#x", "%00", "%00.png", ".json", ".css",
	".", "..", "%20", "%09", "%0a", "%0d%0a", "%2e", "%2f", "%5c", `\`, "/%2e", "/%2e%2e", "/..;/", "~", "%7f", "%c2%85", "::$DATA", "%e2%80%8b",
}

// Mutations returns n different ways to write a path, or nearly, the plain one not among them. They are the same at
// every call.
func Mutations(path string, n int) []string {
	m := mutator{rng: rand.New(rand.NewPCG(1, 2)), seen: map[string]bool{path: true}}
	m.systematic(path)
	for len(m.list) < n {
		mutated := path
		for range 1 + m.rng.IntN(4) {
			mutated = m.once(mutated)
		}
		m.add(mutated)
	}
	return m.list[:n]
}

type mutator struct {
	rng  *rand.Rand
	seen map[string]bool
	list []string
}

func (m *mutator) add(path string) {
	if m.seen[path] || len(path) > 1000 || strings.ContainsAny(path, "\r\n ") {
		return
	}
	m.seen[path] = true
	m.list = append(m.list, path)
}

// systematic makes every single change.
func (m *mutator) systematic(path string) {
	for _, s := range before {
		m.add(s + path)
	}
	for _, s := range after {
		m.add(path + s)
	}
	for i := range len(path) {
		for _, s := range forms[path[i]] {
			m.add(path[:i] + s + path[i+1:])
		}
	}
	m.add(strings.ToUpper(path))
}

func (m *mutator) once(path string) string {
	switch m.rng.IntN(6) {
	case 0:
		return pick(m.rng, before) + path
	case 1:
		return path + pick(m.rng, after)
	}
	if path == "" {
		return path
	}
	i := m.rng.IntN(len(path))
	return path[:i] + pick(m.rng, forms[path[i]]) + path[i+1:]
}

// forms are other ways to write each octet.
var forms = func() (t [256][]string) {
	for i := range t {
		c := byte(i)
		t[i] = []string{
			fmt.Sprintf("%%%02x", c), fmt.Sprintf("%%%02X", c), fmt.Sprintf("%%25%02x", c), fmt.Sprintf("%%u%04x", c), fmt.Sprintf("%%c%x%%%02x", c>>6, 0x80|c&0x3f),
			strings.ToUpper(string(c)), strings.ToLower(string(c)), string(c) + ";", string(c) + "%00", "",
		}
	}
	t['/'] = slashes
	return t
}()

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }
