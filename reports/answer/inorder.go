package answer

import (
	"runtime"
	"sync"
)

// blockSize is how many items are made before any of them is taken.
const blockSize = 2048

// inOrder makes n items on all processors, a block at a time, and takes them in
// order, until there is no more or take has had enough.
func inOrder[T any](n int, of func(i int) T, take func(T) bool) {
	made, workers := make([]T, min(n, blockSize)), runtime.GOMAXPROCS(0)
	for from := 0; from < n; from += blockSize {
		block := made[:min(n-from, blockSize)]
		var wait sync.WaitGroup
		for w := range workers {
			wait.Go(func() {
				for i := w; i < len(block); i += workers {
					block[i] = of(from + i)
				}
			})
		}
		wait.Wait()
		for i := range block {
			if !take(block[i]) {
				return
			}
		}
	}
}
