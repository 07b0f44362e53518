// Package queue is the durable queue of wake-ups, on River, in the database of the store.
//
// Start at [Job]: what can be woken up, by ids alone. A job goes in with the transaction
// of the data that it serves ([Queue.Add]) and is worked by a service ([Queue.Work]).
// The queue is never the truth: a job says "look at this", and whoever works it asks
// the tables of the store what is owed. So a job may run twice, and a queue that was
// lost is filled again by whoever looks what is owed (R15).
//
// What must never come in: a payload, an amount, a name of a customer, and knowledge
// of what a job does.
package queue
