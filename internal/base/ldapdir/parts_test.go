package ldapdir_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"drover/internal/base/ldapdir"
	"drover/test/slapd"
)

// scripted is a server that answers each search as a test says: with the attributes of one entry, or with a result alone.
type scripted struct {
	give   func(asked string) map[string][]string // by the first attribute that is asked for
	result int
}

func (s *scripted) start(t *testing.T) *ldapdir.Session {
	t.Helper()
	dir := t.TempDir()
	ca := slapd.Certificates(t, dir)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		if c, err := l.Accept(); err == nil {
			s.serve(c)
		}
	}()
	return open(t, ldapdir.Config{Servers: []string{l.Addr().String()}, Mode: ldapdir.LDAPS, CA: string(ca), Timeout: 10 * time.Second})
}

func (s *scripted) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		p, err := ber.ReadPacket(c)
		if err != nil || len(p.Children) < 2 || p.Children[1].Tag != ldap.ApplicationSearchRequest {
			return
		}
		asked := p.Children[1].Children[7].Children[0].Data.String()
		if s.give != nil {
			_, _ = c.Write(answer(p, entry(s.give(asked))))
		}
		done := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultDone, nil, "")
		done.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, s.result, ""))
		done.AppendChild(text(""))
		done.AppendChild(text(""))
		_, _ = c.Write(answer(p, done))
	}
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func answer(request, what *ber.Packet) []byte {
	p := ber.NewSequence("")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, request.Children[0].Value, ""))
	p.AppendChild(what)
	return p.Bytes()
}

func entry(attributes map[string][]string) *ber.Packet {
	e := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	e.AppendChild(text("CN=many,DC=example,DC=org"))
	list := ber.NewSequence("")
	for name, values := range attributes {
		a := ber.NewSequence("")
		a.AppendChild(text(name))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range values {
			set.AppendChild(text(v))
		}
		a.AppendChild(set)
		list.AppendChild(a)
	}
	e.AppendChild(list)
	return e
}

var many = ldapdir.Search{Base: "DC=example,DC=org", Filter: "(objectClass=group)", Attributes: []string{"member"}, Max: 10}

// TestValuesInParts come as Microsoft's Active Directory gives them: the attribute without values, and the first 1,500 with their
// range; then the next ones to whoever asks.
func TestValuesInParts(t *testing.T) {
	const total, most = 4000, 1500
	s := (&scripted{give: func(asked string) map[string][]string {
		from := 0
		if _, err := fmt.Sscanf(asked, "member;range=%d-*", &from); err != nil && asked != "member" {
			t.Errorf("%q is asked for", asked)
		}
		var values []string
		for i := from; i < min(from+most, total); i++ {
			values = append(values, fmt.Sprint("CN=", i))
		}
		end := fmt.Sprint(from + most - 1)
		if from+most >= total {
			end = "*"
		}
		given := map[string][]string{fmt.Sprintf("member;range=%d-%s", from, end): values}
		if asked == "member" {
			given["member"] = nil
		}
		return given
	}}).start(t)
	list, err := s.All(t.Context(), many)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	values := list[0].All("member")
	if len(values) != total {
		t.Fatalf("%d values", len(values))
	}
	for i, v := range values {
		if v != fmt.Sprint("CN=", i) {
			t.Fatalf("value %d is %s", i, v)
		}
	}
}

// TestPartsThatDoNotEnd, or that miss some, are no whole.
func TestPartsThatDoNotEnd(t *testing.T) {
	none := &scripted{give: func(asked string) map[string][]string {
		if asked == "member" {
			return map[string][]string{"member;range=0-0": {"CN=1"}}
		}
		return nil
	}}
	if _, err := none.start(t).All(t.Context(), many); !errors.Is(err, ldapdir.ErrPartial) {
		t.Errorf("no second part: %v", err)
	}
	endless := &scripted{give: func(string) map[string][]string {
		return map[string][]string{"member;range=0-49999": strings.Split(strings.Repeat("CN=1 ", 50_000), " ")}
	}}
	if _, err := endless.start(t).All(t.Context(), many); !errors.Is(err, ldapdir.ErrTooMany) {
		t.Errorf("parts without end: %v", err)
	}
}

// TestABaseOfAnotherDirectory is answered by Microsoft's with a referral.
func TestABaseOfAnotherDirectory(t *testing.T) {
	_, err := (&scripted{result: ldap.LDAPResultReferral}).start(t).All(t.Context(), many)
	if said := ldapdir.Mend(err, true); !strings.Contains(said, "another directory") {
		t.Errorf("%v: %s", err, said)
	}
}
