package phone

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"drover/internal/base/wbxml"
)

const (
	path       = "/Microsoft-Server-ActiveSync"
	maxAnswer  = 1 << 20         // bytes of an answer that a phone reads
	maxRetry   = 2 * time.Minute // a longer Retry-After is cut to it
	statusNeed = 449             // "provision first" up to 12.1 (MS-ASPROV section 3.1.5.1)
)

// commandCode is the first byte after the version in a base64 query (MS-ASHTTP section 2.2.1.1.1.1.2).
var commandCode = map[string]byte{
	"Sync": 0, "FolderSync": 9, "Settings": 17, "Ping": 18, "Provision": 20,
}

// answer is what a server said to a command.
type answer struct {
	status int         // HTTP
	body   *wbxml.Node // nil when the body was empty
	retry  time.Duration
	header http.Header
}

// top returns the status directly below the root element, which is where the common codes above 100 stand; 0 when there
// is none.
func (a answer) top() int {
	if a.body == nil {
		return 0
	}
	for _, c := range a.body.Children {
		if c.Tag.Name() == "Status" {
			n, err := strconv.Atoi(c.Value())
			if err != nil {
				return 0
			}
			return n
		}
	}
	return 0
}

// errAnswer is an answer that no server should give.
var errAnswer = errors.New("the answer is no ActiveSync")

// call sends one command and reads its answer.
func (p *Phone) call(ctx context.Context, command string, body *wbxml.Node) (answer, error) {
	var data []byte
	if body != nil {
		data = body.Encode()
	}
	return p.send(ctx, command, data)
}

func (p *Phone) send(ctx context.Context, command string, data []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.fleet.url+path+"?"+p.query(command), bytes.NewReader(data))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", wbxml.ContentType)
	if !p.base64() {
		req.Header.Set("MS-ASProtocolVersion", p.version)
		if command != "Ping" {
			req.Header.Set("X-MS-PolicyKey", p.key)
		}
	}
	return p.do(req)
}

func (p *Phone) options(ctx context.Context) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodOptions, p.fleet.url+path, nil)
	if err != nil {
		return answer{}, err
	}
	return p.do(req)
}

func (p *Phone) do(req *http.Request) (answer, error) {
	req.SetBasicAuth(p.user, p.fleet.password)
	req.Header.Set("User-Agent", p.model.UserAgent)
	res, err := p.fleet.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, retry: retryAfter(res.Header), header: res.Header}
	if len(data) > maxAnswer {
		return a, fmt.Errorf("%w: it is longer than %d bytes", errAnswer, maxAnswer)
	}
	if res.StatusCode == http.StatusOK && len(data) > 0 && req.Method == http.MethodPost {
		if a.body, err = wbxml.Parse(data); err != nil {
			return a, fmt.Errorf("%w: %w", errAnswer, err)
		}
	}
	return a, nil
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetry)
}

// base64 tells whether the query goes in base64, which 12.0 and before do not know.
func (p *Phone) base64() bool {
	return p.model.Base64 && p.version != "12.0" && p.version != "2.5"
}

// query is the query string of a command: plain, or MS-ASHTTP section 2.2.1.1.1.1.
func (p *Phone) query(command string) string {
	if !p.base64() {
		return "Cmd=" + command + "&User=" + url.QueryEscape(p.user) + "&DeviceId=" + p.id + "&DeviceType=" + p.model.DeviceType
	}
	version, _ := strconv.Atoi(strings.Replace(p.version, ".", "", 1)) // one of Model.Versions
	b := []byte{byte(version), commandCode[command], 0x09, 0x04}       // 0x0409 is English
	b = append(append(b, byte(len(p.id))), p.id...)
	if key, err := strconv.ParseUint(p.key, 10, 32); err == nil && key != 0 {
		b = binary.LittleEndian.AppendUint32(append(b, 4), uint32(key))
	} else {
		b = append(b, 0)
	}
	b = append(append(b, byte(len(p.model.DeviceType))), p.model.DeviceType...)
	return base64.StdEncoding.EncodeToString(b)
}
