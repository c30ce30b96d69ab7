package mailparse

import (
	"regexp"
	"strings"
)

// plainOptions are the parameters of RFC 3676.
type plainOptions struct {
	flowed bool
	delSp  bool
	label  func(string) bool
	lines  int // how many lines are kept; 0 for all
}

// readPlain turns text/plain into lines.
func readPlain(text string, opt plainOptions) document {
	if strings.Count(text, "<br") >= 3 {
		text = typedBreak.ReplaceAllString(text, "\n") // of a web form
	}
	text = cleanText(withoutMiddle(withoutGaps(newlines(text)), opt.lines))
	var doc document
	fl := flow{label: opt.label}
	var pgp armour
	if strings.Contains(text, "\nend") {
		text = withoutUU(text)
	}
	mark := quoteSign(text, opt.label)
	for s := range strings.SplitSeq(text, "\n") {
		if mark != "" && strings.HasPrefix(s, mark) {
			s = ">" + s[len(mark):]
		}
		depth, rest := quoteDepth(s)
		if opt.flowed && strings.HasPrefix(s, " ") {
			depth, rest = 0, s // space-stuffed (RFC 3676, section 4.4)
		}
		var shown bool
		if rest, shown = pgp.line(rest); !shown {
			continue
		}
		if opt.flowed {
			doc.lines = append(doc.lines, fl.add(rest, depth, opt.delSp)...)
			continue
		}
		doc.lines = append(doc.lines, line{text: rest, depth: depth, tight: depth > 0 && rest != "" && rest[0] != ' '})
	}
	doc.lines = append(doc.lines, fl.close()...)
	for i := range doc.lines {
		doc.lines[i].text = strings.TrimRight(strings.TrimLeft(doc.lines[i].text, " "), " \t")
	}
	return textTables(doc, opt.label)
}

// armour takes the frame off clear-signed text (RFC 9580, section 7).
type armour struct{ signed, skipping bool }

// line returns what of a line belongs to the text, if any of it does.
func (a *armour) line(s string) (string, bool) {
	trimmed := strings.TrimSpace(s)
	switch {
	case strings.HasPrefix(trimmed, "-----BEGIN PGP SIGNED MESSAGE"):
		a.signed, a.skipping = true, true
	case strings.HasPrefix(trimmed, "-----BEGIN PGP SIGNATURE"):
		a.signed, a.skipping = false, true
	case strings.HasPrefix(trimmed, "-----END PGP"):
		a.skipping = false
	case a.skipping:
		a.skipping = !(a.signed && trimmed == "")
	case a.signed:
		return strings.TrimPrefix(s, "- "), true
	default:
		return s, true
	}
	return "", false
}

// quoteSign is what stands before quoted lines in the place of '>': a bar, or
// the name of who is quoted, "Desk>".
func quoteSign(text string, label func(string) bool) string {
	if pipeQuoted(text) {
		return "|"
	}
	if label == nil || strings.Count(text, "> ") < 2 {
		return ""
	}
	labels := map[string]int{}
	for s := range strings.SplitSeq(text, "\n") {
		name := namePrefix.FindString(s)
		if name != "" && label(s[len(name):]) {
			if labels[name]++; labels[name] == 2 {
				return name
			}
		}
	}
	return ""
}

// namePrefix is how Supercite marks a quote.
var namePrefix = regexp.MustCompile(`^ ?\pL[\pL\d._-]{0,20}>`)

var typedBreak = regexp.MustCompile(`<br ?/?>\n?`)

// pipeQuoted says whether lines are quoted by a bar instead of '>': several in a
// row begin with one, an empty one among them, and none ends with one.
func pipeQuoted(text string) bool {
	if !strings.Contains(text, "\n|\n") && !strings.Contains(text, "\n| \n") {
		return false
	}
	n := 0
	for s := range strings.SplitSeq(text, "\n") {
		s = strings.TrimRight(s, " ")
		switch {
		case s == "|":
		case strings.HasPrefix(s, "|") && strings.HasSuffix(s, "|"):
			return false
		case strings.HasPrefix(s, "| "):
			n++
		}
	}
	return n >= 3
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

// withoutGaps shortens runs of more than a hundred empty lines.
func withoutGaps(text string) string {
	const most = 100
	if strings.Count(text, "\n") <= most {
		return text
	}
	var sb strings.Builder
	empty := 0
	for s := range strings.Lines(text) {
		if strings.TrimSpace(s) != "" {
			empty = 0
		} else if empty++; empty > most {
			continue
		}
		sb.WriteString(s)
	}
	return sb.String()
}

// withoutMiddle keeps of a text with more than n lines the first three
// quarters of n and the last.
func withoutMiddle(text string, n int) string {
	if n <= 0 || strings.Count(text, "\n") <= n {
		return text
	}
	head, tail := 0, len(text)
	for range n - n/4 {
		head += strings.IndexByte(text[head:], '\n') + 1
	}
	for range n / 4 {
		tail = strings.LastIndexByte(text[:tail], '\n')
	}
	return text[:head] + text[max(tail, head):]
}

// flow joins the soft-broken lines of format=flowed (RFC 3676 section 4.2).
type flow struct {
	label func(string) bool // whether a line begins with a label of the form
	text  strings.Builder
	depth int
	open  bool
}

// add takes a line; it returns the paragraph that is complete, if one is.
func (f *flow) add(rest string, depth int, delSp bool) (done []line) {
	rest = strings.TrimPrefix(rest, " ") // space-stuffing
	soft := strings.HasSuffix(rest, " ") && rest != "-- " && (strings.TrimSpace(rest) != "" || delSp)
	if f.open && f.label != nil && strings.HasSuffix(strings.TrimRight(f.text.String(), " "), ":") && f.label(rest) {
		done = append(done, f.close()...) // an empty field, whose line ends in a blank
	}
	if f.open && (f.depth != depth || rest == "-- " || strings.TrimSpace(rest) == "" && !delSp) {
		done = append(done, f.close()...)
	}
	if soft && !f.open && len(rest) < 40 && isClosing(rest) {
		soft = false // every line ends in a blank, a sign-off as well
	}
	if soft && delSp {
		rest = rest[:len(rest)-1]
	}
	f.text.WriteString(rest)
	f.depth, f.open = depth, true
	if !soft {
		done = append(done, f.close()...)
	}
	return done
}

func (f *flow) close() []line {
	if !f.open {
		return nil
	}
	l := line{text: f.text.String(), depth: f.depth}
	f.text.Reset()
	f.open = false
	return []line{l}
}

var uuBegin = regexp.MustCompile(`^begin [0-7]{3} \S`)
