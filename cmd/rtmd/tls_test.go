package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// clientOf is a client that trusts a certificate and reaches rtmd under any name.
func (p *process) clientOf(t *testing.T, certificate []byte) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificate) {
		t.Fatalf("no certificate: %s", certificate)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, strings.TrimPrefix(p.url, "https://"))
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// certificate reads the second line of rtmd, and the file that it names.
func (p *process) certificate(t *testing.T) (file string, data []byte) {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatal("rtmd printed no second line")
	}
	rest, ok := strings.CutPrefix(p.lines.Text(), "certificate ")
	file, print, found := strings.Cut(rest, " sha256 ")
	if !ok || !found {
		t.Fatalf("the second line is %q", p.lines.Text())
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if sum := fmt.Sprintf("%X", sha256.Sum256(block.Bytes)); sum != print {
		t.Errorf("the fingerprint is %s, printed was %s", sum, print)
	}
	return file, data
}

// TestCertificateOfAddress has rtmd listen on an address of the network: clients find it
// there.
func TestCertificateOfAddress(t *testing.T) {
	for addr, want := range map[string]string{"192.0.2.7:8443": "192.0.2.7", "[2001:db8::7]:0": "2001:db8::7", "0.0.0.0:1": "", "127.0.0.1:1": "", "name:1": "", "": ""} {
		c, err := newCertificate(nil, addr)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if want != "" && leaf.VerifyHostname(want) != nil || (want == "") != (len(leaf.IPAddresses) == 2) || leaf.VerifyHostname("::1") != nil {
			t.Errorf("%s: the certificate is for %v", addr, leaf.IPAddresses)
		}
	}
}

// TestTLS trusts what rtmd made at its start, and speaks to it under all its names.
func TestTLS(t *testing.T) {
	p := start(t, "-web", t.TempDir(), "-tls", "-host", "api.livechatinc.com,*.example.com")
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") {
		t.Fatalf("the address is %s", p.url)
	}
	file, data := p.certificate(t)
	client := p.clientOf(t, data)
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]", "api.livechatinc.com", "a.example.com"} {
		resp, err := client.Get("https://" + host + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 || resp.TLS.Version != tls.VersionTLS13 {
			t.Errorf("%s: %d, TLS %x", host, resp.StatusCode, resp.TLS.Version)
		}
		socket, _, err := websocket.Dial(t.Context(), "wss://"+host+"/v3.6/agent/rtm/ws", &websocket.DialOptions{HTTPClient: client})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		socket.CloseNow()
	}
	if _, err := client.Get("https://accounts.livechatinc.com/healthz"); err == nil || !strings.Contains(err.Error(), "certificate is valid for") {
		t.Errorf("under a foreign name: %v", err)
	}
	if _, err := http.Get(p.url + "/healthz"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without trust: %v", err)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	for p.lines.Scan() {
		if !strings.HasPrefix(p.lines.Text(), "control ") {
			t.Errorf("printed %q", p.lines.Text())
		}
	}
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(file)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end: %v", err)
	}
}

// writeCertificate makes a certificate for names, so that it outlives an rtmd.
func writeCertificate(t *testing.T, names ...string) (cert, key string) {
	t.Helper()
	made, err := newCertificate(names, "")
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, data := range map[string][]byte{cert: certPEM(made), key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestOwnCertificate(t *testing.T) {
	cert, key := writeCertificate(t, "rtm.example")
	p := start(t, "-web", t.TempDir(), "-tls", "-cert", cert, "-key", key, "-host", "rtm.example")
	file, data := p.certificate(t)
	if file != cert {
		t.Errorf("the file is %s", file)
	}
	resp, err := p.clientOf(t, data).Get("https://rtm.example/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
	if rest := p.stop(t, syscall.SIGTERM); len(rest) != 1 || !strings.HasPrefix(rest[0], "control ") {
		t.Errorf("printed %q", rest)
	}
	if _, err := os.Stat(cert); err != nil {
		t.Error(err) // it is the user's
	}
}

// TestCertificate holds what is made to what clients ask of it.
func TestCertificate(t *testing.T) {
	made, err := newCertificate(hosts{"api.livechatinc.com", "*"}, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(made.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"localhost", "api.livechatinc.com"}; !slices.Equal(c.DNSNames, want) {
		t.Errorf("names %v", c.DNSNames)
	}
	if c.PublicKeyAlgorithm != x509.ECDSA || c.IsCA || c.KeyUsage != x509.KeyUsageDigitalSignature || c.NotAfter.Sub(c.NotBefore) > 398*24*time.Hour {
		t.Errorf("%v, authority %v, usage %v, until %v", c.PublicKeyAlgorithm, c.IsCA, c.KeyUsage, c.NotAfter)
	}
	again, err := newCertificate(nil, "")
	if err != nil || slices.Equal(again.Certificate[0], made.Certificate[0]) {
		t.Errorf("made twice: %v", err)
	}
}
