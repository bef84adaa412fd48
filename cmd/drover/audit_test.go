package main

import (
	"testing"

	"drover/api/adminv1"
)

func TestARecordSaysWhatItIsOf(t *testing.T) {
	for want, s := range map[string]adminv1.AuditSubject{
		"full-wipe 01a2":  {Kind: "command", ID: "01a2", Name: "full-wipe"},
		"command 01a2":    {Kind: "command", ID: "01a2"},
		"GT-I9300":        {Kind: "device", ID: "01a2", Name: "GT-I9300"},
		"settings portal": {Kind: "settings", ID: "portal"},
	} {
		if got := subject(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
