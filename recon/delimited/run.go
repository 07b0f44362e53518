package delimited

import "sync"

// Run hands the rest of the file block by block to workers and their results,
// in file order and one at a time, to deliver. Each worker reads and parses with
// a function of its own, made by newWorker, and delivers what that returned on
// the same goroutine: what it works on stays in its own core's cache. A result
// must not refer to the block, which is used again; once delivered, it is the worker's again.
func Run[R any](f *File, newWorker func() func(*Block) R, deliver func(R)) Summary {
	q := &queue[R]{file: f, deliver: deliver}
	q.turn.L = &q.delivery
	var wait sync.WaitGroup
	for range f.opt.Workers {
		wait.Go(func() { q.work(newWorker()) })
	}
	wait.Wait()
	return f.summary()
}

// queue has the blocks in file order, as they are read and as they are delivered.
type queue[R any] struct {
	reading sync.Mutex // for file and taken
	file    *File
	taken   int // blocks

	delivery sync.Mutex // for due
	due      int        // the block to be delivered next
	turn     sync.Cond  // due has gone on
	deliver  func(R)
}

// parsed is what a worker made of a block.
type parsed[R any] struct {
	number int // of the block
	result R
}

// maxAhead is how many results a worker keeps that others' blocks come before.
const maxAhead = 3

func (q *queue[R]) work(parse func(*Block) R) {
	block, own := &Block{file: q.file}, make([]parsed[R], 0, maxAhead)
	for {
		number, ok := q.take(block)
		if !ok {
			break
		}
		own = q.hand(append(own, parsed[R]{number, parse(block)}), maxAhead-1)
	}
	q.hand(own, 0)
}

// take reads the next block and numbers it: first what the header left, then all others.
func (q *queue[R]) take(block *Block) (number int, ok bool) {
	q.reading.Lock()
	defer q.reading.Unlock()
	f := q.file
	if head := f.head; head != nil {
		f.head = nil
		block.data, block.line, block.torn = head.data[f.header.at:], f.header.line, head.torn
		ok = len(block.data) > 0
	}
	if !ok && (f.eof || !f.fill(block)) {
		return 0, false
	}
	q.taken++
	return q.taken - 1, true
}

// hand delivers those of the worker's own results whose turn it is, and waits
// until no more than so many are left.
func (q *queue[R]) hand(own []parsed[R], left int) []parsed[R] {
	for len(own) > 0 && q.isDue(own[0].number, len(own) > left) {
		q.deliver(own[0].result) // nobody else's turn is now
		own = append(own[:0], own[1:]...)
		q.pass()
	}
	return own
}

// isDue tells whether it is the block's turn to be delivered, and may wait until it is.
func (q *queue[R]) isDue(number int, wait bool) bool {
	q.delivery.Lock()
	defer q.delivery.Unlock()
	for wait && q.due != number {
		q.turn.Wait()
	}
	return q.due == number
}

// pass gives the turn to the next block.
func (q *queue[R]) pass() {
	q.delivery.Lock()
	q.due++
	q.delivery.Unlock()
	q.turn.Broadcast()
}
