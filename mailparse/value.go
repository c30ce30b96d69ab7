package mailparse

import (
	"regexp"
	"strings"
	"unicode"
)

// values cuts the value of each label: from behind the label to the next one,
// the last to where the mail's text ends.
func (rd *reader) values(hits []hit, stop int) []string {
	if rd.answeredDeeper(hits) {
		rd.raise(hits[0].line, stop)
	}
	rd.between = rd.answeredBetween(hits)
	rd.frame = rd.rulerAbove(hits[0].line)
	rd.alone, rd.gapped = rd.labelsAlone(hits), rd.answersGapped(hits)
	unquoted := rd.answeredBeneath(hits, stop)
	values := make([]string, len(hits))
	rd.poc = ""
	for i, h := range hits {
		if i+1 < len(hits) {
			values[i] = rd.inner(h, hits[i+1].line, unquoted)
			if h.field == POC {
				rd.poc = tidyValue(values[i], POC)
			}
		} else {
			values[i] = rd.last(h, stop, unquoted)
		}
	}
	return values
}

// after is the text behind a label on its line.
func (rd *reader) after(h hit) string {
	return strings.TrimSpace(rd.lines[h.end].text[min(h.at, len(rd.lines[h.end].text)):])
}

// inner is the value between two labels.
func (rd *reader) inner(h hit, next int, unquoted bool) string {
	depth := rd.lines[h.line].depth
	same, lower := rd.after(h), ""
	if h.field == CaseNumber && same != "" && rd.parser.validCase(firstOf(rd.parser.caseNumber(same))) && digits(same) >= 3 && !unquoted {
		return same
	}
	for j := h.end + 1; j < next; j++ {
		l := rd.lines[j]
		if l.text == "--" || rd.foreignRow(h, j, same+lower != "") && (l.row > 0 || rd.foreignTo(h, j, next)) {
			break
		}
		switch {
		case l.kind == quoteHead && l.depth <= depth && depth > 0:
			continue
		case l.blank():
			if lower != "" && l.depth < depth {
				lower += "\n"
			}
			if same != "" && l.depth >= depth {
				same += "\n"
			}
		case l.depth < depth:
			lower += "\n" + l.text
		case isRuler(l.text) && (h.field == CaseNumber || same == "" && lower == ""):
		default:
			same += "\n" + marks(l, depth) + l.text
		}
	}
	same, lower = withoutHintLine(trimRulers(strings.TrimSpace(same)), rd.after(h)), trimRulers(strings.TrimSpace(lower))
	if rd.between && lower != "" && rd.after(h) == "" {
		return lower // the quoted lines around it are the desk's
	}
	return merge(same, lower, h.field, unquoted)
}

// foreignTo says whether such rows are all that stands from line j to the next
// label: else they are part of the answer.
func (rd *reader) foreignTo(h hit, j, next int) bool {
	for ; j < next; j++ {
		if !rd.lines[j].blank() && !rd.foreignRow(h, j, true) {
			return false
		}
	}
	return true
}

// foreignRow says whether line j begins a row of the customer's own between two
// labels of the form: "Serial Number: 88-K-20017". In a table any further row
// of two cells is one.
func (rd *reader) foreignRow(h hit, j int, begun bool) bool {
	lab, l := rd.lines[h.end], rd.lines[j]
	if l.row > 0 {
		return begun && lab.row > 0 && l.row != lab.row && l.col == lab.col && !l.tab && j+1 < len(rd.lines) && rd.lines[j+1].row == l.row && rd.lines[j+1].col > l.col && l.text != ""
	}
	at := colonAt(clipRunes(l.text, 40))
	if at <= 0 || h.sep != sepHard || !begun || contactRow(l.text) || !ownRow.MatchString(l.text[:at]) {
		return false
	}
	if shortField(h.field) {
		return len(rd.parser.contacts(l.text)) == 0
	}
	for _, w := range splitWords(l.text[:at], 6) {
		if rowWords[w.text] {
			return true
		}
	}
	return false
}

var (
	ownRow   = regexp.MustCompile(`^\p{Lu}[\p{L}\d/#. -]{2,30}$`)
	rowWords = newPhrases(`severity,serial,site,account,company,customer,client,priority,product,version,asset,location,region,country,department,urgency,impact,contract,model,machine,system,environment,status,subject,category,timezone,zone,
priorität,kunde,kundennummer,firma,anlage,standort,gerät,produkt,abteilung,seriennummer,maschine,priorité,société,produit,appareil,prioridad,cliente,empresa,equipo,producto,prioridade,produto,priorità,azienda,prodotto,sede,prioriteit,klant,bedrijf,locatie,apparaat`).phrases
)

// withoutHintLine drops the template's own hint, a line in brackets between a
// label and its answer.
func withoutHintLine(s, own string) string {
	first, rest, ok := strings.Cut(s, "\n")
	if ok && own == "" && strings.HasPrefix(first, "(") && strings.HasSuffix(first, ")") && strings.Count(first, "(") == 1 && strings.Contains(first, " ") && strings.TrimSpace(rest) != "" {
		return strings.TrimSpace(rest)
	}
	return s
}

// merge joins what stands on the quoted lines and what stands unquoted among
// them.
func merge(same, lower string, f Field, unquoted bool) string {
	switch {
	case lower == "":
		return same
	case same == "" || unquoted || tidyValue(same, f) == "":
		return lower
	}
	return same + "\n" + lower
}

// marks writes the quote marks of a line beyond depth as they were typed: they
// are a prompt's or a log's.
func marks(l line, depth int) string {
	switch n := l.depth - depth; {
	case n <= 0:
		return ""
	case l.tight:
		return strings.Repeat(">", n)
	default:
		return strings.Repeat(">", n) + " "
	}
}

// wrapRest says whether an unquoted line is the rest of the quoted one above it,
// wrapped anew by a program that left the mark out.
func wrapRest(above, s string) bool {
	return len(above) >= 40 && len(s) < 25 && strings.Count(s, " ") < 3 && unicode.IsLower(firstRune(s)) && !endsSentence(above)
}

func firstOf(s string, _ []string) string { return s }

// shortField says whether a field's value is a line or two, so that an empty
// line ends it where no other label follows.
func shortField(f Field) bool { return f == CaseNumber || f == POC || f == POCContact }

// stacked reads a form whose labels all come first and whose values follow,
// one a line: what remains of a table with a header row.
func (rd *reader) stacked(hits []hit, stop int) []string {
	if len(hits) < 3 {
		return nil
	}
	for i, h := range hits {
		if rd.after(h) != "" {
			return nil
		}
		if i > 0 && nextText(rd.lines[:stop], hits[i-1].end+1) != h.line {
			return nil
		}
	}
	var values []string
	last := hits[len(hits)-1]
	for j := last.end + 1; j < stop; j++ {
		l := rd.lines[j]
		if l.blank() {
			continue
		}
		if l.kind == quoteHead || l.zone != rd.lines[last.line].zone || rd.tailAt(j, stop, last, len(values) > 0) && len(values) >= len(hits) {
			break
		}
		values = append(values, l.text)
	}
	if len(values) < len(hits)-1 || len(values) > len(hits)+12 || digits(values[hitIndex(hits, CaseNumber)]) < 3 {
		return nil
	}
	if len(values) > len(hits) {
		values = values[:len(hits)]
	}
	for len(values) < len(hits) {
		values = append(values, "")
	}
	return values
}

func hitIndex(hits []hit, f Field) int {
	for i, h := range hits {
		if h.field == f {
			return i
		}
	}
	return 0
}

func trimRulers(s string) string {
	for {
		i := strings.LastIndexByte(s, '\n')
		if i < 0 || !isRuler(s[i+1:]) {
			return s
		}
		s = strings.TrimSpace(s[:i])
	}
}

func digits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
