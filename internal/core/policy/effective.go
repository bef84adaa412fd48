package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"drover/internal/core/platform"
)

// Source says where a value comes from.
type Source string

// The sources.
const (
	FromSuite    Source = "suite"
	FromDefault  Source = "default"  // nobody sets it
	FromUpstream Source = "upstream" // the mail server's own policy, where it is the stricter
	FromRule     Source = "rule"     // values of several sources contradict; this one was made the stricter
)

// Origin names the suite of the most specific assignment. With no assignment at all, Suite is "" and every value is its
// default.
type Origin struct {
	Suite     string
	SuiteName string
	Version   int
	Liability Liability
	Target    Target // whose assignment it is
	Upstream  string // the mail server whose policy was taken in, or ""
}

// Layer is one suite that reaches a device. Of several, each setting has the value of the first layer that sets it.
type Layer struct {
	Target    Target // whose assignment it is
	Suite     string
	SuiteName string
	Version   int
	Staged    bool // the version is being rolled out, and the device is among the first
}

// Sourced is a value with its source. Layer is the place of the suite among [Effective.Layers], where it is from one.
type Sourced struct {
	Value  Value
	Source Source
	Layer  int
}

// Effective is what one device must obey. It is made once and never changed; several goroutines may read it.
type Effective struct {
	Origin    Origin
	layers    []Layer   // the most specific first
	values    []Sourced // in the order of the catalogue
	revisions [len(stages) + len(others)]string
}

// NewEffective makes the effective policy of one set of values.
func NewEffective(o Origin, vs Values) *Effective {
	return merge(o, []Layer{{Target: o.Target, Suite: o.Suite, SuiteName: o.SuiteName, Version: o.Version}}, []Values{vs})
}

// merge makes the effective policy of layers, the most specific first: each setting has the value of the first that
// sets it.
func merge(o Origin, layers []Layer, sets []Values) *Effective {
	values := make([]Sourced, len(definitions))
	for i := range definitions {
		values[i] = Sourced{Value: definitions[i].Default, Source: FromDefault}
		for n, vs := range sets {
			if v, ok := vs[definitions[i].Key]; ok {
				values[i] = Sourced{Value: v, Source: FromSuite, Layer: n}
				break
			}
		}
	}
	return complete(o, layers, values)
}

func complete(o Origin, layers []Layer, values []Sourced) *Effective {
	reconcile(values)
	e := &Effective{Origin: o, layers: layers, values: values}
	for i, v := range stages {
		e.revisions[i] = e.fingerprint(platform.ActiveSync, v)
	}
	for i, c := range others {
		e.revisions[len(stages)+i] = e.fingerprint(c, platform.Version{})
	}
	return e
}

// Layers returns the suites that reach the device, the most specific first.
func (e *Effective) Layers() []Layer { return slices.Clone(e.layers) }

// Counts returns how many values of the device come from each of its suites, in the order of [Effective.Layers].
func (e *Effective) Counts() []int {
	n := make([]int, len(e.layers))
	for _, v := range e.values {
		if _, ok := e.LayerOf(v); ok {
			n[v.Layer]++
		}
	}
	return n
}

// LayerOf returns the suite that a value comes from; false when it comes from none.
func (e *Effective) LayerOf(s Sourced) (Layer, bool) {
	if s.Source != FromSuite || s.Layer >= len(e.layers) {
		return Layer{}, false
	}
	return e.layers[s.Layer], true
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

// Switches tells of the settings by which orders go whether they are on. Of a device that is told no policy they are its own.
func (e *Effective) Switches() map[platform.Setting]bool {
	on := map[platform.Setting]bool{}
	if e.Empty() {
		return on
	}
	for _, s := range platform.Switches() {
		on[s] = e.Value(s).IsTrue()
	}
	return on
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

// RevisionOver names what the channel, at version v of its protocol, can say of the policy; see [Effective.Revision].
func (e *Effective) RevisionOver(c platform.Channel, v platform.Version) string {
	if i := slices.Index(others[:], c); i >= 0 {
		return e.revisions[len(stages)+i]
	}
	return e.Revision(v)
}

// others are the channels beside ActiveSync, of which every version says the same.
var others = [...]platform.Channel{platform.Companion, platform.AppleMDM, platform.Agent}

func (e *Effective) fingerprint(c platform.Channel, v platform.Version) string {
	b := make([]byte, 0, 2048)
	for i := range definitions {
		d, value := &definitions[i], &e.values[i].Value
		if !d.CarriedOver(c, v) {
			continue
		}
		b = appendText(b, d.Element)
		b = binary.BigEndian.AppendUint64(b, uint64(value.n))
		if value.locked && c != platform.ActiveSync { // which has no word for it
			b = append(b, 1)
		}
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
			mine = Sourced{Value: d.Default, Source: FromDefault}
		}
		if v, ok := theirs[d.Key]; ok {
			if got := d.Pick(mine.Value, v); !got.Equal(mine.Value) {
				mine = Sourced{Value: got, Source: FromUpstream}
			}
		}
		merged[i] = mine
	}
	o := e.Origin
	o.Upstream = name
	return complete(o, e.layers, merged)
}

// InForce returns what is set by anybody and has an effect beside the other values.
func (e *Effective) InForce() Values { return e.Values().inForce() }
