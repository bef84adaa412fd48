package main

import (
	"context"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type policyAssignments struct {
	remote
	Limit int `default:"100" help:"The most rows; 0 for all."`
}

// Run lists assignments.
func (p *policyAssignments) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Assignment]{
		path: "/policy-assignments", limit: p.Limit, empty: "No suite is in force for anybody.",
		heads: []string{"KIND", "FOR", "SUITE", "PRIORITY", "SINCE"},
		row: func(x adminv1.Assignment) []string {
			return []string{x.Kind, x.Target.Name, x.Suite.Name, count(x.Priority), since(x.At)}
		},
	}.print(ctx, s)
}

type policyVersions struct {
	oneSuite
	Limit int `default:"100" help:"The most rows; 0 for all."`
}

// Run lists versions.
func (p *policyVersions) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.SuiteVersion]{
		path: client.Path("policies", id, "versions"), limit: p.Limit, empty: "There is no version.",
		heads: []string{"VERSION", "MADE", "BY", "NOTE"},
		row: func(x adminv1.SuiteVersion) []string {
			return []string{count(x.Version), since(x.Created), x.By, x.Note}
		},
	}.print(ctx, s)
}

type policyDiff struct {
	oneSuite
	From int `required:"" help:"The older version."`
	To   int `required:"" help:"The newer version."`
}

// Run compares two versions.
func (p *policyDiff) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{
		Method: get, Path: client.Path("policies", id, "diff"), Query: query("from", count(p.From), "to", count(p.To)),
	})
	if err != nil {
		return err
	}
	return show(s, res, func(d adminv1.Page[adminv1.SuiteDiffLine]) error {
		if len(d.Items) == 0 {
			return s.say("The versions say the same.")
		}
		for _, x := range d.Items {
			if err := s.say("%s (%s): %s -> %s", x.Key, x.Liability, orNothing(x.Before), orNothing(x.After)); err != nil {
				return err
			}
		}
		return nil
	})
}

func orNothing(text string) string {
	if text == "" {
		return "not set"
	}
	return text
}

type policyPreview struct {
	oneSuite
	Platform  string `required:"" help:"Platform, as \"drover policy platforms\" lists it."`
	Liability string `enum:"corporate,personal" default:"corporate" help:"corporate or personal."`
	Protocol  string `default:"14.1" help:"ActiveSync version."`
	Version   int    `help:"Version of the suite; the one in force without it."`
}

// Run previews a suite on a platform.
func (p *policyPreview) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	q := query("platform", p.Platform, "liability", p.Liability, "protocol", p.Protocol)
	if p.Version > 0 {
		q.Set("version", count(p.Version))
	}
	res, err := s.Do(ctx, client.Request{Method: get, Path: client.Path("policies", id, "preview"), Query: q})
	if err != nil {
		return err
	}
	return show(s, res, s.printPreview)
}

func (s *session) printPreview(p adminv1.SuitePreview) error {
	t := table.New("SETTING", "VALUE", "FATE", "OVER", "SENDS", "WHY")
	for _, l := range p.Lines {
		t.Row(l.Key, l.Value, l.Fate, l.Over, l.Sends, l.Reason)
	}
	return t.Write(s.out, "Nothing is sent to this platform.")
}

type policyRollback struct {
	oneSuite
	Version int    `arg:"" help:"The version whose words come back."`
	Note    string `help:"Why, for people."`
}

// Run makes an old version the newest.
func (p *policyRollback) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	_, old, err := client.Read[adminv1.SuiteDetail](ctx, s.Client, client.Path("policies", id), nil)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{
		Method: post, Path: client.Path("policies", id, "rollback"), ETag: old.ETag,
		Body: adminv1.RollBack{Version: p.Version, Note: p.Note},
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printSuite)
}

type policyRetire struct{ oneSuite }

// Run retires a suite.
func (p *policyRetire) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("policies", id), nil, "retired policy suite %s", p.Suite)
}

type policyPresets struct{ remote }

// Run lists presets.
func (p *policyPresets) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Preset]{
		path: "/policy-presets", empty: "There is no preset.", heads: []string{"PRESET", "NAME", "DESCRIPTION"},
		row: func(x adminv1.Preset) []string {
			first, _, _ := strings.Cut(x.Description, ". ")
			return []string{x.ID, x.Name, strings.TrimSuffix(first, ".")}
		},
	}.print(ctx, s)
}

type policySettings struct{ remote }

// Run lists settings.
func (p *policySettings) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.SettingSpec]{
		path: "/policy-settings", empty: "There is no setting.", heads: []string{"SETTING", "KIND", "DEFAULT", "UNIT", "TITLE"},
		row: func(x adminv1.SettingSpec) []string {
			return []string{x.Key, x.Kind, compact(x.Default), x.Unit, x.Title}
		},
	}.print(ctx, s)
}

type policyPlatforms struct{ remote }

// Run lists platforms.
func (p *policyPlatforms) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Platform]{
		path: "/platforms", empty: "There is no platform.", heads: []string{"PLATFORM", "NAME", "CONNECTION"},
		row: func(x adminv1.Platform) []string { return []string{x.Key, x.Label, x.Connection} },
	}.print(ctx, s)
}
