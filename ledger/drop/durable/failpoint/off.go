//go:build !torture || !unix

package failpoint

import "net"

// At is an instant at which the process may die.
func At(string) {}

// Did gives err back. Where there is none, what was done to files is noted.
func Did(err error, _ string, _ ...string) error { return err }

// Conn is a connection whose every packet out is such an instant.
func Conn(c net.Conn) net.Conn { return c }
