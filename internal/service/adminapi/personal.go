package adminapi

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"drover/api/adminv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

// isLook is said of operations that show personal data.
const isLook = "The look is recorded with its reason, which the owner sees."

func (a *API) addPersonal() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "personal", summary: summary, who: gate.Admin(right)}
	}
	add(a, op("getRetention", http.MethodGet, "/personal/retention", "Read how long personal data is kept", scope.SettingRead), a.getRetention)
	keep := op("setRetention", http.MethodPut, "/personal/retention", "Change how long personal data is kept", scope.PrivacyEdit)
	keep.words = "What is older than a shorter time is deleted within the hour."
	add(a, keep, a.setRetention)
	add(a, op("listDeletions", http.MethodGet, "/personal/deletions", "List the proofs of what was deleted for its age, newest first", scope.AuditRead), a.listDeletions)
	add(a, op("listHolds", http.MethodGet, "/personal/holds", "List the legal holds, those that stand first", scope.PrivacyEdit), a.listHolds)
	place := op("placeHold", http.MethodPost, "/personal/holds", "Keep everything of a user from being deleted", scope.PrivacyEdit)
	place.status, place.words = http.StatusCreated, "The user is not told."
	add(a, place, a.placeHold)
	add(a, op("liftHold", http.MethodPost, "/personal/holds/{id}/lift", "End a legal hold", scope.PrivacyEdit), a.liftHold)
	add(a, op("listStock", http.MethodGet, "/devices/{id}/personal", "Tell what is kept of a device's user, without a look at it", scope.DeviceRead), a.listStock)
	look := op("lookAtEntries", http.MethodPost, "/devices/{id}/personal/look", "Look at what a device has told of its user", scope.UserPersonalRead)
	look.words = isLook
	add(a, look, a.lookAtEntries)
	file := op("lookAtFile", http.MethodPost, "/personal/files/{id}/look", "Fetch the copy of a file of a device", scope.UserPersonalRead)
	file.words, file.csv, file.time = isLook, "application/octet-stream", gate.Held
	add(a, file, a.lookAtFile)
	add(a, op("listLooks", http.MethodGet, "/users/{id}/looks", "List who has looked at a user's data, newest first", scope.AuditRead), a.listLooks)
	export := op("exportUser", http.MethodPost, "/users/{id}/export", "Fetch everything that is kept of a user, as a ZIP archive", scope.UserPersonalRead)
	export.words, export.csv, export.time = isLook+" It needs the right in the whole zone.", "application/zip", gate.Held
	add(a, export, a.exportUser)
}

func wireRetention(r journal.Rules) adminv1.Retention {
	return adminv1.Retention{LocationHistory: r.LocationHistory, Kinds: each(journal.Catalogue(), func(d journal.Description) adminv1.RetentionOfKind {
		return adminv1.RetentionOfKind{Kind: string(d.Kind), Words: d.Words, Days: int(r.Keeps(d) / (24 * time.Hour))}
	})}
}

func (a *API) getRetention(ctx context.Context, _ *none) (*tagged[adminv1.Retention], error) {
	r, version, err := a.Journal.Rules(ctx, caller(ctx))
	return tag(version, wireRetention(r), err)
}

func (a *API) setRetention(ctx context.Context, in *struct {
	Seen
	Body adminv1.RetentionDraft
},
) (*tagged[adminv1.Retention], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	r := journal.Rules{Days: make(map[journal.Kind]int, len(in.Body.Days)), LocationHistory: in.Body.LocationHistory}
	for k, n := range in.Body.Days {
		r.Days[journal.Kind(k)] = n
	}
	err = a.Journal.SetRules(ctx, caller(ctx), r, version)
	return tag(version+1, wireRetention(r), err)
}

func (a *API) listDeletions(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Deletion]], error) {
	list, err := a.Journal.Deletions(ctx, caller(ctx))
	return reply(whole(list, func(d journal.Deletion) adminv1.Deletion {
		return adminv1.Deletion{
			ID: d.ID, Kind: string(d.Kind), At: stamp(d.At), Entries: d.Entries, Oldest: stamp(d.Oldest), Newest: stamp(d.Newest),
			Digest: hex.EncodeToString(d.Digest),
		}
	}), err)
}

func (a *API) listHolds(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Hold]], error) {
	list, err := a.Journal.Holds(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	turn, err := a.wireHold(ctx, list)
	return reply(whole(list, turn), err)
}

func (a *API) wireHold(ctx context.Context, list []journal.Hold) (func(journal.Hold) adminv1.Hold, error) {
	x, err := a.actors(ctx, each(list, func(h journal.Hold) string { return h.Owner })...)
	return func(h journal.Hold) adminv1.Hold {
		return adminv1.Hold{
			ID: h.ID, User: x.users.ref(h.Owner), Reason: h.Reason, Placed: stamp(h.Placed), PlacedBy: x.admins.ref(h.PlacedBy),
			Lifted: stamp(h.Lifted), LiftedBy: x.admins.ref(h.LiftedBy),
		}
	}, err
}

func (a *API) placeHold(ctx context.Context, in *with[adminv1.HoldDraft]) (*answer[adminv1.Hold], error) {
	if _, err := a.Directory.Get(ctx, caller(ctx), in.Body.User); err != nil {
		return nil, err
	}
	h, err := a.Journal.PlaceHold(ctx, caller(ctx), in.Body.User, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	turn, err := a.wireHold(ctx, []journal.Hold{h})
	return reply(turn(h), err)
}

func (a *API) liftHold(ctx context.Context, in *byID) (*none, error) {
	return done(a.Journal.LiftHold(ctx, caller(ctx), in.ID))
}

func (a *API) listStock(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.Stock]], error) {
	d, err := a.Devices.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	list, err := a.Journal.Stocks(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	e, err := a.Effective(ctx, d)
	if err != nil {
		return nil, err
	}
	kept := map[journal.Kind]journal.Stock{}
	for _, x := range list {
		kept[x.Kind] = x
	}
	row := platform.Resolve(d.PlatformFacts())
	shown := slices.DeleteFunc(journal.Catalogue(), func(d journal.Description) bool {
		return !d.Kind.Concerns(row) && kept[d.Kind].Entries == 0
	})
	return reply(whole(shown, func(d journal.Description) adminv1.Stock {
		x := kept[d.Kind]
		from, _ := e.LayerOf(e.Get(d.Setting))
		return adminv1.Stock{
			From: adminv1.Ref{ID: from.Suite, Name: from.SuiteName},
			Kind: string(d.Kind), Words: d.Words, Asked: journal.AskOf(e, d.Kind).Wanted, Entries: x.Entries, Size: x.Size,
			Oldest: stamp(x.Oldest), Newest: stamp(x.Newest),
		}
	}), nil)
}

func (a *API) lookAtEntries(ctx context.Context, in *idWith[adminv1.LookDraft]) (*answer[adminv1.Page[adminv1.PersonalEntry]], error) {
	b := in.Body
	from, err := moment(b.From)
	if err != nil {
		return nil, problem.From(err).WithField("from")
	}
	until, err := moment(b.Until)
	if err != nil {
		return nil, problem.From(err).WithField("until")
	}
	p, err := a.Privacy.Entries(ctx, caller(ctx), journal.Query{
		Device: in.ID, Kind: journal.Kind(b.Kind), From: from, Until: until, Request: page.Request{Limit: b.Limit, After: b.Cursor},
	}, b.Reason)
	if err != nil {
		return nil, err
	}
	out := adminv1.Page[adminv1.PersonalEntry]{Items: []adminv1.PersonalEntry{}, Next: p.Next}
	for _, e := range p.Items {
		x, err := wireEntry(e)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, x)
	}
	return reply(out, nil)
}

func wireEntry(e journal.Entry) (adminv1.PersonalEntry, error) {
	out := adminv1.PersonalEntry{ID: e.ID, At: stamp(e.At), Received: stamp(e.Received), Size: e.Size}
	into := map[journal.Kind]any{
		journal.Location: &out.Position, journal.PhoneLog: &out.Call, journal.TextLog: &out.Text, journal.DeviceLog: &out.Lines,
		journal.File: &out.File, journal.SignIn: &out.Happening, journal.Elevation: &out.Happening, journal.USB: &out.Happening,
	}[e.Kind]
	if err := json.Unmarshal(e.Body, into); err != nil {
		return out, fmt.Errorf("read an entry of the journal: %w", err)
	}
	return out, nil
}

func (a *API) lookAtFile(ctx context.Context, in *idWith[adminv1.Reason]) (*huma.StreamResponse, error) {
	e, write, err := a.Privacy.File(ctx, caller(ctx), in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return openapi.Stream(ctx, a.Log, "application/octet-stream", e.ID+".bin", write), nil // the device's name for it stands in the entry
}

func (a *API) listLooks(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.Look]], error) {
	if _, err := a.Directory.Get(ctx, caller(ctx), in.ID); err != nil {
		return nil, err
	}
	p, err := a.Privacy.Looks(ctx, caller(ctx), in.ID, in.request())
	if err != nil {
		return nil, err
	}
	devices, err := a.devices(ctx, each(p.Items, func(l privacy.Look) string { return l.Device })...)
	if err != nil {
		return nil, err
	}
	x, err := a.actors(ctx)
	return reply(uncounted(p.Items, p.Next, func(l privacy.Look) adminv1.Look {
		return adminv1.Look{
			ID: l.ID, At: stamp(l.At), By: x.actor(l.ByKind, l.By), Device: devices.ref(l.Device), Kind: l.Kind, Reason: l.Reason, Entries: l.Entries,
		}
	}), err)
}

func (a *API) exportUser(ctx context.Context, in *idWith[adminv1.Reason]) (*huma.StreamResponse, error) {
	if _, err := a.Directory.Get(ctx, caller(ctx), in.ID); err != nil {
		return nil, err
	}
	write, err := a.Privacy.Export(ctx, caller(ctx), in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return openapi.Stream(ctx, a.Log, "application/zip", "personal-data.zip", write), nil
}
