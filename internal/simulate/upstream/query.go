package upstream

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// query is what a request line says (MS-ASHTTP section 2.2.1.1.1).
type query struct {
	command  string
	version  string
	deviceID string
	key      uint32
}

var (
	errQuery = errors.New("the query is neither plain nor base64")

	commands = map[byte]string{0: "Sync", 1: "SendMail", 9: "FolderSync", 14: "GetItemEstimate", 17: "Settings", 18: "Ping", 20: "Provision"}
)

// number turns a protocol version into the byte that a base64 query has for it: "14.1" is 141.
func number(version string) int {
	n, err := strconv.Atoi(strings.Replace(version, ".", "", 1))
	if err != nil {
		return 0
	}
	return n
}

func parseQuery(r *http.Request) (query, error) {
	if values := r.URL.Query(); values.Has("Cmd") {
		q := query{command: values.Get("Cmd"), deviceID: values.Get("DeviceId"), version: r.Header.Get("MS-ASProtocolVersion")}
		if text := r.Header.Get("X-MS-PolicyKey"); text != "" {
			key, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				return q, errors.New("the policy key is no number")
			}
			q.key = uint32(key)
		}
		if q.deviceID == "" {
			return q, errors.New("the query lacks a DeviceId")
		}
		return q, nil
	}
	raw, err := base64.StdEncoding.DecodeString(r.URL.RawQuery)
	if err != nil {
		return query{}, errQuery
	}
	return parseBinary(raw)
}

// parseBinary reads version, command, locale, device id, policy key and device type; parameters are of no interest.
func parseBinary(b []byte) (query, error) {
	if len(b) < 4 || b[0] < 100 {
		return query{}, errQuery
	}
	q := query{version: strconv.Itoa(int(b[0]/10)) + "." + strconv.Itoa(int(b[0]%10)), command: commands[b[1]]}
	b = b[4:]
	id, b, ok := counted(b)
	key, b, okKey := counted(b)
	_, _, okType := counted(b)
	if !ok || !okKey || !okType || len(id) == 0 || (len(key) != 0 && len(key) != 4) {
		return query{}, errQuery
	}
	q.deviceID = string(id)
	if len(key) == 4 {
		q.key = binary.LittleEndian.Uint32(key)
	}
	return q, nil
}

// counted takes a byte string that its length precedes.
func counted(b []byte) (taken, rest []byte, ok bool) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return nil, nil, false
	}
	n := 1 + int(b[0])
	return b[1:n], b[n:], true
}
