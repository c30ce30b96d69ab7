package mailparse

import (
	"errors"
	"fmt"
)

// ErrTooComplex is wrapped by the error of a mail that exceeds a limit. What
// was read up to there is returned beside it.
var ErrTooComplex = errors.New("mail too complex")

// ErrHeaderCut is an ErrTooComplex: fields of the mail's own header were left
// out. Who or what wrote it is not certain then.
var ErrHeaderCut = fmt.Errorf("%w: too many or too long header fields", ErrTooComplex)

// ErrNotMail is returned for bytes that hold neither a header field nor text.
var ErrNotMail = errors.New("not a mail")

// Limits bound the work one mail may cause. A zero value of any of them means
// its default; docs/parsing.md argues the numbers.
type Limits struct {
	Size        int // bytes of the whole mail; default 40 MiB
	Depth       int // nested multiparts and attached mails; default 50
	Parts       int // MIME parts in all; default 10,000
	Fields      int // header fields kept of one header; default 20,000
	HeaderBytes int // bytes read of one header; default 4 MiB
	FieldBytes  int // bytes kept of one header field; default 64 KiB
	Addresses   int // recipients kept; default 1,000
	Text        int // bytes of decoded text read of one part, and of all parts four times that; default 4 MiB
	Lines       int // lines searched for forms in all; the middle of longer texts is left out; default 20,000
	Forms       int // forms kept; default 50
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Size, 40<<20)
	set(&l.Depth, 50)
	set(&l.Parts, 10000)
	set(&l.Fields, 20000)
	set(&l.HeaderBytes, 4<<20)
	set(&l.FieldBytes, 64<<10)
	set(&l.Addresses, 1000)
	set(&l.Text, 4<<20)
	set(&l.Lines, 20000)
	set(&l.Forms, 50)
	return l
}

func tooComplex(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrTooComplex}, args...)...)
}
