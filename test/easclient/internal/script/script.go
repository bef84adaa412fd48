// Package script runs a list of ActiveSync steps and holds each answer to an expectation.
package script

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Step is one action with its parameters and what its answer must be.
type Step struct {
	Do     string            `json:"do"`
	With   map[string]string `json:"with,omitempty"`
	Expect Expect            `json:"expect"`
}

// Expect says what an answer must be. Alternatives are separated by "|"; "none" is an absent Status and "any" accepts
// everything. Without HTTP the answer must be 200, and without Status it must be 1 or none (for a Ping 1 or 2).
type Expect struct {
	HTTP   string            `json:"http,omitempty"`
	Status string            `json:"status,omitempty"` // the Status that is a child of the root
	Demand string            `json:"demand,omitempty"` // how it asks for provisioning: 449, 140 to 145
	Body   string            `json:"body,omitempty"`   // empty, wbxml, or own: WBXML that begins with 03 01 6A 00
	Has    []string          `json:"has,omitempty"`    // paths from the root
	Lacks  []string          `json:"lacks,omitempty"`
	Text   map[string]string `json:"text,omitempty"`   // texts by path
	Header map[string]string `json:"header,omitempty"` // parts of headers by name
}

// ReadJSON reads a list of steps and checks their names and parameters.
func ReadJSON(r io.Reader) ([]Step, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var steps []Step
	if err := dec.Decode(&steps); err != nil {
		return nil, err
	}
	for _, s := range steps {
		if err := s.check(); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// ParseStep reads a step of the command line: its name, then parameters and expectations after commas, for example
// "ping,heartbeat=60,status=2", "foldersync,demand=142", "options,header:MS-ASProtocolCommands=Provision",
// "provision-ask,text:Policies/Policy/Status=2,has=Policies". A name that is a parameter of the step is one.
func ParseStep(arg string) (Step, error) {
	fields := strings.Split(arg, ",")
	s := Step{Do: fields[0], With: map[string]string{}, Expect: Expect{Text: map[string]string{}, Header: map[string]string{}}}
	for _, field := range fields[1:] {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return s, fmt.Errorf("step %s: %q is no NAME=VALUE", s.Do, field)
		}
		if !s.expect(name, value) {
			s.With[name] = value
		}
	}
	return s, s.check()
}

// expect takes an expectation; false means that the name is a parameter.
func (s *Step) expect(name, value string) bool {
	if a, ok := actions[s.Do]; ok && slices.Contains(a.params, name) {
		return false
	}
	kind, of, _ := strings.Cut(name, ":")
	switch kind {
	case "http":
		s.Expect.HTTP = value
	case "status":
		s.Expect.Status = value
	case "demand":
		s.Expect.Demand = value
	case "body":
		s.Expect.Body = value
	case "has":
		s.Expect.Has = append(s.Expect.Has, value)
	case "lacks":
		s.Expect.Lacks = append(s.Expect.Lacks, value)
	case "text":
		s.Expect.Text[of] = value
	case "header":
		s.Expect.Header[of] = value
	default:
		return false
	}
	return true
}

func (s Step) check() error {
	a, ok := actions[s.Do]
	if !ok {
		return fmt.Errorf("no step %q; there are: %s", s.Do, strings.Join(slices.Sorted(maps.Keys(actions)), ", "))
	}
	for name := range s.With {
		if !slices.Contains(a.params, name) {
			return fmt.Errorf("step %s has no parameter %q; it has: %s", s.Do, name, strings.Join(a.params, ", "))
		}
	}
	switch s.Expect.Body {
	case "", "empty", "wbxml", "own":
		return nil
	default:
		return fmt.Errorf("step %s: body is empty, wbxml or own, not %q", s.Do, s.Expect.Body)
	}
}
