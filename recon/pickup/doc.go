// Package pickup takes files that others leave for us in a folder or on an SFTP
// server: reports that a processor or a bank pushes instead of answering.
//
// Start at [Take]. It takes complete files only: those whose sentinel is there, or
// whose size and time do not change over an interval. What it takes it unpacks:
// gzip, zip and PGP, within [Limits]. A container is taken whole or not at all.
//
// Names come from strangers. A name is a label and never a path ([SafeName]); a file
// with another name is refused and said so, never passed over in silence.
//
// It is a door. It remembers nothing and removes nothing: what is taken again is the
// same file again, which the archive knows by its hash. What must never come in: what
// the files mean, and where they are kept.
package pickup
