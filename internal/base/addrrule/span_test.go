package addrrule

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestSpans(t *testing.T) {
	for text, want := range map[string]struct{ in, out []string }{
		"192.0.2.7":              {[]string{"192.0.2.7", "::ffff:192.0.2.7"}, []string{"192.0.2.8", "::c000:207"}},
		" 10.0.0.0/8 ":           {[]string{"10.0.0.0", "10.255.255.255"}, []string{"9.255.255.255", "11.0.0.0", "a00::"}},
		"192.0.2.1 - 192.0.2.9":  {[]string{"192.0.2.1", "192.0.2.9"}, []string{"192.0.2.0", "192.0.2.10"}},
		"::ffff:10.1.0.0/112":    {[]string{"10.1.2.3"}, []string{"10.2.0.0"}},
		"::ffff:10.0.0.1":        {[]string{"10.0.0.1"}, []string{"10.0.0.2"}},
		"2001:db8::/33":          {[]string{"2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1%eth0"}, []string{"2001:db8:8000::", "2001:db7:ffff::"}},
		"::/0":                   {[]string{"::", "2001:db8::1"}, []string{"10.0.0.1", "::ffff:10.0.0.1"}},
		"::/80":                  {[]string{"::", "::fffe:ffff:ffff"}, []string{"10.0.0.1", "::1:0:0:0"}},
		"0.0.0.0/0":              {[]string{"0.0.0.0", "255.255.255.255"}, []string{"::"}},
		"2001:db8::1-2001:db8::": {},
		"10.0.0.1-2001:db8::":    {},
		"10.0.0.1/8":             {},
		"::ffff:0.0.0.0/95":      {},
		"fe80::1%eth0":           {},
		"host.example.org":       {},
		"":                       {},
		"10.0.0.0/33":            {},
		"10.0.0.1-":              {},
	} {
		s, err := ParseSpan(text)
		if (err == nil) != (want.in != nil) {
			t.Errorf("ParseSpan(%q): %v", text, err)
			continue
		}
		for _, a := range want.in {
			if !s.Contains(netip.MustParseAddr(a)) {
				t.Errorf("%q does not hold %s", text, a)
			}
		}
		for _, a := range want.out {
			if s.Contains(netip.MustParseAddr(a)) {
				t.Errorf("%q holds %s", text, a)
			}
		}
	}
	if (Span{}).Contains(netip.Addr{}) || (Span{}).Contains(netip.MustParseAddr("::")) {
		t.Error("the zero span holds something")
	}
}

// TestSpansOfNetworksAreTheNetworks compares with the standard library's own reading.
func TestSpansOfNetworksAreTheNetworks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{4, 16}).Draw(t, "octets")
		draw := func(name string) netip.Addr {
			a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, name))
			return a
		}
		p := netip.PrefixFrom(draw("network"), rapid.IntRange(0, size*8).Draw(t, "bits")).Masked()
		if p.Addr().Is4In6() {
			return
		}
		s, err := ParseSpan(p.String())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []netip.Addr{draw("other"), p.Addr(), s.Last, s.Last.Next(), p.Addr().Prev()} {
			if a.IsValid() && !a.Is4In6() && s.Contains(a) != p.Contains(a) {
				t.Fatalf("%s of %s: %v", a, p, s.Contains(a))
			}
		}
	})
}

func FuzzParseSpan(f *testing.F) {
	for _, text := range []string{"10.0.0.0/8", "::ffff:10.0.0.0/104", "192.0.2.1-192.0.2.9", "2001:db8::/32", "::/80", "-", "/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpan(text)
		if err == nil && (!s.Contains(s.First) || !s.Contains(s.Last) || s.First.Is4In6()) {
			t.Errorf("%q became %v", text, s)
		}
	})
}
