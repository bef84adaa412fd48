package order

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"drover/agent/schedule"
	"drover/agent/store"
	"drover/agent/system"
	"drover/api/agentv1"
)

const (
	maxScript = 256 << 10
	maxShown  = 60 << 10 // of what a script writes; its end is kept
	maxRun    = time.Hour
)

// interpreters are the programs that run scripts, with what comes before the file and the file's ending.
var interpreters = map[string]struct {
	program string
	args    []string
	ending  string
}{
	"sh":         {"sh", nil, ""},
	"bash":       {"bash", nil, ""},
	"python3":    {"python3", nil, ".py"},
	"powershell": {"powershell", []string{"-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"}, ".ps1"},
}

// Scripts runs those that are due, one after the other. Errors are those of the store.
func (r *Runner) Scripts(ctx context.Context, list []agentv1.Script) error {
	var all error
	for _, s := range list {
		if ctx.Err() != nil {
			return all
		}
		due, err := r.due(s)
		if due && err == nil {
			err = r.run(ctx, s)
		}
		all = errors.Join(all, err)
	}
	return all
}

// NextScript is when the first of the scripts is due; zero for never.
func (r *Runner) NextScript(list []agentv1.Script) time.Time {
	var first time.Time
	for _, s := range list {
		e, ran, err := r.Store.Script(s.ID, r.Now())
		if err != nil || s.Every.Minutes < 1 {
			continue
		}
		at := r.Now()
		if ran {
			at = e.Begun.Add(time.Duration(s.Every.Minutes) * time.Minute).Add(schedule.Part(s.ID, time.Duration(s.Every.Jitter)*time.Minute))
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

func (r *Runner) due(s agentv1.Script) (bool, error) {
	ran, err := r.Store.Ran(s.ID, s.Revision, fingerprint(s))
	switch {
	case err != nil:
		return false, err
	case !ran:
		return true, nil
	case s.Every.Minutes < 1:
		return false, nil
	}
	last, _, err := r.Store.Script(s.ID, r.Now())
	if err != nil {
		return false, err
	}
	return schedule.Due(s.ID, last.Begun, r.Now(), s.Every), nil
}

// fingerprint tells what a script does from what another does.
func fingerprint(s agentv1.Script) string {
	sum := sha256.Sum256([]byte(s.Interpreter + "\x00" + s.Text))
	return hex.EncodeToString(sum[:16])
}

func (r *Runner) run(ctx context.Context, s agentv1.Script) error {
	e := store.Entry{Script: s.ID, Revision: s.Revision, Print: fingerprint(s), Begun: r.Now()}
	if err := r.Store.Begin(e); err != nil {
		return err
	}
	result, err := r.execute(ctx, s)
	if ctx.Err() != nil {
		return nil // the agent ends: it tells of an interruption when it is there again
	}
	if err != nil {
		out, exit := result.Output, result.Exit
		result = outcome("", err)
		result.Output, result.Exit = out, exit
	}
	return r.conclude(e, result)
}

func (r *Runner) execute(ctx context.Context, s agentv1.Script) (agentv1.Result, error) {
	in, ok := interpreters[s.Interpreter]
	if !ok || len(s.Text) > maxScript {
		return agentv1.Result{}, errUnsupported("The agent does not run scripts of this kind or size.")
	}
	sum := sha256.Sum256([]byte(s.ID))
	path := r.Scratch + "/script-" + hex.EncodeToString(sum[:8]) + in.ending
	if err := r.Machine.Write(path, []byte(s.Text), 0o700); err != nil {
		return agentv1.Result{}, err
	}
	p := system.Command(in.program, append(in.args[:len(in.args):len(in.args)], path)...)
	p.Patience = min(time.Duration(max(s.Seconds, 1))*time.Second, maxRun)
	out, err := r.Machine.Run(ctx, p)
	err = errors.Join(err, r.Machine.Remove(path))
	if errors.Is(err, system.ErrNoProgram) {
		err = errUnsupported("The system has no " + s.Interpreter + ".")
	}
	said := strings.TrimRight(out.Text, "\n")
	if out.Errors != "" {
		said += "\n" + out.Errors
	}
	result := agentv1.Result{State: agentv1.ResultDone, Exit: out.Status, Output: end(said, maxShown)}
	if out.Status != 0 {
		result.State, result.Reason, result.Words = agentv1.ResultFailed, failed, fmt.Sprintf("The script ended with %d.", out.Status)
	}
	return result, err
}

// end is the end of a text.
func end(s string, n int) string {
	if len(s) > n {
		s = s[len(s)-n:]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
}

// short is the beginning of a text.
func short(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "?")
}

// printable leaves out what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s) + "\n"
}

// names reads a list of names by commas.
func names(s string) []string {
	var list []string
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, name)
		}
	}
	return list
}
