package activesync

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf8"
)

// login is who credentials claim to be. The secret stays in the header it came in.
type login struct {
	name   string
	bearer string // the mail server that validated the token; "" for Basic
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
	name = utf8Name(name)
	if !ok || name == "" || password == "" || len(name) > maxUser || hasControl(name) {
		return login{}, errLogin
	}
	return login{name: name}, nil
}

// utf8Name reads a name as old clients send it, in ISO 8859-1, where it is no UTF-8 (RFC 7617 section 2.1).
func utf8Name(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	runes := make([]rune, len(name))
	for i := range len(name) {
		runes[i] = rune(name[i])
	}
	return string(runes)
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
	return login{name: name, bearer: up.ID}, nil
}
