package adminapi

import (
	"context"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/release"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// checkTime is how long a check for updates may take: two requests to a slow host.
const checkTime = 45 * time.Second

func (a *API) addUpdates() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "zone", summary: summary, who: gate.Admin(right)}
	}
	add(a, op("getUpdates", http.MethodGet, "/updates", "Tell whether a newer version is known, and how the check for it stands", scope.SettingRead), a.getUpdates)
	set := op("setUpdates", http.MethodPut, "/updates", "Change whether and where newer versions are asked for", scope.SettingEdit)
	set.words, set.body = "What was answered before is forgotten; the serial number is not, while the key stays.", 96<<10
	add(a, set, a.setUpdates)
	check := op("checkUpdates", http.MethodPost, "/updates/check", "Ask for newer versions at once", scope.SettingEdit)
	check.words, check.time = "Refused while the check is off. Nothing is downloaded or installed.", checkTime
	add(a, check, a.checkUpdates)
}

func (a *API) getUpdates(ctx context.Context, _ *none) (*tagged[adminv1.Updates], error) {
	s, err := a.Updates.State(ctx, caller(ctx))
	return tag(s.Version, wireUpdates(s), err)
}

func (a *API) setUpdates(ctx context.Context, in *struct {
	Seen
	Body adminv1.UpdateCheck
},
) (*tagged[adminv1.Updates], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	if err := a.Updates.Set(ctx, caller(ctx), release.Config(in.Body), version); err != nil {
		return nil, err
	}
	return a.getUpdates(ctx, nil)
}

func (a *API) checkUpdates(ctx context.Context, _ *none) (*tagged[adminv1.Updates], error) {
	if err := a.Updates.Check(ctx, caller(ctx)); err != nil {
		return nil, err
	}
	return a.getUpdates(ctx, nil)
}

func wireUpdates(s release.State) adminv1.Updates {
	return adminv1.Updates{
		UpdateCheck: adminv1.UpdateCheck(s.Config), Running: s.Running, Comparable: s.Comparable(), Checked: stamp(s.Checked), OK: s.OK, Said: s.Said,
		Due: stamp(s.Due), Answered: stamp(s.Answered), Serial: s.Manifest.Serial, Expires: stamp(s.Manifest.Expires), Security: s.Security(),
		Newer: each(s.Newer(), wireRelease),
	}
}

func wireRelease(r release.Release) adminv1.Release {
	return adminv1.Release{
		Version: r.Version, Date: r.Date, Security: r.Security, Notes: r.Notes,
		Files: each(r.Files, func(f release.File) adminv1.ReleaseFile { return adminv1.ReleaseFile(f) }),
	}
}

// outdated tells whoever may know that a newer version mends faults of security.
func (a *API) outdated(ctx context.Context, c scope.Caller) ([]adminv1.Note, error) {
	if c.Require(scope.SettingRead) != nil && c.Require(scope.SecurityRead) != nil {
		return nil, nil
	}
	s, err := a.Updates.State(ctx, c)
	if err != nil || !s.Config.Enabled || !s.Security() {
		return nil, err
	}
	return []adminv1.Note{{
		Code: "update.security", Title: "A newer version with security fixes is there",
		Text: "Drover " + s.Newer()[0].Version + " is out, and this is " + s.Running + ". Drover does not install it by itself.",
	}}, nil
}
