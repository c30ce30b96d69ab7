package mailparse

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The phrases here are those of the mail programs themselves, in the
// languages of their interfaces.
var (
	attributionVerb = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:wrote|writes|schrieb|geschrieben|a [ée]crit|escribi[óo]|escreveu|ha scritto|schreef|geschreven|skrev|kirjoitti|napisał(?:\(a\)|a)?|napsal[ai]?|nap[íi]sala?|pisze|пис\p{L}*|пишет|пише|написал(?:а|\(а\))?|írta|je napisa\p{L}*|[аa] scris|yazdı|έγραψε|said|dixit|quoting|message from|reply from|comment from|update from|nachricht von|antwort von|message de|mensaje de|zitat von|citando|citant|citação de)(?:[^\p{L}]|$)|写道|写到|寫道|書きました|のメール|님이 작성|כתב|كتب`)
	dateLike        = regexp.MustCompile(`\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d\d|年`)
	mailLike        = regexp.MustCompile(`[^\s<>()@:;,"]+@[^\s<>()@:;,"]+\.[a-zA-Z]{2,}`)
	originalRuler   = regexp.MustCompile(`(?i)^[-_=*—–‐]{2,}\s*(?:original (?:message|appointment|e-?mail|nachricht)|forwarded (?:message|by|mail|e-?mail).*|urspr(?:ü|ue)ngliche (?:nachricht|mail|e-mail).*|original-nachricht|weitergeleitete nachricht|message d['’]origine|message original|message transf[ée]r[ée]|courriel original|mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)|messaggio (?:originale|inoltrato)|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande|oprindelig (?:meddelelse|besked)|opprinnelig melding|alkuper[äa]inen viesti|wiadomość oryginalna|oryginalna wiadomość|p[ůu]vodn[ií] (?:zpr[áa]va|e-mail)|исходное сообщение|пересылаемое сообщение|переадресованное сообщение|orijinal mesaj|元のメッセージ|転送メッセージ|original message|原始邮件|转发邮件|原始郵件|reply message|reply to message|원본 메[시세]지|원본 메일|eredeti üzenet|αρχικό μήνυμα|оригинальное сообщение|mesaj original|izvorn[oa] (?:sporočilo|poruka)|originalmeddelande|.{2,150}(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef)\s*:?)\s*(?:[-_=*—–‐]*|[-_=*—–‐]{3,}\s*\S.{0,600})$`)
	forwardIntro    = regexp.MustCompile(`(?i)^(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])|inicio del mensaje reenviado|in[ií]cio da mensagem (?:encaminhada|reenviada)|inizio messaggio inoltrato|begin doorgestuurd bericht|転送されたメッセージ)\s*[:：]?\s*$`)
)

// colonAt is where the first colon of s stands, of either width.
func colonAt(s string) int {
	i := strings.IndexByte(s, ':')
	if wide := strings.Index(s, "："); wide >= 0 && (i < 0 || wide < i) {
		return wide
	}
	return i
}

// markQuotes finds where quoted mails begin that no '>' shows: attribution
// lines and header blocks. Lines after them belong to the next zone. An
// attribution above '>' lines is itself part of that quote and opens no zone.
// evidence says whether n such lines at i are only pasted text.
func markQuotes(lines []line, evidence func(lines []line, i, n int) bool) {
	zone := 0
	for i := 0; i < len(lines); i++ {
		lines[i].zone = zone
		if lines[i].blank() || lines[i].kind != ordinary {
			continue
		}
		n, quoted := quoteHeadAt(lines, i)
		if n == 0 || evidence(lines, i, n) {
			continue
		}
		if !quoted {
			zone++
		}
		for j := i; j < i+n; j++ {
			lines[j].kind, lines[j].zone = quoteHead, zone
		}
		i += n - 1
	}
}

// evidence says whether the n lines at i introduce text that is pasted as a
// sample: a citation within a comment, or a header block that a colon announces
// and that names none of this mail's own addresses.
func (c *collector) evidence(lines []line, i, n int) bool {
	if c.parser.labels.begins(lines[i].text) || n == 1 && c.cites(lines, i) {
		return true
	}
	k := i - 1
	for k >= 0 && lines[k].blank() {
		k--
	}
	if n < 3 || k < 0 || !endsInColon(lines[k].text) || lines[k].depth != lines[i].depth || lines[k].kind != ordinary || originalRuler.MatchString(lines[i].text) {
		return false
	}
	if _, ok := c.parser.labels.bareLabel(lines[k].text); ok {
		return false
	}
	named := false
	for _, l := range lines[i : i+n] {
		for _, a := range mailLike.FindAllString(l.text, 4) {
			if c.from.known[strings.ToLower(a)] {
				return false
			}
			named = true
		}
	}
	return named && nextText(lines, i+n) >= 0
}

// cites says whether line i, which looks like an attribution but names no day
// and no address, introduces a citation within a comment: it stands on the line
// of a label or below one, and the '>' lines have the writer's own text between
// or below them.
func (c *collector) cites(lines []line, i int) bool {
	s := lines[i].text
	if !deeperNext(lines, i+1, lines[i].depth) || dateLike.MatchString(s) || hasAddress(s) {
		return false
	}
	labelled := false
	for k := i; k >= max(i-100, 0) && !labelled && lines[k].kind == ordinary && lines[k].zone == lines[i].zone; k-- {
		labelled = lines[k].depth == lines[i].depth && c.parser.labels.begins(lines[k].text)
	}
	if !labelled {
		return false
	}
	for k := nextText(lines, i+1); k >= 0 && k < i+100; k = nextText(lines, k+1) {
		if l := lines[k]; l.depth == lines[i].depth {
			return !isClosing(l.text) && !isDelimiter(l.text) && !tailStart(l.text) || c.parser.labels.begins(s)
		}
	}
	return c.parser.labels.begins(s)
}

// quoteHeadAt returns how many lines at i introduce a quote, and whether the
// quote is marked by depth.
func quoteHeadAt(lines []line, i int) (n int, quoted bool) {
	s := strings.Trim(lines[i].text, "* ")
	if strings.HasPrefix(s, groupWise) && strings.HasSuffix(s, groupWise) && len(s) > 10 {
		return 1, deeperNext(lines, i+1, lines[i].depth)
	}
	if oneLineHead(s) || len(s) <= 600 && strings.ContainsRune("-_=*—–‐", firstRune(lines[i].text)) && originalRuler.MatchString(lines[i].text) || len(s) <= 200 && endsInColon(s) && forwardIntro.MatchString(s) {
		n = 1
		if k := nextText(lines, i+1); k >= 0 {
			if m := headerBlock(lines, k, 1); m > 0 {
				n = k + m - i
			}
		}
		return n, deeperNext(lines, i+n, lines[i].depth)
	}
	if strings.Contains(s, "---") && len(s) <= 400 && (drawnHeading.MatchString(s) || dateLike.MatchString(s)) {
		if k := nextText(lines, i+1); k > 0 {
			if m := headerBlock(lines, k, 3); m > 0 {
				return k + m - i, deeperNext(lines, k+m, lines[i].depth)
			}
		}
	}
	m := headerBlock(lines, i, 3)
	if m == 0 {
		m = foreignBlock(lines, i)
	}
	if m > 0 {
		return m, deeperNext(lines, i+m, lines[i].depth)
	}
	return attribution(lines, i)
}

// attribution recognises "On … X wrote:" over up to four lines.
func attribution(lines []line, i int) (n int, quoted bool) {
	if len(lines[i].text) > 400 || !colonSoon(lines[i:min(i+4, len(lines))]) {
		return 0, false
	}
	joined := ""
	for n = 1; n <= 4 && i+n-1 < len(lines); n++ {
		l := lines[i+n-1]
		if l.blank() || l.depth != lines[i].depth || l.row != lines[i].row || len(joined)+len(l.text) > 500 || n > 1 && labelled.MatchString(l.text) {
			break
		}
		joined = strings.TrimSpace(joined + " " + l.text)
		if !endsInColon(joined) && !attributionEnd(joined) {
			continue
		}
		if kind, _ := headRow(lines[i].text); kind != "" {
			return 0, false
		}
		if n > 1 && !beginsAttribution(lines[i].text, lines[i+1].text) {
			return 0, false
		}
		date, address := dateLike.MatchString(joined), hasAddress(joined)
		quoted = deeperNext(lines, i+n, lines[i].depth)
		verb := attributionVerb.MatchString(joined) && (quoted || address || !strings.Contains(joined, " said"))
		switch {
		case n <= 2 && i > 0 && lines[i-1].blank() && address && !labelled.MatchString(lines[i].text) && fullDate.MatchString(joined) && clock.MatchString(joined):
			return n, quoted // whatever the language
		case verb && n <= 2 && len(joined) < 160 && fullDate.MatchString(joined) && attributionTail.MatchString(joined):
			return n, quoted
		case verb && (address || (date && startsLikeDate(joined))), date && address && startsLikeDate(joined) && n <= 2:
			return n, quoted
		case n == 1 && quoted && i > 0 && lines[i-1].blank() && len(joined) < 120 && clock.MatchString(joined) && monthDay.MatchString(joined):
			return n, quoted
		case verb && quoted && len(joined) < 200:
			return n, quoted
		case verb && n <= 2 && bareAttribution.MatchString(joined):
			return n, quoted
		}
		return 0, false
	}
	return 0, false
}

// colonSoon says whether one of the lines ends as an attribution does.
func colonSoon(lines []line) bool {
	for _, l := range lines {
		if l.blank() {
			return false
		}
		if endsInColon(l.text) || attributionEnd(l.text) {
			return true
		}
	}
	return false
}

var (
	labelled        = regexp.MustCompile(`^[^:：]{2,60}(?::\s|：)`)
	dateStart       = regexp.MustCompile(`(?i)^(?:on|am|le|el|em|il|op|den|dne|dnia|w dniu|в|на|pe|på|le|il giorno|no dia|a|vào|在|于|於|il|\d|mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)(?:[^\p{L}]|$)|^\d|^[在于於]|^(?:mon|tues|wednes|thurs|fri|satur|sun)day`)
	bareAttribution = regexp.MustCompile(`(?i)^(?:[\p{Lu}"][^.!?:]{2,60}) (?:wrote|schrieb|a [ée]crit|escribi[óo]|escreveu|ha scritto|schreef|skrev)\s*[:：]$`)
	fullDate        = regexp.MustCompile(`\b(?:19|20)\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2}\b`)
	monthDay        = regexp.MustCompile(`(?i)\b\d{1,2}[./-]\d{1,2}\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}\b|\b\d{1,2}\.? (?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])`)
	attributionTail = regexp.MustCompile(`(?i)(?:wrote|schrieb|écrit|escribió|escreveu|scritto|schreef)(?: (?:on|am|le|el|em|il|op))?[^.!?]{0,60}[:：]$`)
)

// beginsAttribution says whether an attribution of several lines can begin
// with this one, rather than with the next: form rows often stand right above.
func beginsAttribution(first, second string) bool {
	switch {
	case dateStart.MatchString(first):
		return true
	case labelled.MatchString(first):
		return false
	case hasAddress(first) && dateLike.MatchString(first):
		return true
	case dateStart.MatchString(second):
		return false
	}
	return startsLikeDate(first) || hasAddress(first) || attributionVerb.MatchString(first) || len(strings.Fields(first)) <= 6
}

func hasAddress(s string) bool {
	return strings.IndexByte(s, '@') > 0 && mailLike.MatchString(s)
}

func endsInColon(s string) bool { return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") }

// attributionEnd knows the programs that end an attribution without a colon.
func attributionEnd(s string) bool {
	if s == "" {
		return false
	}
	if strings.HasSuffix(s, " wrote") {
		return startsLikeDate(s) && clock.MatchString(s)
	}
	if s[len(s)-1] < utf8.RuneSelf && s[len(s)-1] != ')' {
		return false
	}
	for _, end := range []string{"napisał(a)", "yazdı", "写道", "寫道", "書きました。", "書きました"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

func startsLikeDate(s string) bool {
	return dateStart.MatchString(s) || dateLike.MatchString(clipRunes(s, 36))
}

// deeperNext says whether the next line with text is quoted deeper.
func deeperNext(lines []line, i, depth int) bool {
	k := nextText(lines, i)
	return k >= 0 && lines[k].depth > depth
}

func nextText(lines []line, i int) int {
	for ; i < len(lines); i++ {
		if !lines[i].blank() {
			return i
		}
	}
	return -1
}
