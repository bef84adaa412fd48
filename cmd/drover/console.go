package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
	"drover/internal/base/problem"
)

// The statuses the program ends with; scripts rely on them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitRefused     = 4
	exitProof       = 5
	exitConflict    = 6
	exitUnavailable = 7
)

// proofCode is the API's word for a second factor that is missing.
const proofCode = "approval.proof"

// usage is a fault of the command line or the configuration.
type usage struct{ error }

// Unwrap returns the cause.
func (u usage) Unwrap() error { return u.error }

// unusable returns an error about what somebody has typed.
func unusable(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

// missing says that something named on the command line is not there.
type missing string

func (m missing) Error() string { return string(m) }

// exitStatus returns the status that tells scripts what happened.
func exitStatus(err error) int {
	if err == nil {
		return exitDone
	}
	var (
		wrong       usage
		gone        missing
		refused     *adminv1.Problem
		local       *problem.Error
		unreachable *client.Unreachable
	)
	switch {
	case errors.As(err, &wrong):
		return exitUsage
	case errors.As(err, &gone):
		return exitNotFound
	case errors.As(err, &refused):
		return statusOf(refused.Status, refused.Code)
	case errors.As(err, &local):
		return statusOf(local.Status(), local.Code)
	case errors.As(err, &unreachable):
		return exitUnavailable
	}
	return exitFailed
}

func statusOf(http int, code string) int {
	if code == proofCode {
		return exitProof
	}
	switch http {
	case 400, 413, 415, 422:
		return exitUsage
	case 401, 403:
		return exitRefused
	case 404:
		return exitNotFound
	case 409, 412:
		return exitConflict
	case 429, 502, 503, 504:
		return exitUnavailable
	}
	return exitFailed
}

// console is where a command reads and writes.
type console struct {
	in       *os.File
	out, err io.Writer
}

func newConsole(in *os.File, out, err io.Writer) *console {
	return &console{in: in, out: out, err: err}
}

// personal tells whether a person sits at the keyboard, who can be asked.
func (c *console) personal() bool {
	return isatty.IsTerminal(c.in.Fd())
}

// ask asks a question and returns the answer.
func (c *console) ask(question string) (string, error) {
	fmt.Fprint(c.err, question)
	line, err := bufio.NewReader(io.LimitReader(c.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// complain tells what went wrong: the sentence for people, the inputs at fault, the code for programs.
func (c *console) complain(err error) {
	fmt.Fprintln(c.err, "drover:", table.Clean(sentence(err)))
	var refused *adminv1.Problem
	if errors.As(err, &refused) {
		for _, f := range refused.Errors {
			fmt.Fprintln(c.err, " ", table.Clean(faultLine(f, refused.Detail)))
		}
		code := refused.Code
		if refused.Request != "" {
			code += ", request " + refused.Request
		}
		fmt.Fprintf(c.err, "  (%s)\n", table.Clean(code))
	}
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		fmt.Fprintf(c.err, "  %q tells what can be said.\n", strings.TrimSpace("drover "+commandOf(parse.Context))+" --help")
	}
}

// faultLine names an input at fault, and says what is wrong with it where that has not been said.
func faultLine(f adminv1.Fault, said string) string {
	if f.Message == said {
		return "at " + f.Location
	}
	return f.Location + ": " + f.Message
}

func sentence(err error) string {
	var local *problem.Error
	if !errors.As(err, &local) {
		return err.Error()
	}
	if local.Kind == problem.Internal && local.Detail != nil {
		return local.Message + " " + local.Detail.Error()
	}
	return local.Message
}

func commandOf(ctx *kong.Context) string {
	if ctx == nil || ctx.Selected() == nil {
		return ""
	}
	return ctx.Selected().Path()
}

// json prints the API's own answer, indented.
func (c *console) json(text []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(text), "", "  "); err != nil {
		return fmt.Errorf("the server's answer is no JSON: %w", err)
	}
	out.WriteByte('\n')
	_, err := c.out.Write(out.Bytes())
	return err
}

// value prints a value as JSON.
func (c *console) value(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.json(text)
}

// say prints one line.
func (c *console) say(format string, args ...any) error {
	_, err := fmt.Fprintln(c.out, table.Clean(fmt.Sprintf(format, args...)))
	return err
}

// moment writes a time of the API for people: local, to the minute.
func moment(stamp string) string {
	t, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return stamp
	}
	return t.Local().Format("2006-01-02 15:04")
}

// since is moment for what may never have happened.
func since(stamp string) string {
	if stamp == "" {
		return "never"
	}
	return moment(stamp)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func join(list []string) string { return strings.Join(list, ", ") }

func names(refs []adminv1.Ref) string {
	list := make([]string, len(refs))
	for i, r := range refs {
		list[i] = r.Name
	}
	return join(list)
}
