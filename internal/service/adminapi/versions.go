package adminapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addVersions() {
	read := gate.Admin(scope.PolicyRead)
	add(a, policyOp("listSuiteVersions", http.MethodGet, "/policies/{id}/versions", "List a suite's versions, newest first", read), a.listVersions)
	add(a, policyOp("diffSuiteVersions", http.MethodGet, "/policies/{id}/diff", "Tell what changes from one version to another", read), a.diffVersions)
	add(a, policyOp("previewSuite", http.MethodGet, "/policies/{id}/preview",
		"Tell what a suite sends to a platform, and what the platform makes of it", read), a.previewSuite)
}

func (a *API) listVersions(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.SuiteVersion]], error) {
	p, err := a.Policies.Versions(ctx, caller(ctx), in.ID, in.request())
	if err != nil {
		return nil, err
	}
	admins, err := a.admins(ctx)
	return pages(p, err, func(v policy.Version) adminv1.SuiteVersion {
		return adminv1.SuiteVersion{
			Version: v.Number, Created: stamp(v.At), By: admins[v.By], Note: v.Comment, From: v.From,
			Corporate: wireValues(v.Content.Corporate), Personal: wireValues(v.Content.Personal),
		}
	})
}

func (a *API) diffVersions(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64"`
	From int    `query:"from" minimum:"1" required:"true"`
	To   int    `query:"to" minimum:"1" required:"true"`
},
) (*answer[adminv1.Page[adminv1.SuiteDiffLine]], error) {
	from, err := a.Policies.Version(ctx, caller(ctx), in.ID, in.From)
	if err != nil {
		return nil, err
	}
	to, err := a.Policies.Version(ctx, caller(ctx), in.ID, in.To)
	return reply(whole(policy.Diff(from.Content, to.Content), diffLine), err)
}

func diffLine(d policy.Difference) adminv1.SuiteDiffLine {
	return adminv1.SuiteDiffLine{
		Key: string(d.Setting), Label: title(d.Setting), Liability: string(d.Liability),
		Before: inWords(d.Setting, d.Before), After: inWords(d.Setting, d.After),
	}
}

func title(s platform.Setting) string {
	d, _ := policy.Find(s)
	return d.Title
}

// inWords writes a value for people, "" where it is not set.
func inWords(s platform.Setting, v *policy.Value) string {
	if v == nil {
		return ""
	}
	if v.Locked() {
		return plainWords(s, *v) + ", locked"
	}
	return plainWords(s, *v)
}

func plainWords(s platform.Setting, v policy.Value) string {
	d, _ := policy.Find(s)
	switch d.Kind {
	case policy.KindBool:
		if v.IsTrue() {
			return "yes"
		}
		return "no"
	case policy.KindChoice:
		i := slices.IndexFunc(d.Options, func(o policy.Option) bool { return o.Number == v.Int() })
		if i >= 0 {
			return d.Options[i].Words
		}
	case policy.KindList:
		return strings.Join(v.Texts(), ", ")
	case policy.KindFiles:
		return fileWords(v.Files())
	case policy.KindNumber:
		if v.Int() == d.None && d.None != 0 {
			return "no limit"
		}
		if d.Unit != "" {
			return v.String() + " " + d.Unit
		}
	}
	return v.String()
}

// fileWords names files, with the bytes that each is to hold.
func fileWords(files []policy.File) string {
	words := make([]string, len(files))
	for i, f := range files {
		words[i] = fmt.Sprintf("%s (%d bytes)", f.Path, len(f.Text))
		if f.Mode != "" {
			words[i] = fmt.Sprintf("%s (%s, %d bytes)", f.Path, f.Mode, len(f.Text))
		}
	}
	return strings.Join(words, ", ")
}

func (a *API) previewSuite(ctx context.Context, in *struct {
	ID        string `path:"id" maxLength:"64"`
	Platform  string `query:"platform" required:"true" maxLength:"60" doc:"A platform's key, as /platforms lists it, or its id alone."`
	Liability string `query:"liability" enum:"corporate,personal" default:"corporate"`
	Version   int    `query:"version" minimum:"0" doc:"Of the suite; 0 for the one in force."`
	Protocol  string `query:"protocol" enum:"2.5,12.0,12.1,14.0,14.1,16.0,16.1" default:"14.1"`
},
) (*answer[adminv1.SuitePreview], error) {
	c := caller(ctx)
	row, known := platform.Find(in.Platform)
	if id := platform.ID(in.Platform); !known && id.Known() {
		row, known = platform.Resolve(platform.Facts{Platform: id}), true
	}
	if !known {
		return nil, problem.New(problem.NotFound, "platform.unknown", "There is no such platform: list /platforms.")
	}
	suite, err := a.Policies.Get(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	version, err := a.Policies.Version(ctx, c, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	effective := version.Effective(suite.Name, policy.Liability(in.Liability))
	lines, err := a.Renderers.PreviewAll(effective, row, platform.ParseVersion(in.Protocol))
	return reply(adminv1.SuitePreview{
		Platform: row.Key(), Protocol: in.Protocol,
		Lines: each(lines, func(l policy.Line) adminv1.PreviewLine {
			x := adminv1.PreviewLine{
				Key: string(l.Setting), Label: title(l.Setting), Value: inWords(l.Setting, &l.Value), Fate: string(l.Fate),
				Over: string(l.Channel), Reason: l.Words,
			}
			if l.Element != "" {
				x.Sends = l.Element + " = " + l.Text
			}
			return x
		}),
	}, err)
}
