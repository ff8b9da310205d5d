package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certLifetime stays below the 398 days that browsers accept.
const certLifetime = 365 * 24 * time.Hour

// secure is the part of the command line that is about TLS.
type secure struct {
	on        bool
	cert, key string // files in PEM; empty: made at the start
}

func (s *secure) flags(set *flag.FlagSet) {
	set.BoolVar(&s.on, "tls", false, "speak https and wss, with a certificate of its own making unless -cert and -key are given")
	set.StringVar(&s.cert, "cert", "", "`file` of the certificate chain for -tls, in PEM")
	set.StringVar(&s.key, "key", "", "`file` of the certificate's private key, in PEM")
}

func (s *secure) check() error {
	switch {
	case (s.cert == "") != (s.key == ""):
		return errors.New("-cert and -key go together: one of them is missing")
	case s.cert != "" && !s.on:
		return errors.New("-cert and -key need -tls")
	}
	return nil
}

// config is what TLS needs, nil when it is not wanted, and a note that tells clients where
// they find the certificate. What was made here is gone after end.
func (s *secure) config(names hosts, addr string) (config *tls.Config, note string, end func(), err error) {
	end = func() {}
	if !s.on {
		return nil, "", end, nil
	}
	var cert tls.Certificate
	file := s.cert
	if file != "" {
		if cert, err = tls.LoadX509KeyPair(s.cert, s.key); err != nil {
			return nil, "", nil, fmt.Errorf("-cert and -key: %w", err)
		}
	} else {
		if cert, err = newCertificate(names, addr); err != nil {
			return nil, "", nil, err
		}
		dir, err := os.MkdirTemp("", "rtmd-")
		if err != nil {
			return nil, "", nil, err
		}
		end = func() { _ = os.RemoveAll(dir) }
		file = filepath.Join(dir, "cert.pem")
		if err := os.WriteFile(file, certPEM(cert), 0o644); err != nil {
			end()
			return nil, "", nil, err
		}
	}
	note = fmt.Sprintf("%s sha256 %X", file, sha256.Sum256(cert.Certificate[0]))
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, note, end, nil
}

// newCertificate makes a certificate for the local machine, names and the address that
// is listened on, signed by itself. It can't sign others: who trusts it trusts this
// server and nothing else.
func newCertificate(names hosts, addr string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	cert := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "rtmd", Organization: []string{"rtmd, made at its start"}},
		NotBefore:             now.Add(-time.Hour), // for clocks that are late
		NotAfter:              now.Add(certLifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, name := range names {
		if name != "*" {
			cert.DNSNames = append(cert.DNSNames, name)
		}
	}
	if host, _, err := net.SplitHostPort(addr); err == nil {
		if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() && !ip.IsLoopback() {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func certPEM(c tls.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
}
