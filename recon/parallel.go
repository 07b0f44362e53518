package recon

import "sync"

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
