// Package settings makes the configuration file and the flags of a command one thing: the file's keys are the names of
// the flags, and the file that is written for a new server is its own manual. What stands on the command line wins over
// the environment, the environment over the file, the file over the defaults.
package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// FlagName is the flag that names the configuration file.
const FlagName = "config"

// maxFile bounds what is read of a configuration file.
const maxFile = 1 << 20

// Resolver gives kong the values of the file that the command's --config names.
type Resolver struct {
	files map[string]map[string]any
}

var _ kong.Resolver = (*Resolver)(nil)

// Validate is asked by kong before any value.
func (r *Resolver) Validate(*kong.Application) error { return nil }

// Resolve returns the file's value of a flag, nil where it has none. Kong would let it win over the environment, so that
// it keeps silent where a variable of the flag is set.
func (r *Resolver) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if flag.Name == FlagName || fromEnvironment(flag) {
		return nil, nil
	}
	file := flagText(ctx, parent.Flags)
	if file == "" {
		return nil, nil
	}
	values, err := r.read(file)
	if err != nil {
		return nil, err
	}
	return values[flag.Name], nil
}

func fromEnvironment(flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Tag.Envs, func(name string) bool {
		_, set := os.LookupEnv(name)
		return set
	})
}

// flagText returns the value of --config among the flags of a command; "" where the command has none.
func flagText(ctx *kong.Context, flags []*kong.Flag) string {
	for _, f := range flags {
		if f.Name == FlagName {
			text, _ := ctx.FlagValue(f).(string)
			return text
		}
	}
	return ""
}

func (r *Resolver) read(file string) (map[string]any, error) {
	if values, ok := r.files[file]; ok {
		return values, nil
	}
	values, err := Read(file)
	if err != nil {
		return nil, err
	}
	if r.files == nil {
		r.files = map[string]map[string]any{}
	}
	r.files[file] = values
	return values, nil
}

// Read reads a configuration file: names with plain values or lists of them.
func Read(file string) (map[string]any, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the configuration file: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("the configuration file %s is larger than a configuration can be", file)
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("the configuration file %s cannot be read:\n%s", file, yaml.FormatError(err, false, true))
	}
	for name, v := range values {
		if values[name], err = plain(v); err != nil {
			return nil, fmt.Errorf("the configuration file %s: %s: %w", file, name, err)
		}
	}
	return values, nil
}

var errValue = errors.New("it must be a plain value or a list of plain values")

// plain turns a value of the file into what kong reads: texts and lists of them. An empty value is like none.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return nil, errValue
	case []any:
		list := make([]any, len(v))
		for i, x := range v {
			switch x.(type) {
			case nil, map[string]any, []any:
				return nil, errValue
			}
			list[i] = fmt.Sprint(x)
		}
		return list, nil
	}
	return fmt.Sprint(v), nil
}

// Unknown returns the names in a file that are none of the flags', sorted: a misspelt name must not pass for a default.
func Unknown(values map[string]any, flags []*kong.Flag) []string {
	var unknown []string
	for name := range values {
		if !slices.ContainsFunc(flags, func(f *kong.Flag) bool { return f.Name == name && inFile(f) }) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// inFile tells whether a flag is a setting.
func inFile(f *kong.Flag) bool { return f.Name != FlagName && f.Name != "help" && !f.Hidden }

// Write writes a new configuration file that only its owner reads. It refuses to overwrite one.
func Write(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is: remove it, or name another file", file)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// Manual returns a configuration file in which every setting is explained and none is set.
func Manual(flags []*kong.Flag) []byte {
	var b strings.Builder
	b.WriteString(`# Drover's configuration. Every setting stands here with its default; take the # away to change one.
# The environment variable wins over this file, and the command line over both.
# "drover check --config FILE" tells what is wrong with it, without starting anything.
`)
	for _, f := range flags {
		if !inFile(f) {
			continue
		}
		b.WriteString("\n")
		for _, line := range wrap(f.Help, 117) {
			b.WriteString("# " + line + "\n")
		}
		for _, name := range f.Tag.Envs {
			b.WriteString("# Environment: " + name + "\n")
		}
		b.WriteString("#" + f.Name + ": " + example(f) + "\n")
	}
	return []byte(b.String())
}

// example is the default as YAML writes it.
func example(f *kong.Flag) string {
	if f.IsSlice() {
		return "[]"
	}
	text, err := yaml.Marshal(f.Default)
	if err != nil { // a text can always be written
		return `""`
	}
	return strings.TrimSpace(string(text))
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}
