package recon

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// ExceptionID is the same for the same item on every run (MAT-10): a hash of
// side and natural row key, each part with its length before it.
func ExceptionID(side string, key ...string) string {
	h := sha256.New()
	for _, part := range append([]string{side}, key...) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	return "X" + hex.EncodeToString(h.Sum(nil)[:8])
}
