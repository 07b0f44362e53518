package recon

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
)

// txnID is a request id in 16 bytes. Up to 31 digits are packed four bits a
// digit, left-aligned, so that comparing ids compares their texts; any other
// text is known by the head of its SHA-256 and its text is kept beside the row.
type txnID struct{ hi, lo uint64 }

const hashedID = 0xF << 60

func packID(text string) txnID {
	if len(text) > 31 {
		return hashID(text)
	}
	var words [2]uint64
	for i := range len(text) {
		d := text[i] - '0'
		if d > 9 {
			return hashID(text)
		}
		words[i>>4] |= uint64(d+1) << (60 - 4*(i&15))
	}
	return txnID{words[0], words[1]}
}

func hashID(text string) txnID {
	sum := sha256.Sum256([]byte(text))
	return txnID{binary.BigEndian.Uint64(sum[:]) | hashedID, binary.BigEndian.Uint64(sum[8:])}
}

func (id txnID) none() bool { return id == txnID{} }

// packed tells whether text gives the id back.
func (id txnID) packed() bool { return id.hi < hashedID }

func (id txnID) text() string {
	var b [32]byte
	n := 0
	for _, word := range [2]uint64{id.hi, id.lo} {
		for shift := 60; shift >= 0; shift -= 4 {
			d := byte(word >> shift & 0xF)
			if d == 0 {
				return string(b[:n])
			}
			b[n] = '0' + d - 1
			n++
		}
	}
	return string(b[:n])
}

func (id txnID) compare(other txnID) int {
	if c := cmp.Compare(id.hi, other.hi); c != 0 {
		return c
	}
	return cmp.Compare(id.lo, other.lo)
}
