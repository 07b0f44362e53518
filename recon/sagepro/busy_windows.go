package sagepro

import (
	"errors"
	"syscall"
)

// isShared tells the errors by which Windows refuses what somebody holds exclusively.
func isShared(err error) bool {
	const sharingViolation, lockViolation = syscall.Errno(32), syscall.Errno(33)
	return errors.Is(err, sharingViolation) || errors.Is(err, lockViolation)
}
