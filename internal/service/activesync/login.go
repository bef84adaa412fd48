package activesync

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
)

// login is who credentials claim to be. The secret stays in the header it came in.
type login struct {
	name   string
	bearer bool
}

var errLogin = errors.New("activesync: there are no usable credentials")

// login reads an Authorization header: Basic, or Bearer where a mail server validates tokens.
func (g *Gateway) login(ctx context.Context, header string) (login, error) {
	scheme, value, _ := strings.Cut(header, " ")
	switch {
	case strings.EqualFold(scheme, "Basic"):
		return basicLogin(value)
	case strings.EqualFold(scheme, "Bearer"):
		return g.bearerLogin(ctx, strings.TrimSpace(value))
	}
	return login{}, errLogin
}

// maxCredentials bounds name and password together.
const maxCredentials = 4 << 10

func basicLogin(value string) (login, error) {
	if len(value) > maxCredentials {
		return login{}, errLogin
	}
	pair, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if err != nil {
		return login{}, errLogin
	}
	name, password, ok := strings.Cut(string(pair), ":")
	if !ok || name == "" || password == "" || len(name) > maxUser || hasControl(name) {
		return login{}, errLogin
	}
	return login{name: name}, nil
}

func (g *Gateway) bearerLogin(ctx context.Context, token string) (login, error) {
	up, ok := g.upstreams.Bearer()
	if !ok || up.Subject == nil || token == "" {
		return login{}, errLogin
	}
	name, err := up.Subject(ctx, token)
	if err != nil || name == "" || len(name) > maxUser || hasControl(name) {
		return login{}, errLogin
	}
	return login{name: name, bearer: true}, nil
}
