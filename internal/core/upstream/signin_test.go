package upstream_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/wbxml"
	"drover/internal/core/coretest"
	"drover/internal/core/upstream"
)

func TestSignInAsksTheMailServer(t *testing.T) {
	body := wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchyStatus, "1")).Encode()
	status, page := http.StatusOK, body
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "ann" || password != "secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write(page)
	}))
	t.Cleanup(srv.Close)
	g := coretest.New(t, sqldb.SQLite)
	f := newFixture(g)
	f.add(t, upstream.Config{Name: "Mail", URL: srv.URL, Default: true})
	s := f.store
	if err := s.SignIn(t.Context(), "ann", "ann", "secret"); err != nil {
		t.Fatal(err)
	}
	for _, x := range [][2]string{{"ann", "wrong"}, {"ann", ""}, {"bob", "secret"}} {
		if err := s.SignIn(t.Context(), x[0], x[0], x[1]); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("%v: %v", x, err)
		}
	}
	for _, x := range []struct {
		status int
		page   []byte
		kind   problem.Kind
	}{
		{http.StatusOK, []byte("<html>Welcome</html>"), problem.Unavailable},
		{http.StatusOK, nil, problem.Unavailable},
		{http.StatusBadGateway, nil, problem.Unavailable},
		{http.StatusFound, nil, problem.Unavailable},
		{http.StatusForbidden, nil, problem.Unauthenticated},
	} {
		status, page = x.status, x.page
		if err := s.SignIn(t.Context(), "ann", "ann", "secret"); !problem.Is(err, x.kind) {
			t.Errorf("%d %q: %v", x.status, x.page, err)
		}
	}
	status = 449
	if err := s.SignIn(t.Context(), "ann", "ann", "secret"); err != nil {
		t.Errorf("asked to provision: %v", err)
	}
}

// TestSignInSaysWhatTheUserSaid: a server that knows its users by their whole address is asked for that, unless it means somebody
// else: then only the user's own name proves anything.
func TestSignInSaysWhatTheUserSaid(t *testing.T) {
	body := wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchyStatus, "1")).Encode()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); !strings.HasSuffix(name, "@example.org") || password != "secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(srv.Close)
	f := newFixture(coretest.New(t, sqldb.SQLite))
	f.add(t, upstream.Config{Name: "Mail", URL: srv.URL, Domains: []string{"example.org"}, Default: true})
	for _, x := range []struct {
		user, said string
		right      bool
	}{
		{"ann", "ann@example.org", true},
		{"ann", "ann", false}, // the server does not know her so
		{"ann", "info@example.org", false},
	} {
		if err := f.store.SignIn(t.Context(), x.user, x.said, "secret"); (err == nil) != x.right {
			t.Errorf("%s, who says %s: %v", x.user, x.said, err)
		}
	}
}
