package recon

import (
	"slices"
	"sync"
)

// inRanges calls do for consecutive ranges that cover 0..n, one a worker. What
// do writes must be its own range's.
func inRanges(workers, n int, do func(worker, from, to int)) {
	const small = 4096
	if workers <= 1 || n < small {
		do(0, 0, n)
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { do(w, n*w/workers, n*(w+1)/workers) })
	}
	wait.Wait()
}

// onEach calls do once for each of n workers, all at the same time.
func onEach(n int, do func(worker int)) {
	var wait sync.WaitGroup
	for w := range n {
		wait.Go(func() { do(w) })
	}
	wait.Wait()
}

// sortOn sorts items on so many processors: halves first, which are then merged.
func sortOn[T any](workers int, items []T, compare func(a, b T) int) {
	const small = 4096
	if workers <= 1 || len(items) < small {
		slices.SortFunc(items, compare)
		return
	}
	half := len(items) / 2
	var wait sync.WaitGroup
	wait.Go(func() { sortOn(workers/2, items[:half], compare) })
	sortOn(workers-workers/2, items[half:], compare)
	wait.Wait()
	left, right := slices.Clone(items[:half]), items[half:]
	for at := 0; len(left) > 0; at++ {
		if len(right) > 0 && compare(right[0], left[0]) < 0 {
			items[at], right = right[0], right[1:]
		} else {
			items[at], left = left[0], left[1:]
		}
	}
}
