package easclient

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
)

// Namespaces of the mobilesync Autodiscover documents (MS-ASAB).
const (
	autodiscoverRequest  = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006"
	autodiscoverResponse = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
)

// Discovered is the answer of Autodiscover.
type Discovered struct {
	DisplayName string `xml:"Response>User>DisplayName" json:"displayName,omitempty"`
	Email       string `xml:"Response>User>EMailAddress" json:"email,omitempty"`
	Redirect    string `xml:"Response>Action>Redirect" json:"redirect,omitempty"`
	Error       string `xml:"Response>Error>ErrorCode" json:"error,omitempty"`
	Servers     []struct {
		Type string `json:"type"`
		URL  string `xml:"Url" json:"url"`
		Name string `json:"name,omitempty"`
	} `xml:"Response>Action>Settings>Server" json:"servers,omitempty"`
}

// Autodiscover asks a URL such as https://host/autodiscover/autodiscover.xml for the ActiveSync server of a mail
// address. Discovered is nil unless the answer is 200.
func (c *Client) Autodiscover(ctx context.Context, url, email string) (*Reply, *Discovered, error) {
	var body bytes.Buffer
	body.WriteString(xml.Header + `<Autodiscover xmlns="` + autodiscoverRequest + `"><Request><EMailAddress>`)
	if err := xml.EscapeText(&body, []byte(email)); err != nil {
		return nil, nil, err
	}
	body.WriteString(`</EMailAddress><AcceptableResponseSchema>` + autodiscoverResponse +
		`</AcceptableResponseSchema></Request></Autodiscover>`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, &body)
	if err != nil {
		return nil, nil, err
	}
	c.identify(req)
	req.Header.Set("Content-Type", "text/xml")
	reply, err := c.do(req, nil)
	if err != nil || reply.HTTP != http.StatusOK {
		return reply, nil, err
	}
	var found Discovered
	if err := xml.Unmarshal(reply.Body, &found); err != nil {
		return reply, nil, fmt.Errorf("Autodiscover: %w", err)
	}
	return reply, &found, nil
}
