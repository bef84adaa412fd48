package upstream

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/wbxml"
)

// deviceForSignIn is the device as which Drover asks in a user's name. The server sees it as one that never synchronises.
const deviceForSignIn = "DroverSignIn"

var errSignIn = problem.New(problem.Unauthenticated, "user.login", "The name or the password is wrong.")

// SignIn tells by nil that a user's mail server accepts what was said, the name or the mail address, and the password: by its answer to a first command, which no
// server gives to strangers. A problem of kind Unauthenticated when it does not accept them, Unavailable when it does not
// answer as an ActiveSync server does. Who asks throttles.
// What was said goes to the server as a mail client would send it, where it means this user; else the user's name does.
func (s *Store) SignIn(ctx context.Context, user, said, password string) error {
	if password == "" {
		return errSignIn
	}
	name := said
	c, err := s.Choose(ctx, name)
	if err != nil || sqldb.Fold(c.User) != sqldb.Fold(user) {
		name = user
		c, err = s.Choose(ctx, name)
	}
	if problem.Is(err, problem.NotFound) {
		return errSignIn
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Server.Timeout)
	defer cancel()
	r, err := c.Server.firstCommand(ctx, name, password)
	if err != nil {
		return err
	}
	answer, err := c.Server.Transport.RoundTrip(r)
	if err != nil {
		return noWord(err)
	}
	defer drain(answer)
	const provisionNeeded = 449 // MS-ASHTTP section 2.2.2.1.1
	switch {
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
		return errSignIn
	case answer.StatusCode == provisionNeeded:
		return nil
	case answer.StatusCode != http.StatusOK:
		return noWord(nil)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, probeBody))
	if err != nil {
		return noWord(err)
	}
	// The page of a web server in the mail server's place proves nobody's password.
	n, err := wbxml.Parse(text)
	if err != nil || n.Child(wbxml.FolderHierarchyStatus).Value() == "" {
		return noWord(err)
	}
	return nil
}

func noWord(err error) error {
	return problem.New(problem.Unavailable, "upstream.sign-in", "The mail server, which knows your password, does not answer as it should: try again later.").WithDetail(err)
}

func (s *Server) firstCommand(ctx context.Context, name, password string) (*http.Request, error) {
	u := *s.Endpoint
	u.RawQuery = url.Values{"Cmd": {"FolderSync"}, "User": {name}, "DeviceId": {deviceForSignIn}, "DeviceType": {deviceForSignIn}}.Encode()
	body := wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, "0")).Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Host = s.Host()
	r.SetBasicAuth(name, password)
	r.Header.Set("User-Agent", "Drover")
	r.Header.Set("Content-Type", wbxml.ContentType)
	r.Header.Set("MS-ASProtocolVersion", "14.0")
	return r, nil
}
