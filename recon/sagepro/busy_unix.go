//go:build unix

package sagepro

import (
	"errors"
	"syscall"
)

// isShared tells the errors by which a share refuses what somebody holds exclusively.
func isShared(err error) bool {
	return errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.ETXTBSY) || errors.Is(err, syscall.EAGAIN)
}
