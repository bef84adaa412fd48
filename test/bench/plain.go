package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"drover/api/agentv1"
)

// plainArgument makes this program the plain handler, in a process of its own.
const plainArgument = "plain-handler"

// startPlain starts the handler that Drover's check-in is measured beside.
func (b *bench) startPlain() (*process, string, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	p, err := start(b.dir, nil, self, plainArgument, addr, b.dir)
	return p, addr, err
}

// servePlain reads a status over TLS and answers it: nothing is proven, nothing is kept. The arguments are its address, and
// where the certificate is.
func servePlain(args []string) error {
	if len(args) != 2 {
		return errors.New("it takes ADDRESS DIRECTORY")
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	server := &http.Server{
		Addr: args[0], Handler: http.HandlerFunc(take), Protocols: protocols, ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	return server.ListenAndServeTLS(filepath.Join(args[1], "cert.pem"), filepath.Join(args[1], "key.pem"))
}

func take(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var in agentv1.Status
	if err != nil || json.Unmarshal(raw, &in) != nil {
		http.Error(w, "no status", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(agentv1.StatusTaken{})
}
