// Command run is the whole test run behind "make test": linters, unit tests with the race detector on both databases, a
// bounded time of fuzzing for every fuzz target, the modules under test/, and the front end's checks. It goes on after
// a failing step, so that one run tells everything, and ends with a line "N passed, N failed" and the exit status 0
// only when nothing failed. A skipped test is a failure: what cannot be tested here is not known to work.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// limit bounds the whole run; each step has a bound of its own below it.
const limit = 60 * time.Minute

// step is one part of the run.
type step struct {
	name  string
	limit time.Duration
	run   func(ctx context.Context, t *tally) error
}

func main() {
	if os.Getenv("DROVER_TEST_POSTGRES") == "" {
		fmt.Fprintln(os.Stderr, `There is no PostgreSQL to test on. Use "make test", or "scripts/with-postgres go run ./test/run".`)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	t := &tally{out: os.Stdout}
	var times []string
	for _, s := range steps() {
		times = append(times, perform(ctx, s, t))
	}
	fmt.Println("\n== time")
	for _, line := range times {
		fmt.Println(line)
	}
	fmt.Println()
	fmt.Println(t.closing())
	if t.failed > 0 {
		stop()
		os.Exit(1)
	}
}

// perform runs one step and returns its line for the table of times.
func perform(ctx context.Context, s step, t *tally) string {
	fmt.Printf("\n== %s\n", s.name)
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	start := time.Now()
	if err := s.run(ctx, t); err != nil {
		t.fail(s.name, err)
	}
	return fmt.Sprintf("%7.1fs  %s", time.Since(start).Seconds(), s.name)
}

func steps() []step {
	all := []step{
		{"lint", 10 * time.Minute, command("lint", ".", "make", "--no-print-directory", "lint")},
	}
	all = append(all, frontEnd()...)
	all = append(all,
		step{"agents", 15 * time.Minute, command("agents", ".", "make", "--no-print-directory", "agents")},
		step{"notices", 5 * time.Minute, command("notices", ".", "go", "-C", "tools", "run", "./notices", "-check")},
		step{"test provider: packages", 5 * time.Minute, command("provider packages", "test/oidc", "npm", "ci", "--no-audit", "--no-fund")},
		step{"go test -race", 35 * time.Minute, goTest(".", "-race", "-timeout", "25m", "./...")},
		step{"fuzz", 15 * time.Minute, fuzz},
	)
	for _, dir := range modules() {
		all = append(all, step{"go test in " + dir, 10 * time.Minute, goTest(dir, "-timeout", "10m", "./...")})
	}
	return append(all, browser()...)
}

// frontEnd is the build and the checks of web/; it comes before the Go tests, which need the built pages.
func frontEnd() []step {
	if !exists("web/package.json") {
		return nil
	}
	return []step{
		{"front end: build", 10 * time.Minute, command("web build", ".", "make", "--no-print-directory", "web/dist/app/index.html")},
		{"front end: types, form, tests", 10 * time.Minute, command("web check", "web", "npm", "run", "--silent", "check")},
	}
}

// browser is the tests that drive Chromium over the real server.
func browser() []step {
	if !exists("test/browser/package.json") {
		return nil
	}
	return []step{
		{"build", 10 * time.Minute, command("build", ".", "make", "--no-print-directory", "build")},
		{"browser: packages", 10 * time.Minute, command("browser packages", "test/browser", "npm", "ci", "--no-audit", "--no-fund")},
		{"browser: tests", 15 * time.Minute, command("browser", "test/browser", "npm", "test", "--silent")},
	}
}

// modules lists the directories under test/ that are modules of their own: foreign clients import nothing of ours.
func modules() []string {
	found, err := filepath.Glob("test/*/go.mod")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// command returns a step that counts as one test, passed when the program exits with 0.
func command(name, dir, program string, args ...string) func(context.Context, *tally) error {
	return func(ctx context.Context, t *tally) error {
		if err := execute(ctx, dir, program, args...).Run(); err != nil {
			return err
		}
		t.pass(name)
		return nil
	}
}

// execute prepares a program that writes to our output and dies with its children when the context ends.
func execute(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}
