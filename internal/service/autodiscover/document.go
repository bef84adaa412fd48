package autodiscover

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"time"
	"unicode/utf8"
)

// The schemas (MS-ASAB sections 2.2.2 and 4.2).
const (
	requestSchema  = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006"
	responseSchema = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
	mobileSchema   = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
)

// The bounds of a request.
const (
	maxBody  = 16 << 10
	maxMail  = 320
	maxDepth = 8
)

// The error codes of section 2.2.2.3 that are given.
const (
	codeInvalid     = 600 // the request cannot be understood
	codeUnavailable = 601 // another schema than mobilesync is asked for
)

var (
	errRequest = errors.New("autodiscover: the request cannot be understood")
	errSchema  = errors.New("autodiscover: only the mobilesync schema is answered")
)

type request struct {
	XMLName xml.Name
	Request struct {
		EMailAddress             string
		AcceptableResponseSchema string
	}
}

// parse reads a request and returns the mail address in it. A document type, more than a handful of levels, or anything
// but UTF-8 is refused.
func parse(body []byte) (string, error) {
	if err := plain(body); err != nil {
		return "", err
	}
	var r request
	if err := xml.Unmarshal(body, &r); err != nil || r.XMLName.Local != "Autodiscover" {
		return "", errRequest
	}
	mail := r.Request.EMailAddress
	if mail == "" || len(mail) > maxMail || !utf8.ValidString(mail) {
		return "", errRequest
	}
	if r.XMLName.Space != requestSchema || r.Request.AcceptableResponseSchema != mobileSchema {
		return "", errSchema
	}
	return mail, nil
}

// plain refuses what plain data has no use for.
func plain(body []byte) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	for depth := 0; ; {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errRequest
		}
		switch t.(type) {
		case xml.Directive:
			return errRequest
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		if depth > maxDepth {
			return errRequest
		}
	}
}

type response struct {
	XMLName  xml.Name `xml:"Autodiscover"`
	Schema   string   `xml:"xmlns,attr"`
	Response inner
}

type inner struct {
	Schema  string `xml:"xmlns,attr"`
	Culture string `xml:",omitempty"`
	User    *user
	Action  *action
	Error   *fault
}

type user struct{ EMailAddress string }

type action struct {
	Server server `xml:"Settings>Server"`
}

type server struct {
	Type string
	URL  string `xml:"Url"`
	Name string
}

type fault struct {
	Time      string `xml:",attr"`
	ID        string `xml:"Id,attr"`
	ErrorCode int
	Message   string
	DebugData string
}

// found is the answer that names the ActiveSync server.
func found(mail, url string) response {
	return response{Schema: responseSchema, Response: inner{
		Schema: mobileSchema, Culture: "en:us", User: &user{mail}, Action: &action{server{"MobileSync", url, url}},
	}}
}

// failed is the answer to a request that cannot be served.
func failed(err error, now time.Time) response {
	f := fault{Time: now.UTC().Format("15:04:05.0000000"), ID: "0", ErrorCode: codeInvalid, Message: "Invalid Request"}
	if errors.Is(err, errSchema) {
		f.ErrorCode, f.Message = codeUnavailable, "Provider is not available"
	}
	return response{Schema: responseSchema, Response: inner{Schema: responseSchema, Error: &f}}
}

func (r response) encode() ([]byte, error) {
	body, err := xml.Marshal(r)
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), body...), nil
}
