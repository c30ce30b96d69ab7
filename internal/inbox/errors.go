package inbox

import (
	"errors"
	"fmt"
)

// ErrLeadLost says that another daemon may lead this inbox by now, so nothing
// more may be done to it: a Handler answers it, and it is the cause for which
// a context ends that Options.Gate has returned.
var ErrLeadLost = errors.New("the lead of this inbox is lost")

// SetupError is something a person must put right at the mail server or in the
// configuration. Error is a whole sentence with the remedy.
type SetupError struct {
	Inbox     string
	Problem   string // what is wrong, without a full stop
	Remedy    string // what to do about it, without a full stop
	Login     bool   // the server refused the credentials
	Permanent bool   // waiting will not help: the daemon should not start
	Err       error  // the cause, such as what the server said; may be nil

	again bool // another access token is at hand
}

func (e *SetupError) Error() string {
	said := ""
	if e.Err != nil {
		said = fmt.Sprintf(" (%v)", e.Err)
	}
	return fmt.Sprintf("inbox %s: %s%s; %s", e.Inbox, e.Problem, said, e.Remedy)
}

// Unwrap returns the cause.
func (e *SetupError) Unwrap() error { return e.Err }
