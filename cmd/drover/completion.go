package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"drover/cmd/drover/complete"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script of a shell.
func (c completionCommand) Run(out *console) error {
	script, err := complete.Script(c.Shell)
	if err != nil {
		return usage{err}
	}
	_, err = fmt.Fprint(out.out, script)
	return err
}

// completeCommand answers the scripts of the shells.
type completeCommand struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints what may stand where the last word is.
func (c completeCommand) Run(out *console, k *kong.Kong) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, x := range complete.Words(k.Model, words) {
		help, _, _ := strings.Cut(x.Help, ". ")
		if _, err := fmt.Fprintf(out.out, "%s\t%s\n", x.Word, help); err != nil {
			return err
		}
	}
	return nil
}
