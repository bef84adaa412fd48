package system

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// The platforms, as the protocol names them.
const (
	Linux   = "linux"
	Windows = "windows"
	MacOS   = "macos"
)

// MaxFile bounds a file that is read, in octets.
const MaxFile = 16 << 20

// Machine is a computer. Paths are absolute, with slashes.
type Machine interface {
	// Platform is linux, windows or macos.
	Platform() string
	// Read returns the content of a file of at most [MaxFile] octets; [fs.ErrNotExist] when there is none.
	Read(path string) ([]byte, error)
	// List returns the names in a directory, sorted; [fs.ErrNotExist] when there is none.
	List(path string) ([]string, error)
	// Mode returns the mode of a file, following links; [fs.ErrNotExist] when there is none.
	Mode(path string) (fs.FileMode, error)
	// Write replaces a file in one step and durably, and makes the directories above it.
	Write(path string, content []byte, mode fs.FileMode) error
	// Remove deletes a file; nil when there is none. It deletes no directory.
	Remove(path string) error
	// Run runs a program of the system to its end. That it ends with another status than 0 is no error.
	Run(ctx context.Context, p Program) (Output, error)
}

// Program is one that is run, by its name alone: where it lies is the system's business. It gets no other environment than
// the search path and the locale C.
type Program struct {
	Name     string
	Args     []string
	Input    string
	Patience time.Duration // after which it is ended with its children; 2 minutes when 0
}

// Command is a program with its arguments.
func Command(name string, args ...string) Program { return Program{Name: name, Args: args} }

// String is the command line, for people.
func (p Program) String() string { return strings.Join(append([]string{p.Name}, p.Args...), " ") }

// Output is what a program said, each at most 4 MiB.
type Output struct {
	Text   string // on its standard output
	Errors string
	Status int
}

// ErrNoProgram is returned when the system does not have a program.
var ErrNoProgram = errors.New("the system has no such program")

// Do runs a program that must end with status 0.
func Do(ctx context.Context, m Machine, p Program) (string, error) {
	out, err := m.Run(ctx, p)
	if err != nil {
		return "", err
	}
	if out.Status != 0 {
		said := strings.TrimSpace(out.Errors)
		if said == "" {
			said = strings.TrimSpace(out.Text)
		}
		return out.Text, fmt.Errorf("%s ended with %d: %s", p, out.Status, firstLine(said))
	}
	return out.Text, nil
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 200 {
		s = s[:200]
	}
	return s
}

// Exists tells whether there is such a file or directory.
func Exists(m Machine, path string) bool {
	_, err := m.Mode(path)
	return err == nil
}

// Has tells whether the system has a program.
func Has(m Machine, name string) bool {
	for _, dir := range searchPath {
		if Exists(m, dir+"/"+name) {
			return true
		}
	}
	return false
}

// searchPath is where programs are looked for on Linux and macOS.
var searchPath = []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/libexec/ApplicationFirewall"}
