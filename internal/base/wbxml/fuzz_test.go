package wbxml

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func seeds(f *testing.F) {
	f.Add(policyAnswer().Encode())
	f.Add(doc("\x45\xc3\x8f\xff\xff\xff\x7f"))
	f.Add([]byte("\x03\x00\x00\x6a\x04abc\x00\x45\x83\x00\x44\x01\x031\x00\x01\x01"))
	f.Add(doc("\x45\x02\x81\x20\x01"))
}

// FuzzWalk holds that no bytes make the walker panic, run on for ever or leave its bounds.
func FuzzWalk(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		w, err := NewWalker(body)
		for steps := 0; err == nil; steps++ {
			if steps > 2*len(body)+2 {
				t.Fatal("more tokens than the bytes can carry")
			}
			if _, err = w.Next(); w.Depth() < 0 || w.Depth() > MaxDepth {
				t.Fatalf("depth is %d", w.Depth())
			}
		}
	})
}

// FuzzParse holds that whatever is read can be written and read again with the same meaning.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := Parse(body)
		if err != nil || named(first) {
			return
		}
		second, err := Parse(first.Encode())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		third, err := Parse(second.Encode())
		if err != nil {
			t.Fatalf("what was written twice cannot be read: %v", err)
		}
		if d := cmp.Diff(second, third); d != "" {
			t.Error(d)
		}
	})
}

// named reports whether the tree holds an element that only the string table names: it cannot be written again.
func named(n *Node) bool {
	if n.Tag.Token() < firstToken {
		return true
	}
	for _, c := range n.Children {
		if named(c) {
			return true
		}
	}
	return false
}
