package mailparse

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	// bracketed finds text in brackets, where templates keep their hints.
	bracketed = regexp.MustCompile(`^\s*(?:<([^<>@\d]+)>|\[([^\[\]@\d]+)\]|\{([^{}@\d]+)\}|«([^«»@\d]+)»|＜([^＜＞@\d]+)＞|【([^【】@\d]+)】|\(([^()@\d]+)\)|（([^（）@\d]+)）)\s*`)
	hintWords = regexp.MustCompile(`(?i)(?:^|[^\p{L}\d])(?:your|enter|insert|fill|please|type|here|name|number|phone|e-?mail|text|optional|required|if any|case|step|contact|comments?|poc|todo|tbd|value|bitte|ihre?|eingeben|eintragen|ausfüllen|hier|votre|saisir|saisissez|ici|indiquez|su|aquí|introduzca|seu|sua|aqui|preencha|insira|inserire|qui|inserisci|uw|hier|invullen|vul|nummer|fallnummer|numéro|número|numero|nom|nombre|nome|naam|pflichtfeld|falls|telefon\w*|teléfono|téléphone|describe|what you|as shown|click or tap)(?:[^\p{L}\d]|$)|ご?記入|入力|番号|記載`)
	plainHint = regexp.MustCompile(`(?i)^(?:click (?:or tap )?here to enter .*|(?:please )?(?:enter|insert|fill in|type|add)\b.{0,60}\bhere\.?|(?:please )?(?:enter|insert|fill in) (?:your |the )?(?:case number|name|phone.*|e-?mail.*|details|comments|next step)\.?|your (?:case number|name|phone number(?: or e-?mail)?|e-?mail|contact|comments)(?: here)?\.?|to be (?:filled(?: in)?|completed|confirmed|determined|advised)|bitte (?:ausfüllen|eintragen|hier .*)|à compléter|a compléter|por completar|a preencher|da compilare|in te vullen|klicken (?:oder tippen )?sie hier.*|\(?(?:optional|required|if any|mandatory)\)?)$`)
	emptyWord = regexp.MustCompile(`(?i)^[\s.]*(?:n\s?/\s?a|n\.\s?a\.?|n\.?v\.?t\.?|n\.?\s?z\.?|k\.?\s?a\.|s\s?/\s?o|n\s?/\s?d|entfällt|not applicable|nicht zutreffend|non applicable|sans objet|no aplica|não se aplica|non applicabile|niet van toepassing|該当なし|特になし|不适用|不適用|n\\a|na|nil|x{2,}|xx?x?-?x{3,}|[?_.…\-–—―－ー‐−・·•=*~#/\\\s]+|tbd|tbc|tba|t\.b\.d\.?|xxx.*xxx|\[\s*\]|\(\s*\)|<\s*>|\{\s*\})[\s.!]*$`)
	noAnswer  = regexp.MustCompile(`(?i)^(?:none|unknown|not known|don['’]?t know|do not know|no idea|not sure|keine?|unbekannt|aucune?|inconnu|ningun[oa]|desconocido|nenhum|desconhecido|nessun[oa]?|sconosciuto|geen|onbekend|なし|不明|無し)[.!]?$`)
	urlCopy   = regexp.MustCompile(`\s?<(?:mailto|tel|callto|sip):[^<>\s]+>|\s?\[(?:mailto|tel):[^\[\]\s]+\]|<https?://[^<>\s]+>`)
	endTags   = regexp.MustCompile(`(?:\s*</[A-Za-z][\w.:-]*>)+\s*$`) // of a form written as XML
	mdMail    = regexp.MustCompile(`\[([^\[\]\n]+)\]\((?:mailto|tel):[^()\s]+\)`)
)

// tidyValue trims a value, takes away what mail programs added to it, and
// empties what nobody filled in.
func tidyValue(s string, f Field) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	if strings.ContainsAny(s, "<[") {
		s = withoutLinkCopies(s)
		s = mdMail.ReplaceAllString(s, "$1")
		s = strings.TrimSpace(endTags.ReplaceAllString(s, ""))
	}
	for _, colon := range []string{": ", "：", "= "} {
		s = strings.TrimSpace(strings.TrimPrefix(s, colon)) // on the line below the label
	}
	if arrow := leadingArrow.FindString(s); arrow != "" && !strings.Contains(s, "\n"+strings.TrimSpace(arrow)) {
		s = s[len(arrow):]
	}
	s = unmark(withoutFillLine(s))
	s = dropPlaceholders(s)
	if f != Comments && f != NextStep {
		s = stripBullet(s)
	} else if strings.Count(s, "\n") == 0 {
		s = stripBullet(s)
	}
	s = strings.TrimSpace(s)
	if placeholder(s) || (f != Comments && len(s) < 40 && noAnswer.MatchString(s)) || f == CaseNumber && putOff(s) {
		return ""
	}
	return norm.NFC.String(s)
}

// withoutLinkCopies drops the addresses that programs write behind a link's text.
// One that a colon announces is no copy: "From: <sip:…>" of a trace.
func withoutLinkCopies(s string) string {
	var sb strings.Builder
	last := 0
	for _, m := range urlCopy.FindAllStringIndex(s, -1) {
		if above := strings.TrimRight(s[:m[0]], " "); above == "" || endsInColon(above) {
			continue
		}
		sb.WriteString(s[last:m[0]])
		last = m[1]
	}
	return sb.String() + s[last:]
}

// leadingArrow points at an answer: "==> ", "-> ", "👉 ".
var leadingArrow = regexp.MustCompile(`^(?:[-=]+>|>>+|[→➔➜⇒⇨➡⟶👉])\s+`)

// withoutFillLine takes the line of a paper form off both ends of a value:
// "____Ana____", "......Ana......".
func withoutFillLine(s string) string {
	for _, mark := range []string{"_", ".", "…"} {
		if strings.HasPrefix(s, strings.Repeat(mark, 3)) {
			return strings.TrimSpace(strings.Trim(s, mark))
		}
	}
	if strings.HasSuffix(s, "___") {
		return strings.TrimSpace(strings.TrimRight(s, "_"))
	}
	return s
}

// unmark removes the asterisks with which text parts show bold, when they
// embrace the whole value.
func unmark(s string) string {
	t := strings.TrimSpace(s)
	for _, mark := range []string{"**", "*", "__", "_", "`"} {
		if len(t) > 2*len(mark) && strings.HasPrefix(t, mark) && strings.HasSuffix(t, mark) && !strings.Contains(t[len(mark):len(t)-len(mark)], mark) {
			return strings.TrimSpace(t[len(mark) : len(t)-len(mark)])
		}
	}
	return t
}

func dropPlaceholders(s string) string {
	if m := bracketed.FindStringSubmatchIndex(s); m != nil {
		inside := ""
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				inside = s[m[i]:m[i+1]]
			}
		}
		angle := strings.HasPrefix(strings.TrimSpace(s), "<") || strings.HasPrefix(strings.TrimSpace(s), "＜")
		if hintWords.MatchString(inside) || (angle && m[1] == len(s)) {
			return strings.TrimSpace(s[m[1]:])
		}
	}
	return s
}

// stripBullet removes a sub-bullet in front of a value.
func stripBullet(s string) string {
	r := firstRune(s)
	if strings.ContainsRune("-–—•·*▪◦○●‣→➢", r) {
		rest := s[len(string(r)):]
		if rest != "" && (rest[0] == ' ' || rest[0] == '\t') && !strings.Contains(rest, "\n"+string(r)+" ") {
			return strings.TrimSpace(rest)
		}
	}
	if r >= 0xf000 && r <= 0xf0ff {
		return strings.TrimSpace(s[len(string(r)):])
	}
	return s
}

func placeholder(s string) bool {
	if strings.Count(s, "\n") > 2 || len(s) > 200 {
		return false
	}
	return s == "" || len(s) <= 40 && emptyWord.MatchString(s) || beginsLike(s, hintHeads) && plainHint.MatchString(s)
}

// hintHeads are the first letters of what plainHint finds.
var hintHeads = heads("cli ple ent ins fil typ add you to bit a com por da in kli opt req if man")

// tidy trims every value.
func (f *foundForm) tidy() {
	f.undress("o ", "") // Word's hollow bullet as text
	f.undress("A:", "")
	f.unnumber()
	f.undress(`"`, `",`)
	f.undress("", `"`)
	f.undress("'", "'")
	f.undress("[", "]")
	f.undress(f.answerSign(), "")
	for _, field := range fields {
		v := f.value(field)
		*v = tidyValue(*v, field)
	}
}

// answerSign is the mark with which a person shows the answers, "→", "==>",
// "***": the one that stands before the first letter of most values.
func (f *foundForm) answerSign() (sign string) {
	worn := map[string]int{}
	for _, field := range fields {
		v := *f.value(field)
		if mark := namedMark.FindString(v); mark != "" {
			if worn[mark]++; worn[mark] > worn[sign] {
				sign = mark
			}
			continue
		}
		end := strings.IndexFunc(v, func(r rune) bool {
			return !strings.ContainsRune("-=>*~:|/»→⇒➔➤►▶✓✔☑✅•·–—^", r)
		})
		if end <= 0 || strings.Contains(v, "\n"+v[:end]) || strings.HasSuffix(v, v[:end]) {
			continue
		}
		if worn[v[:end]]++; worn[v[:end]] > worn[sign] {
			sign = v[:end]
		}
	}
	return sign
}

// namedMark is the name with which Outlook marks comments: "[Lab lead] ".
var namedMark = regexp.MustCompile(`^\[[^\[\]\n]{2,40}\]\s+`)

// undress takes marks off all values when most of them wear them, two at
// least: they belong to the layout. The value after which an object ends wears
// no comma; a mark at the end alone counts where it closes nothing.
func (f *foundForm) undress(prefix, suffix string) {
	if prefix+suffix == "" {
		return
	}
	worn, all := 0, 0
	for _, field := range fields {
		if v := *f.value(field); v != "" {
			all++
			if strings.HasPrefix(v, prefix) && strings.HasSuffix(v, suffix) && (prefix != "" || strings.Count(v, suffix)%2 == 1) {
				worn++
			}
		}
	}
	if worn < 2 || worn*2 <= all {
		return
	}
	for _, field := range fields {
		v := f.value(field)
		if prefix == "[" && hintWords.MatchString(*v) && !strings.ContainsAny(*v, "0123456789@") {
			continue // the template's own hint
		}
		if suffix != "" {
			*v = strings.TrimSuffix(strings.TrimRight(*v, " \n,}"), strings.TrimRight(suffix, ","))
		}
		*v = strings.TrimSpace(strings.TrimPrefix(*v, prefix))
	}
}

// unnumber takes the marks of answers off, "A1.", "A2)", when most values wear
// them.
func (f *foundForm) unnumber() {
	worn, all := 0, 0
	for _, field := range fields {
		if v := *f.value(field); v != "" {
			all++
			if answerMark.MatchString(v) {
				worn++
			}
		}
	}
	if worn < 2 || worn*2 <= all {
		return
	}
	for _, field := range fields {
		v := f.value(field)
		*v = answerMark.ReplaceAllString(*v, "")
	}
}

var answerMark = regexp.MustCompile(`^(?i:a|ans|r|rta|re?p)\s?\d{0,2}\s?[.:)\-]\s*`)

// casePrefix are the words people put before the number itself.
var casePrefix = regexp.MustCompile(`(?i)^(?:[#№:\s.\-–(\["'*]|(?:case|ticket|support|number|numbers|no|nr|num|nº|n°|id|ref|reference|incident|fall|vorgang|fallnummer|dossier|cas|caso|chamado|zaak|numéro|número|numero|sr|is|the|our)\b\.?|ケース|案件|番号|チケット|№)+`)

// caseNumber takes the decoration off a case number. several holds the
// distinct numbers where there are more than one.
func (p *Parser) caseNumber(value string) (number string, several []string) {
	value = clipRunes(value, 2000)
	v := strings.TrimSpace(norm.NFKC.String(value))
	if v == "" {
		return "", nil
	}
	if p.validCase(v) && digits(v) > 0 {
		return v, nil
	}
	v = unmark(v)
	bare := v
	if loc := casePrefix.FindStringIndex(v); loc != nil && loc[1] < len(v) {
		bare = v[loc[1]:]
	}
	bare = strings.Trim(bare, " \t\n#.,;:!()[]{}<>\"'*`“”„«»/_~")
	if p.validCase(bare) && digits(bare) > 0 {
		return bare, nil
	}
	if joined := joinGroups(bare); joined != "" && p.validCase(joined) {
		return joined, nil
	}
	found := p.numbersIn(v)
	if len(found) == 1 && pieceOf(v, found[0]) {
		return bare, nil
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		return strings.TrimSpace(value), found
	}
	return bare, nil
}

// pieceOf says whether a number is only a piece of the one that was typed: "2026"
// of "2026/LEG/5" is somebody else's case.
func pieceOf(v, number string) bool {
	for word := range strings.FieldsSeq(v) {
		if i := strings.Index(word, number); i >= 0 && strings.Contains(word, "/") {
			return digits(word[:i])+digits(word[i+len(number):]) > 0
		}
	}
	return false
}

// joinGroups closes the blanks within a number written in groups. Groups that
// are long enough to be numbers of their own stay apart.
func joinGroups(s string) string {
	groups := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '.' || r == '\'' })
	if len(groups) < 2 || len(groups) > 6 {
		return ""
	}
	for i, g := range groups {
		letters := strings.TrimFunc(g, func(r rune) bool { return r < 0x80 && unicode.IsLetter(r) && unicode.IsUpper(r) || r == '-' })
		if (digits(g) != len(g) && !(i == 0 && letters == "" && len(g) <= 4)) || len(g) > 5 && i > 0 && len(groups[0]) > 5 {
			return ""
		}
	}
	if last := groups[len(groups)-1]; strings.ContainsAny(s, ".'") && (len(last) < 2 || len(groups) == 2 && len(groups[0]) != len(last)) {
		return "" // "025.1" is no number in groups
	}
	return strings.Join(groups, "")
}

// numbersIn collects the distinct tokens that could be case numbers.
func (p *Parser) numbersIn(s string) []string {
	var found []string
	seen := map[string]bool{}
	for _, tok := range strings.FieldsFunc(clipRunes(s, 2000), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",;:()[]{}<>\"'/#|&+=*“”„、。", r)
	}) {
		tok = strings.Trim(tok, "-.!?–—")
		if digits(tok) >= 4 && p.validCase(tok) && !seen[strings.ToUpper(tok)] && !dateToken.MatchString(tok) {
			seen[strings.ToUpper(tok)] = true
			found = append(found, tok)
		}
	}
	return found
}

var dateToken = regexp.MustCompile(`^(?:19|20)\d\d-\d\d?-\d\d?$|^\d\d?-\d\d?-(?:19|20)\d\d$`)

// putOff says whether somebody writes that the number is not at hand: "not yet,
// will follow".
func putOff(s string) bool {
	if len(s) > 80 || digits(s) > 0 {
		return false
	}
	for word := range foldedWords(s) {
		if !putOffWords.phrases[word] {
			return false
		}
	}
	return true
}

// putOffWords are the single words of such answers.
var putOffWords = newPhrases(`pending,later,soon,tomorrow,today,asap,urgent,open,new,none,unknown,known,not,yet,no,now,dont,don,t,do,know,i,we,have,has,it,is,idea,sure,so,far,to,be,follow,follows,following,will,come,comes,coming,awaiting,await,waiting,for,the,a,case,ticket,number,assigned,given,issued,received,confirmed,provided,advised,available,at,hand,this,moment,still,just,find,cannot,can,please,wait,one,time,in,progress,tba,tbc,tbd,na,create,created,see,subject,line,siehe,betreff,bearbeitung,
folgt,noch,nicht,bekannt,unbekannt,offen,spater,morgen,bald,keine,keiner,hab,habe,ich,wir,haben,vorhanden,liegt,vor,dringend,wird,nachgereicht,weiss,nummer,
inconnu,inconnue,inconnus,plus,tard,bientot,demain,pas,encore,en,attente,venir,suivra,suit,sais,je,ne,l,ai,nous,avons,numero,
pendiente,luego,mas,tarde,manana,pronto,desconocido,aun,todavia,urgente,abierto,se,lo,tengo,tenemos,pendente,depois,amanha,breve,em,desconhecido,ainda,nao,sei,temos,tenho,
attesa,piu,tardi,domani,presto,sconosciuto,non,ancora,abbiamo,volgt,binnenkort,onbekend,nog,niet,bekend,spoed,weet,ik,未定,不明,不明です,後日,後ほど,確認中`)

// validCase matches the operator's pattern without regard to case. A word in
// which the pattern would take digits for the letters is none of the operator's
// numbers: "laptop" where numbers are like "A1B2C3".
func (p *Parser) validCase(s string) bool {
	return p.matchesCase(s) && (digits(s) > 0 || !p.matchesCase(letter.ReplaceAllString(s, "0")))
}

var letter = regexp.MustCompile(`\pL`)

func (p *Parser) matchesCase(s string) bool {
	return p.casePattern.MatchString(s) || p.casePattern.MatchString(strings.ToUpper(s)) || p.casePattern.MatchString(strings.ToLower(s))
}
