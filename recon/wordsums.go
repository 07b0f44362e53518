package recon

import "math/bits"

// wordSums adds up amounts by a word of 64 bits: a hash table without pointers,
// for sums that every row adds to.
type wordSums struct {
	slots []wordSum
	used  int
	none  wordSum // of word 0, which marks a free slot
	zero  bool    // word 0 was added to
}

type wordSum struct {
	word uint64
	sum  int64
}

// add adds to the sum of the word.
func (s *wordSums) add(word uint64, amount int64) {
	if word == 0 {
		s.none.sum, s.zero = s.none.sum+amount, true
		return
	}
	if s.used*2 >= len(s.slots) {
		s.grow()
	}
	for at := s.home(word); ; at++ {
		slot := &s.slots[at&(len(s.slots)-1)]
		if slot.word == word {
			slot.sum += amount
			return
		}
		if slot.word == 0 {
			*slot = wordSum{word, amount}
			s.used++
			return
		}
	}
}

func (s *wordSums) home(word uint64) int {
	return int(mix(word) >> (64 - bits.TrailingZeros(uint(len(s.slots)))))
}

func (s *wordSums) grow() {
	old := s.slots
	s.slots, s.used = make([]wordSum, max(64, 2*len(old))), 0
	for _, slot := range old {
		if slot.word != 0 {
			s.add(slot.word, slot.sum)
		}
	}
}

// each calls do for every word that was added to, in no order.
func (s *wordSums) each(do func(word uint64, sum int64)) {
	for _, slot := range s.slots {
		if slot.word != 0 {
			do(slot.word, slot.sum)
		}
	}
	if s.zero {
		do(0, s.none.sum)
	}
}
