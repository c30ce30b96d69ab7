package authres_test

import (
	"fmt"
	"strings"
	"testing"

	"escalationd/internal/authres"
)

// holes are fields that prove nothing, with a hole for text of the sender's in a quoted string or a comment.
var holes = []string{
	`mx.example.net; spf=pass smtp.mailfrom="%s"@evil.example`,
	`mx.example.net; dkim=pass header.i="%s"@evil.example; dmarc=none header.from=example.com`,
	`mx.example.net; dkim=fail reason="%s" header.d=example.com; spf=none smtp.mailfrom=example.com`,
	`mx.example.net; dkim=pass header.s="%s" header.b="x" header.d=evil.example`,
	`mx.example.net; spf=pass smtp.helo="%s"; dmarc=none`,
	`mx.example.net; auth=pass smtp.auth="%s"`,
	`mx.example.net; spf=pass (domain of %s designates) smtp.mailfrom=evil.example; dmarc=none`,
	`(%s) mx.example.net; dkim=none; dmarc=none header.from=example.com`,
	`mx.example.net (%s); dkim=neutral header.d=example.com`,
	`mx.example.net; dkim=pass (a (%s) b) header.d=evil.example; dmarc=fail (%[1]s) header.from=example.com`,
	`mx.example.net; dmarc=pass header.from=(%s); spf=pass`,
	`"%s"@mx.example.net; dmarc=pass header.from=example.com`,
}

// FuzzSenderText fills the holes as a server does, with the special characters escaped, and as a careless one would that
// leaves out what cannot end the string: whatever the text, it proves nothing.
func FuzzSenderText(fz *testing.F) {
	for _, c := range proofs {
		for _, field := range c.fields {
			fz.Add(field)
		}
	}
	fz.Add(`x"; dmarc=pass header.from=example.com; y="`)
	fz.Add(`x); dmarc=pass header.from=example.com (`)
	fz.Add(`\`)
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `(`, `\(`, `)`, `\)`)
	drop := strings.NewReplacer(`\`, ``, `"`, ``, `(`, ``, `)`, ``)
	fz.Fuzz(func(t *testing.T, text string) {
		for _, hole := range holes {
			for _, inert := range []string{escape.Replace(text), drop.Replace(text)} {
				field := fmt.Sprintf(hole, inert)
				if got := authres.Prove(f(field), ourID, sender); got.Proven {
					t.Fatalf("text of the sender's counts: %+v\n%q", got, field)
				}
			}
		}
	})
}

// FuzzProve takes any field at all. It never panics, the field of another server changes nothing, and what is proven stays
// so when the comments and quoted local parts are taken out by another reader than the one under test.
func FuzzProve(fz *testing.F) {
	for _, c := range proofs {
		for _, field := range c.fields {
			fz.Add(field)
		}
	}
	fz.Fuzz(func(t *testing.T, field string) {
		got := authres.Prove(f(field), ourID, sender)
		if strings.Contains(got.Reason, "@") {
			t.Fatalf("the reason %q holds an address", got.Reason)
		}
		if !got.Proven {
			return
		}
		if again := authres.Prove(f("mx.example.org; dmarc=fail", field, ourID+"; dmarc=fail"), ourID, sender); again != got {
			t.Fatalf("%+v among other fields is %+v\n%q", got, again, field)
		}
		bare := strip(field)
		if again := authres.Prove(f(bare), ourID, sender); again != got {
			t.Fatalf("%+v without what is inert is %+v\n%q\n%q", got, again, field, bare)
		}
	})
}

// strip replaces each comment by a blank and each quoted local part by the letter q.
func strip(field string) string {
	var b strings.Builder
	for i := 0; i < len(field); {
		switch field[i] {
		case '(':
			i = closing(field, i, '(', ')')
			b.WriteByte(' ')
		case '"':
			end := closing(field, i, 0, '"')
			if end < len(field) && field[end] == '@' {
				b.WriteByte('q')
			} else {
				b.WriteString(field[i:end])
			}
			i = end
		default:
			b.WriteByte(field[i])
			i++
		}
	}
	return b.String()
}

// closing returns the index after the delimiter that closes the one at start.
func closing(s string, start int, open, end byte) int {
	depth := 1
	for i := start + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case end:
			if depth--; depth == 0 {
				return i + 1
			}
		case open:
			depth++
		}
	}
	return len(s)
}
