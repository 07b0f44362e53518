package delimited

import "sync"

// Run hands the rest of the file block by block to workers and their results,
// in file order, to deliver, which runs on the calling goroutine. Each worker
// parses with a function of its own, made by newWorker. What a worker returns
// must not refer to the block, which is used again.
func Run[R any](f *File, newWorker func() func(*Block) R, deliver func(R)) Summary {
	p := newPipeline[R](f)
	go p.read()
	var wait sync.WaitGroup
	for range f.opt.Workers {
		wait.Go(func() { p.work(newWorker()) })
	}
	for answer := range p.order {
		deliver(<-answer)
	}
	wait.Wait()
	return f.summary()
}

// pipeline joins the reader, the workers and the delivery.
type pipeline[R any] struct {
	file  *File
	free  chan *Block
	jobs  chan job[R]
	order chan chan R // the answers, in file order
}

type job[R any] struct {
	block  *Block
	answer chan R
}

func newPipeline[R any](f *File) *pipeline[R] {
	n := f.opt.Workers + 2
	p := &pipeline[R]{file: f, free: make(chan *Block, n), jobs: make(chan job[R], n), order: make(chan chan R, n)}
	for range n - 1 {
		p.free <- &Block{file: f}
	}
	return p
}

// read sends what the header left of the first block, then all others.
func (p *pipeline[R]) read() {
	defer close(p.order)
	defer close(p.jobs)
	head := p.file.head
	head.data, head.line = head.data[p.file.header.at:], p.file.header.line
	if len(head.data) > 0 {
		p.send(head)
	} else {
		p.free <- head
	}
	for !p.file.eof {
		block := <-p.free
		if !p.file.fill(block) {
			return
		}
		p.send(block)
	}
}

func (p *pipeline[R]) send(block *Block) {
	answer := make(chan R, 1)
	p.order <- answer
	p.jobs <- job[R]{block, answer}
}

func (p *pipeline[R]) work(parse func(*Block) R) {
	for j := range p.jobs {
		result := parse(j.block)
		p.free <- j.block
		j.answer <- result
	}
}
