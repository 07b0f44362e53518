package cybersource

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"software.sslmate.com/src/go-pkcs12"

	"tieout/recon/secret"
)

// Scheme is a way of signing requests.
type Scheme string

// The schemes. HTTP Signature uses the key and secret of JWT, and is on its way out.
const (
	JWT           Scheme = "jwt"            // HS256, shared secret
	JWTP12        Scheme = "jwt-p12"        // RS256, certificate
	HTTPSignature Scheme = "http-signature" // HMAC over chosen headers
)

// Schemes are all of them, the default first.
func Schemes() []Scheme { return []Scheme{JWT, JWTP12, HTTPSignature} }

// Credentials are what a merchant signs with.
type Credentials struct {
	Merchant  string
	Portfolio string // id of the portfolio whose key signs for the merchant; "" for a key of its own
	Scheme    Scheme
	KeyID     string      // of the shared secret
	Secret    secret.Text // base64, as the business center shows it
	P12       secret.Text // the container, for JWTP12
	Password  secret.Text // of the container
}

// Signer adds to a request what proves who sends it. body is what will be sent,
// nil for a method without one. URL, method and host must not change afterwards.
type Signer interface {
	Sign(r *http.Request, body []byte) error
}

// Source is where signers get what differs between two signatures of one request.
type Source struct {
	Now    func() time.Time
	Random io.Reader // of token ids
}

// NewSigner checks credentials and makes their signer. The error says what to correct.
func NewSigner(c Credentials, s Source) (Signer, error) {
	if c.Merchant == "" {
		return nil, errors.New("no merchant id")
	}
	if c.Scheme == JWTP12 {
		return newP12(c, s)
	}
	key, err := sharedKey(c)
	if err != nil {
		return nil, err
	}
	switch c.Scheme {
	case JWT:
		return &token{source: s, merchant: c.Merchant, issuer: c.issuer(), kid: c.KeyID, method: jwt.SigningMethodHS256, key: hiddenKey(key)}, nil
	case HTTPSignature:
		return &signature{now: s.Now, merchant: c.issuer(), kid: c.KeyID, key: hiddenKey(key)}, nil
	case JWTP12:
	}
	return nil, fmt.Errorf("scheme %q: one of %v is needed", c.Scheme, Schemes())
}

// issuer is whose key it is.
func (c *Credentials) issuer() string {
	if c.Portfolio != "" {
		return c.Portfolio
	}
	return c.Merchant
}

// sharedKey decodes the shared secret, which must be base64 to the letter.
func sharedKey(c Credentials) ([]byte, error) {
	if c.KeyID == "" {
		return nil, errors.New("no key id: the business center shows it beside the shared secret")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(c.Secret.Reveal())
	if err != nil || len(key) == 0 {
		return nil, errors.New("the shared secret is not base64; copy it again from the business center, without blanks")
	}
	return key, nil
}

// hiddenKey keeps a key where no way of printing the signer finds it.
func hiddenKey(key any) func() any { return func() any { return key } }

// withBody tells the methods whose body is signed; an empty one is sent as {}.
func withBody(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return true
	}
	return false
}

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hostOf is the host as it goes over the wire.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// signature is HTTP Signature.
type signature struct {
	now           func() time.Time
	merchant, kid string
	key           func() any
}

// Sign adds the headers date, digest, signature and v-c-merchant-id.
func (s *signature) Sign(r *http.Request, body []byte) error {
	date := s.now().UTC().Format(http.TimeFormat)
	lines := []string{"host: " + hostOf(r), "date: " + date, "request-target: " + strings.ToLower(r.Method) + " " + r.URL.RequestURI()}
	names := "host date request-target v-c-merchant-id"
	if withBody(r.Method) {
		digest := "SHA-256=" + digestOf(body)
		r.Header.Set("Digest", digest)
		lines = append(lines, "digest: "+digest)
		names = "host date request-target digest v-c-merchant-id"
	}
	lines = append(lines, "v-c-merchant-id: "+s.merchant)
	key, _ := s.key().([]byte)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(strings.Join(lines, "\n")))
	r.Header.Set("Date", date)
	r.Header.Set("V-C-Merchant-Id", s.merchant)
	r.Header.Set("Signature", fmt.Sprintf(`keyid="%s", algorithm="HmacSHA256", headers="%s", signature="%s"`,
		s.kid, names, base64.StdEncoding.EncodeToString(mac.Sum(nil))))
	return nil
}

// tokenLife is how long a token is good.
const tokenLife = 120 * time.Second

// token is JWT with either kind of key.
type token struct {
	source                Source
	merchant, issuer, kid string
	method                jwt.SigningMethod
	key                   func() any
}

// heading and claims are in the order in which the processor's own client writes them.
type heading struct {
	Type      string `json:"typ"`
	Algorithm string `json:"alg"`
	Key       string `json:"kid"`
}

type claims struct {
	Digest    string `json:"digest,omitempty"`
	Algorithm string `json:"digest-algorithm,omitempty"`
	IssuedAt  int64  `json:"iat"`
	Expires   int64  `json:"exp"`
	Host      string `json:"request-host"`
	Path      string `json:"request-resource-path"`
	Method    string `json:"request-method"`
	Issuer    string `json:"iss"`
	ID        string `json:"jti"`
	Version   string `json:"v-c-jwt-version"`
	Merchant  string `json:"v-c-merchant-id"`
}

// Sign adds the header Authorization.
func (t *token) Sign(r *http.Request, body []byte) error {
	id, err := uuid(t.source.Random)
	if err != nil {
		return err
	}
	now := t.source.Now().Unix()
	c := claims{
		IssuedAt: now, Expires: now + int64(tokenLife/time.Second), Host: hostOf(r), Path: r.URL.RequestURI(), Method: strings.ToLower(r.Method),
		Issuer: t.issuer, ID: id, Version: "2", Merchant: t.merchant,
	}
	if withBody(r.Method) {
		c.Digest, c.Algorithm = digestOf(body), "SHA-256"
	}
	text, err := joined(heading{"JWT", t.method.Alg(), t.kid}, c)
	if err != nil {
		return err
	}
	sum, err := t.method.Sign(text, t.key())
	if err != nil {
		return fmt.Errorf("sign the request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+text+"."+base64.RawURLEncoding.EncodeToString(sum))
	return nil
}

// joined are the first two parts of a token.
func joined(parts ...any) (string, error) {
	var texts []string
	for _, p := range parts {
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false) // paths have & in them
		if err := e.Encode(p); err != nil {
			return "", err
		}
		texts = append(texts, base64.RawURLEncoding.EncodeToString(bytes.TrimRight(out.Bytes(), "\n")))
	}
	return strings.Join(texts, "."), nil
}

// uuid is a random UUID (version 4).
func uuid(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a token id: %w", err)
	}
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

// newP12 opens a container and takes the certificate that belongs to its key;
// the others there are those of the processor.
func newP12(c Credentials, s Source) (Signer, error) {
	key, first, others, err := pkcs12.DecodeChain([]byte(c.P12.Reveal()), c.Password.Reveal())
	if err != nil {
		return nil, fmt.Errorf("open the P12 container (is the password right?): %w", err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key of the P12 container is not RSA; export the REST key again")
	}
	for _, cert := range append([]*x509.Certificate{first}, others...) {
		if private.PublicKey.Equal(cert.PublicKey) {
			return newRS256(c, s, private, cert)
		}
	}
	return nil, errors.New("the P12 container has no certificate for its key; export it again")
}

// newRS256 signs under the serialNumber of the certificate's subject, which is
// not the serial number of the certificate.
func newRS256(c Credentials, s Source, key *rsa.PrivateKey, cert *x509.Certificate) (Signer, error) {
	if cert.NotAfter.Before(s.Now()) {
		return nil, fmt.Errorf("the certificate in the P12 container expired on %s; make a new one in the business center", cert.NotAfter.Format(time.DateOnly))
	}
	for _, name := range cert.Subject.Names {
		if id, ok := name.Value.(string); ok && name.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 5}) {
			return &token{source: s, merchant: c.Merchant, issuer: c.issuer(), kid: id, method: jwt.SigningMethodRS256, key: hiddenKey(crypto.PrivateKey(key))}, nil
		}
	}
	return nil, errors.New("the subject of the certificate in the P12 container has no serialNumber, which is the key id")
}
