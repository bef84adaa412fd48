package adminapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// verifyTime is how long a walk along the whole chain may take.
const verifyTime = 10 * time.Minute

func (a *API) addAudit() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "audit", summary: summary, who: gate.Admin(right)}
	}
	add(a, op("listAudit", http.MethodGet, "/audit", "List what happened, newest first", scope.AuditRead), a.listAudit)
	add(a, op("getAudit", http.MethodGet, "/audit/{id}", "Read one record", scope.AuditRead), a.getAudit)
	add(a, op("listDeviceAudit", http.MethodGet, "/devices/{id}/audit", "List what happened to a device, newest first", scope.AuditRead), a.listDeviceAudit)
	reveal := op("revealAudit", http.MethodPost, "/audit/{id}/reveal", "Look at the personal values of a record", scope.UserPersonalRead)
	reveal.words = "The look is recorded with its reason, which the owner sees."
	add(a, reveal, a.revealAudit)
	add(a, op("getAuditState", http.MethodGet, "/audit/state", "Tell how the log stands: the chain's head, what waits, the last verification", scope.AuditVerify), a.getAuditState)
	verify := op("verifyAudit", http.MethodPost, "/audit/verify", "Walk the whole log and find edits, gaps, reordering and truncation", scope.AuditVerify)
	verify.time = verifyTime
	add(a, verify, a.verifyAudit)
}

// AuditFilter narrows a list of records.
type AuditFilter struct {
	Action  string    `query:"action" maxLength:"60" doc:"A whole action, or its beginning when it ends with a dot."`
	Subject string    `query:"subject" maxLength:"64"`
	Device  string    `query:"device" maxLength:"64"`
	User    string    `query:"user" maxLength:"64"`
	Actor   string    `query:"actor" maxLength:"64"`
	Outcome string    `query:"outcome" enum:"ok,refused,failed"`
	From    time.Time `query:"from"`
	Until   time.Time `query:"until"`
}

func (a *API) listAudit(ctx context.Context, in *struct {
	Paged
	AuditFilter
},
) (*answer[adminv1.Page[adminv1.AuditRecord]], error) {
	return a.auditPage(ctx, in.Paged, audit.Filter{
		Action: in.Action, Subject: in.Subject, Device: in.Device, Owner: in.User, Caller: in.Actor, Outcome: audit.Outcome(in.Outcome),
		From: in.From, Until: in.Until,
	})
}

func (a *API) getAudit(ctx context.Context, in *byID) (*answer[adminv1.AuditRecord], error) {
	e, err := a.Audit.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	w, err := a.wireAudit(ctx, []audit.Entry{e})
	return reply(w.record(e), err)
}

func (a *API) listDeviceAudit(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.AuditRecord]], error) {
	if _, err := a.Devices.Get(ctx, caller(ctx), in.ID); err != nil {
		return nil, err
	}
	return a.auditPage(ctx, in.Paged, audit.Filter{Device: in.ID})
}

func (a *API) auditPage(ctx context.Context, p Paged, f audit.Filter) (*answer[adminv1.Page[adminv1.AuditRecord]], error) {
	list, next, err := a.Audit.List(ctx, caller(ctx), f, audit.Page{Limit: p.Limit, After: p.Cursor})
	if err != nil {
		return nil, err
	}
	w, err := a.wireAudit(ctx, list)
	return reply(uncounted(list, next, w.record), err)
}

// wireAudit needs the names of those who acted and of devices.
type wireAudit struct {
	actors
	devices names
}

func (a *API) wireAudit(ctx context.Context, list []audit.Entry) (w wireAudit, err error) {
	var devices, users []string
	for _, e := range list {
		devices = append(devices, e.Device)
		users = append(users, e.Owner)
		if e.CallerKind == scope.User {
			users = append(users, e.Caller)
		}
	}
	if w.devices, err = a.devices(ctx, devices...); err != nil {
		return w, err
	}
	w.actors, err = a.actors(ctx, users...)
	return w, err
}

func (w wireAudit) record(e audit.Entry) adminv1.AuditRecord {
	out := adminv1.AuditRecord{
		ID: e.ID, Number: e.Number, At: stamp(e.At), Actor: w.actor(e.CallerKind, e.Caller), Token: e.Token, Address: e.Address,
		Action: e.Action, Subject: adminv1.AuditSubject{Kind: e.Subject.Kind, ID: e.Subject.ID}, Device: w.devices.ref(e.Device),
		User: w.users.ref(e.Owner), Outcome: string(e.Outcome), Reason: e.Reason, Personal: e.Personal,
	}
	switch e.Subject.Kind {
	case "device":
		out.Subject.Name = w.devices[e.Subject.ID]
	case "user":
		out.Subject.Name = w.users[e.Subject.ID]
	case "admin":
		out.Subject.Name = w.admins[e.Subject.ID]
	case "command":
		out.Subject.Name = ordered(e)
	}
	if e.Before != nil {
		out.Before = e.Before
	}
	if e.After != nil {
		out.After = e.After
	}
	return out
}

// ordered tells which kind of order a record is of; a command has no other name.
func ordered(e audit.Entry) string {
	var after struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(e.After, &after) != nil {
		return ""
	}
	return after.Kind
}

func (a *API) revealAudit(ctx context.Context, in *idWith[adminv1.Reason]) (*answer[adminv1.AuditValues], error) {
	x, err := a.Privacy.Record(ctx, caller(ctx), in.ID, in.Body.Reason)
	return reply(adminv1.AuditValues{Values: x.Values}, err)
}

func (a *API) verifyAudit(ctx context.Context, _ *none) (*answer[adminv1.AuditReport], error) {
	heads, torn, err := a.AuditHeads()
	if err != nil {
		return nil, problem.New(problem.Unavailable, "audit.heads", "The signed heads outside the database cannot be read.").WithDetail(err)
	}
	r, err := a.Audit.Verify(ctx, caller(ctx), a.AuditKey, heads, torn)
	if err != nil {
		return nil, err
	}
	if err := a.Audit.NoteVerified(ctx, caller(ctx), r); err != nil {
		return nil, err
	}
	out := adminv1.AuditReport{
		Sound: len(r.Faults) == 0, Linked: r.Linked, Waiting: r.Waiting, Oldest: stamp(r.Oldest), Heads: r.Heads, Torn: r.Torn,
		Checked: stamp(a.Clock.Now()),
		Faults:  each(r.Faults, func(f audit.Fault) adminv1.AuditFault { return adminv1.AuditFault(f) }),
	}
	out.Sentence = fmt.Sprintf("The log is sound: %d records in the chain, %d wait for the sealer.", r.Linked, r.Waiting)
	if !out.Sound {
		out.Sentence = fmt.Sprintf("The log was changed outside of Drover: %d faults were found.", len(r.Faults))
	}
	return reply(out, nil)
}

func (a *API) getAuditState(ctx context.Context, _ *none) (*answer[adminv1.AuditState], error) {
	s, err := a.Audit.State(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	out := adminv1.AuditState{
		Number: s.Number, Hash: s.Hash, Signed: s.Signed, SignedAt: stamp(s.SignedAt), Waiting: s.Waiting, Oldest: stamp(s.Oldest),
		Sinks: each(a.AuditSinks(), func(x audit.SinkHealth) adminv1.AuditSink {
			return adminv1.AuditSink{Name: x.Name, OK: x.OK, Number: x.Number, At: stamp(x.At), Error: x.Error}
		}),
	}
	if v := s.Verified; v != nil {
		out.Verified = adminv1.AuditVerified{At: stamp(v.At), Linked: v.Linked, Faults: v.Faults}
	}
	return reply(out, nil)
}
