package pki

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/logfield"
)

// lookEvery is how often the files are looked at, at most: handshakes come in thousands, changes once in weeks.
const lookEvery = time.Second

// Files shows a certificate chain and key that others put into PEM files. A change is noticed at the next handshake; a
// pair that cannot be read, or is half written, leaves the old one in use and is told to the log.
type Files struct {
	certPath, keyPath string
	clock             clock.Clock
	log               *slog.Logger

	mu     sync.Mutex
	cert   *tls.Certificate
	seen   [2]stamp
	looked time.Time
}

// stamp tells one state of a file from the next.
type stamp struct {
	modified time.Time
	size     int64
}

// NewFiles reads the pair once, so that a mistake is seen at the start.
func NewFiles(certPath, keyPath string, c clock.Clock, log *slog.Logger) (*Files, error) {
	f := &Files{certPath: certPath, keyPath: keyPath, clock: c, log: log, looked: c.Now()}
	seen, err := f.stamps()
	if err != nil {
		return nil, err
	}
	if err := f.load(seen); err != nil {
		return nil, err
	}
	return f, nil
}

// GetCertificate answers a handshake (see [tls.Config]).
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.clock.Now(); now.Sub(f.looked) >= lookEvery || now.Before(f.looked) {
		f.looked = now
		f.refresh()
	}
	return f.cert, nil
}

// Expires returns when the certificate ends.
func (f *Files) Expires() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cert.Leaf.NotAfter
}

func (f *Files) refresh() {
	seen, err := f.stamps()
	if err == nil && seen == f.seen {
		return
	}
	if err == nil {
		err = f.load(seen)
	}
	if err != nil {
		f.log.Warn("the new server certificate cannot be used, the old one stays", logfield.Error, err)
	}
}

func (f *Files) stamps() (seen [2]stamp, err error) {
	for i, path := range []string{f.certPath, f.keyPath} {
		var info fs.FileInfo
		if info, err = os.Stat(path); err != nil {
			return seen, err
		}
		seen[i] = stamp{info.ModTime(), info.Size()}
	}
	return seen, nil
}

func (f *Files) load(seen [2]stamp) error {
	cert, err := tls.LoadX509KeyPair(f.certPath, f.keyPath)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", f.certPath, f.keyPath, err)
	}
	f.cert, f.seen = &cert, seen
	return nil
}
