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
// at its neighbour, for a word that it met before, else at the table that all
// share. Words of up to sixteen bytes are compared without a look at any text.
type wordCache struct {
	names *names
	short [1 << shortBits]shortWord
	long  [1 << longBits]longWord
}

const (
	shortBits = 12
	longBits  = 8
	shortSize = 16
)

type shortWord struct {
	wordBytes // size 0: nothing is kept here
	number    uint16
}

type longWord struct {
	word   string
	number uint16
}

// of is names.of; number 0 is the empty word.
func (c *wordCache) of(word string) (number uint16, ok bool) {
	switch {
	case word == "":
		return 0, true
	case len(word) > shortSize:
		return c.ofLong(word)
	}
	bytes := wordBytesOf(word)
	place := bytes.place(shortBits)
	if at := &c.short[place]; at.wordBytes == bytes {
		return at.number, true
	}
	if at := &c.short[place^1]; at.wordBytes == bytes {
		return at.number, true
	}
	number, _, ok = c.names.of(word)
	if ok {
		if c.short[place].size != 0 {
			place ^= 1
		}
		c.short[place] = shortWord{bytes, number}
	}
	return number, ok
}

func (c *wordCache) ofLong(word string) (number uint16, ok bool) {
	bytes := wordBytesOf(word)
	at := &c.long[bytes.place(longBits)]
	if at.word == word {
		return at.number, true
	}
	number, kept, ok := c.names.of(word)
	if ok {
		*at = longWord{kept, number}
	}
	return number, ok
}

// wordBytes are the size of a word and the bytes at both of its ends: all of
// them in a word of up to sixteen.
type wordBytes struct {
	head, tail uint64
	size       int
}

func wordBytesOf(text string) wordBytes {
	switch n := len(text); {
	case n >= 8:
		return wordBytes{word(text), word(text[n-8:]), n}
	case n >= 4:
		return wordBytes{halfWord(text), halfWord(text[n-4:]), n}
	default:
		return wordBytes{uint64(text[0])<<16 | uint64(text[n/2])<<8 | uint64(text[n-1]), 0, n}
	}
}

// place is where among 2^width places a word is looked for.
func (b wordBytes) place(width int) uint64 {
	h := b.head ^ bits.RotateLeft64(b.tail, 29) ^ uint64(b.size)<<56
	return (h ^ h>>29) * 0x9e3779b97f4a7c15 >> (64 - width)
}

func (n *names) text(number uint16) string { return n.word[number] }
