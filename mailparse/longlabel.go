package mailparse

import (
	"regexp"
	"strings"
)

// What belongs to a label beyond the phrase of the table: its twin in another
// language, a hint, a tail.

// pastTwin is where the value begins if the label stands twice, in two languages:
// "Próximo paso esperado - Expected Next Step: …".
func (set *labelSet) pastTwin(s string, h hit) int {
	rest := s[h.at:]
	colon := colonAt(clipRunes(rest, maxLabelRunes))
	if colon <= 0 {
		return h.at
	}
	if l, ok := set.exact[labelKey(rest[:colon])]; ok && l.field == h.field && l.rank >= good {
		return skipSeparators(s, h.at+colon)
	}
	return h.at
}

// overTwoLines moves the value of a label that stands alone behind its translation
// or its hint on the next line: "Nächster Schritt" above "(Expected Next Step): …".
func (set *labelSet) overTwoLines(lines []line, h hit) hit {
	k := h.end + 1
	if k >= len(lines) || h.rank < good || strings.Trim(lines[h.end].text[h.at:], " /|:-–") != "" || lines[k].kind != ordinary || lines[k].depth != lines[h.line].depth || lines[k].row != lines[h.line].row || lines[k].col != lines[h.line].col {
		return h
	}
	s := lines[k].text
	if hint := hintBeforeColon.FindString(s); hint != "" {
		h.end, h.at, h.sep = k, len(hint), sepHard
		return h
	}
	if twin, ok := set.find(clipRunes(s, 400), false); ok && twin.field == h.field && twin.sep == sepHard && twin.edits == 0 && twin.rank >= good {
		h.end, h.at, h.sep = k, twin.at, sepHard
	}
	return h
}

var hintBeforeColon = regexp.MustCompile(`^[(（][^()（）]{2,60}[)）]\s*[:：]\s*`)

// withTail recognises one of the template's own labels with a few words behind it
// that a preposition begins: "Case Number from your mail", "Ansprechpartner vor
// Ort".
func (set *labelSet) withTail(text string) (label, bool) {
	if !set.mayBegin(text) {
		return label{}, false
	}
	words := splitWords(text, 14)
	if len(words) < 2 || len(words) > 12 || digits(text) > 0 || tellsSomething(text) {
		return label{}, false
	}
	for n := min(len(words)-1, 8); n > 0; n-- {
		l, ok := set.exact[labelKey(text[:words[n-1].end])]
		if tail := words[n:]; ok && l.rank >= good && len(tail) <= 5 && tailWords[tail[0].text] {
			return label{field: l.field, rank: l.rank - 1}, true // "good" only behind the template's own
		}
	}
	return label{}, false
}

// tailWords begin what people put behind a label.
var tailWords = newPhrases(`from,for,of,in,on,at,to,by,if,as,per,during,with,which,we,you,this,your,our,here,requested,please,für,von,vor,aus,im,am,an,bei,beim,falls,wie,gewünscht,zu,zum,zur,auf,seitens,unsererseits,ihrerseits,tagsüber,nachts,laut,aktuell,
de,du,des,souhaité,souhaitée,attendu,attendue,requis,requise,pour,sur,en,chez,si,selon,dans,par,côté,nuestros,nuestras,éventuels,éventuel,éventuelles,à,au,del,para,por,según,desde,da,do,no,na,se,segundo,di,presso,richiesto,richiesta,atteso,attesa,dei,della,su,secondo,dalla,dal,van,voor,op,bij,uit,indien,volgens,vanuit,ter`).phrases
