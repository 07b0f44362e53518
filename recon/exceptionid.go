package recon

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// ExceptionID is the same for the same item on every run (MAT-10): a hash of
// side and natural row key, each part with its length before it.
func ExceptionID(side string, key ...string) string {
	var buffer [128]byte
	text := append(binary.BigEndian.AppendUint64(buffer[:0], uint64(len(side))), side...)
	for _, part := range key {
		text = append(binary.BigEndian.AppendUint64(text, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(text)
	return "X" + hex.EncodeToString(sum[:8])
}
