package standin

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	eas "drover-easclient"
)

// request is what the gateway reads of a request line, in any of its forms.
type request struct {
	command, device, key string
	version              eas.Version
	strict               string // the query as an upstream that accepts no misspelling wants it
}

func parseQuery(r *http.Request) (request, error) {
	raw := r.URL.RawQuery
	if strings.Contains(strings.ToLower(raw), "cmd=") {
		return parsePlain(r, raw)
	}
	return parseBase64(raw)
}

func parsePlain(r *http.Request, raw string) (request, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return request{}, err
	}
	q := request{key: r.Header.Get("X-MS-PolicyKey"), strict: raw}
	for name, v := range values {
		switch strings.ToLower(name) {
		case "cmd":
			q.command = v[0]
		case "deviceid":
			q.device = v[0]
		}
	}
	q.version, err = eas.ParseVersion(r.Header.Get("MS-ASProtocolVersion"))
	return q, err
}

// commandNames are those that the tests send in base64.
var commandNames = map[byte]string{
	0: "Sync", 1: "SendMail", 9: "FolderSync", 14: "GetItemEstimate", 16: "Search", 17: "Settings", 18: "Ping",
	19: "ItemOperations", 20: "Provision",
}

func parseBase64(raw string) (request, error) {
	s, err := url.PathUnescape(raw) // unlike QueryUnescape it leaves + alone
	if err != nil {
		return request{}, err
	}
	s = strings.TrimRight(strings.NewReplacer(" ", "+", "-", "+", "_", "/").Replace(s), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return request{}, err
	}
	if len(b) < 5 {
		return request{}, errors.New("short query")
	}
	q := request{command: commandNames[b[1]], strict: base64.StdEncoding.EncodeToString(b)}
	if q.version, err = eas.ParseVersion(fmt.Sprintf("%d.%d", b[0]/10, b[0]%10)); err != nil {
		return q, err
	}
	id, rest, ok := field(b[4:])
	key, _, ok2 := field(rest)
	if !ok || !ok2 || len(key) != 0 && len(key) != 4 {
		return q, errors.New("short query")
	}
	q.device = string(id)
	if len(key) == 4 {
		q.key = strconv.FormatUint(uint64(binary.LittleEndian.Uint32(key)), 10)
	}
	return q, nil
}

// field splits off a field that begins with its length.
func field(b []byte) (value, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	end := 1 + int(b[0])
	if len(b) < end {
		return nil, nil, false
	}
	return b[1:end], b[end:], true
}
