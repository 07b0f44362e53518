package recon

import (
	"math/bits"
	"strings"
	"sync"
)

// names gives small numbers to words that repeat in every row: merchants,
// brands, stores. Number 0 is the empty word. Safe for several readers at once;
// the numbers depend on arrival and must never decide an order.
type names struct {
	mu     sync.RWMutex
	number map[string]uint16
	word   []string
}

func newNames() *names { return &names{number: map[string]uint16{"": 0}, word: []string{""}} }

const maxNames = 1<<16 - 1

// of numbers the word and gives it back as it is kept; ok is false when there
// are more words than numbers.
func (n *names) of(word string) (number uint16, kept string, ok bool) {
	n.mu.RLock()
	if number, ok = n.number[word]; ok {
		kept = n.word[number]
	}
	n.mu.RUnlock()
	if ok {
		return number, kept, true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if number, ok = n.number[word]; ok {
		return number, n.word[number], true
	}
	if len(n.word) > maxNames {
		return 0, "", false
	}
	number, kept = uint16(len(n.word)), strings.Clone(word)
	n.number[kept] = number
	n.word = append(n.word, kept)
	return number, kept, true
}

// find is of for a word that may not have been seen; it adds nothing.
func (n *names) find(word string) (number uint16, ok bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	number, ok = n.number[word]
	return number, ok
}

// wordCache is how one batch finds the numbers of words: a look at one place, or
// at its neighbour, for a word that it met before, else at the table that all share.
type wordCache struct {
	names *names
	last  [1 << cacheBits]cachedWord
}

const cacheBits = 12

type cachedWord struct {
	word   string
	number uint16
}

// of is names.of; number 0 is the empty word.
func (c *wordCache) of(word string) (number uint16, ok bool) {
	if word == "" {
		return 0, true
	}
	place := cachePlace(word)
	if at := &c.last[place]; at.word == word {
		return at.number, true
	}
	if at := &c.last[place^1]; at.word == word {
		return at.number, true
	}
	number, kept, ok := c.names.of(word)
	if ok {
		if c.last[place].word != "" {
			place ^= 1
		}
		c.last[place] = cachedWord{kept, number}
	}
	return number, ok
}

// cachePlace is where a word is looked for. Both ends of the word count, the
// middle of a long one does not: a cache may be wrong, and must be quick.
func cachePlace(text string) uint64 {
	h, n := uint64(len(text)), len(text)
	switch {
	case n >= 8:
		h ^= word(text) ^ bits.RotateLeft64(word(text[n-8:]), 29)
	case n >= 4:
		h ^= halfWord(text)<<32 ^ halfWord(text[n-4:])
	case n > 0:
		h ^= uint64(text[0])<<16 ^ uint64(text[n/2])<<8 ^ uint64(text[n-1])<<24
	}
	return (h ^ h>>29) * 0x9e3779b97f4a7c15 >> (64 - cacheBits)
}

func (n *names) text(number uint16) string { return n.word[number] }
