package pickup_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"tieout/recon/pickup"
)

// one takes a single file that a stranger left.
func one(t *testing.T, name string, data []byte, rule pickup.Rule) (shelf, error) {
	t.Helper()
	got, refused := take(t, &stranger{names: map[string]string{name: string(data)}}, rule)
	return got, refused[name]
}

// bomb is a gzip of so many zeros.
func bomb(t *testing.T, size int) []byte { return gzipped(t, make([]byte, size)) }

// Hostile containers are refused, and nothing of them is taken (R8).
func TestHostileContainers(t *testing.T) {
	limits := pickup.Limits{Size: 4 << 20, Entries: 3}
	nested := []byte("1")
	for range 4 {
		nested = gzipped(t, nested)
	}
	link := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: "a.csv"}
		h.SetMode(fs.ModeSymlink | 0o777)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, "/etc/passwd")
		}
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	broken := func(data []byte, at int) []byte {
		c := bytes.Clone(data)
		c[at] ^= 0x40
		return c
	}
	encrypted := func(data []byte) []byte {
		c := bytes.Clone(data)
		c[6] |= 1
		c[bytes.Index(c, []byte("PK\x01\x02"))+8] |= 1
		return c
	}
	good := zipped(t, part{"a.csv", []byte("first")}, part{"b.csv", []byte(strings.Repeat("second ", 100))})
	for name, c := range map[string]struct {
		file  string
		data  []byte
		limit bool
		says  string
	}{
		"a bomb in gzip, by ratio":          {"a.csv.gz", bomb(t, 3<<20), true, "200 times"},
		"a bomb in gzip, by size":           {"a.csv.gz", bomb(t, 64<<20), true, ""},
		"a bomb in zip":                     {"a.zip", zipped(t, part{"a.csv", make([]byte, 3<<20)}), true, "200 times"},
		"many small bombs in zip":           {"a.zip", zipped(t, part{"a", make([]byte, 2<<20)}, part{"b", make([]byte, 2<<20)}, part{"c", make([]byte, 2<<20)}), true, ""},
		"a bomb within a zip":               {"a.zip", zipped(t, part{"a.gz", bomb(t, 3<<20)}), true, ""},
		"more entries than may be":          {"a.zip", zipped(t, part{"a", nil}, part{"b", nil}, part{"c", nil}, part{"d", nil}), true, "4 entries"},
		"containers in containers":          {"a.gz", nested, true, "within 2 containers"},
		"an entry that leads up":            {"a.zip", zipped(t, part{"../../a.csv", []byte("x")}), false, "not safe"},
		"an entry from the root":            {"a.zip", zipped(t, part{"/etc/passwd", []byte("x")}), false, "not safe"},
		"an entry with a drive":             {"a.zip", zipped(t, part{`C:\a.csv`, []byte("x")}), false, "not safe"},
		"an entry that is a device":         {"a.zip", zipped(t, part{"NUL", []byte("x")}), false, "not safe"},
		"an unsafe entry after a good one":  {"a.zip", zipped(t, part{"a.csv", []byte("x")}, part{"..", []byte("x")}), false, "not safe"},
		"an entry that is a link":           {"a.zip", link(), false, "no regular file"},
		"an encrypted entry":                {"a.zip", encrypted(good), false, "encrypted"},
		"a zip that was cut":                {"a.zip", good[:len(good)-30], false, "zip"},
		"a zip with a changed byte":         {"a.zip", broken(good, 40), false, ""},
		"a gzip that was cut":               {"a.csv.gz", gzipped(t, []byte("hello"))[:20], false, "EOF"},
		"a gzip with a wrong checksum":      {"a.csv.gz", broken(gzipped(t, []byte("hello")), 20), false, ""},
		"a gzip with something behind it":   {"a.csv.gz", append(gzipped(t, []byte("hello")), "junk"...), false, ""},
		"a gzip of a name that is none":     {"CON.gz.gz", gzipped(t, []byte("x")), false, "device"},
		"a message in PGP without a key":    {"a.csv", []byte("-----BEGIN PGP MESSAGE-----\n"), false, "no key"},
		"a file that calls itself PGP":      {"a.csv.pgp", []byte("x"), false, "no key"},
		"a zip that is larger than may be":  {"a.zip", append([]byte("PK\x03\x04"), make([]byte, 5<<20)...), true, "4194304 bytes"},
		"an empty name within a gzip's own": {"a.zip", zipped(t, part{"dir//a", nil}), false, "not safe"},
	} {
		t.Run(name, func(t *testing.T) {
			rule := quick()
			rule.Limits = limits
			got, err := one(t, c.file, c.data, rule)
			if err == nil || errors.Is(err, pickup.ErrLimit) != c.limit || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if len(got) != 0 {
				t.Errorf("taken of it: %v", got)
			}
		})
	}
	if got, err := one(t, "a.zip", good, quick()); err != nil || len(got) != 2 {
		t.Errorf("the good one: %v, %v", got, err)
	}
}

// A report of repeated rows packs well, and is no bomb; neither is a large one within its limit.
func TestGoodContainersAreTaken(t *testing.T) {
	rows := []byte(strings.Repeat("1,2,3\n", 150_000)) // 900 kB, packed to about 2 kB
	rule := quick()
	if got, err := one(t, "a.csv.gz", gzipped(t, rows), rule); err != nil || len(got["a.csv"]) != len(rows) {
		t.Errorf("%v", err)
	}
	two := append(gzipped(t, []byte("1\n")), gzipped(t, []byte("2\n"))...)
	if got, err := one(t, "a.csv.gz", two, rule); err != nil || !maps.Equal(got, shelf{"a.csv": "1\n2\n"}) {
		t.Errorf("two members: %v, %v", got, err)
	}
}

func key(t *testing.T, name string) *crypto.Key {
	t.Helper()
	k, err := crypto.PGP().KeyGeneration().AddUserId(name, name+"@example.com").New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func armored(t *testing.T, k *crypto.Key, public bool) []byte {
	t.Helper()
	text, err := k.Armor()
	if public {
		text, err = k.GetArmoredPublicKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

func encrypt(t *testing.T, data []byte, to, from *crypto.Key) *crypto.PGPMessage {
	t.Helper()
	public, err := to.ToPublic()
	if err != nil {
		t.Fatal(err)
	}
	b := crypto.PGP().Encryption().Recipient(public)
	if from != nil {
		b = b.SigningKey(from)
	}
	h, err := b.New()
	if err != nil {
		t.Fatal(err)
	}
	m, err := h.Encrypt(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Files in PGP are decrypted; with a sender's key, only what the sender signed is taken.
func TestPGP(t *testing.T) {
	ours, sender, other := key(t, "ours"), key(t, "sender"), key(t, "other")
	rule := func(from []byte) pickup.Rule {
		p, err := pickup.NewPGP(armored(t, ours, false), nil, from)
		if err != nil {
			t.Fatal(err)
		}
		r := quick()
		r.PGP = p
		return r
	}
	data := []byte(strings.Repeat("1,2,3\n", 1000))
	text, err := encrypt(t, data, ours, sender).Armor()
	if err != nil {
		t.Fatal(err)
	}
	binary := encrypt(t, data, ours, sender).Bytes()
	changed := bytes.Clone(binary)
	changed[len(changed)-40] ^= 1
	for name, c := range map[string]struct {
		file string
		data []byte
		from []byte
		ok   bool
	}{
		"armoured":                       {"a.csv.asc", []byte(text), nil, true},
		"armoured, under any name":       {"a.csv", []byte(text), nil, true},
		"binary":                         {"a.csv.pgp", binary, nil, true},
		"signed by the sender":           {"a.csv.gpg", binary, armored(t, sender, true), true},
		"packed within":                  {"a.csv.gz.pgp", encrypt(t, gzipped(t, data), ours, sender).Bytes(), armored(t, sender, true), true},
		"signed by somebody else":        {"a.csv.gpg", encrypt(t, data, ours, other).Bytes(), armored(t, sender, true), false},
		"not signed":                     {"a.csv.gpg", encrypt(t, data, ours, nil).Bytes(), armored(t, sender, true), false},
		"changed on its way":             {"a.csv.gpg", changed, nil, false},
		"cut":                            {"a.csv.gpg", binary[:len(binary)-30], nil, false},
		"for somebody else":              {"a.csv.gpg", encrypt(t, data, other, sender).Bytes(), nil, false},
		"a bomb":                         {"a.csv.gpg", encrypt(t, bomb(t, 3<<20), ours, sender).Bytes(), nil, false},
		"no message":                     {"a.csv.gpg", []byte("hello"), nil, false},
		"a name that is none within one": {"CON.pgp.pgp", binary, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := one(t, c.file, c.data, rule(c.from))
			if (err == nil) != c.ok {
				t.Fatalf("%v", err)
			}
			if c.ok && got["a.csv"] != string(data) || !c.ok && len(got) != 0 {
				t.Errorf("taken: %d files, %d bytes", len(got), len(got["a.csv"]))
			}
		})
	}
	for _, private := range [][]byte{nil, []byte("x"), armored(t, ours, true)} {
		if _, err := pickup.NewPGP(private, nil, nil); err == nil {
			t.Errorf("%.20q is taken for a private key", private)
		}
	}
	if _, err := pickup.NewPGP(armored(t, ours, false), nil, []byte("x")); err == nil {
		t.Error("any text is taken for a sender's key")
	}
}

// Whatever a stranger leaves, unpacking ends, and gives no more than the limits allow (R8).
func FuzzUnpack(f *testing.F) {
	f.Add("a.csv.gz", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add("a.zip", []byte("PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add("a.csv", []byte("a,b\n1,2\n"))
	f.Add("a.asc", []byte("-----BEGIN PGP MESSAGE-----\n\n=aaaa\n-----END PGP MESSAGE-----\n"))
	limits := pickup.Limits{Size: 1 << 16, Entries: 10}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		rule := quick()
		rule.Limits = limits
		got := 0
		keep := func(label string, r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			if got += int(n); pickup.SafeName(label) != nil {
				t.Errorf("a label that is not safe: %q", label)
			}
			return err
		}
		if _, err := pickup.Take(t.Context(), &stranger{names: map[string]string{name: string(data)}}, rule, keep); err != nil {
			t.Errorf("an error of ours: %v", err)
		}
		if got > max(len(data), int(limits.Size)) {
			t.Errorf("%d bytes came out of %d", got, len(data))
		}
	})
}
