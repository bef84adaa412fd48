package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// The manual names every command there is, and none that there is not.
func TestTheManualNamesEveryCommand(t *testing.T) {
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	k, _, err := newParser(t.Context(), newConsole(os.Stdin, os.Stdout, os.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	named := commandsOf(string(text))
	var there []string
	for _, leaf := range k.Model.Leaves(true) {
		there = append(there, pathOf(leaf))
	}
	for _, c := range there {
		if !slices.Contains(named, c) {
			t.Errorf("docs/cli.md does not name %q", c)
		}
	}
	for _, c := range named {
		if !slices.Contains(there, c) {
			t.Errorf("docs/cli.md names %q, which there is not", c)
		}
	}
}

func pathOf(n *kong.Node) string {
	if n.Parent == nil || n.Parent.Type == kong.ApplicationNode {
		return n.Name
	}
	return pathOf(n.Parent) + " " + n.Name
}

var (
	codeSpan = regexp.MustCompile("`([^`]+)`")
	words    = regexp.MustCompile(`^(drover )?([a-z][a-z-]*( [a-z][a-z-]*)*)`)
)

// commandsOf reads the first column of the tables: a command in full, and others of its kind after it.
func commandsOf(manual string) []string {
	var out []string
	for line := range strings.SplitSeq(manual, "\n") {
		first, ok := strings.CutPrefix(line, "| `")
		if !ok || strings.HasPrefix(first, "DROVER_") || strings.HasPrefix(first, "drover_") {
			continue
		}
		first, _, _ = strings.Cut("`"+first, " |")
		kind := ""
		for _, m := range codeSpan.FindAllStringSubmatch(first, -1) {
			name := words.FindStringSubmatch(m[1])[2]
			if i := strings.LastIndex(name, " "); i >= 0 {
				kind = name[:i+1]
			} else if kind != "" {
				name = kind + name
			}
			out = append(out, name)
		}
	}
	return append(out, "completion", "version")
}

func TestTheManualNamesEveryStatus(t *testing.T) {
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range regexp.MustCompile(`(?m)^  ([0-9])  (.*)$`).FindAllStringSubmatch(description, -1) {
		if !strings.Contains(string(text), "| "+line[1]+" | ") {
			t.Errorf("docs/cli.md does not explain status %s", line[1])
		}
	}
}
