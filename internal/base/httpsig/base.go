package httpsig

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Message is what a signature may cover of a request or an answer.
type Message struct {
	Method    string
	Scheme    string
	Authority string // host, and the port where it is not the scheme's own
	Path      string // as it was sent
	Query     string // as it was sent, without "?"
	Header    http.Header
	Status    int // of an answer; 0 for a request
}

// Request is the message of a request, as it was sent to us or as we are about to send it. Of a request to us the path and
// the query are those on the wire, whatever became of them since.
func Request(r *http.Request) Message {
	m := Message{Method: r.Method, Scheme: r.URL.Scheme, Authority: strings.ToLower(r.Host), Header: r.Header}
	if m.Authority == "" {
		m.Authority = strings.ToLower(r.URL.Host)
	}
	if m.Scheme == "" {
		m.Scheme = "https"
	}
	m.Authority = strings.TrimSuffix(m.Authority, map[string]string{"https": ":443", "http": ":80"}[m.Scheme])
	target := r.RequestURI
	if target == "" { // of a request that we send
		target = r.URL.RequestURI()
	}
	m.Path, m.Query, _ = strings.Cut(target, "?")
	if m.Path == "" {
		m.Path = "/"
	}
	return m
}

var errComponent = errors.New("the message has no such component")

// Base returns the signature base (RFC 9421 section 2.5). It fails when the message lacks a component that is covered.
func (in Input) Base(m Message) (string, error) {
	var b strings.Builder
	for _, c := range in.Components {
		value, err := m.value(c)
		if err != nil {
			return "", err
		}
		b.WriteString(c.String())
		b.WriteString(": ")
		b.WriteString(value)
		b.WriteByte('\n')
	}
	b.WriteString(`"@signature-params": `)
	b.WriteString(in.text())
	return b.String(), nil
}

func (m Message) value(c Component) (string, error) {
	if !strings.HasPrefix(c.Name, "@") {
		return m.field(c.Name)
	}
	if c.Name == "@status" {
		if m.Status == 0 {
			return "", errComponent
		}
		return strconv.Itoa(m.Status), nil
	}
	if m.Status != 0 { // what follows is of requests (RFC 9421 section 2.2)
		return "", errComponent
	}
	switch c.Name {
	case "@method":
		return m.Method, nil
	case "@scheme":
		return m.Scheme, nil
	case "@authority":
		return m.Authority, nil
	case "@path":
		return m.Path, nil
	case "@query":
		return "?" + m.Query, nil
	case "@query-param":
		return m.queryParam(c.Param)
	case "@target-uri":
		return m.Scheme + "://" + m.Authority + m.target(), nil
	case "@request-target":
		return m.target(), nil
	}
	return "", errComponent
}

func (m Message) target() string {
	if m.Query == "" {
		return m.Path
	}
	return m.Path + "?" + m.Query
}

// field joins the lines of a header field (RFC 9421 section 2.1). A line break could make one component look like two.
func (m Message) field(name string) (string, error) {
	lines := m.Header.Values(name)
	if len(lines) == 0 {
		return "", errComponent
	}
	trimmed := make([]string, len(lines))
	for i, l := range lines {
		trimmed[i] = strings.TrimSpace(l)
	}
	value := strings.Join(trimmed, ", ")
	if strings.ContainsAny(value, "\r\n") {
		return "", errComponent
	}
	return value, nil
}

// queryParam returns the one value of a parameter, encoded anew (RFC 9421 section 2.2.8).
func (m Message) queryParam(name string) (string, error) {
	plain, err := url.QueryUnescape(name)
	if err != nil {
		return "", errComponent
	}
	values, err := url.ParseQuery(m.Query)
	if err != nil || len(values[plain]) != 1 {
		return "", errComponent
	}
	return strings.ReplaceAll(url.QueryEscape(values[plain][0]), "+", "%20"), nil
}
