package adminapi

import (
	"context"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/computer"
	"drover/internal/core/scope"
	"drover/internal/core/script"
	"drover/internal/gate"
)

// maxScript bounds a script as JSON writes it at worst.
const maxScript = 512 << 10

func (a *API) addScripts() {
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "scripts", summary: summary, who: who}
	}
	read, change := gate.Admin(scope.ScriptRead), gate.Admin(scope.ScriptEdit)
	add(a, op("listScripts", http.MethodGet, "/scripts", "List the scripts that computers run, by name", read), a.listScripts)
	write := op("addScript", http.MethodPost, "/scripts", "Have computers run a script by a schedule", change)
	write.words = "Where it reaches more computers than the rules for destructive acts let one person reach, it waits for another administrator's approval."
	write.body, write.status = maxScript, http.StatusCreated
	add(a, write, a.addScript)
	add(a, op("getScript", http.MethodGet, "/scripts/{id}", "Read one script with its newest version", read), a.getScript)
	edit := op("editScript", http.MethodPut, "/scripts/{id}", "Give a script a new version; the one that computers run stays in force until the new one is", change)
	edit.words, edit.body = write.words, maxScript
	add(a, edit, a.editScript)
	add(a, op("listScriptVersions", http.MethodGet, "/scripts/{id}/versions", "List the versions of a script, newest first", read), a.scriptVersions)
	add(a, op("getScriptVersion", http.MethodGet, "/scripts/{id}/versions/{version}", "Read one version of a script", read), a.scriptVersion)
	add(a, op("removeScript", http.MethodDelete, "/scripts/{id}", "Take a script away from the computers that run it", change), a.removeScript)
	add(a, op("listScriptResults", http.MethodGet, "/scripts/{id}/results", "List what became of a script, newest first",
		gate.Admin(scope.CommandRead)), a.scriptResults)
}

func (a *API) listScripts(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Script]], error) {
	list, err := a.Scripts.List(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	turn, err := a.scriptTurner(ctx)
	return reply(whole(list, turn), err)
}

// scriptTurner says scripts on the wire, with the names of their groups as far as the caller may see them.
func (a *API) scriptTurner(ctx context.Context) (func(script.Script) adminv1.Script, error) {
	groups, err := a.allGroups(ctx)
	if err != nil && !problem.Is(err, problem.Forbidden) {
		return nil, err
	}
	who, err := a.actors(ctx)
	if err != nil {
		return nil, err
	}
	return func(x script.Script) adminv1.Script {
		return adminv1.Script{
			ID: x.ID, Name: x.Name, Version: x.Number, Live: x.Live, State: string(x.State), Approval: x.Approval, Interpreter: x.Interpreter,
			Text: x.Text, Minutes: x.Minutes, Seconds: x.Seconds, Reach: x.Reach, By: who.actor(x.ByKind, x.By), Created: stamp(x.Created),
			Written: stamp(x.Version.Created), Groups: each(x.Groups, func(id string) adminv1.Ref { return groups.ref(id) }),
		}
	}, nil
}

func (a *API) oneScript(ctx context.Context, x script.Script, err error) (*tagged[adminv1.Script], error) {
	if err != nil {
		return nil, err
	}
	turn, err := a.scriptTurner(ctx)
	if err != nil {
		return nil, err
	}
	return tag(x.Number, turn(x), nil)
}

func (a *API) getScript(ctx context.Context, in *byID) (*tagged[adminv1.Script], error) {
	x, err := a.Scripts.Get(ctx, caller(ctx), in.ID)
	return a.oneScript(ctx, x, err)
}

// versionTurner says versions of a script on the wire, with those who approved them as far as the caller may see them.
func (a *API) versionTurner(ctx context.Context, live int64, list ...script.Version) (func(script.Version) adminv1.ScriptVersion, error) {
	var asked []string
	for _, v := range list {
		if v.Approval != "" {
			asked = append(asked, v.Approval)
		}
	}
	votes, err := a.Safety.Votes(ctx, caller(ctx), asked...)
	if err != nil && !problem.Is(err, problem.Forbidden) {
		return nil, err
	}
	turn, err := a.scriptTurner(ctx)
	if err != nil {
		return nil, err
	}
	who, err := a.actors(ctx)
	return func(v script.Version) adminv1.ScriptVersion {
		x := turn(script.Script{Version: v})
		out := adminv1.ScriptVersion{
			Version: v.Number, Live: v.Number == live, State: x.State, Approval: x.Approval, ApprovedBy: []adminv1.Actor{},
			Interpreter: x.Interpreter, Text: x.Text, Minutes: x.Minutes, Seconds: x.Seconds, Groups: x.Groups, Reach: x.Reach, By: x.By,
			Written: x.Written,
		}
		for _, vote := range votes {
			if vote.Approval == v.Approval && vote.Approved {
				out.ApprovedBy = append(out.ApprovedBy, who.actor(scope.Admin, vote.Admin))
			}
		}
		return out
	}, err
}

func (a *API) scriptVersions(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"64"`
	Paged
},
) (*answer[adminv1.Page[adminv1.ScriptVersion]], error) {
	x, err := a.Scripts.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	p, err := a.Scripts.Versions(ctx, caller(ctx), in.ID, in.request())
	if err != nil {
		return nil, err
	}
	turn, err := a.versionTurner(ctx, x.Live, p.Items...)
	return reply(uncounted(p.Items, p.Next, turn), err)
}

func (a *API) scriptVersion(ctx context.Context, in *struct {
	ID      string `path:"id" maxLength:"64"`
	Version int64  `path:"version" minimum:"1"`
},
) (*answer[adminv1.ScriptVersion], error) {
	x, err := a.Scripts.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	v, err := a.Scripts.Version(ctx, caller(ctx), in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	turn, err := a.versionTurner(ctx, x.Live, v)
	if err != nil {
		return nil, err
	}
	return reply(turn(v), nil)
}

func scriptDraft(d adminv1.ScriptDraft) script.Draft {
	return script.Draft{Name: d.Name, Interpreter: d.Interpreter, Text: d.Text, Minutes: d.Minutes, Seconds: d.Seconds, Groups: d.Groups}
}

func (a *API) addScript(ctx context.Context, in *with[adminv1.ScriptDraft]) (*tagged[adminv1.Script], error) {
	x, err := a.Scripts.Add(ctx, caller(ctx), scriptDraft(in.Body))
	return a.oneScript(ctx, x, err)
}

func (a *API) editScript(ctx context.Context, in *edit[adminv1.ScriptDraft]) (*tagged[adminv1.Script], error) {
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	x, err := a.Scripts.Edit(ctx, caller(ctx), in.ID, seen, scriptDraft(in.Body))
	return a.oneScript(ctx, x, err)
}

func (a *API) removeScript(ctx context.Context, in *byID) (*none, error) {
	return done(a.Scripts.Remove(ctx, caller(ctx), in.ID))
}

func (a *API) scriptResults(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"64"`
	Paged
},
) (*answer[adminv1.Page[adminv1.AgentResult]], error) {
	return a.results(ctx, computer.Filter{Script: in.ID}, in.Paged)
}
