//go:build !torture || !unix

package main

import "time"

// clock is the wall clock.
func clock() func() time.Time { return time.Now }

// lease is how long a lock holds without a sign of life; 0 is the store's own.
func lease() time.Duration { return 0 }
