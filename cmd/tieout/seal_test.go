package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"tieout/ledger/posting"
)

// pgpKey writes a key pair that was made at a time into the company's folder; it lasts
// for ever with 0 days.
func (c companyFolder) pgpKey(name string, made time.Time, days int32) *crypto.Key {
	c.t.Helper()
	k, err := crypto.PGP().KeyGeneration().AddUserId(name, name+"@example.com").GenerationTime(made.Unix()).Lifetime(days * 86400).New().GenerateKey()
	if err != nil {
		c.t.Fatal(err)
	}
	private, err := k.Armor()
	if err != nil {
		c.t.Fatal(err)
	}
	public, err := k.GetArmoredPublicKey()
	if err != nil {
		c.t.Fatal(err)
	}
	c.put(name+".asc", public)
	c.put(name+".key", private)
	return k
}

// PF-12: what lies on the target is encrypted and signed, hash and sentinel are of
// those bytes, a retry sends the same, and a key that is not the pinned one gets nothing.
func TestPostingFilesAreSealed(t *testing.T) {
	c := newCompany(t, "")
	ours, theirs := c.pgpKey("ours", time.Now(), 0), c.pgpKey("erp", time.Now(), 20)
	pgp := "posting: {folder: lost/posting, pgp: {recipient: erp.asc, fingerprint: \"" + theirs.GetFingerprint() + "\", key: \"${file:ours.key}\"}}\n"
	text := read(t, filepath.Join(c.dir, "tieout.yaml"))
	c.put("tieout.yaml", text+strings.Replace(pgp, theirs.GetFingerprint(), ours.GetFingerprint(), 1))
	c.documents([3]string{"100", "2026-09-29", "10.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	c.night(exitUnproven, "2026-09-29", "2026-09-29", "2026-09-30")
	c.want(c.tell(exitUnproven, "deliver"), "PLANNED", "not the pinned")
	c.want(c.tell(exitUsage, "check"), "FAULT  target : pgp: the receiver's key has the fingerprint")

	c.put("tieout.yaml", text+pgp)
	c.want(c.tell(exitDone, "check"), "ok     target : pgp", "within 30 days the receiver's key has expired")
	c.put("lost", "a file where the folder should be")
	c.tellFailure("deliver")
	sealed := c.kept("\xc1") // an encrypted session key begins an OpenPGP message
	if err := os.Remove(filepath.Join(c.dir, "lost")); err != nil {
		t.Fatal(err)
	}
	c.want(c.tell(exitDone, "deliver"), "GL_ACME_20260929_000001.txt.pgp  DELIVERED")
	folder := filepath.Join(c.dir, "lost", "posting")
	if got := filesOf(t, folder); got != "GL_ACME_20260929_000001.txt.pgp GL_ACME_20260929_000001.txt.pgp.done GL_ACME_20260929_000001.txt.pgp.sha256" {
		t.Errorf("the folder has %s", got)
	}
	data := read(t, filepath.Join(folder, "GL_ACME_20260929_000001.txt.pgp"))
	if len(sealed) != 1 || sealed[0] != data || !strings.Contains(read(t, filepath.Join(folder, "GL_ACME_20260929_000001.txt.pgp.sha256")), fmt.Sprintf("%x", sha256.Sum256([]byte(data)))) {
		t.Errorf("%d sealed files, and the target does not have the first", len(sealed))
	}
	handle, err := crypto.PGP().Decryption().DecryptionKey(theirs).VerificationKey(ours).New()
	if err != nil {
		t.Fatal(err)
	}
	opened, err := handle.Decrypt([]byte(data), crypto.Bytes)
	if err != nil || opened.SignatureError() != nil {
		t.Fatal(err, opened.SignatureError())
	}
	if file, err := posting.ReadDefault(strings.NewReader(string(opened.Bytes()))); err != nil || len(file.Entries) != 1 {
		t.Errorf("%d entries, %v", len(file.Entries), err)
	}
}

func TestFaultsOfSealing(t *testing.T) {
	c := newCompany(t, "posting: {folder: a, pgp: {key: secret, colour: red}}\n")
	c.want(c.tell(exitUsage, "deliver"), "posting.pgp.recipient: required", "posting.pgp.fingerprint: required", "posting.pgp.key: ", "posting.pgp.colour: is not known here")
}
