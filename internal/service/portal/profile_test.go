package portal

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"howett.net/plist"

	"drover/internal/core/directory"
)

// TestAProfileSetsUpTheMailAccount as a foreign reader of property lists takes it, with a name that would break out of the XML.
func TestAProfileSetsUpTheMailAccount(t *testing.T) {
	me := directory.User{ID: "u-1", Name: "ann</string><true/>", Mail: "ann@example.org"}
	for _, root := range [][]byte{nil, {0x30, 0x82}} {
		text, err := plist.Marshal(profile("mdm.example.org:8443", "House & Garden", me, root), plist.XMLFormat)
		if err != nil {
			t.Fatal(err)
		}
		read := exec.CommandContext(t.Context(), "plistutil", "-i", "-", "-o", "-", "-f", "bin")
		read.Stdin = bytes.NewReader(text)
		binary, err := read.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		var seen struct {
			PayloadType, PayloadOrganization string
			PayloadContent                   []map[string]any
		}
		if _, err := plist.Unmarshal(binary, &seen); err != nil {
			t.Fatal(err)
		}
		for _, part := range seen.PayloadContent {
			delete(part, "PayloadUUID")
		}
		want := []map[string]any{{
			"PayloadType": "com.apple.eas.account", "PayloadVersion": uint64(1), "PayloadDisplayName": "House & Garden",
			"PayloadIdentifier": "drover.mdm.example.org:8443.u-1.mail", "Host": "mdm.example.org:8443", "SSL": true,
			"UserName": "ann</string><true/>", "EmailAddress": "ann@example.org",
		}}
		if root != nil {
			want = append(want, map[string]any{
				"PayloadType": "com.apple.security.root", "PayloadVersion": uint64(1), "PayloadDisplayName": "House & Garden",
				"PayloadIdentifier": "drover.mdm.example.org:8443.u-1.authority", "PayloadContent": root,
			})
		}
		if seen.PayloadType != "Configuration" || seen.PayloadOrganization != "House & Garden" || !cmp.Equal(want, seen.PayloadContent) {
			t.Errorf("%+v\n%s", seen, cmp.Diff(want, seen.PayloadContent))
		}
	}
	if a, b := profile("h", "z", me, nil), profile("h", "z", me, nil); a.UUID != b.UUID || a.UUID == a.Content[0].(account).UUID {
		t.Error("a later profile does not take the place of an earlier one")
	}
}
