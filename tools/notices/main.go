// Command notices writes THIRD-PARTY-NOTICES: the licence of every Go module that is linked into the programs and of
// every npm package that may be bundled into the front end, as these licences ask for. With -check it only says whether
// the file is up to date. It reads the module cache and web/node_modules, so both must have been filled.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	root   = ".." // the tools have a module of their own below the root
	output = "THIRD-PARTY-NOTICES"
)

// component is one module or package of others.
type component struct {
	name, version, dir string
	licence            string // what its package.json says, when it has no licence file
}

func main() {
	check := flag.Bool("check", false, "only say whether the file is up to date")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	linked, err := goModules()
	if err != nil {
		return err
	}
	bundled, err := npmPackages()
	if err != nil {
		return err
	}
	text, err := render(append(linked, bundled...))
	if err != nil {
		return err
	}
	path := filepath.Join(root, output)
	if !check {
		return os.WriteFile(path, text, 0o644)
	}
	old, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(old, text) {
		return errors.New(output + ` is out of date; run "make notices"`)
	}
	return nil
}

// goModules lists what is linked into the programs, and Go's standard library itself.
func goModules() ([]component, error) {
	var lines []string
	for system, programs := range map[string]string{"linux": "./cmd/...", "windows": "./cmd/drover-agent", "darwin": "./cmd/drover-agent"} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", programs)
		cmd.Dir, cmd.Stderr = root, os.Stderr
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH=amd64")
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("list the modules: %w", err)
		}
		lines = append(lines, strings.Split(strings.TrimSpace(string(out)), "\n")...)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find the standard library: %w", err)
	}
	all := []component{{name: "Go standard library", dir: strings.TrimSpace(string(goroot))}}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		if f := strings.Split(line, "\t"); len(f) == 3 {
			all = append(all, component{name: f[0], version: f[1], dir: f[2]})
		}
	}
	return all, nil
}

// npmPackages lists what the front end needs at run time.
func npmPackages() ([]component, error) {
	data, err := os.ReadFile(filepath.Join(root, "web", "package-lock.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct {
			Version  string
			License  string
			Dev      bool
			Optional bool
		}
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		return nil, fmt.Errorf("read package-lock.json: %w", err)
	}
	var all []component
	for path, p := range lock.Packages {
		if path == "" || p.Dev || p.Optional {
			continue
		}
		name := path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
		all = append(all, component{name: name, version: p.Version, dir: filepath.Join(root, "web", path), licence: p.License})
	}
	slices.SortFunc(all, func(a, b component) int { return strings.Compare(a.name+a.version, b.name+b.version) })
	return all, nil
}

const head = `THIRD-PARTY NOTICES

Drover is built on the work of others. What follows is everything that is linked into its programs or may be bundled
into its front end, and the licences under which it is used. Written by "make notices".
`

// render puts components with the same licence text together.
func render(all []component) ([]byte, error) {
	names := map[string][]string{}
	var texts []string
	for _, c := range all {
		text, err := c.text()
		if err != nil {
			return nil, err
		}
		if names[text] == nil {
			texts = append(texts, text)
		}
		names[text] = append(names[text], strings.TrimSpace(c.name+" "+c.version))
	}
	var b bytes.Buffer
	b.WriteString(head)
	for _, text := range texts {
		b.WriteString("\n" + strings.Repeat("=", 120) + "\n" + strings.Join(slices.Compact(names[text]), "\n") +
			"\n" + strings.Repeat("-", 120) + "\n" + text + "\n")
	}
	return b.Bytes(), nil
}

// notice matches the names of files that hold licences and notices.
var notice = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents|ofl)([-._].*)?$`)

// text returns the licences of a component, one after the other.
func (c component) text() (string, error) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return "", fmt.Errorf("%s is not installed: %w", c.name, err)
	}
	var parts []string
	for _, e := range entries {
		if e.IsDir() || !notice.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(c.dir, e.Name()))
		if err != nil {
			return "", err
		}
		parts = append(parts, plain(string(data)))
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, "\n\n"), nil
	case c.licence != "":
		return "Its package names the licence " + c.licence + " and carries no text of it.", nil
	}
	return "", fmt.Errorf("%s %s carries no licence", c.name, c.version)
}

// plain evens out line ends and trailing space, so that equal licences are equal.
func plain(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
