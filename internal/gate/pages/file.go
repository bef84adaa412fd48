package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// types are the kinds of file that a build makes. They are stated, because the machine's own table may say anything.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".json":  "application/json",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
	".woff2": "font/woff2",
}

// assets is the folder whose file names carry a hash of their content, so that they never change.
const assets = "assets/"

// minCompressed is the size in octets from which compressing saves a packet.
const minCompressed = 1400

// file is one file of the build, ready to be sent.
type file struct {
	mime  string
	cache string
	tag   string // quoted
	body  []byte
	// zipped returns the compressed body, or nil where compressing gains nothing. It is made when first asked for, so
	// that the start does not pay for it.
	zipped func() []byte
}

// readFile reads a file of the build; an error when its kind is unknown, so that none is sent with a guessed type.
func readFile(files fs.FS, name string) (*file, error) {
	mime, known := types[path.Ext(name)]
	if !known {
		return nil, fmt.Errorf("the front end holds %s, whose type is not known: add it to the types of package pages", name)
	}
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	f := &file{mime: mime, cache: "no-cache", tag: hex.EncodeToString(sum[:12]), body: body}
	if strings.HasPrefix(name, assets) {
		f.cache = "public, max-age=31536000, immutable"
	}
	f.zipped = sync.OnceValue(f.zip)
	return f, nil
}

func (f *file) zip() []byte {
	if len(f.body) < minCompressed || f.mime == types[".woff2"] {
		return nil
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(f.body); err != nil {
		return nil // a buffer takes everything: cannot happen, and the plain body is always right
	}
	if z.Close() != nil || b.Len() >= len(f.body) {
		return nil
	}
	return b.Bytes()
}

// ServeHTTP sends the file, compressed to those who take it, or says that the caller has it already (RFC 9110 section
// 13.1.2).
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, tag, h := f.body, `"`+f.tag+`"`, w.Header()
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		if z := f.zipped(); z != nil {
			body, tag = z, `"`+f.tag+`-gzip"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Cache-Control", f.cache)
	h.Set("ETag", tag)
	h.Set("Vary", "Accept-Encoding")
	if matches(r.Header.Values("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.mime)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a caller who has gone away is nobody's fault
	}
}

// takesGzip tells whether an Accept-Encoding names gzip and does not rule it out (RFC 9110 section 12.5.3).
func takesGzip(accept []string) bool {
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				continue
			}
			q, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			if !found {
				return true
			}
			value, err := strconv.ParseFloat(q, 64)
			return err == nil && value > 0
		}
	}
	return false
}

// matches tells whether an If-None-Match names the tag; the comparison is the weak one.
func matches(lines []string, tag string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			if part == "*" || strings.TrimPrefix(part, "W/") == tag {
				return true
			}
		}
	}
	return false
}
