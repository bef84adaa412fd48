package easclient

import "testing"

func TestQuery(t *testing.T) {
	sync := query{command: "Sync", user: "a@b", deviceID: "v140Device", deviceType: "SmartPhone", version: V140}
	keyed := sync
	keyed.policyKey = "3955161274" // BA F8 BE EB on the wire
	sent := query{
		command: "SendMail", user: "u", deviceID: "d", deviceType: "t", version: V121,
		more: []Param{{"SaveInSent", "T"}, {"CollectionId", "5"}},
	}
	tests := []struct {
		name string
		q    query
		form Form
		want string
	}{
		{"the example of MS-ASHTTP", sync, Base64, "jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l"},
		{"plain", sync, Plain, "Cmd=Sync&User=a%40b&DeviceId=v140Device&DeviceType=SmartPhone"},
		{"reversed", sync, PlainReversed, "DeviceType=SmartPhone&DeviceId=v140Device&User=a%40b&Cmd=Sync"},
		{"lower", sync, PlainLower, "cmd=Sync&user=a%40b&deviceid=v140Device&devicetype=SmartPhone"},
		{"key", keyed, Base64, "jAAJBAp2MTQwRGV2aWNlBLr4vusKU21hcnRQaG9uZQ=="},
		{"key without padding", keyed, Base64NoPad, "jAAJBAp2MTQwRGV2aWNlBLr4vusKU21hcnRQaG9uZQ"},
		{"escaped", keyed, Base64Escaped, "jAAJBAp2MTQwRGV2aWNlBLr4vusKU21hcnRQaG9uZQ%3D%3D"},
		{"options and parameters", sent, Base64, "eQEJBAFkAAF0BwEBAQE1"},
		{"user", sent, Base64User, "eQEJBAFkAAF0CAF1BwEBAQE1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.q.encode(tt.form)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestMisspeltPlus uses a device id whose base64 holds both characters that are misspelt.
func TestMisspeltPlus(t *testing.T) {
	q := query{command: "Ping", deviceID: "~~~~???>>>", deviceType: "t", version: V141}
	for form, want := range map[Form]string{
		Base64:        "jRIJBAp+fn5+Pz8/Pj4+AAF0",
		Base64Space:   "jRIJBAp%20fn5%20Pz8/Pj4%20AAF0",
		Base64URL:     "jRIJBAp-fn5-Pz8_Pj4-AAF0",
		Base64Escaped: "jRIJBAp%2Bfn5%2BPz8%2FPj4%2BAAF0",
	} {
		if got, err := q.encode(form); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", form, got, err, want)
		}
	}
}

func TestQueryRefuses(t *testing.T) {
	good := query{command: "Sync", deviceID: "d", deviceType: "t", version: V121}
	for name, spoil := range map[string]func(*query){
		"version 12.0":      func(q *query) { q.version = V120 },
		"unknown command":   func(q *query) { q.command = "Dance" },
		"key over 32 bits":  func(q *query) { q.policyKey = "4294967296" },
		"unknown parameter": func(q *query) { q.more = []Param{{"Colour", "red"}} },
		"long device id":    func(q *query) { q.deviceID = string(make([]byte, 256)) },
	} {
		q := good
		spoil(&q)
		if got, err := q.encode(Base64); err == nil {
			t.Errorf("%s: got %s, want an error", name, got)
		}
	}
}
