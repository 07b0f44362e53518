// Package service is the nightly service: a clock that says when nights are
// due, a worker that runs them one after the other, people who are told, and a
// page for machines that watch.
//
// Start at [Service.Serve]. The calendar is night.Schedule: which mornings start
// a run and which business days they cover. What is owed is always worked out anew
// from the store, never remembered by the clock: a tick only wakes the worker, so
// a second tick, a restart or a stepped clock can neither double nor lose a night (R9, R15).
//
// It knows nights only through [Nights]. What must never come in: what a run
// does, an amount, and a name of a customer.
package service
