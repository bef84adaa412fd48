package activesync

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vector is the example of MS-ASHTTP: 14.0, Sync, locale 0x0409, device "v140Device", no key, "SmartPhone".
const vector = "jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l"

func TestTheVectorOfTheSpecification(t *testing.T) {
	got, err := ParseQuery(vector)
	if err != nil {
		t.Fatal(err)
	}
	want := Query{Raw: vector, Base64: true, Command: Sync, Version: V140, DeviceID: "v140Device", DeviceType: "SmartPhone"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// keyLine is 14.1, FolderSync, locale 0x0409, device ">>>???", key 0xFFFFFFFE, type "SP", User "a", and needs all of "+", "/" and "=".
const keyLine = "jQkJBAY+Pj4/Pz8E/v///wJTUAgBYQ=="

func TestMisspeltBase64(t *testing.T) {
	want := Query{
		Base64: true, Command: FolderSync, Version: V141, DeviceID: ">>>???", DeviceType: "SP",
		User: "a", PolicyKey: 0xFFFFFFFE, KeyField: true,
	}
	for name, raw := range map[string]string{
		"as it should be":      keyLine,
		"percent-encoded":      "jQkJBAY%2BPj4%2FPz8E%2fv%2f%2f%2fwJTUAgBYQ%3D%3D",
		"plus as space":        strings.ReplaceAll(keyLine, "+", "%20"),
		"URL-safe":             strings.NewReplacer("+", "-", "/", "_").Replace(keyLine),
		"unpadded":             strings.TrimRight(keyLine, "="),
		"half padded":          strings.TrimSuffix(keyLine, "="),
		"URL-safe, unpadded":   strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(keyLine), "="),
		"folded at a line end": keyLine[:8] + "%0D%0A" + keyLine[8:],
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseQuery(raw)
			if err != nil {
				t.Fatal(err)
			}
			want.Raw = raw
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPlainQueries(t *testing.T) {
	for raw, want := range map[string]Query{
		"Cmd=Sync&User=alice&DeviceId=abc&DeviceType=SP":              {Command: Sync, User: "alice", DeviceID: "abc", DeviceType: "SP"},
		"deviceid=abc&DEVICETYPE=SP&user=a%40b&CMD=foldersync":        {Command: FolderSync, User: "a@b", DeviceID: "abc", DeviceType: "SP"},
		"Cmd=SendMail&DeviceId=abc&SaveInSent=T":                      {Command: SendMail, DeviceID: "abc"},
		"Cmd=Ping&User=DOM%5Calice&DeviceId=a&DeviceType=Pocket+PC":   {Command: Ping, User: `DOM\alice`, DeviceID: "a", DeviceType: "Pocket PC"},
		"Cmd=GetAttachment&DeviceId=a&AttachmentName=x%3D%3D&User=al": {Command: GetAttachment, DeviceID: "a", User: "al"},
		"Cmd=GetHierarchy&DeviceId=a":                                 {Command: GetHierarchy, DeviceID: "a"},
	} {
		got, err := ParseQuery(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		want.Raw = raw
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", raw, d)
		}
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"nothing":                 {"", errQuery},
		"no command":              {"User=a&DeviceId=b", errCommand},
		"unknown command":         {"Cmd=Erase&DeviceId=b", errCommand},
		"no device":               {"Cmd=Sync&User=a", errDevice},
		"device with a line end":  {"Cmd=Sync&User=a&DeviceId=b%0d%0ax", errDevice},
		"device too long":         {"Cmd=Sync&User=a&DeviceId=" + strings.Repeat("d", 65), errDevice},
		"two users":               {"Cmd=Sync&User=a&User=b&DeviceId=c", errQuery},
		"two devices":             {"Cmd=Sync&DeviceId=a&deviceid=b", errQuery},
		"two commands":            {"Cmd=Sync&cmd=Ping&DeviceId=a", errQuery},
		"user with a NUL":         {"Cmd=Sync&User=a%00&DeviceId=b", errQuery},
		"broken percent":          {"Cmd=Sync&User=%zz&DeviceId=b", errQuery},
		"too long":                {"Cmd=Sync&DeviceId=b&x=" + strings.Repeat("x", maxQuery), errQuery},
		"base64 cut in the key":   {keyLine[:16], errQuery},
		"base64 with a short key": {"jQkJBAFhAgECAVM=", errQuery},
		"base64 of 12.0":          {"eAkJBAFhAAFT", errQuery},
		"version byte of 145":     {"kQkJBAFhAAFT", errQuery},
		"base64 unknown command":  {"jWMJBAFhAAFT", errCommand},
		"base64 without a device": {"jQkJBAAAAVM=", errDevice},
		"not base64":              {"%%%", errQuery},
	} {
		if _, err := ParseQuery(c.raw); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestAGUIDInBinaryIsSpeltAsInThePlainForm(t *testing.T) {
	raw := "jQkJBAQA/wECAAJTUA==" // device 00 FF 01 02
	got, err := ParseQuery(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got.DeviceID != "00FF0102" {
		t.Errorf("device is %q", got.DeviceID)
	}
}

func TestAnotherPolicyKeyInABase64Query(t *testing.T) {
	for _, raw := range []string{vector, keyLine} {
		q, err := ParseQuery(raw)
		if err != nil {
			t.Fatal(err)
		}
		text, err := q.withPolicyKey(77)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		q.Raw, q.PolicyKey, q.KeyField = text, 77, true
		if d := cmp.Diff(q, got); d != "" {
			t.Error(d)
		}
	}
}

func TestPolicyKeyHeader(t *testing.T) {
	for header, want := range map[string]uint32{"": 0, "0": 0, "4294967295": 4294967295, " 12 ": 12} {
		if got, err := policyKey(header); err != nil || got != want {
			t.Errorf("%q: got %d, %v", header, got, err)
		}
	}
	for _, header := range []string{"-1", "4294967296", "x", "0x10"} {
		if _, err := policyKey(header); err == nil {
			t.Errorf("%q was accepted", header)
		}
	}
}

// FuzzParseQuery holds that no request line panics or gets a device past the bounds, and that a line with another key
// says the same otherwise.
func FuzzParseQuery(f *testing.F) {
	f.Add(vector)
	f.Add(keyLine)
	f.Add("Cmd=Sync&User=alice&DeviceId=abc&DeviceType=SP")
	f.Add("jQkJBAY%2BPj4%2FPz8E%2fv")
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := ParseQuery(raw)
		if err != nil {
			return
		}
		if q.Raw != raw || q.DeviceID == "" || len(q.DeviceID) > maxDevice || !printable(q.DeviceID) || !printable(q.DeviceType) {
			t.Fatalf("%+v", q)
		}
		if !q.Base64 {
			return
		}
		text, err := q.withPolicyKey(1)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		q.Raw, q.PolicyKey, q.KeyField = text, 1, true
		if d := cmp.Diff(q, again); d != "" {
			t.Error(d)
		}
	})
}

// TestAMisspeltLineIsMendedOnItsWay: what came as the specification asks goes on byte for byte, anything else in the
// standard alphabet and padded.
func TestAMisspeltLineIsMendedOnItsWay(t *testing.T) {
	// Bytes whose standard form has +, / and padding in it.
	const standard = "jQAJBAf++/7/+vv6BAECAwQCV1AB"
	want := standard + "AGE="
	for _, raw := range []string{
		want, strings.TrimRight(want, "="), strings.NewReplacer("+", "-", "/", "_").Replace(want),
		strings.ReplaceAll(want, "+", "%20"), url.QueryEscape(want), strings.ReplaceAll(want, "+", " "),
	} {
		if got := (Query{Raw: raw, Base64: true}).forward(); got != want {
			t.Errorf("%q goes on as %q, want %q", raw, got, want)
		}
	}
	plain := "Cmd=Sync&User=a+b&DeviceId=x"
	if got := (Query{Raw: plain}).forward(); got != plain {
		t.Errorf("a plain line goes on as %q", got)
	}
}
