// Package systemtest is a computer of files in memory and programs that say what a test wants.
package systemtest

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"drover/agent/system"
)

// Fake is a computer. It may be used by several goroutines.
type Fake struct {
	platform string

	mu       sync.Mutex
	files    map[string][]byte
	modes    map[string]fs.FileMode
	programs []program
	ran      []system.Program
}

type program struct {
	prefix string
	say    func(system.Program) (system.Output, error)
}

// New returns a computer without files and programs.
func New(platform string) *Fake {
	return &Fake{platform: platform, files: map[string][]byte{}, modes: map[string]fs.FileMode{}}
}

// Put puts a file there.
func (f *Fake) Put(path, text string) *Fake {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[path], f.modes[path] = []byte(text), 0o644
	return f
}

// Say has every program whose command line begins with the prefix say a text and end well. The latest that fits counts.
func (f *Fake) Say(prefix, text string) *Fake {
	return f.Do(prefix, func(system.Program) (system.Output, error) { return system.Output{Text: text}, nil })
}

// End has it say a text as an error and end with a status.
func (f *Fake) End(prefix, text string, status int) *Fake {
	return f.Do(prefix, func(system.Program) (system.Output, error) { return system.Output{Errors: text, Status: status}, nil })
}

// Do has it do something.
func (f *Fake) Do(prefix string, say func(system.Program) (system.Output, error)) *Fake {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.programs = append(f.programs, program{prefix, say})
	name, _, _ := strings.Cut(prefix, " ")
	f.files["/usr/bin/"+name], f.modes["/usr/bin/"+name] = nil, 0o755
	return f
}

// Ran returns the command lines of what was run that begin with a prefix.
func (f *Fake) Ran(prefix string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, p := range f.ran {
		if strings.HasPrefix(p.String(), prefix) {
			list = append(list, p.String())
		}
	}
	return list
}

// Text returns the content of a file, "" when there is none.
func (f *Fake) Text(path string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(f.files[path])
}

// Platform is what New was told.
func (f *Fake) Platform() string { return f.platform }

func missing(path string) error { return &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist} }

// Read reads a file.
func (f *Fake) Read(path string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	raw, ok := f.files[path]
	if !ok {
		return nil, missing(path)
	}
	return slices.Clone(raw), nil
}

// List lists what lies below a path.
func (f *Fake) List(path string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for file := range f.files {
		if rest, ok := strings.CutPrefix(file, path+"/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			names = append(names, name)
		}
	}
	if names == nil {
		return nil, missing(path)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Mode returns that of a file, or of a directory that holds one.
func (f *Fake) Mode(path string) (fs.FileMode, error) {
	f.mu.Lock()
	mode, ok := f.modes[path]
	f.mu.Unlock()
	if ok {
		return mode, nil
	}
	if _, err := f.List(path); err != nil {
		return 0, err
	}
	return fs.ModeDir | 0o755, nil
}

// Write writes a file.
func (f *Fake) Write(path string, content []byte, mode fs.FileMode) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[path], f.modes[path] = slices.Clone(content), mode
	return nil
}

// Remove removes one.
func (f *Fake) Remove(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.files, path)
	delete(f.modes, path)
	return nil
}

// Run says what the test wants; a program that it knows nothing of is not there.
func (f *Fake) Run(_ context.Context, p system.Program) (system.Output, error) {
	f.mu.Lock()
	f.ran = append(f.ran, p)
	var say func(system.Program) (system.Output, error)
	for _, q := range f.programs {
		if strings.HasPrefix(p.String(), q.prefix) {
			say = q.say
		}
	}
	f.mu.Unlock()
	if say == nil {
		return system.Output{}, system.ErrNoProgram
	}
	return say(p)
}
