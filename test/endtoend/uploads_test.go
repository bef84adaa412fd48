package endtoend

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/sqldb"
	"drover/internal/simulate/upstream"
)

// hostileFiles are names of files that lead elsewhere on one system or another: up, from the root, to another machine, to a device,
// to another stream of a file.
var hostileFiles = []string{
	"../../../../escaped", `..\..\..\escaped`, "/tmp/escaped", `C:\escaped`, `\\192.0.2.1\share\escaped`, "//192.0.2.1/share/escaped", "CON", "nul.txt", "COM1", "LPT1.log",
	"/dev/stdout", "escaped.txt::$DATA", "escaped:stream", "..", ".", "....//escaped", "%2e%2e%2fescaped", "escaped\x00.txt", "escaped ", "escaped.", "-rf", "~/escaped", ".ssh/authorized_keys",
	"0123456789abcdef/../../escaped", "escaped\n", strings.Repeat("a", 5000),
}

// packedEscape is what would put files elsewhere if anybody unpacked it: a tar archive within gzip, whose own name leads up, too.
func packedEscape(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Name = "../../../../escaped"
	archive := tar.NewWriter(z)
	for _, h := range []*tar.Header{
		{Name: "../../../../escaped", Mode: 0o644, Typeflag: tar.TypeReg},
		{Name: "/tmp/escaped", Mode: 0o644, Typeflag: tar.TypeReg},
		{Name: "link", Linkname: "/etc", Typeflag: tar.TypeSymlink},
		{Name: "link/escaped", Mode: 0o644, Typeflag: tar.TypeReg},
		{Name: "hard", Linkname: "../../keys", Typeflag: tar.TypeLink},
		{Name: "device", Mode: 0o666, Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 1},
	} {
		if err := archive.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// serverMade are the names of files that a server has made in its data directory.
var serverMade = regexp.MustCompile(`^(spool/[0-9a-f]{2}/[0-9a-f-]{36}|(audit|keys|log|tls)/[a-z0-9.-]+|drover\.db(-wal|-shm|-journal)?|server\.id)$`)

// TestS7S8UploadsChooseNoPlace has a computer upload under hostile names, of hostile types and with archives that lead elsewhere:
// whatever is kept lies under a name that the server has made, and nothing is unpacked.
func TestS7S8UploadsChooseNoPlace(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		owner := w.administrator(t, "olga")
		c := w.comesIn(t)
		body := packedEscape(t)
		sum := sha256.Sum256(body)
		for i, name := range hostileFiles {
			good := agentv1.NewUpload{ID: sqldb.NewID(), Kind: "inventory", Type: "application/gzip", Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:])}
			for field, bad := range map[string]func(u *agentv1.NewUpload){
				"id": func(u *agentv1.NewUpload) { u.ID = name }, "kind": func(u *agentv1.NewUpload) { u.Kind = name },
				"hash": func(u *agentv1.NewUpload) { u.SHA256 = name },
			} {
				u := good
				bad(&u)
				if _, err := c.begins(t, u); err == nil {
					t.Errorf("an upload is begun with the %s %.40q", field, name)
				}
			}
			if _, err := c.puts(t, name, body); err == nil {
				t.Errorf("octets are taken for the upload %.40q", name)
			}
			good.Type, good.Order = name, name // of which the zone makes nothing
			if i%8 == 0 {
				good.Type, good.Order = "application/gzip", ""
			}
			if u, err := c.begins(t, good); err == nil {
				if _, err := c.puts(t, u.Upload, body); err != nil && !talk.Answered(err) {
					t.Error(err)
				}
			}
		}
		until(t, "the uploads are set aside", func() bool {
			var list struct{ Items []struct{ State string } }
			w.judged(t, owner, "/collection/uploads?limit=100", &list)
			for _, x := range list.Items {
				if x.State == "receiving" || x.State == "waiting" {
					return false
				}
			}
			return len(list.Items) > 0
		})
		w.onlyServerMade(t)
	})
}

func (s *stranger) begins(t *testing.T, u agentv1.NewUpload) (state agentv1.Upload, err error) {
	t.Helper()
	err = do(t, s.Client, agentv1.ServiceCollection, agentv1.PathUploads, u, &state)
	if err != nil && !talk.Answered(err) {
		t.Error(err)
	}
	return state, err
}

func (s *stranger) puts(t *testing.T, upload string, body []byte) (state agentv1.Upload, err error) {
	t.Helper()
	_, err = s.Do(t.Context(), talk.Request{
		Service: agentv1.ServiceCollection, Method: http.MethodPut, Path: agentv1.PathUploads + "/" + url.PathEscape(upload) + "?offset=0", Raw: body,
	}, &state)
	return state, err
}

// onlyServerMade looks at every name below the server's directory, and for what may have come to be beside it.
func (w *world) onlyServerMade(t *testing.T) {
	t.Helper()
	root, spooled := filepath.Join(w.data, "data"), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if !serverMade.MatchString(name) || !d.Type().IsRegular() {
			t.Errorf("%s has come to be, %s", name, d.Type())
		}
		if strings.HasPrefix(name, "spool/") {
			spooled++
		}
		return err
	})
	if err != nil || spooled == 0 {
		t.Errorf("%d files are spooled (%v)", spooled, err)
	}
	beside, err := filepath.Glob(filepath.Join(filepath.Dir(w.data), "*escaped*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(beside, "/tmp/escaped", filepath.Join(w.data, "escaped"), "escaped", "-rf") {
		if _, err := os.Lstat(name); err == nil {
			t.Errorf("%s has come to be", name)
		}
	}
}
