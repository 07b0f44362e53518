//go:build !torture || !unix

package failpoint

import "net"

// At is an instant at which the process may die.
func At(string) {}

// Conn is a connection whose every packet out is such an instant.
func Conn(c net.Conn) net.Conn { return c }
