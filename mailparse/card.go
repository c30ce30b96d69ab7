package mailparse

import (
	"strings"
	"unicode"
)

// signatureBlock says whether the few lines from j on are contact rows.
func (rd *reader) signatureBlock(j, stop int) bool {
	rows, lines := 0, 0
	for ; j < stop && lines < 10; j++ {
		l := rd.lines[j]
		if l.blank() {
			continue
		}
		if l.kind == quoteHead || rd.isTail(j) || isDelimiter(l.text) {
			break
		}
		lines++
		if len(strings.Fields(l.text)) > 12 {
			return false
		}
		if contactRow(l.text) || hasAddress(l.text) || strings.Contains(l.text, "www.") {
			rows++
		}
	}
	return rows > 0
}

// card says whether a short line stands above two rows at least that give a
// number and an address: whoever's it is, it is a visiting card.
func (rd *reader) card(j, stop int) bool {
	s := rd.lines[j].text
	if len(s) > 60 || endsSentence(s) || endsInColon(s) || unicode.IsLower(firstRune(s)) {
		return false
	}
	rows := 0
	for k := j + 1; k < stop && k <= j+6 && rows < 2; k++ {
		switch l := rd.lines[k]; {
		case l.blank():
		case isSignatureRow(l.text) && (hasAddress(l.text) || digits(l.text) >= 6):
			rows++
		case rows > 0 || !signatureLine(l.text):
			return false
		}
	}
	return rows >= 2
}

// contactRow says whether a line is a row like "Tel: …" or a number alone.
func contactRow(s string) bool {
	return isSignatureRow(s) || s != "" && (s[0] == '+' || s[0] == '(' || s[0] >= '0' && s[0] <= '9') && telRow.MatchString(s)
}

func isSignatureRow(s string) bool {
	t := strings.TrimLeft(s, "*_|•· \t")
	return beginsLike(t, rowHeads) && strings.ContainsAny(clipRunes(t, 24), ":：.|+)") && signatureRow.MatchString(s)
}

// contactBlock says whether a ruler opens a signature.
func (rd *reader) contactBlock(j, stop int) bool {
	k := nextText(rd.lines[:stop], j)
	if k < 0 {
		return true
	}
	if rd.isTail(k) || rd.from.names(rd.lines[k].text) || rd.lines[k].kind == quoteHead || rd.allSignature(k, stop) > 1 || rd.ruledNotice(k, stop) {
		return true
	}
	end := k
	for end < stop && !rd.lines[end].blank() {
		end++
	}
	return rd.signatureBlock(k, end) && !rd.proseFollows(j, stop)
}

// ruledNotice says whether the lines from k to the next ruler are a notice at
// the mail's end, such as a document's classification.
func (rd *reader) ruledNotice(k, stop int) bool {
	for end := k + 1; end < min(stop, k+8); end++ {
		if isRuler(rd.lines[end].text) {
			_, heavy := legalWeight(rd.paragraph(k))
			return heavy > 0 && rd.endsAt(end+1, stop)
		}
	}
	return false
}
