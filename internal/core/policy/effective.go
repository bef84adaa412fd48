package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"drover/internal/core/platform"
)

// Source says where a value comes from.
type Source string

// The sources.
const (
	FromSuite    Source = "suite"
	FromDefault  Source = "default"  // nobody sets it
	FromUpstream Source = "upstream" // the mail server's own policy, where it is the stricter
)

// Origin is where the values of an effective policy come from: the suite's version that the most specific assignment
// names. With no assignment at all, Suite is "" and every value is its default.
type Origin struct {
	Suite     string
	SuiteName string
	Version   int
	Liability Liability
	Target    Target // whose assignment it is
	Upstream  string // the mail server whose policy was taken in, or ""
}

// Sourced is a value with its source.
type Sourced struct {
	Value  Value
	Source Source
}

// Effective is what one device must obey. It is made once and never changed; several goroutines may read it.
type Effective struct {
	Origin    Origin
	values    []Sourced // in the order of the catalogue
	revisions [len(stages)]string
}

// NewEffective makes the effective policy of a set of values.
func NewEffective(o Origin, vs Values) *Effective {
	values := make([]Sourced, len(definitions))
	for i := range definitions {
		values[i] = Sourced{definitions[i].Default, FromDefault}
		if v, ok := vs[definitions[i].Key]; ok {
			values[i] = Sourced{v, FromSuite}
		}
	}
	return complete(o, values)
}

func complete(o Origin, values []Sourced) *Effective {
	e := &Effective{Origin: o, values: values}
	for i, v := range stages {
		e.revisions[i] = e.fingerprint(v)
	}
	return e
}

// Effective returns what devices of the liability would have to obey under this version of the suite; for previews.
func (v Version) Effective(name string, l Liability) *Effective {
	return NewEffective(Origin{Suite: v.Suite, SuiteName: name, Version: v.Number, Liability: l}, v.Content.For(l))
}

// Get returns a setting's value and where it comes from. Every setting of the catalogue has one.
func (e *Effective) Get(s platform.Setting) Sourced {
	i, ok := byKey[s]
	if !ok {
		return Sourced{}
	}
	return e.values[i]
}

// Value returns a setting's value.
func (e *Effective) Value(s platform.Setting) Value { return e.Get(s).Value }

// Values returns what is set by anybody, without the defaults.
func (e *Effective) Values() Values {
	vs := Values{}
	for i, v := range e.values {
		if v.Source != FromDefault {
			vs[definitions[i].Key] = v.Value
		}
	}
	return vs
}

// Empty tells whether nobody asks anything of the device: no suite is assigned to it and no mail server has a policy.
func (e *Effective) Empty() bool { return e.Origin.Suite == "" && e.Origin.Upstream == "" }

// AllowsNonProvisionable tells whether devices that cannot take the policy get mail all the same.
func (e *Effective) AllowsNonProvisionable() bool {
	return e.Value(platform.AllowNonProvisionable).IsTrue()
}

// RefreshHours returns after how many hours the device must fetch the policy again; 0 for never.
func (e *Effective) RefreshHours() int { return int(e.Value(platform.RefreshInterval).Int()) }

// stages are the protocol versions at which the document grew or shrank: 2.5 says little, 12.0 more, 12.1 and all later
// ones the same.
var stages = [...]platform.Version{v25, v120, v121}

// stage returns the index of the stage that holds for v. A version that is not known counts as the newest.
func stage(v platform.Version) int {
	switch {
	case v.IsZero() || !v.Less(v121):
		return 2
	case v.Less(v120):
		return 0
	default:
		return 1
	}
}

// Revision names what protocol version v can say of the policy: 16 hexadecimal digits that change when, and only when,
// a device of that version must fetch it again. A change of settings that the version cannot say, of the gateway's own
// settings, or of a suite's name leaves it as it is.
func (e *Effective) Revision(v platform.Version) string { return e.revisions[stage(v)] }

func (e *Effective) fingerprint(v platform.Version) string {
	b := make([]byte, 0, 2048)
	for i := range definitions {
		d, value := &definitions[i], &e.values[i].Value
		if !d.Carried(v) {
			continue
		}
		b = appendText(b, d.Element)
		b = binary.BigEndian.AppendUint64(b, uint64(value.n))
		b = binary.BigEndian.AppendUint32(b, uint32(len(value.list)))
		for _, t := range value.list {
			b = appendText(b, t)
		}
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// appendText writes a text with its length, so that no two lists of texts look alike.
func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// WithUpstream returns the policy with the stricter of both values for every setting that the mail server's own policy
// sets. name is the mail server's id. On both sides, values that have no effect beside the side's others do not count.
func (e *Effective) WithUpstream(name string, theirs Values) *Effective {
	ours := e.Values().inForce()
	theirs = theirs.inForce()
	merged := make([]Sourced, len(definitions))
	for i := range definitions {
		d, mine := &definitions[i], e.values[i]
		if _, counts := ours[d.Key]; !counts {
			mine = Sourced{d.Default, FromDefault}
		}
		if v, ok := theirs[d.Key]; ok {
			if got := d.Pick(mine.Value, v); !got.Equal(mine.Value) {
				mine = Sourced{got, FromUpstream}
			}
		}
		merged[i] = mine
	}
	o := e.Origin
	o.Upstream = name
	return complete(o, merged)
}
