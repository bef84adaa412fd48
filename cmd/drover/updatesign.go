package main

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"os"
	"time"

	"drover/internal/core/release"
)

type updateKey struct {
	File string `arg:"" help:"File for the private key, which must not be there yet; the public one goes into FILE.pub."`
}

// Run makes a key pair.
func (u *updateKey) Run(c *console) error {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	secret, err := release.FormatPrivate(private)
	if err != nil {
		return err
	}
	open, err := release.FormatPublic(public)
	if err != nil {
		return err
	}
	if err := writeNew(u.File, secret, 0o600); err != nil {
		return err
	}
	if err := writeNew(u.File+".pub", open, 0o644); err != nil {
		return err
	}
	return c.say("%s signs; keep it where no server is. %s.pub is what zones are told: drover update set --key %s.pub", u.File, u.File, u.File)
}

// writeNew writes a file that is not there yet: a key is never written over.
func writeNew(name, text string, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return usage{err}
	}
	if _, err := io.WriteString(f, text); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

type updateSign struct {
	Manifest string `arg:"" help:"The manifest, as docs/operate.md describes it."`
	Key      string `required:"" placeholder:"FILE" help:"The private key that \"update key\" made."`
}

// Run signs a manifest that servers can read, and no other.
func (u *updateSign) Run(c *console) error {
	text, err := readBounded(u.Manifest, release.MaxManifest)
	if err != nil {
		return err
	}
	m, err := release.Decode(text)
	if err != nil {
		return err
	}
	secret, err := readBounded(u.Key, maxKeyFile)
	if err != nil {
		return err
	}
	key, err := release.ParsePrivate(string(secret))
	if err != nil {
		return err
	}
	if err := os.WriteFile(u.Manifest+".sig", release.Sign(key, text), 0o644); err != nil {
		return err
	}
	return c.say("%s.sig signs number %d with %d releases; servers believe it until %s", u.Manifest, m.Serial, len(m.Releases), m.Expires.Format(time.RFC3339))
}

type updateCheck struct {
	Manifest string `arg:"" help:"The manifest; its signature is in MANIFEST.sig."`
	Key      string `required:"" placeholder:"FILE" help:"The public key, FILE.pub of \"update key\"."`
}

// Run tells whether a server would believe a manifest now.
func (u *updateCheck) Run(c *console) error {
	text, err := readBounded(u.Manifest, release.MaxManifest)
	if err != nil {
		return err
	}
	signature, err := readBounded(u.Manifest+".sig", maxKeyFile)
	if err != nil {
		return err
	}
	public, err := readBounded(u.Key, maxKeyFile)
	if err != nil {
		return err
	}
	key, err := release.ParsePublic(string(public))
	if err != nil {
		return err
	}
	m, err := release.Read(text, signature, key, time.Now())
	if err != nil {
		return err
	}
	return c.say("number %d with %d releases is signed with this key and believed until %s", m.Serial, len(m.Releases), m.Expires.Format(time.RFC3339))
}

// maxKeyFile bounds the files with a key or a signature.
const maxKeyFile = 16 << 10

// readBounded reads a file of so many octets at most.
func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage{err}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = usage{fmt.Errorf("%s is over %d KiB", name, most>>10)}
	}
	return text, err
}
