// Package night carries one run from kept files to a commit: it chooses the
// files, tells the engine what earlier runs posted, and turns the answer into
// what is stored, posted and shown.
//
// Before it, [Fetch] brings the processor's reports in, and [Cell] by cell the
// grid of merchant, report and business day says what came of each (grid.go).
//
// Start at [Night.Run]. [State] is what earlier runs left, as far as a run asks
// for it (need.go), [Commit] is what this one adds; history.go goes from the first
// to the engine's input, and postings.go, items.go, exceptions.go and waiting.go from
// its answer to the second. files.go chooses what is read: also reports of earlier
// nights that know more of an event of this one. holds.go says what must wait, and
// reissued.go what a later file of the same window lacks.
//
// What a run needs of the outside it declares here as small interfaces. What
// must never come in: SQL, a file format, a path, a clock.
package night
