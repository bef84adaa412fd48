package adminapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/outbound"
	"drover/internal/base/problem"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/upstream"
	"drover/internal/gate"
)

// testTime is how long a test of a mail server may take: each of its steps may wait for the server's own time.
const testTime = 3 * time.Minute

func (a *API) addUpstreams() {
	read, change := gate.Admin(scope.UpstreamRead), gate.Admin(scope.UpstreamEdit)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "upstreams", summary: summary, who: who}
	}
	diverts := func(o operation) operation {
		o.words = "What changes where users' passwords go waits for approval while the quorum asks for one: the answer says so."
		return o
	}
	add(a, op("listUpstreams", http.MethodGet, "/upstreams", "List the mail servers in their order", read), a.listUpstreams)
	create := op("addUpstream", http.MethodPost, "/upstreams", "Add a mail server, the last in the order", change)
	create.status = http.StatusCreated
	add(a, diverts(create), a.addUpstream)
	add(a, diverts(op("orderUpstreams", http.MethodPut, "/upstreams/order", "Set the order of all mail servers", change)), a.orderUpstreams)
	try := op("tryUpstream", http.MethodPost, "/upstreams/test", "Test a mail server that is not saved", change)
	try.time = testTime
	add(a, try, a.tryUpstream)
	add(a, op("getUpstream", http.MethodGet, "/upstreams/{id}", "Read one mail server", read), a.getUpstream)
	add(a, diverts(op("editUpstream", http.MethodPut, "/upstreams/{id}", "Change a mail server", change)), a.editUpstream)
	add(a, diverts(op("removeUpstream", http.MethodDelete, "/upstreams/{id}", "Take a mail server away", change)), a.removeUpstream)
	test := op("testUpstream", http.MethodPost, "/upstreams/{id}/test", "Test a mail server and say what was seen", change)
	test.time, test.words = testTime, "With a user's name and password it sees more; they are kept nowhere."
	add(a, test, a.testUpstream)
	add(a, op("listUpstreamAssignments", http.MethodGet, "/upstream-assignments", "List who is sent to which mail server", read), a.listUpstreamAssignments)
	add(a, diverts(op("assignUpstream", http.MethodPost, "/upstream-assignments", "Send a user or a group to a mail server", change)), a.assignUpstream)
	add(a, diverts(op("unassignUpstream", http.MethodDelete, "/upstream-assignments/{id}", "Take an assignment away", change)), a.unassignUpstream)
}

// upstreams finds the names of the mail servers: there are few.
func (a *API) upstreams(ctx context.Context) (names, error) {
	list, err := a.Upstreams.List(ctx, caller(ctx))
	if problem.Is(err, problem.Forbidden) {
		return nil, nil
	}
	found := make(names, len(list))
	for _, u := range list {
		found[u.ID] = u.Name
	}
	return found, err
}

func wireUpstream(u upstream.Upstream, devices int) adminv1.Upstream {
	out := adminv1.Upstream{
		ID: u.ID, Position: u.Position, Name: u.Name, URL: u.URL, PlainReason: u.PlainReason, TLSMode: string(u.TLS), CA: u.CA,
		ServerName: u.ServerName, TimeoutSeconds: int(u.Timeout / time.Second), Domains: copied(u.Domains), WindowsDomain: u.WindowsDomain,
		Names: string(u.Names), Default: u.Default, Versions: copied(u.Versions), Ask449: copied(u.Ask449), HandsOff: u.HandsOff,
		HandsOffGroups: copied(u.HandsOffGroups), DeviceCap: u.DeviceCap, State: "untested", Said: u.Said, Checked: stamp(u.Checked),
		Devices: devices, Version: u.Version, Bearer: (*adminv1.Bearer)(u.Bearer),
	}
	switch {
	case u.Checked.IsZero():
	case u.CheckOK:
		out.State = "ok"
	default:
		out.State = "failed"
	}
	return out
}

// copied is the list, never nil.
func copied(list []string) []string { return append([]string{}, list...) }

func config(d adminv1.UpstreamDraft) upstream.Config {
	c := upstream.Defaults()
	c.Name, c.URL, c.PlainReason, c.TLS, c.CA, c.ServerName = d.Name, d.URL, d.PlainReason, upstream.TLSMode(d.TLSMode), d.CA, d.ServerName
	c.Timeout, c.Domains, c.WindowsDomain = time.Duration(d.TimeoutSeconds)*time.Second, copied(d.Domains), d.WindowsDomain
	c.Default, c.Versions, c.Ask449, c.HandsOffGroups = d.Default, copied(d.Versions), copied(d.Ask449), copied(d.HandsOffGroups)
	c.DeviceCap, c.Bearer = d.DeviceCap, (*upstream.Bearer)(d.Bearer)
	if d.Names != "" {
		c.Names = upstream.NameForm(d.Names)
	}
	if d.HandsOff != nil {
		c.HandsOff = *d.HandsOff
	}
	return c
}

// served counts the devices of mail servers, where the caller may see devices.
func (a *API) served(ctx context.Context, list ...upstream.Upstream) (map[string]int, error) {
	counts, err := a.Devices.CountByUpstream(ctx, caller(ctx), each(list, func(u upstream.Upstream) string { return u.ID })...)
	if problem.Is(err, problem.Forbidden) {
		return nil, nil
	}
	return counts, err
}

func (a *API) listUpstreams(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Upstream]], error) {
	list, err := a.Upstreams.List(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	counts, err := a.served(ctx, list...)
	return reply(whole(list, func(u upstream.Upstream) adminv1.Upstream { return wireUpstream(u, counts[u.ID]) }), err)
}

// changedUpstream answers with a mail server after a change, and what it waits for.
func (a *API) changedUpstream(ctx context.Context, u upstream.Upstream, approval safety.Approval, err error) (*tagged[adminv1.UpstreamChange], error) {
	if err != nil {
		return nil, err
	}
	counts, err := a.served(ctx, u)
	return tag(u.Version, adminv1.UpstreamChange{Upstream: wireUpstream(u, counts[u.ID]), Waiting: waiting(approval)}, err)
}

func (a *API) addUpstream(ctx context.Context, in *with[adminv1.UpstreamDraft]) (*tagged[adminv1.UpstreamChange], error) {
	u, approval, err := a.Upstreams.Add(ctx, caller(ctx), config(in.Body))
	return a.changedUpstream(ctx, u, approval, err)
}

func (a *API) getUpstream(ctx context.Context, in *byID) (*tagged[adminv1.Upstream], error) {
	u, err := a.Upstreams.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	counts, err := a.served(ctx, u)
	return tag(u.Version, wireUpstream(u, counts[u.ID]), err)
}

func (a *API) editUpstream(ctx context.Context, in *edit[adminv1.UpstreamDraft]) (*tagged[adminv1.UpstreamChange], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	u, approval, err := a.Upstreams.Edit(ctx, caller(ctx), in.ID, version, config(in.Body))
	return a.changedUpstream(ctx, u, approval, err)
}

func (a *API) removeUpstream(ctx context.Context, in *byID) (*answer[adminv1.Waiting], error) {
	return asked(a.Upstreams.Remove(ctx, caller(ctx), in.ID))
}

func (a *API) orderUpstreams(ctx context.Context, in *with[adminv1.Ordered]) (*answer[adminv1.Waiting], error) {
	return asked(a.Upstreams.Reorder(ctx, caller(ctx), in.Body.IDs))
}

func credentials(l adminv1.UpstreamLogin) *upstream.Credentials {
	if l.Name == "" {
		return nil
	}
	return &upstream.Credentials{Name: l.Name, Password: l.Password}
}

func (a *API) testUpstream(ctx context.Context, in *struct {
	ID   string                 `path:"id" maxLength:"64"`
	Body *adminv1.UpstreamLogin `required:"false"`
},
) (*answer[adminv1.UpstreamTest], error) {
	var login *upstream.Credentials
	if in.Body != nil {
		login = credentials(*in.Body)
	}
	r, err := a.Upstreams.Test(ctx, caller(ctx), in.ID, login)
	return reply(wireTest(r), err)
}

func (a *API) tryUpstream(ctx context.Context, in *with[adminv1.UpstreamTry]) (*answer[adminv1.UpstreamTest], error) {
	r, err := a.Upstreams.TestDraft(ctx, caller(ctx), config(in.Body.Server), credentials(in.Body.Login))
	return reply(wireTest(r), err)
}

func wireTest(r upstream.Report) adminv1.UpstreamTest {
	return adminv1.UpstreamTest{
		OK: r.OK, Sentence: r.Sentence, TLS: r.TLSVersion, Versions: copied(r.Versions), Commands: copied(r.Commands), Provisioning: r.Provisioning,
		Steps:        each(r.Steps, func(s upstream.Step) adminv1.UpstreamStep { return adminv1.UpstreamStep(s) }),
		Certificates: each(r.Certificates, wireCertificate),
	}
}

func wireCertificate(c outbound.Certificate) adminv1.UpstreamCertificate {
	return adminv1.UpstreamCertificate{Subject: c.Subject, Issuer: c.Issuer, Expires: stamp(c.Expires), Fingerprint: c.Fingerprint}
}

func (a *API) listUpstreamAssignments(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.UpstreamAssignment]], error) {
	list, err := a.Upstreams.Assignments(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	out, err := a.wireUpstreamAssignments(ctx, list)
	return reply(whole(out, func(x adminv1.UpstreamAssignment) adminv1.UpstreamAssignment { return x }), err)
}

func (a *API) wireUpstreamAssignments(ctx context.Context, list []upstream.Assignment) ([]adminv1.UpstreamAssignment, error) {
	var ids []string
	for _, x := range list {
		if x.Kind == upstream.ToUser {
			ids = append(ids, x.Target)
		}
	}
	users, err := a.users(ctx, ids...)
	if err != nil {
		return nil, err
	}
	groups, err := a.allGroups(ctx)
	if err != nil {
		return nil, err
	}
	servers, err := a.upstreams(ctx)
	return each(list, func(x upstream.Assignment) adminv1.UpstreamAssignment {
		of := users
		if x.Kind == upstream.ToGroup {
			of = groups
		}
		return adminv1.UpstreamAssignment{
			ID: string(x.Kind) + "." + x.Target, Kind: string(x.Kind), Target: of.ref(x.Target), Upstream: servers.ref(x.Upstream),
		}
	}), err
}

func (a *API) assignUpstream(ctx context.Context, in *with[adminv1.UpstreamAssignmentDraft]) (*answer[adminv1.UpstreamAssignmentChange], error) {
	x := upstream.Assignment{Kind: upstream.AssignmentKind(in.Body.Kind), Target: in.Body.Target, Upstream: in.Body.Upstream}
	approval, err := a.Upstreams.Assign(ctx, caller(ctx), x)
	if err != nil {
		return nil, err
	}
	out, err := a.wireUpstreamAssignments(ctx, []upstream.Assignment{x})
	if err != nil {
		return nil, err
	}
	return reply(adminv1.UpstreamAssignmentChange{UpstreamAssignment: out[0], Waiting: waiting(approval)}, nil)
}

func (a *API) unassignUpstream(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"80"`
},
) (*answer[adminv1.Waiting], error) {
	kind, id, _ := strings.Cut(in.ID, ".")
	return asked(a.Upstreams.Unassign(ctx, caller(ctx), upstream.AssignmentKind(kind), id))
}
