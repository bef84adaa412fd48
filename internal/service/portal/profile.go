package portal

import (
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"howett.net/plist"

	"drover/internal/core/directory"
	"drover/internal/gate/openapi"
)

// profileType is the media type at which Apple's systems offer to install a profile.
const profileType = "application/x-apple-aspen-config"

func (p *Portal) addProfile() {
	get := byUser("enrolment", "getProfile", http.MethodGet, "/enrolment/profile",
		"Fetch a configuration profile that sets up the mail account on an iPhone, an iPad or a Mac")
	get.Words = "It holds the server, the name and the address, and the zone's own authority where the server's certificate comes " +
		"from it; no password. It is not signed."
	get.Type = profileType
	openapi.Add(p.API, get, p.profile)
}

// Payload is what all payloads of a configuration profile have (Apple's Configuration Profile Reference).
type Payload struct {
	Type        string `plist:"PayloadType"`
	Version     int    `plist:"PayloadVersion"`
	ID          string `plist:"PayloadIdentifier"`
	UUID        string `plist:"PayloadUUID"`
	Name        string `plist:"PayloadDisplayName"`
	Description string `plist:"PayloadDescription,omitempty"`
}

// account is the payload of an ActiveSync account.
type account struct {
	Payload
	Host    string
	SSL     bool
	User    string `plist:"UserName"`
	Address string `plist:"EmailAddress,omitempty"`
}

// authority is the payload of a certificate that the device is to trust.
type authority struct {
	Payload
	Content []byte `plist:"PayloadContent"` // DER
}

// configuration is a whole profile.
type configuration struct {
	Payload
	Organization string `plist:"PayloadOrganization"`
	Content      []any  `plist:"PayloadContent"`
}

func (p *Portal) profile(ctx context.Context, _ *none) (*huma.StreamResponse, error) {
	me, err := p.Selves.Me(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	zoneName, _, err := p.Zone.Name(ctx)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		return nil, err
	}
	root, err := p.Authority()
	if err != nil {
		return nil, err
	}
	whole := profile(u.Host, zoneName, me, root)
	return openapi.Stream(ctx, p.Log, profileType, "mail.mobileconfig", func(w io.Writer) error {
		return plist.NewEncoderForFormat(w, plist.XMLFormat).Encode(whole)
	}), nil
}

// profile makes the profile of a user. It is the same each time, so that a later one takes an earlier one's place.
func profile(host, zoneName string, me directory.User, root []byte) configuration {
	own := "drover." + host + "." + me.ID
	head := func(kind, part, name string) Payload {
		id := own + part
		return Payload{Type: kind, Version: 1, ID: id, UUID: uuid.NewHash(sha256.New(), uuid.Nil, []byte(id), 8).String(), Name: name}
	}
	whole := configuration{Payload: head("Configuration", "", zoneName+": mail of "+me.Name), Organization: zoneName}
	whole.Description = "Sets up the mail account. The account can be managed by " + zoneName + " from then on."
	whole.Content = []any{account{Payload: head("com.apple.eas.account", ".mail", zoneName), Host: host, SSL: true, User: me.Name, Address: me.Mail}}
	if root != nil {
		whole.Content = append(whole.Content, authority{Payload: head("com.apple.security.root", ".authority", zoneName), Content: root})
	}
	return whole
}
