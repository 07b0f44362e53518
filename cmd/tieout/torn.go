//go:build torture && unix

package main

import (
	"os"
	"time"
)

// clock is the wall clock, or one that stands at the instant that the crash tests
// ask for: what nights leave can then be compared to the byte.
func clock() func() time.Time {
	said := os.Getenv("TIEOUT_CLOCK")
	if said == "" {
		return time.Now
	}
	from, err := time.Parse(time.RFC3339, said)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return from }
}

// lease is how long a lock holds without a sign of life; 0 is the store's own.
func lease() time.Duration {
	said := os.Getenv("TIEOUT_LEASE")
	if said == "" {
		return 0
	}
	d, err := time.ParseDuration(said)
	if err != nil {
		panic(err)
	}
	return d
}
