package recon

import (
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

// wordCache is how one batch finds the numbers of words: a look at one place for
// a word that it met before, else at the table that all share.
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
	at := &c.last[hashText(word)>>(64-cacheBits)]
	if at.word == word {
		return at.number, true
	}
	number, kept, ok := c.names.of(word)
	if ok {
		*at = cachedWord{kept, number}
	}
	return number, ok
}

func (n *names) text(number uint16) string { return n.word[number] }
