package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"drover/api/adminv1"
)

// What --if takes is what the list of rules shows.
func TestConditionsAreReadAsTheyAreShown(t *testing.T) {
	list := []string{"platform is linux|windows", "attribute.site is-not Vienna West", "address within 2001:db8::/32", "serial untold"}
	got, err := readConditions(list)
	want := []adminv1.RegistrationCondition{
		{Fact: "platform", Test: "is", Values: []string{"linux", "windows"}},
		{Fact: "attribute", Name: "site", Test: "is-not", Values: []string{"Vienna West"}},
		{Fact: "address", Test: "within", Values: []string{"2001:db8::/32"}},
		{Fact: "serial", Test: "untold"},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	if said := saidConditions(got); said != "platform is linux|windows; attribute.site is-not Vienna West; address within 2001:db8::/32; serial untold" {
		t.Error(said)
	}
	if _, err := readConditions([]string{"linux"}); err == nil {
		t.Error("half a condition is taken")
	}
}
