package mailparse

import (
	"regexp"
	"strings"
	"unicode"
)

// answeredBetween says whether one of the labels is answered by unquoted text
// between the quoted lines.
func (rd *reader) answeredBetween(hits []hit) bool {
	for i, h := range hits[:len(hits)-1] {
		if k := nextText(rd.lines, h.end+1); rd.after(h) == "" && k >= 0 && k < hits[i+1].line && rd.lines[k].depth < rd.lines[h.line].depth {
			return true
		}
	}
	return false
}

// labelsAlone says whether most labels but the last stand on a line of their own.
func (rd *reader) labelsAlone(hits []hit) bool {
	alone := 0
	for _, h := range hits[:len(hits)-1] {
		if rd.after(h) == "" {
			alone++
		}
	}
	return alone*2 >= len(hits)-1
}

// answeredDeeper says whether most labels stand alone with their answer beneath
// them quoted one deeper: a mail program that lost count of its marks.
func (rd *reader) answeredDeeper(hits []hit) bool {
	deeper, alone := 0, 0
	for i, h := range hits[:len(hits)-1] {
		if rd.after(h) != "" {
			continue
		}
		alone++
		k := nextText(rd.lines[:hits[i+1].line], h.end+1)
		if k >= 0 && rd.lines[k].depth > rd.lines[h.line].depth && rd.lines[k].zone == rd.lines[h.line].zone {
			deeper++
		}
	}
	return deeper >= 2 && deeper*2 > alone
}

// raise takes the answers of such a form back to the depth of its labels. What
// follows the last of them after an empty line is left: it may be a quote.
func (rd *reader) raise(from, stop int) {
	depth := rd.lines[from].depth
	for i := from; i < stop; i++ {
		l := &rd.lines[i]
		if l.kind == quoteHead || l.zone != rd.lines[from].zone {
			return
		}
		if l.depth == depth+1 {
			l.depth = depth
		}
	}
}

// answeredBeneath says whether most answers to a quoted template stand
// unquoted under the labels although the quoted lines hold text too: then the
// newer answer counts.
func (rd *reader) answeredBeneath(hits []hit, stop int) bool {
	both := 0
	for i, h := range hits {
		next := stop
		if i+1 < len(hits) {
			next = hits[i+1].line
		}
		if rd.after(h) != "" && i+1 < len(hits) {
			for j := h.end + 1; j < next; j++ {
				if !rd.lines[j].blank() && rd.lines[j].depth < rd.lines[h.line].depth {
					both++
					break
				}
			}
		}
	}
	return both >= 2
}

// quoterGoesOn says whether text after an empty line below the last label of a
// quoted form is the quoted letter's: an answer would stand on the label's
// line, or as near to it as the other answers stand to theirs.
func (rd *reader) quoterGoesOn(h hit, begun bool) bool {
	l := rd.lines[h.line]
	return l.depth+l.zone > 0 && (begun || !rd.gapped)
}

// answersGapped says whether an empty line parts one of the labels from its
// answer.
func (rd *reader) answersGapped(hits []hit) bool {
	for i, h := range hits[:len(hits)-1] {
		if k := nextText(rd.lines, h.end+1); rd.after(h) == "" && k > h.end+1 && k < hits[i+1].line && rd.lines[k].depth >= rd.lines[h.line].depth {
			return true
		}
	}
	return false
}

// instructed says whether line i stands in a quoted letter that asks to fill in
// the form: then what goes on below an answered label is that letter's text.
func (rd *reader) instructed(i int) bool {
	l := rd.lines[i]
	if l.depth+l.zone == 0 {
		return false
	}
	for j := i - 1; j >= max(i-40, 0) && rd.lines[j].kind != quoteHead && rd.lines[j].zone == l.zone; j-- {
		if s := rd.lines[j].text; rd.lines[j].depth == l.depth && len(s) < 400 && instruction.MatchString(s) {
			return true
		}
	}
	return false
}

var instruction = regexp.MustCompile(`(?i)\b(?:fill|complete|template|these lines|this form|the form|ausfüllen|füllen|formular|vorlage|remplir|compléter|formulaire|modèle|rellen|complet|formulario|plantilla|preench|formulário|modelo|compilare|compili|modulo|invullen|vul|formulier|sjabloon)|ご記入|記入|テンプレート`)

// answerBelow reads an unquoted answer under the last quoted label. Where the
// other labels are answered on their quoted lines, unquoted text below the
// last one is the mail's own text, not an answer.
func (rd *reader) answerBelow(h hit, stop int, own string, unquoted bool) (string, bool) {
	depth := rd.lines[h.line].depth
	if own != "" && tidyValue(own, h.field) != "" && !unquoted {
		return "", false
	}
	var out []string
	for j := h.end + 1; j < stop; j++ {
		l := rd.lines[j]
		if l.blank() {
			if len(out) > 0 {
				out = append(out, "")
			}
			continue
		}
		if l.kind == quoteHead || l.zone != rd.lines[h.line].zone {
			break
		}
		if l.depth >= depth {
			if len(out) > 0 {
				break
			}
			return "", false
		}
		if rd.tailAt(j, stop, h, len(out) > 0) {
			break
		}
		out = append(out, l.text)
	}
	s := strings.TrimSpace(strings.Join(out, "\n"))
	return s, s != ""
}

// pasted says whether the deeper line j is text of this value, such as a
// shell prompt, and no quote: text of the value goes on below it, or it is a
// line or two that look like a prompt.
func (rd *reader) pasted(j, stop, depth int) bool {
	n, letter := 0, false
	k := j
	for ; k < stop && n <= 12 && (rd.lines[k].depth > depth || rd.lines[k].blank()); k++ {
		if !rd.lines[k].blank() {
			n++
			letter = letter || isClosing(rd.lines[k].text) || greeting(rd.lines[k].text)
		}
	}
	parted := rd.lines[max(j-1, 0)].blank()
	switch {
	case n > 12 || parted && n > 2:
		return false
	case k < stop && rd.lines[k].kind == ordinary && rd.lines[k].depth == depth && !isDelimiter(rd.lines[k].text) && !rd.isClosing(k) && !rd.isTail(k):
		return !letter || endsSentence(rd.lines[k].text) || rd.proseFollows(k, stop)
	}
	return n <= 3 && !rd.lines[j].cited && !letter && !parted && !unicode.IsUpper(firstRune(rd.lines[j].text))
}

func greeting(s string) bool {
	w, _, _ := strings.Cut(strings.ToLower(s), " ")
	switch strings.Trim(w, ",.!:") {
	case "hi", "hello", "dear", "hallo", "bonjour", "hola", "ciao", "buongiorno", "olá", "beste", "guten", "sehr", "liebe", "lieber", "good":
		return true
	}
	return false
}
