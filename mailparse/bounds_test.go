package mailparse

import (
	"errors"
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

// TestFoldedFieldsCountAsHeader shows that the bound of a header counts every
// line, also of fields that were folded thousands of times.
func TestFoldedFieldsCountAsHeader(t *testing.T) {
	parser := NewParser(Options{Limits: Limits{HeaderBytes: 100 << 10}})
	folded := "X-A: b\r\n" + strings.Repeat(" "+strings.Repeat("c", 38)+"\r\n", 500)
	for fields, exceeds := range map[int]bool{1: false, 4: false, 6: true, 60: true} {
		raw := []byte("From: Ana Lopez <ana@customer.example.com>\r\n" + strings.Repeat(folded, fields) + "Subject: Escalation\r\n\r\n" + crlf(plainForm))
		msg, err := parser.Parse(raw)
		if errors.Is(err, ErrTooComplex) != exceeds {
			t.Errorf("%d fields of 20 kB in 100 kB: error %v", fields, err)
		}
		if len(msg.Forms) != 1 || msg.From.Addr != "ana@customer.example.com" {
			t.Errorf("%d fields: read %+v from %v", fields, msg.Forms, msg.From)
		}
	}
	h, _, _ := readHeader([]byte(strings.Repeat(folded, 60)+"\r\n"), parser.limits)
	kept := 0
	for _, f := range h {
		kept += len(f.value)
	}
	if kept > 120<<10 {
		t.Errorf("kept %d bytes of fields", kept)
	}
}

// TestPageOfManyLinesIsLaidOutWithinItsBound shows that a page costs memory for
// the lines that are read, and that these are the same as of the whole page.
func TestPageOfManyLinesIsLaidOutWithinItsBound(t *testing.T) {
	const limit, lines = 200, 20000
	for name, page := range map[string]string{
		"paragraphs": "<p>line %d", "breaks": "line %d<br>", "typed": "<pre>line %d\n</pre>", "rows": "<table><tr><td>line %d<td>x</table>",
		"cells": "<table><tr><td>line %d</td><td></td><td>y</td></tr></table>", "tabs": "<pre>line %d\tx\n</pre>", "empty": "<br><br><p>line %d</p>",
	} {
		var sb strings.Builder
		for i := range lines {
			fmt.Fprintf(&sb, page, i)
		}
		bounded, whole := readHTML(sb.String(), limit, nil).lines, readHTML(sb.String(), 0, nil).lines
		if len(bounded) <= limit || len(bounded) > 3*limit || cap(bounded) > 8*limit {
			t.Errorf("%s: %d lines of %d kept, room for %d", name, len(bounded), len(whole), cap(bounded))
		}
		if got, want := joinLines(headAndTail(bounded, limit)), joinLines(headAndTail(whole, limit)); got != want {
			t.Errorf("%s: read\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestEmptyStretchHoldsNoLabel shows that a search from behind its end finds
// nothing: a colon may stand right where the value begins.
func TestEmptyStretchHoldsNoLabel(t *testing.T) {
	labels := newLabelSet(nil)
	for from := range 4 {
		if _, field, ok := labels.labelBefore("POC: x", max(from, 1), 0); ok {
			t.Errorf("from %d: found %s", from, field)
		}
	}
}
