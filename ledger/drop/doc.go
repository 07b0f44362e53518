// Package drop delivers posting files to where the ERP picks them up: a folder
// or an SFTP server.
//
// Start at [Deliver]: it takes the files of one delivery in the order of their
// appearance, `.sha256`, data, `.done` ([WithSidecars]; consumers act on `.done`
// only, PF-07), through the steps of R3, each stored before the next request is
// sent. [Folder] and [SFTP] are the places it delivers to, [Read] gets what
// the consumer answered.
//
// It is a door: it takes finished bytes under a final name. What must never
// come in: which entries are released, how a posting file is built, and any
// way to replace a file that is already there.
package drop
