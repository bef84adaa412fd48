package easclient

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTbSync has a third decoder read what this client sends: that of EAS-4-TbSync, Thunderbird's ActiveSync
// provider. It takes the Debian package (kept in the user's cache directory) and runs its codec in node.
func TestTbSync(t *testing.T) {
	frames := sentFrames(t)
	for _, c := range slices.SortedFunc(maps.Keys(pages.names), func(a, b code) int {
		return int(a.page)<<8 + int(a.token) - int(b.page)<<8 - int(b.token)
	}) {
		space, name := pages.lookup(c)
		frame, err := Encode(txt(space+":"+name, "ü & <x>"))
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, frame)
	}

	documents, ping := tbsync(t, frames)
	known := 0
	for i, frame := range frames {
		own, err := Decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := parseXML([]byte(documents[i]))
		if err != nil {
			t.Fatalf("%s: no XML: %v: %s", own, err, documents[i])
		}
		if strings.HasPrefix(foreign.Name, "Unknown.") {
			continue // legacy tags and those of 16.x
		}
		known++
		if diff := sameDocument(own, foreign); diff != "" {
			t.Errorf("%s: %s: %s", own, diff, documents[i])
		}
	}
	if known < 550 {
		t.Errorf("only %d of %d documents are known to the other codec", known, len(frames))
	}

	got, err := Decode(ping)
	want := `Ping:Ping{HeartbeatInterval="300" Folders{Folder{Id="5" Class="Email"}}}`
	if err != nil || got.String() != want {
		t.Errorf("its frame % x decodes to %s, %v, want %s", ping, got, err, want)
	}
}

// sameDocument compares names and texts and returns what differs; the other codec's namespaces are not those of XML,
// it knows no legacy tags, and it spells AttOId with a zero.
func sameDocument(own, foreign *Node) string {
	name := strings.Replace(foreign.Name, "Att0Id", "AttOId", 1)
	if !pages.sameTag(own.Space, own.Name, name) && !strings.HasPrefix(name, "Unknown.") {
		return own.Name + " here, " + foreign.Name + " there"
	}
	if len(own.Children) != len(foreign.Children) {
		return own.Name + ": other children"
	}
	text, err := url.PathUnescape(foreign.Text)
	if len(own.Children) == 0 && (err != nil || latin1(text) != own.Text) {
		return own.Name + ": other text"
	}
	for i := range own.Children {
		if diff := sameDocument(own.Children[i], foreign.Children[i]); diff != "" {
			return diff
		}
	}
	return ""
}

// latin1 turns the bytes that the other codec takes for characters back into bytes.
func latin1(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// sentFrames are all frames that a session writes at every version, without those that carry OPAQUE, which the other
// codec cannot read.
func sentFrames(t *testing.T) [][]byte {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	var frames [][]byte
	for _, v := range Versions {
		s := NewSession(&Client{
			URL: server.URL, User: "u", Password: "p", DeviceID: "d", DeviceType: "t", Version: v, Form: Plain, HTTP: server.Client(),
			Frame: func(_ bool, frame []byte) { frames = append(frames, frame) },
		})
		ctx, folder := t.Context(), Folder{ID: "5", Type: typeInbox}
		for _, call := range []func() (*Reply, error){
			func() (*Reply, error) { return s.ProvisionAsk(ctx, "") },
			func() (*Reply, error) { return s.ProvisionAck(ctx, "1", "1") },
			func() (*Reply, error) { return s.WipeAck(ctx, "1", false) },
			func() (*Reply, error) { return s.FolderSync(ctx, "0") },
			func() (*Reply, error) { return s.Sync(ctx, SyncOptions{Folder: folder, Key: "0"}) },
			func() (*Reply, error) { return s.Sync(ctx, SyncOptions{Folder: folder, Key: "1", Window: 5, Wait: 2}) },
			func() (*Reply, error) { return s.Sync(ctx, SyncOptions{Folder: folder, Key: "1", Heartbeat: 90}) },
			func() (*Reply, error) { return s.Ping(ctx, 60, nil, folder) },
			func() (*Reply, error) { return s.Estimate(ctx, folder) },
			func() (*Reply, error) { return s.Fetch(ctx, "5", "5:1") },
			func() (*Reply, error) { return s.SettingsDevice(ctx) },
			func() (*Reply, error) { return s.SettingsUser(ctx) },
			func() (*Reply, error) { return s.Search(ctx, "Grüße & <x>'") },
		} {
			if _, err := call(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return frames
}

func tbsync(t *testing.T, frames [][]byte) (documents []string, ping []byte) {
	t.Helper()
	var in struct {
		Frames []string `json:"frames"`
	}
	for _, f := range frames {
		in.Frames = append(in.Frames, hex.EncodeToString(f))
	}
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "node", "testdata/tbsync.js", tbsyncCodec(t))
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v: %s", err, errs.String())
	}
	var answer struct {
		Documents []string `json:"documents"`
		Frame     string   `json:"frame"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Documents) != len(frames) {
		t.Fatalf("%d documents for %d frames", len(answer.Documents), len(frames))
	}
	ping, err = hex.DecodeString(answer.Frame)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Documents, ping
}

// tbsyncCodec unpacks the codec out of the Debian package, which apt brings and checks once.
func tbsyncCodec(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "drover-test")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	pattern := filepath.Join(cache, "webext-eas4tbsync_*.deb")
	if found, _ := filepath.Glob(pattern); len(found) == 0 {
		download(t, cache)
	}
	found, _ := filepath.Glob(pattern)
	if len(found) == 0 {
		t.Fatal("apt-get download left no webext-eas4tbsync package")
	}
	dir := t.TempDir()
	command(t, dir, "dpkg-deb", "-x", found[len(found)-1], dir)
	archives, _ := filepath.Glob(filepath.Join(dir, "usr/share/webext/*.xpi"))
	if len(archives) != 1 {
		t.Fatalf("%d archives in the package", len(archives))
	}
	archive, err := zip.OpenReader(archives[0])
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	file, err := archive.Open("content/includes/wbxmltools.js")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	source, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	codec := filepath.Join(dir, "wbxmltools.js")
	if err := os.WriteFile(codec, source, 0o644); err != nil {
		t.Fatal(err)
	}
	return codec
}

// download tries again after bringing the package lists up to date, which a fresh machine lacks.
func download(t *testing.T, dir string) {
	t.Helper()
	get := exec.Command("apt-get", "download", "webext-eas4tbsync")
	get.Dir = dir
	if get.Run() == nil {
		return
	}
	command(t, dir, "apt-get", "-o", "DPkg::Lock::Timeout=600", "update", "-qq")
	command(t, dir, "apt-get", "download", "webext-eas4tbsync")
}

func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}
