package pickup

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnsafe is a name that is more than a label.
var ErrUnsafe = errors.New("the name is not safe")

const maxName = 200

// SafeName tells whether a name that a stranger gave may stand in messages and lists:
// at most 200 letters, digits and ._-+=()[],@# and blanks, beginning with a letter or
// digit, ending with neither point nor blank, and no device of Windows. It is never
// used as a path on this side all the same (R8).
func SafeName(name string) error {
	switch {
	case name == "" || len(name) > maxName:
		return fmt.Errorf("%w: %d bytes, 1 to %d are needed", ErrUnsafe, len(name), maxName)
	case !plain(name):
		return fmt.Errorf("%w: %q has characters other than letters, digits and ._-+=()[],@# and blanks", ErrUnsafe, name)
	case !alphanumeric(name[0]) || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return fmt.Errorf("%w: %q must begin with a letter or digit and not end with a point or blank", ErrUnsafe, name)
	case device(name):
		return fmt.Errorf("%w: %q is a device of Windows", ErrUnsafe, name)
	}
	return nil
}

func plain(name string) bool {
	for i := range len(name) {
		if !alphanumeric(name[i]) && !strings.Contains("._-+=()[],@# ", name[i:i+1]) {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func device(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "COM" || stem[:3] == "LPT") && stem[3] >= '0' && stem[3] <= '9'
}
