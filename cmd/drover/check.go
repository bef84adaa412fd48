package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/schema"
	"drover/internal/server"
)

type checkCommand struct {
	configFile
	server.Config
}

// checkTime bounds what is asked of others: the database.
const checkTime = 30 * time.Second

// errUnsound says that the check has found something; what, it has printed.
var errUnsound = errors.New("the server would not start as it is")

// Run finds what would keep the server from starting. It starts, makes and changes nothing.
func (s *checkCommand) Run(ctx context.Context, c *console, k *kong.Kong) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	serve := serveCommand{configFile: s.configFile, Config: s.Config}
	if err := serve.prepare(k); err != nil {
		return err
	}
	cfg, sound := serve.Config, true
	for _, x := range []struct {
		name string
		look func(context.Context, server.Config) (string, error)
	}{
		{"configuration", func(context.Context, server.Config) (string, error) { return "every value can be used", nil }},
		{"data", checkData},
		{"keys", checkKeys},
		{"database", checkDatabase},
		{"certificate", checkCertificate},
		{"device-addr", func(ctx context.Context, cfg server.Config) (string, error) { return checkPort(ctx, cfg.DeviceAddr) }},
		{"admin-addr", func(ctx context.Context, cfg server.Config) (string, error) { return checkPort(ctx, cfg.AdminAddr) }},
	} {
		words, err := x.look(ctx, cfg)
		mark := "ok"
		if err != nil {
			mark, words, sound = "FAULT", sentence(err), false
		}
		if err := c.say("%-5s  %-13s  %s", mark, x.name, words); err != nil {
			return err
		}
	}
	if !sound {
		return errUnsound
	}
	return nil
}

func checkData(_ context.Context, cfg server.Config) (string, error) {
	info, err := os.Stat(cfg.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cfg.Data + " is not there yet; the first start makes it", nil
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s is no directory", cfg.Data)
	case info.Mode().Perm()&0o007 != 0:
		return "", fmt.Errorf("%s is open to every user of this machine: run chmod 0700 on it", cfg.Data)
	}
	return cfg.Data, nil
}

// checkKeys reads every file of the key store. Whether they are the database's own, checkDatabase finds out.
func checkKeys(_ context.Context, cfg server.Config) (string, error) {
	if !server.HasKeys(cfg.Data) {
		return "there are none yet; the first start makes them", nil
	}
	dir := filepath.Join(cfg.Data, "keys")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return "", err
		}
		if info.Mode().Perm()&0o077 != 0 && !strings.HasSuffix(e.Name(), ".pub") {
			return "", fmt.Errorf("%s can be read by others: run chmod 0600 on it", filepath.Join(dir, e.Name()))
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		_ = f.Close() // it was only opened for reading
	}
	return fmt.Sprintf("%s: %d files, readable by their owner alone", dir, len(entries)), nil
}

func checkDatabase(ctx context.Context, cfg server.Config) (words string, err error) {
	url := cfg.DatabaseURL()
	file, embedded := strings.CutPrefix(url, "sqlite:")
	if embedded {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return file + " is not there yet; the first start makes it", nil
		}
	}
	db, err := sqldb.Open(ctx, sqldb.Options{URL: url, MaxConns: 1})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	have, err := db.Version(ctx)
	if err != nil {
		return "", err
	}
	if have > 0 && !server.HasKeys(cfg.Data) {
		return "", fmt.Errorf("it holds a zone, but its keys are not in %s: restore them", filepath.Join(cfg.Data, "keys"))
	}
	steps := schema.Steps()
	want := steps[len(steps)-1].Number
	switch {
	case have > want:
		return "", sqldb.ErrNewer{Database: have, Program: want}
	case have < want:
		return fmt.Sprintf("%s at version %d; it will be brought to %d: back it up first", db.Engine(), have, want), nil
	}
	if err := schema.Check(ctx, db); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s at version %d, and the keys are its own", db.Engine(), have), seal.Check(ctx, db, filepath.Join(cfg.Data, "keys"))
}

func checkCertificate(_ context.Context, cfg server.Config) (string, error) {
	switch cfg.TLSMode {
	case "files":
		pair, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
		if err != nil {
			return "", err
		}
		return describe(cfg.TLSCert, pair.Leaf)
	case "acme":
		return "from an ACME authority, for " + join(cfg.Names), nil
	}
	file := filepath.Join(cfg.Data, "tls", "ca.pem")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "the zone's own authority; the first start makes it", nil
	}
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return "", fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return describe(file, cert)
}

func describe(file string, cert *x509.Certificate) (string, error) {
	now := time.Now()
	if now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return "", fmt.Errorf("%s is valid from %s to %s alone", file, cert.NotBefore.Format(time.DateOnly), cert.NotAfter.Format(time.DateOnly))
	}
	return fmt.Sprintf("%s, valid until %s", file, cert.NotAfter.Format(time.DateOnly)), nil
}

func checkPort(ctx context.Context, addr string) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return "", fmt.Errorf("%s is taken; does the server run already?", addr)
	}
	if err != nil {
		return "", err
	}
	return addr + " is free", l.Close()
}
