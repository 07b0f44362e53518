package cybersource_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"tieout/recon/cybersource"
	"tieout/recon/secret"
)

// signatures is fixtures/golden/cybersource/signatures.json.
type signatures struct {
	Host, Merchant, Key, Secret, At, Kid string
	Certificate, Private                 []string
	Cases                                []struct {
		Name    string
		Scheme  cybersource.Scheme
		Method  string
		Target  string
		Body    *string
		Token   byte
		Headers map[string]string
	}
}

func readSignatures(t *testing.T) (s signatures, at time.Time) {
	t.Helper()
	data, err := os.ReadFile("../../fixtures/golden/cybersource/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	if at, err = time.Parse(time.RFC3339, s.At); err != nil {
		t.Fatal(err)
	}
	return s, at
}

const password = "opens the container"

// container is a P12 as the business center gives it: key, certificate, and a certificate of the processor before it.
func (s *signatures) container(t *testing.T, encoder *pkcs12.Encoder) secret.Text {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(block(t, s.Private))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(block(t, s.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	foreign, _ := certificate(t, pkix.Name{CommonName: "processor", SerialNumber: "1"}, cert.NotAfter)
	data, err := encoder.Encode(key, foreign, []*x509.Certificate{cert}, password)
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(string(data))
}

func block(t *testing.T, lines []string) []byte {
	t.Helper()
	b, _ := pem.Decode([]byte(strings.Join(lines, "\n") + "\n"))
	if b == nil {
		t.Fatal("no PEM block")
	}
	return b.Bytes
}

func certificate(t *testing.T, subject pkix.Name, until time.Time) (*x509.Certificate, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: subject, NotBefore: until.AddDate(-3, 0, 0), NotAfter: until}
	data, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(data)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// numbered is a random source whose only bit that is set is in its last byte.
type numbered byte

func (n numbered) Read(b []byte) (int, error) {
	clear(b)
	b[len(b)-1] = byte(n)
	return len(b), nil
}

func (s *signatures) credentials(t *testing.T) cybersource.Credentials {
	t.Helper()
	return cybersource.Credentials{
		Merchant: s.Merchant, KeyID: s.Key, Secret: secret.New(s.Secret), P12: s.container(t, pkcs12.Modern), Password: secret.New(password),
	}
}

func TestRequestsAreSignedToTheByte(t *testing.T) {
	s, at := readSignatures(t)
	c := s.credentials(t)
	seen := map[cybersource.Scheme]int{}
	for _, want := range s.Cases {
		t.Run(want.Name, func(t *testing.T) {
			seen[want.Scheme]++
			c.Scheme = want.Scheme
			signer, err := cybersource.NewSigner(c, cybersource.Source{Now: func() time.Time { return at }, Random: numbered(want.Token)})
			if err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequest(want.Method, "https://"+s.Host+want.Target, nil)
			if err != nil {
				t.Fatal(err)
			}
			var body []byte
			if want.Body != nil {
				body = []byte(*want.Body)
			}
			if err := signer.Sign(r, body); err != nil {
				t.Fatal(err)
			}
			if len(r.Header) != len(want.Headers) {
				t.Errorf("headers %v, want %v", r.Header, want.Headers)
			}
			for name, value := range want.Headers {
				if got := r.Header.Get(name); got != value {
					t.Errorf("%s\n got %s\nwant %s", name, got, value)
				}
			}
		})
	}
	if seen[cybersource.JWT] != 2 || seen[cybersource.JWTP12] != 2 || seen[cybersource.HTTPSignature] != 7 {
		t.Errorf("cases: %v", seen)
	}
}

func TestAPortfolioKeySignsForItsMerchants(t *testing.T) {
	s, at := readSignatures(t)
	c := s.credentials(t)
	c.Portfolio = "portfolio"
	for scheme, want := range map[cybersource.Scheme][2]string{
		cybersource.JWT:           {`"iss":"portfolio"`, `"v-c-merchant-id":"` + s.Merchant + `"`},
		cybersource.HTTPSignature: {"V-C-Merchant-Id: portfolio", ""},
	} {
		c.Scheme = scheme
		signer, err := cybersource.NewSigner(c, cybersource.Source{Now: func() time.Time { return at }, Random: numbered(1)})
		if err != nil {
			t.Fatal(err)
		}
		r, _ := http.NewRequest(http.MethodGet, "https://"+s.Host+"/", nil)
		if err := signer.Sign(r, nil); err != nil {
			t.Fatal(err)
		}
		shown := "V-C-Merchant-Id: " + r.Header.Get("V-C-Merchant-Id") + decoded(t, r.Header.Get("Authorization"))
		for _, part := range want {
			if !strings.Contains(shown, part) {
				t.Errorf("%s: %s misses %s", scheme, shown, part)
			}
		}
	}
}

func decoded(t *testing.T, authorization string) string {
	t.Helper()
	parts := strings.Split(authorization, ".")
	if len(parts) != 3 {
		return ""
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestCredentialsThatCannotSignAreRefused(t *testing.T) {
	s, at := readSignatures(t)
	fine := s.credentials(t)
	expired, key := certificate(t, pkix.Name{CommonName: "late", SerialNumber: "1"}, at.Add(-time.Hour))
	late, err := pkcs12.Modern.Encode(key, expired, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	nameless, key := certificate(t, pkix.Name{CommonName: "nameless"}, at.Add(time.Hour))
	anonymous, err := pkcs12.Modern.Encode(key, nameless, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	elliptical, err := pkcs12.Modern.Encode(curve, nameless, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	orphan, err := pkcs12.Modern.Encode(key, expired, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, fault string
		change      func(*cybersource.Credentials)
	}{
		{"no merchant", "no merchant id", func(c *cybersource.Credentials) { c.Merchant = "" }},
		{"no key id", "no key id", func(c *cybersource.Credentials) { c.KeyID = "" }},
		{"no secret", "not base64", func(c *cybersource.Credentials) { c.Secret = secret.Text{} }},
		{"a secret with a blank in it", "not base64", func(c *cybersource.Credentials) { c.Secret = secret.New("AB CD") }},
		{"a secret whose last bits are not zero", "not base64", func(c *cybersource.Credentials) { c.Secret = secret.New("AB==") }},
		{"an unknown scheme", `scheme "oauth": one of [jwt jwt-p12 http-signature] is needed`, func(c *cybersource.Credentials) { c.Scheme = "oauth" }},
		{"no container", "open the P12 container", func(c *cybersource.Credentials) { c.Scheme, c.P12 = cybersource.JWTP12, secret.Text{} }},
		{"a wrong password", "is the password right?", func(c *cybersource.Credentials) { c.Scheme, c.Password = cybersource.JWTP12, secret.New("other") }},
		{"a certificate whose time is over", "expired on 2026-11-23", func(c *cybersource.Credentials) { c.Scheme, c.P12 = cybersource.JWTP12, secret.New(string(late)) }},
		{"a certificate without a serialNumber", "has no serialNumber", func(c *cybersource.Credentials) {
			c.Scheme, c.P12 = cybersource.JWTP12, secret.New(string(anonymous))
		}},
		{"a key that is not RSA", "is not RSA", func(c *cybersource.Credentials) { c.Scheme, c.P12 = cybersource.JWTP12, secret.New(string(elliptical)) }},
		{"a key whose certificate is not there", "no certificate for its key", func(c *cybersource.Credentials) {
			c.Scheme, c.P12 = cybersource.JWTP12, secret.New(string(orphan))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := fine
			bad.Scheme = cybersource.JWT
			c.change(&bad)
			_, err := cybersource.NewSigner(bad, cybersource.Source{Now: func() time.Time { return at }, Random: numbered(1)})
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("got %v, want %q", err, c.fault)
			}
		})
	}
}

func TestSignersDoNotShowTheirKeys(t *testing.T) {
	s, at := readSignatures(t)
	c := s.credentials(t)
	for _, scheme := range cybersource.Schemes() {
		c.Scheme = scheme
		signer, err := cybersource.NewSigner(c, cybersource.Source{Now: func() time.Time { return at }, Random: numbered(1)})
		if err != nil {
			t.Fatal(err)
		}
		shown := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", signer, signer, signer, signer, c, c, c)
		for _, hidden := range []string{s.Secret, "[24 232 223", "0x18, 0xe8", password} {
			if strings.Contains(shown, hidden) {
				t.Errorf("%s shows %s", scheme, hidden)
			}
		}
	}
}

func TestOldContainersOpen(t *testing.T) {
	s, at := readSignatures(t)
	c := s.credentials(t)
	c.Scheme, c.P12 = cybersource.JWTP12, s.container(t, pkcs12.LegacyDES)
	if _, err := cybersource.NewSigner(c, cybersource.Source{Now: func() time.Time { return at }, Random: numbered(1)}); err != nil {
		t.Error(err)
	}
}
