package recon

import "math/bits"

// refKey is a normalised reference (MAT-02) in 8 bytes, so that rows and
// documents are joined without looking at their texts. Up to twelve letters,
// digits, hyphens, slashes and blanks are written as a number in base 40 and
// come back from it; any other text is known by a hash above all such numbers,
// and equal keys of that kind are compared by their texts. The zero key is no reference.
type refKey uint64

const (
	exactLetters = 12
	exactKeys    = 40 * 40 * 40 * 40 * 40 * 40 * 40 * 40 * 40 * 40 * 40 * 40
)

// keyOf packs what [Norm1] gives.
func keyOf(norm string) refKey {
	if len(norm) > exactLetters {
		return hashedKey(norm)
	}
	n := uint64(0)
	for i := range len(norm) {
		digit := keyDigit(norm[i])
		if digit == 0 {
			return hashedKey(norm)
		}
		n = n*40 + digit
	}
	return refKey(n)
}

// plainKeyOf is keyOf for a text that is surely in its normalised form: without
// blanks, lower case and zeros in front.
func plainKeyOf(text string) (key refKey, ok bool) {
	if len(text) == 0 || len(text) > exactLetters || text[0] == '0' {
		return 0, false
	}
	n := uint64(0)
	for i := range len(text) {
		digit := keyDigit(text[i])
		if digit == 0 || text[i] == ' ' {
			return 0, false
		}
		n = n*40 + digit
	}
	return refKey(n), true
}

// keyDigit is 1 to 39 for the bytes that an exact key may hold, else 0.
func keyDigit(c byte) uint64 {
	const digits = "" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x27\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x25\x00\x26" + // blank, - and /
		"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x00\x00\x00\x00\x00\x00" + // 0 to 9
		"\x00\x0B\x0C\x0D\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19" + // A to O
		"\x1A\x1B\x1C\x1D\x1E\x1F\x20\x21\x22\x23\x24\x00\x00\x00\x00\x00" // P to Z
	if int(c) < len(digits) {
		return uint64(digits[c])
	}
	return 0
}

func hashedKey(norm string) refKey {
	h := hashText(norm)
	if h < exactKeys {
		h = exactKeys + h%(1<<64-exactKeys)
	}
	return refKey(h)
}

// exact tells whether the key is the text itself.
func (k refKey) exact() bool { return k < exactKeys }

// text is the normalised reference of an exact key.
func (k refKey) text() string {
	var letters [exactLetters]byte
	return string(k.letters(&letters))
}

// letters writes the normalised reference of an exact key to the end of the buffer.
func (k refKey) letters(into *[exactLetters]byte) []byte {
	const marks = "\x000123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-/ "
	at := len(into)
	for n := uint64(k); n != 0; n /= 40 {
		at--
		into[at] = marks[n%40]
	}
	return into[at:]
}

// digitsOnly tells an exact key whose text is all digits. Two letters go at a
// step, since each division waits for the one before.
func (k refKey) digitsOnly() bool {
	for ; k != 0; k /= 40 * 40 {
		if two := uint32(k % (40 * 40)); two%40 > 10 || two/40 > 10 {
			return false
		}
	}
	return true
}

// beginsWith tells whether an exact key's text begins with that of another: a
// letter is taken off the end by a division.
func (k refKey) beginsWith(prefix refKey) bool {
	for k > prefix {
		k /= 40
	}
	return k == prefix
}

// spread is the key's hash: its leading bits say where rows and documents of the key lie.
func (k refKey) spread() uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio
	return (uint64(k) ^ uint64(k)>>29) * odd
}

// keyFilter tells keys that a small set does not hold, and a few more, without looking at the set.
type keyFilter struct {
	bits  []uint64
	shift int
}

// newKeyFilter is for so many keys; it lets about one in sixteen others pass.
func newKeyFilter(keys int) keyFilter {
	width := max(6, bits.Len(uint(keys))+4)
	return keyFilter{make([]uint64, 1<<(width-6)), 64 - width}
}

func (f keyFilter) add(k refKey) {
	at := k.spread() >> f.shift
	f.bits[at>>6] |= 1 << (at & 63)
}

func (f keyFilter) mayHold(k refKey) bool {
	at := k.spread() >> f.shift
	return f.bits[at>>6]&(1<<(at&63)) != 0
}

// hashText spreads a text over 64 bits, eight bytes at a step; the last step
// takes the last bytes, whether or not the one before has seen them.
func hashText(text string) uint64 {
	h, n := uint64(len(text))*0x9e3779b97f4a7c15, len(text)
	for at := 0; at+8 < n; at += 8 {
		h = mix(h ^ word(text[at:]))
	}
	switch {
	case n >= 8:
		return mix(h ^ word(text[n-8:]))
	case n >= 4:
		return mix(h ^ halfWord(text)<<32 ^ halfWord(text[n-4:]))
	case n > 0:
		return mix(h ^ uint64(text[0])<<16 ^ uint64(text[n/2])<<8 ^ uint64(text[n-1]))
	}
	return mix(h)
}

func halfWord(text string) uint64 {
	_ = text[3]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24
}

func word(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// mix spreads the bits of x (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}
