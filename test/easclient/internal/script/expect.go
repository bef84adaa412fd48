package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	eas "drover-easclient"
)

// judge lists what of the answer is not as expected. command is the command of the step, for Demand.
func (e Expect) judge(command string, r *eas.Reply) []string {
	var wrong []string
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }

	if e.Demand != "" {
		if got := r.Demand(command); !oneOf(got, e.Demand) {
			fail("demand %q, want %s", got, e.Demand)
		}
	} else {
		e.judgeStatus(command, r, fail)
	}
	switch e.Body {
	case "empty":
		if len(r.Body) > 0 {
			fail("a body of %d bytes, want none", len(r.Body))
		}
	case "wbxml", "own":
		if r.Tree == nil {
			fail("no WBXML body")
		}
		if e.Body == "own" && !eas.HasStandardHeader(r.Body) {
			fail("the frame does not begin with 03 01 6A 00")
		}
	}
	for _, path := range e.Has {
		if !r.Tree.Has(path) {
			fail("nothing at %s", path)
		}
	}
	for _, path := range e.Lacks {
		if r.Tree.Has(path) {
			fail("something at %s", path)
		}
	}
	for path, want := range e.Text {
		if got := r.Tree.Get(path); !oneOf(got, want) {
			fail("%s is %q, want %s", path, got, want)
		}
	}
	for name, want := range e.Header {
		if got := r.Header.Get(name); !strings.Contains(got, want) {
			fail("header %s is %q, want %q in it", name, got, want)
		}
	}
	return wrong
}

func (e Expect) judgeStatus(command string, r *eas.Reply, fail func(string, ...any)) {
	code, status := e.HTTP, e.Status
	if code == "" {
		code = "200"
	}
	if !oneOf(strconv.Itoa(r.HTTP), code) {
		fail("HTTP %d, want %s", r.HTTP, code)
	}
	switch {
	case status != "":
	case code != "200":
		status = "any"
	case command == "Ping":
		status = "1|2"
	default:
		status = "1|none"
	}
	if got := r.Status(); !oneOf(got, status) {
		fail("Status %q, want %s", got, status)
	}
}

func oneOf(got, alternatives string) bool {
	if alternatives == "any" {
		return true
	}
	if got == "" {
		got = "none"
	}
	return slices.Contains(strings.Split(alternatives, "|"), got)
}
