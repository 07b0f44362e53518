//go:build !linux && !windows

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func (v *serviceVerb) manager() (manager, error) {
	return nil, errors.New("services are installed on Linux (systemd) and on Windows; run `tieout serve` by the means of this system")
}

func (v *serviceVerb) runCommand() *cobra.Command { return &cobra.Command{Use: "run", Hidden: true} }
