package gate

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormalize(t *testing.T) {
	for raw, want := range map[string]string{
		"/": "/", "/a": "/a", "/a/": "/a/", "/a/b.c": "/a/b.c", "/a%20b": "/a b", "/%61dmin": "/admin", "/a@b:c": "/a@b:c",
		"/J%C3%B6rg": "/Jörg", "/..a": "/..a", "/a..": "/a..", "/.well-known": "/.well-known", "/%7euser": "/~user",
	} {
		if got, err := normalize(raw); err != nil || got != want {
			t.Errorf("normalize(%q) = %q, %v; want %q", raw, got, err, want)
		}
	}
}

func TestNormalizeRefuses(t *testing.T) {
	for _, raw := range []string{
		"", "a", "*", "http://h/a", "//", "//a", "/a//b", "/a//", "/.", "/..", "/a/../b", "/a/./b", "/a/..", "/a/...", "/%2e%2e/a",
		"/%2E/a", "/.%2e/", "/a;b", "/a;/b", "/..;/a", "/a%3bb", "/a%2fb", "/a%2Fb", "/a%5cb", `/a\b`, "/a%00", "/a%0a", "/a%7f",
		"/a%c2%85", "/a%252e", "/a%25", "/a%", "/a%4", "/a%zz", "/a%3fb", "/a%23b", "/a#b", "/a b", "/a\x00", "/a\x80", "/a\xc3\xb6", `/a"b`,
		"/a<b", "/a^b", "/a`b", "/a{b}", "/a|b", "/%c0%ae%c0%ae/", "/%e0%80%af", "/%ff", "/%u002e", "/" + strings.Repeat("a", maxPath),
	} {
		if got, err := normalize(raw); err == nil {
			t.Errorf("normalize(%q) = %q, want a refusal", raw, got)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"/a/b", "/%2e%2e/", "/a;b", "/J%C3%B6rg", "//", "/a%252f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		path, err := normalize(raw)
		if err != nil {
			return
		}
		if !utf8.ValidString(path) || strings.ContainsAny(path, "\\;%?#\x00\r\n") || strings.Contains(path, "//") {
			t.Fatalf("%q became %q", raw, path)
		}
		for segment := range strings.SplitSeq(path[1:], "/") {
			if segment == "." || segment == ".." {
				t.Fatalf("%q became %q", raw, path)
			}
		}
		other, err := url.PathUnescape(raw)
		if err != nil || other != path {
			t.Fatalf("%q is %q to us and %q (%v) to another reader", raw, path, other, err)
		}
		again, err := normalize((&url.URL{Path: path}).EscapedPath())
		if err != nil || again != path {
			t.Fatalf("%q became %q, then %q (%v)", raw, path, again, err)
		}
	})
}
