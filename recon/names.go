package recon

import "sync"

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

// of numbers the word; ok is false when there are more words than numbers.
func (n *names) of(word string) (number uint16, ok bool) {
	n.mu.RLock()
	number, ok = n.number[word]
	n.mu.RUnlock()
	if ok {
		return number, true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if number, ok = n.number[word]; ok {
		return number, true
	}
	if len(n.word) > maxNames {
		return 0, false
	}
	number = uint16(len(n.word))
	kept := string(append([]byte(nil), word...))
	n.number[kept] = number
	n.word = append(n.word, kept)
	return number, true
}

// find is of for a word that may not have been seen; it adds nothing.
func (n *names) find(word string) (number uint16, ok bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	number, ok = n.number[word]
	return number, ok
}

func (n *names) text(number uint16) string { return n.word[number] }
