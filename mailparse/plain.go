package mailparse

import (
	"regexp"
	"strings"
)

// plainOptions are the parameters of RFC 3676.
type plainOptions struct {
	flowed bool
	delSp  bool
}

// readPlain turns text/plain into lines.
func readPlain(text string, opt plainOptions) document {
	text = cleanText(newlines(text))
	var doc document
	signed, skipping := false, false
	if strings.Contains(text, "\nend") {
		text = withoutUU(text)
	}
	for s := range strings.SplitSeq(text, "\n") {
		depth, rest := quoteDepth(s)
		trimmed := strings.TrimSpace(rest)
		switch {
		case strings.HasPrefix(trimmed, "-----BEGIN PGP SIGNED MESSAGE"):
			signed, skipping = true, true
			continue
		case strings.HasPrefix(trimmed, "-----BEGIN PGP SIGNATURE"):
			signed, skipping = false, true
			continue
		case strings.HasPrefix(trimmed, "-----END PGP"):
			skipping = false
			continue
		case skipping:
			skipping = !(signed && trimmed == "")
			continue
		case signed:
			rest = strings.TrimPrefix(rest, "- ")
		}
		if opt.flowed {
			rest = strings.TrimPrefix(rest, " ")
			if doc.flowOn(rest, depth, opt.delSp) {
				continue
			}
		} else {
			rest = strings.TrimRight(rest, " \t")
		}
		doc.lines = append(doc.lines, line{text: rest, depth: depth})
	}
	for i := range doc.lines {
		doc.lines[i].text = strings.TrimRight(strings.TrimLeft(doc.lines[i].text, " "), " \t")
	}
	return textTables(doc)
}

// withoutUU drops uuencoded files from a text.
func withoutUU(text string) string {
	var out, held []string
	inside := false
	for s := range strings.SplitSeq(text, "\n") {
		switch {
		case !inside && strings.HasPrefix(s, "begin ") && uuBegin.MatchString(s):
			inside, held = true, []string{s}
		case inside && strings.TrimSpace(s) == "end":
			inside = false
		case inside && (len(s) > 62 || strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz{|}~")):
			out, inside = append(append(out, held...), s), false
		case inside:
			held = append(held, s)
		default:
			out = append(out, s)
		}
	}
	if inside {
		out = append(out, held...)
	}
	return strings.Join(out, "\n")
}

// flowOn joins rest to the line above if that one flows (RFC 3676 section 4.2).
func (d *document) flowOn(rest string, depth int, delSp bool) bool {
	if len(d.lines) == 0 {
		return false
	}
	last := &d.lines[len(d.lines)-1]
	if last.depth != depth || last.text == "-- " || !strings.HasSuffix(last.text, " ") || rest == "-- " {
		return false
	}
	if len(last.text) > 64<<10 {
		return false // bounds the cost of one endless paragraph
	}
	if strings.TrimSpace(rest) == "" && !delSp {
		return false
	}
	if delSp {
		last.text = last.text[:len(last.text)-1]
	}
	last.text += rest
	return true
}

var (
	uuBegin   = regexp.MustCompile(`^begin [0-7]{3} \S`)
	pipeRow   = regexp.MustCompile(`^[|│┃┆║].*[|│┃║]\s*$`)
	tableRule = regexp.MustCompile(`^[\s|+\-=:_─│┌┐└┘├┤┬┴┼━┃╋╔╗╚╝║═╠╣╦╩╬]{3,}$`)
)

// textTables finds rows drawn with pipes or tabs and makes cells of them.
func textTables(doc document) document {
	var out []line
	row := 0
	for _, l := range doc.lines {
		if tableRule.MatchString(l.text) && strings.ContainsAny(l.text, "|+│┃║┼╋╬├┌└╔╚") {
			l.kind, l.text = noise, ""
			continue
		}
		var cells []string
		switch {
		case pipeRow.MatchString(l.text):
			cells = strings.FieldsFunc(l.text, func(r rune) bool { return strings.ContainsRune("|│┃┆║", r) })
		case strings.Contains(l.text, "\t"):
			cells = strings.Split(l.text, "\t")
		}
		if len(cells) < 2 || len(cells) > 50 {
			if len(cells) == 1 {
				l.text = cells[0]
			}
			l.text = strings.TrimSpace(l.text)
			out = append(out, l)
			continue
		}
		row++
		for i, c := range cells {
			out = append(out, line{text: strings.TrimSpace(c), depth: l.depth, row: row, col: i})
		}
	}
	doc.lines = out
	return doc
}
