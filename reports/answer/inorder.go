package answer

import (
	"iter"
	"runtime"
	"sync"
)

// stretch is how many items one processor makes at a time.
const stretch = 64

// inOrder makes something of every stretch of n items, on all processors, and
// takes what was made in their order, until there is no more or take has had
// enough. No more stretches are ahead of take than keep the processors busy.
func inOrder[T any](n int, of func(from, to int) T, take func(T) bool) {
	ahead, enough := make(chan chan T, 2*runtime.GOMAXPROCS(0)), make(chan struct{})
	var makers sync.WaitGroup
	makers.Go(func() {
		defer close(ahead)
		for from := 0; from < n; from += stretch {
			made := make(chan T, 1)
			select {
			case ahead <- made:
				makers.Go(func() { made <- of(from, min(from+stretch, n)) })
			case <-enough:
				return
			}
		}
	})
	defer makers.Wait()
	defer close(enough)
	for made := range ahead {
		if !take(<-made) {
			return
		}
	}
}

// inStretches are n items, made on all processors.
func inStretches[T any](n int, of func(from, to int) []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		inOrder(n, of, func(items []T) bool {
			for _, item := range items {
				if !yield(item) {
					return false
				}
			}
			return true
		})
	}
}
