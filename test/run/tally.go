package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// tally counts what passed and failed, and prints what a person wants to see of it.
type tally struct {
	out    io.Writer
	passed int
	failed int
	names  []string // of the failures
}

func (t *tally) pass(name string) {
	t.passed++
	fmt.Fprintf(t.out, "ok   %s\n", name)
}

func (t *tally) fail(name string, err error) {
	t.failed++
	t.names = append(t.names, name)
	fmt.Fprintf(t.out, "FAIL %s: %v\n", name, err)
}

// closing is the last line of a run.
func (t *tally) closing() string {
	var b strings.Builder
	for _, name := range t.names {
		fmt.Fprintf(&b, "failed: %s\n", name)
	}
	fmt.Fprintf(&b, "%d passed, %d failed", t.passed, t.failed)
	return b.String()
}

// event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

// goTest returns a step that runs "go test" in a module and counts its tests and subtests.
func goTest(dir string, args ...string) func(context.Context, *tally) error {
	return func(ctx context.Context, t *tally) error {
		return t.run(execute(ctx, dir, "go", append([]string{"test", "-json"}, args...)...))
	}
}

// run reads the events of a prepared "go test -json". It returns an error only when the command failed and no test did.
func (t *tally) run(cmd *exec.Cmd) error {
	cmd.Stdout = nil
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	failed := t.failed
	readErr := t.read(events)
	err = cmd.Wait()
	if err != nil && t.failed > failed {
		return nil // already told, test by test
	}
	return errors.Join(err, readErr)
}

// read counts the tests of a stream of events. It prints the output of failed tests whole, that of passed ones not at
// all, and the line that "go test" prints for each package.
func (t *tally) read(events io.Reader) error {
	output := map[[2]string]*strings.Builder{}
	failedIn := map[string]bool{}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				t.out.Write(line) // the go command's own words
			} else {
				t.event(e, output, failedIn)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) event(e event, output map[[2]string]*strings.Builder, failedIn map[string]bool) {
	key := [2]string{e.Package, e.Test}
	name := strings.TrimSuffix(e.Package+" "+e.Test, " ")
	switch e.Action {
	case "output":
		if output[key] == nil {
			output[key] = &strings.Builder{}
		}
		output[key].WriteString(e.Output)
		return
	case "build-output":
		fmt.Fprint(t.out, e.Output)
		return
	case "pass":
		if e.Test != "" {
			t.passed++
		} else {
			fmt.Fprint(t.out, packageLine(output[key]))
		}
	case "skip":
		if e.Test != "" {
			failedIn[e.Package] = true
			t.fail(name, errors.New("skipped; a test that cannot run here fails"))
		}
	case "fail":
		if output[key] != nil {
			fmt.Fprint(t.out, output[key])
		}
		if e.Test != "" || !failedIn[e.Package] {
			t.fail(name, errors.New("see above"))
		}
		failedIn[e.Package] = true
	default:
		return
	}
	delete(output, key)
}

// packageLine is the last line of a package's own output, such as "ok  drover/internal/base/clock 0.01s".
func packageLine(b *strings.Builder) string {
	if b == nil {
		return ""
	}
	lines := strings.SplitAfter(strings.TrimRight(b.String(), "\n"), "\n")
	return lines[len(lines)-1] + "\n"
}
