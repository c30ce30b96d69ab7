package mailparse

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// multipart is a mail of these parts, each with its own header.
func multipart(subtype string, parts ...string) []byte {
	return []byte("From: Ana Lopez <ana@customer.example.com>\r\nSubject: Escalation\r\nMIME-Version: 1.0\r\n" + multipartBody(subtype, parts...))
}

func multipartBody(subtype string, parts ...string) string {
	boundary := fmt.Sprintf("b%d", len(strings.Join(parts, "")))
	return "Content-Type: multipart/" + subtype + "; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n" +
		strings.Join(parts, "\r\n--"+boundary+"\r\n") + "\r\n--" + boundary + "--\r\n"
}

const attachedText = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n"

// TestLinesAreOneBudgetForTheWholeMail shows that parts add nothing to what a
// mail may cost, and that the form is still read as it was written.
func TestLinesAreOneBudgetForTheWholeMail(t *testing.T) {
	const lines = 60
	parser := NewParser(Options{Limits: Limits{Lines: lines}})
	form, log := "\r\n"+crlf(plainForm+"\n- and so is the spare one\n\nBest regards\nAna Lopez\n"), "\r\n"+prose(70*lines/2)
	for name, raw := range map[string][]byte{
		"a log below the form":          multipart("mixed", form, log, log, log),
		"a log above the form":          multipart("mixed", log, form, log, log),
		"logs within logs":              multipart("mixed", form, multipartBody("mixed", log, multipartBody("mixed", log, log))),
		"another version, without room": multipart("alternative", form+prose(60*lines), form),
		"an attached form behind logs":  multipart("mixed", "\r\nPlease see below", attachedText+log+log, attachedText+log+log, attachedText+form),
	} {
		t.Run(name, func(t *testing.T) {
			msg, err := parser.Parse(raw)
			if err != nil || len(msg.Forms) != 1 {
				t.Fatalf("forms %+v, error %v", msg.Forms, err)
			}
			if got := msg.Forms[0]; got.CaseNumber != "01234567" || got.Comments != "Plant is down\n- and so is the spare one" {
				t.Errorf("read %+v", got)
			}
			if !slices.ContainsFunc(msg.Defects, func(d string) bool { return strings.Contains(d, "left out") || strings.Contains(d, "cut") }) {
				t.Errorf("defects %q do not say that something was left out", msg.Defects)
			}
		})
	}
}
