package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestWhatPhonesComeInBy(t *testing.T) {
	for _, x := range []struct{ args, token, fault string }{
		{"--password secret", "", ""},
		{"", "", "--password"},
		{"--no-mail --invitation https://zone.example.org/companion/v1/start#to-ken", "to-ken", ""},
		{"--no-mail --invitation to-ken", "to-ken", ""},
		{"--no-mail --invitation=-to-ken", "-to-ken", ""},
		{"--no-mail", "", "--password"},
		{"--companion --invitation to-ken", "", "--password"},
		{"--companion --invitation to-ken --password secret", "to-ken", ""},
		{"--invitation to-ken --password secret", "", "--no-mail"},
	} {
		var c commands
		parser, err := kong.New(&c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = parser.Parse(append([]string{"phones", "--url", "https://zone.example.org"}, strings.Fields(x.args)...))
		switch {
		case x.fault == "" && (err != nil || c.Phones.token() != x.token):
			t.Errorf("%s: %q, %v", x.args, c.Phones.token(), err)
		case x.fault != "" && (err == nil || !strings.Contains(err.Error(), x.fault)):
			t.Errorf("%s: %v", x.args, err)
		}
	}
}
