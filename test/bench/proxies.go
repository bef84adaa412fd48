package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// proxyArgument makes this program the plain proxy, in a process of its own.
const proxyArgument = "reverse-proxy"

// nginxConfig is nginx at its plainest: two workers, TLS outside, kept-alive connections inside.
const nginxConfig = `
worker_processes 2;
worker_rlimit_nofile 20000;
pid %[1]s/nginx.pid;
error_log %[1]s/nginx-error.log;
daemon off;
%[5]s
events { worker_connections 12000; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  upstream mail { server %[2]s; keepalive 64; keepalive_requests 1000000; }
  server {
    listen %[3]s ssl backlog=4096;
    ssl_certificate %[4]s/cert.pem;
    ssl_certificate_key %[4]s/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:10m;
    keepalive_requests 1000000;
    location / {
      proxy_pass http://mail;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_read_timeout 3600s;
    }
  }
}
`

func (b *bench) startNginx(context.Context) (*process, string, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user www-data;"
	}
	path := filepath.Join(b.dir, "nginx.conf")
	config := fmt.Sprintf(nginxConfig, b.dir, b.mailAddr, addr, b.dir, user)
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		return nil, "", err
	}
	p, err := start(b.dir, nil, "/usr/sbin/nginx", "-c", path, "-e", filepath.Join(b.dir, "nginx-error.log"))
	return p, addr, err
}

func (b *bench) startReverseProxy(context.Context) (*process, string, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	p, err := start(b.dir, nil, self, proxyArgument, addr, "http://"+b.mailAddr, b.dir)
	return p, addr, err
}

// serveProxy is Go's ReverseProxy and nothing else. The arguments are its address, the mail server's URL, and where the
// certificate is.
func serveProxy(args []string) error {
	if len(args) != 3 {
		return errors.New("it takes ADDRESS URL DIRECTORY")
	}
	target, err := url.Parse(args[1])
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	server := &http.Server{
		Addr: args[0], Handler: proxy, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	return server.ListenAndServeTLS(filepath.Join(args[2], "cert.pem"), filepath.Join(args[2], "key.pem"))
}

// freeAddress returns a loopback address on which nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// writeCertificate makes the certificate of nginx and ReverseProxy: ECDSA P-256, as Drover's own.
func writeCertificate(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	err = os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o644)
	return errors.Join(err, os.WriteFile(filepath.Join(dir, "key.pem"),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}
