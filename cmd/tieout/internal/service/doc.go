// Package service is the nightly service: a clock that says when nights are
// due, workers of a durable queue, people who are told, and a page for machines
// that watch.
//
// Start at [Service.Serve]. The calendar is night.Schedule: which mornings start
// a run and which business days they cover. A look (service.go) works out anew from
// the store what is owed and adds the jobs that the queue lacks; a tick of the clock
// only has the service look. A job (work.go) names by its id what to look at, and
// does what is owed there, if anything is. So neither a second tick, a restart, a
// stepped clock nor a lost queue can double or lose a night (R9, R15).
//
// It knows nights only through [Nights], and the queue through [Queue]. What must
// never come in: what a run does, an amount, and a name of a customer.
package service
