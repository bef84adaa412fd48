package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"time"
)

// The time for fuzzing is shared by all targets, within bounds: under the lower one a target learns nothing.
const (
	fuzzTotal = 4 * time.Minute
	fuzzMost  = 10 * time.Second
	fuzzLeast = 3 * time.Second
)

// fuzzTarget is one FuzzXxx function.
type fuzzTarget struct {
	pkg, name string
}

// fuzz runs every fuzz target of the main module for its share of the time. What a target finds is left in its
// package's testdata, to be committed with the repair.
func fuzz(ctx context.Context, t *tally) error {
	targets, err := fuzzTargets(ctx)
	if err != nil { // those of a package that does not compile are lost; go on with the others
		t.fail("list of fuzz targets", err)
	}
	for _, target := range targets {
		err := execute(ctx, ".", "go", "test", "-run=^$", "-fuzz=^"+target.name+"$",
			"-fuzztime="+share(len(targets)).String(), target.pkg).Run()
		if err != nil {
			t.fail(target.pkg+" "+target.name, err)
			continue
		}
		t.passed++
	}
	return nil
}

func share(targets int) time.Duration {
	return max(fuzzLeast, min(fuzzMost, fuzzTotal/time.Duration(max(1, targets)))).Round(time.Second)
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
