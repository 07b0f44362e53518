package main

import (
	"net"
	"os"
)

// announce tells the service manager of a state, such as READY=1, where it asked for
// that (sd_notify). Nobody else is told, and a manager that does not listen is no trouble of ours.
func announce(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	conn, err := net.Dial("unixgram", path)
	if err != nil {
		return
	}
	_, _ = conn.Write([]byte(state))
	_ = conn.Close()
}
