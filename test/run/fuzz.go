package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Each target is fuzzed with as many inputs. They are counted, not timed: at the end of its time the fuzzing of Go 1.26
// may call a target failed that did not fail (golang/go#75804). A target that hangs ends by the other bound.
const (
	fuzzInputs = 10_000
	fuzzMost   = 3 * time.Minute
)

// fuzzTarget is one FuzzXxx function.
type fuzzTarget struct {
	pkg, name string
}

// fuzz runs every fuzz target of the main module. What a target finds is left in its package's testdata, to be committed
// with the repair.
func fuzz(ctx context.Context, t *tally) error {
	targets, err := fuzzTargets(ctx)
	if err != nil { // those of a package that does not compile are lost; go on with the others
		t.fail("list of fuzz targets", err)
	}
	for _, target := range targets {
		if err := fuzzOne(ctx, target); err != nil {
			t.fail(target.pkg+" "+target.name, err)
			continue
		}
		t.passed++
	}
	return nil
}

func fuzzOne(ctx context.Context, target fuzzTarget) error {
	ctx, cancel := context.WithTimeout(ctx, fuzzMost)
	defer cancel()
	return execute(ctx, ".", "go", "test", "-run=^$", "-fuzz=^"+target.name+"$",
		fmt.Sprintf("-fuzztime=%dx", fuzzInputs), target.pkg).Run()
}

func fuzzTargets(ctx context.Context) ([]fuzzTarget, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-list=^Fuzz", "./...")
	out, err := cmd.Output()
	var targets []fuzzTarget
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Action == "output" && strings.HasPrefix(e.Output, "Fuzz") {
			targets = append(targets, fuzzTarget{e.Package, strings.TrimSpace(e.Output)})
		}
	}
	return targets, errors.Join(err, lines.Err())
}
