package recon

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// txnID is a request id in 16 bytes. Up to 31 digits are packed four bits a
// digit, left-aligned, so that comparing ids compares their texts; any other
// text is known by the head of its SHA-256 and its text is kept beside the row.
type txnID struct{ hi, lo uint64 }

const hashedID = 0xF << 60

func packID(text string) txnID {
	n := len(text)
	if n < 8 || n > 31 {
		return packShortID(text)
	}
	var four [4]uint64
	for k := 0; 8*k < n; k++ {
		over := max(0, 8*k+8-n) // digits that the last step sees again
		eight := bits.ReverseBytes64(word(text[8*k-over:]))
		if !allDigitsIn(eight) {
			return hashID(text)
		}
		four[k] = packEight(eight) << (4 * over) & 0xFFFFFFFF
	}
	return txnID{four[0]<<32 | four[1], four[2]<<32 | four[3]}
}

// packShortID packs less than eight digits one by one, and whatever else is no usual id.
func packShortID(text string) txnID {
	if len(text) >= 8 || text != "" && !allDigits(text) {
		return hashID(text)
	}
	packed := uint64(0)
	for i := range len(text) {
		packed |= uint64(text[i]-'0'+1) << (60 - 4*i)
	}
	return txnID{hi: packed}
}

// allDigitsIn tells eight bytes that are all digits.
func allDigitsIn(eight uint64) bool {
	const each = 0x0101010101010101
	return (eight|(eight+each*(0x7F-'9'))|(eight-each*'0'))&(each<<7) == 0
}

// packEight packs eight digits into 32 bits, the first in the highest.
func packEight(eight uint64) uint64 {
	x := eight - 0x0101010101010101*('0'-1) // every byte is digit+1 now
	x = (x | x>>4) & 0x00FF00FF00FF00FF
	x = (x | x>>8) & 0x0000FFFF0000FFFF
	return (x | x>>16) & 0xFFFFFFFF
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
