package easclient

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestCodePagesAgainstLibwbxml has libwbxml name every tag of every page: a slip in the tables would otherwise be
// invisible, since encoder and decoder share them.
func TestCodePagesAgainstLibwbxml(t *testing.T) {
	for c, tag := range pages.names {
		space, name := pages.lookup(c)
		frame, err := Encode(el("Provision:Provision", txt(space+":"+tag.Name, "x")))
		if err != nil {
			t.Fatalf("%s:%s: %v", space, name, err)
		}
		if err := CrossDecode(t.Context(), frame); err != nil {
			t.Errorf("page %d token %#02x: %v", c.page, c.token, err)
		}
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	tests := []struct{ name, frame, want string }{
		{"initial FolderSync", "03016A00 0007 56 52 033000 01 01", `FolderHierarchy:FolderSync{SyncKey="0"}`},
		{"string table", "03 00 00 6A 06 4142004344 00 0007 56 52 83 03 01 01", `FolderHierarchy:FolderSync{SyncKey="CD"}`},
		{"opaque", "03016A00 0015 45 50 C3 03 610062 01 01", `ComposeMail:SendMail{MIME="a\x00b"}`},
		{"entity", "03016A00 0007 56 52 02 8120 01 01", `FolderHierarchy:FolderSync{SyncKey="` + "\u00a0" + `"}`},
		{"unknown tag", "03016A00 000E 45 3F 01", `Provision:Provision{0x3F}`},
		{"unknown page", "03016A00 0063 45 46 033100 01 01", `Page99:0x05{0x06="1"}`},
		{"wipe of 16.1", "03016A00 000E 45 7B 4B 033100 01 01 01", `Provision:Provision{AccountOnlyRemoteWipe{Status="1"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode(unhex(t, tt.frame))
			if err != nil {
				t.Fatal(err)
			}
			if strings.ReplaceAll(got.String(), `\u00a0`, "\u00a0") != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			frame, err := Encode(got)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Decode(frame)
			if err != nil || !again.Equal(got) {
				t.Errorf("encoded and decoded again: %s, %v", again, err)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	nested := "03016A00 " + strings.Repeat("45", maxDepth+1) + strings.Repeat("01", maxDepth+1)
	tests := []struct{ name, frame string }{
		{"nothing", ""},
		{"header alone", "03016A00"},
		{"cut inside a string", "03016A00 0007 56 52 0330"},
		{"cut before the last END", "03016A00 0007 56 52 033000 01"},
		{"opaque longer than the frame", "03016A00 0015 45 50 C3 8FFFFFFF7F 01 01"},
		{"integer over 32 bits", "03016A00 0015 45 50 C3 FFFFFFFFFF7F 01 01"},
		{"string reference outside the table", "03016A00 0007 56 52 83 05 01 01"},
		{"attributes", "03016A00 0007 D6 01 01"},
		{"other charset", "03010400 0007 56 01"},
		{"END first", "03016A00 01"},
		{"text first", "03016A00 033000"},
		{"two roots", "03016A00 05 05"},
		{"nested too deep", nested},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := Decode(unhex(t, tt.frame)); err == nil {
				t.Errorf("got %s, want an error", got)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, n := range []*Node{
		el("Provision:NoSuchTag"), el("NoSuchSpace:Status"), el("Page14:0x04"), el("Page14:0x40"),
		txt("Provision:Status", "a\x00b"),
	} {
		if frame, err := Encode(n); err == nil {
			t.Errorf("%s: got % x, want an error", n, frame)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(unhex(f, "03016A0000075652033000 01 01"))
	f.Add(unhex(f, "0300006A06414200434400000756528303 01 01"))
	f.Fuzz(func(t *testing.T, frame []byte) {
		root, err := Decode(frame)
		if err != nil {
			return
		}
		again, err := Encode(root)
		if err != nil {
			return // an entity for NUL, for example: this client does not send it
		}
		if got, err := Decode(again); err != nil || !got.Equal(root) {
			t.Fatalf("%s became %s, %v", root, got, err)
		}
	})
}
