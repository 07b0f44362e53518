// Package cybersource talks to the processor: it signs requests, lists and
// downloads reports, proves that a day has none, and keeps subscriptions.
//
// Start at [Host], one address with its chain of retry, circuit breaker, rate
// limit and time-outs, and at [Client], one merchant there. sign.go has the
// three schemes, window.go the arithmetic of report dates, reports.go what the
// processor offers, fetch.go how a report of one day is got or its absence
// proven. What the files say is the business of reportfile.
//
// Nothing that comes over the wire is trusted: a body counts when it has its
// declared length, is a report, ends its last row, and is of the merchant and
// the window that were asked for (R4, R8). What must never come in: a clock or a
// random source of its own, a secret in a message, and a path that the peer chose.
package cybersource
