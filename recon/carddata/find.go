package carddata

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// hit is a stretch of the text that holds a card number.
type hit struct {
	start, end int // in bytes of the text
	last4      string
}

// digit is one decimal digit and its place in the text.
type digit struct {
	value      byte
	start, end int32
}

// chain is a row of digits that nothing but separators interrupts. Groups are
// the stretches without a separator; a card number begins and ends with a group.
type chain struct {
	digits []digit
	groups []int // index of the first digit of each group
}

// maxSeparators is how many separators in a row still join two groups: "4111 - 1111".
const maxSeparators = 3

// scan walks over a text and gathers its hits.
type scan struct {
	text       string
	chain      chain
	separators int
	lead       lead
	hits       []hit
}

// lead is what stands before a chain: '%B' and ';' open track data.
type lead struct {
	before, last byte // the two characters before the chain
	start        int  // where the opening mark begins
}

func find(text string) []hit {
	s := scan{text: text}
	for i := 0; i < len(text); {
		if text[i] <= 'f' && isUUID(text, i) {
			s.take(1, i, i+uuidLength)
			i += uuidLength
			continue
		}
		c, size := text[i], 1
		if c >= utf8.RuneSelf {
			c, size = compatible(text[i:])
		}
		s.take(c, i, i+size)
		i += size
	}
	s.close(0)
	return s.hits
}

const uuidLength = 36

// isUUID tells a UUID at position i, a strict form of its own that often has
// thirteen digits in a row and is exempt (R7).
func isUUID(text string, i int) bool {
	if len(text)-i < uuidLength || text[i+8] != '-' || text[i+13] != '-' || text[i+18] != '-' || text[i+23] != '-' {
		return false
	}
	if i > 0 && isWord(text[i-1]) || i+uuidLength < len(text) && isWord(text[i+uuidLength]) {
		return false
	}
	for k, c := range []byte(text[i : i+uuidLength]) {
		if k == 8 || k == 13 || k == 18 || k == 23 {
			continue
		}
		if c-'0' > 9 && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	version, variant := text[i+14], text[i+19]
	return version >= '1' && version <= '8' && (variant == '8' || variant == '9' || variant|0x20 == 'a' || variant|0x20 == 'b')
}

func isWord(c byte) bool {
	return c-'0' <= 9 || (c|0x20 >= 'a' && c|0x20 <= 'z') || c >= utf8.RuneSelf || c == '-'
}

// compatible gives the ASCII digit or separator that a character stands for
// (NFKC, and the decimal digits of all scripts), or 0.
func compatible(text string) (c byte, size int) {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case unicode.Is(unicode.Nd, r):
		return '0' + digitValue(r), size
	case unicode.Is(unicode.Pd, r), unicode.Is(unicode.Zs, r), unicode.Is(unicode.Cf, r):
		return '-', size
	}
	if form := norm.NFKC.String(text[:size]); len(form) == 1 {
		return form[0], size
	}
	return 1, size
}

// digitValue uses that decimal digits come in ranges of ten that begin with zero.
func digitValue(r rune) byte {
	for _, table := range unicode.Nd.R16 {
		if r >= rune(table.Lo) && r <= rune(table.Hi) {
			return byte((r - rune(table.Lo)) % 10)
		}
	}
	for _, table := range unicode.Nd.R32 {
		if r >= rune(table.Lo) && r <= rune(table.Hi) {
			return byte((r - rune(table.Lo)) % 10)
		}
	}
	return 0
}

func (s *scan) take(c byte, start, end int) {
	switch {
	case c-'0' <= 9:
		if len(s.chain.digits) == 0 || s.separators > 0 {
			s.chain.groups = append(s.chain.groups, len(s.chain.digits))
		}
		s.separators = 0
		if len(s.chain.digits)-s.chain.groups[len(s.chain.groups)-1] > maxDigits {
			return // the group is too long for a card number already
		}
		s.chain.digits = append(s.chain.digits, digit{c - '0', int32(start), int32(end)})
	case (c == ' ' || c == '.' || c == '-' || c == '_' || c == 0) && len(s.chain.digits) > 0 && s.separators < maxSeparators:
		s.separators++
	default:
		s.close(c)
		if s.lead.before, s.lead.last = s.lead.last, c; c == ';' || c == '%' {
			s.lead.start = start
		}
	}
}

// close judges the chain that ends before the character c.
func (s *scan) close(c byte) {
	if len(s.chain.digits) >= minDigits-1 {
		if s.isTrack(c) {
			s.hits = append(s.hits, hit{s.lead.start, len(s.text), s.chain.last4(len(s.chain.digits))})
			s.hits = trimOverlap(s.hits)
		} else if h, ok := s.chain.judge(); ok {
			s.hits = append(s.hits, h)
			s.hits = trimOverlap(s.hits)
		}
	}
	if len(s.chain.digits) > 0 {
		s.lead = lead{}
	}
	s.chain.digits, s.chain.groups, s.separators = s.chain.digits[:0], s.chain.groups[:0], 0
}

// trimOverlap drops a hit that lies inside track data found before it: track
// data reaches to the end of the text.
func trimOverlap(hits []hit) []hit {
	if n := len(hits); n > 1 && hits[n-1].start < hits[n-2].end {
		return hits[:n-1]
	}
	return hits
}

// isTrack recognises %B<digits>^ and ;<digits>=.
func (s *scan) isTrack(next byte) bool {
	if len(s.chain.digits) > maxDigits {
		return false
	}
	first := s.lead.before == '%' && (s.lead.last == 'B' || s.lead.last == 'b') && next == '^'
	second := s.lead.last == ';' && next == '='
	return first || second
}

// judge finds the card numbers of the chain; one hit covers them all.
func (c *chain) judge() (h hit, found bool) {
	ends := append(c.groups[1:len(c.groups):len(c.groups)], len(c.digits))
	for g, from := range c.groups {
		for _, to := range ends[g:] {
			if to-from > maxDigits {
				break
			}
			if to-from < minDigits || !isCard(c.digits[from:to]) {
				continue
			}
			if !found {
				h.start = int(c.digits[from].start)
			}
			if end := int(c.digits[to-1].end); end > h.end {
				h.end, h.last4 = end, c.last4(to)
			}
			found = true
		}
	}
	return h, found
}

func (c *chain) last4(to int) string {
	var b [4]byte
	for i := range b {
		b[i] = '0' + c.digits[to-4+i].value
	}
	return string(b[:])
}

func isCard(digits []digit) bool {
	return issued(digits) && luhn(digits)
}

func luhn(digits []digit) bool {
	sum := 0
	for i := range digits {
		v := int(digits[len(digits)-1-i].value)
		if i&1 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// lengths is a set of lengths of card numbers, one bit each.
type lengths uint32

const (
	of13to19 lengths = 1<<20 - 1<<13
	of14     lengths = 1 << 14
	of15     lengths = 1 << 15
	of16     lengths = 1 << 16
	of16to19 lengths = 1<<20 - 1<<16
	ofVisa   lengths = 1<<13 | 1<<16 | 1<<18 | 1<<19
	ofDiners         = of14 | of16to19
)

// issuer is a range of first six digits and the lengths its numbers have.
type issuer struct {
	from, to int
	lengths  lengths
}

// issuers are the ranges of ISO/IEC 7812 in use: a range is as wide as the network publishes it.
var issuers = [...]issuer{
	{400000, 499999, ofVisa},
	{510000, 559999, of16},
	{222100, 272099, of16}, // Mastercard
	{340000, 349999, of15},
	{370000, 379999, of15}, // American Express
	{601100, 601199, of16to19},
	{644000, 659999, of16to19},
	{622126, 622925, of16to19}, // Discover
	{300000, 305999, ofDiners},
	{309500, 309599, ofDiners},
	{360000, 369999, ofDiners},
	{380000, 399999, ofDiners},
	{352800, 358999, of16to19},
	{213100, 213199, of15},
	{180000, 180099, of15}, // JCB
	{620000, 629999, of16to19},
	{810000, 829999, of16to19}, // UnionPay, RuPay
	{600000, 609999, of16},
	{508000, 508999, of16},
	{353000, 353999, of16},
	{356000, 356999, of16}, // RuPay
	{500000, 509999, of13to19},
	{560000, 589999, of13to19},
	{630000, 639999, of13to19},
	{670000, 679999, of13to19}, // Maestro and national
	{220000, 220599, of16to19}, // Mir, Borica
	{979200, 979299, of16},     // Troy
	{135400, 135499, of15},     // UATP
}

func issued(digits []digit) bool {
	prefix := 0
	for _, d := range digits[:6] {
		prefix = prefix*10 + int(d.value)
	}
	for i := range issuers {
		if in := &issuers[i]; prefix >= in.from && prefix <= in.to && in.lengths&(1<<len(digits)) != 0 {
			return true
		}
	}
	return false
}
