package mailparse

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// answerSubject begins the subject of an answer that a program wrote.
	answerSubject = regexp.MustCompile(`(?i)^(?:\[[^\]]*\]\s*)?(?:auto(?:matic|mated)?[- ]?(?:reply|response|antwort)|auto-?responder|out[- ]of[- ](?:the[- ])?office (?:auto(?:[- ]?reply)?|reply|message|notice|notification)|(?:out[- ]of[- ](?:the[- ])?office|ooo)\s*[:\-–—]?\s*(?:re|fwd?)\b|vacation (?:reply|message|notice|response)|automatische (?:antwort|abwesenheitsnotiz)|abwesenheits(?:notiz|meldung|nachricht|assistent)|r[ée]ponse automatique|message d['’]absence|notification d['’]absence|respuesta autom[áa]tica|resposta autom[áa]tica|mensagem automática|risposta automatica|automatisch(?:e)? (?:antwoord|reactie)|afwezigheids(?:bericht|melding)|autosvar|automatiskt svar|automatisk svar|automaattinen vastaus|automatyczna odpowied[źz]|odpowied[źz] automatyczna|automatick[áa] odpov[ěe][ďd]|автоматический ответ|автоответ|otomatik yanıt|自動応答|自動返信|不在(?:通知|連絡|のお知らせ)|自动(?:回复|答复)|自動回覆|자동 회신)`)
	// absenceSubject begins the subject of an absence notice, and of what a
	// person writes about an absence.
	absenceSubject = regexp.MustCompile(`(?i)^(?:\[[^\]]*\]\s*)?(?:out[- ]of[- ](?:the[- ])?office|ooo\b|away from (?:the )?office|on (?:vacation|leave|holiday)\b|abwesend\b|abwesenheit\b|(?:ich bin )?(?:nicht im büro|außer haus)\b|absence du bureau|absent du bureau|fuera de (?:la )?oficina|ausente de la oficina|fora do escrit[óo]rio|ausência (?:temporária|do escritório)|fuori (?:sede|ufficio)|assenza dall['’]ufficio|afwezig(?:heid)?\b|不在の|부재중)`)
	// absent says that the writer is away.
	absent = regexp.MustCompile(`(?i)\b(?:i(?: am|['’]m)|i will be|we are)\b(?:[^.!?\n]|\d\.){0,60}\b(?:out of (?:the )?office|away from (?:my|the) (?:desk|office|e-?mail)|on (?:vacation|annual leave|leave|holiday|parental leave|maternity leave|business travel|pto|sick leave))\b|\bich bin\b(?:[^.!?\n]|\d\.){0,80}\b(?:abwesend|nicht (?:im|am) (?:büro|arbeitsplatz|haus)|außer haus|nicht erreichbar|im urlaub|in elternzeit)\b|\bje suis\b(?:[^.!?\n]|\d\.){0,60}\b(?:absent|absente|en congés|en congé |en vacances|en déplacement)\b|\bestoy\b(?:[^.!?\n]|\d\.){0,60}\b(?:fuera de (?:la )?oficina|de vacaciones|ausente)\b|\bestarei\b(?:[^.!?\n]|\d\.){0,40}\bausente\b|\bestou\b(?:[^.!?\n]|\d\.){0,60}\b(?:ausente|de férias|fora do escritório)\b|\bsono\b(?:[^.!?\n]|\d\.){0,60}\b(?:fuori (?:ufficio|sede)|assente|in ferie)\b|\bsarò (?:[^.!?\n]|\d\.){0,40}\bassente\b|\bik ben\b(?:[^.!?\n]|\d\.){0,60}\b(?:afwezig|met vakantie|op vakantie|niet (?:op|aanwezig))\b|不在にして|休暇(?:を|中|の)|外出して|currently out of (?:the )?office|\bout of (?:the )?office (?:until|from|and|with)\b|\b(?:i(?: am|['’]m)|i will be|i['’]ll be)\s+(?:currently\s+|now\s+)?(?:away|travelling)\b|\bon (?:[a-z&]+ ){1,2}leave\b|\bich bin\b(?:[^.!?\n]|\d\.){0,80}\b(?:nicht im hause?|verreist|auf (?:dienst)?reise)|\b(?:estaré|me encuentro|estoy) (?:[^.!?\n]|\d\.){0,40}\b(?:fuera de (?:la )?oficina|de vacaciones|ausente)\b|\bestou em férias|\b(?:jestem|przebywam) na urlopie|\bna dovolen|\bhar semester\b|\bpå (?:semester|ferie)\b|\bizindeyim\b|в отпуске|休假|休暇|不在に|休んで|휴가|부재`)
	// absentMore is what absence notices say besides.
	absentMore = regexp.MustCompile(`(?i)limited access to|no access to|will (?:respond|reply|answer|get back|be back|return|read)|upon my return|on my return|when i (?:return|get back|am back)|back (?:in the office )?on\b|in urgent|for urgent|if (?:this|it|your (?:request|matter|message)) is urgent|in case of (?:urgen|emergenc)|during my absence|in my absence|urgent (?:matters|issues|requests)|automatic(?:ally)? (?:reply|generated|response)|auto[- ]?generated|e-?mails? (?:will|are) not (?:be )?(?:read|forwarded)|dringend|meine(?:r)? (?:abwesenheit|rückkehr|vertretung)|vertret|nicht (?:gelesen|weitergeleitet)|wieder (?:im|ab|erreichbar|da)|ab dem|en cas d['’]urgence|pour toute urgence|à mon retour|de retour|mon absence|urgen(?:te|cia|za)|a mi regreso|mi ausencia|meu retorno|minha ausência|retornarei|al mio (?:ritorno|rientro)|mia assenza|tornerò|rientr|dringende|terugkomst|mijn afwezigheid|weer (?:aanwezig|bereikbaar|terug)|緊急|お急ぎ|戻り次第|返信`)
	// answering is what other answers of programs say.
	answering = regexp.MustCompile(`(?i)\b(?:thank(?:s| you) for (?:your (?:e-?mail|message|mail|inquiry|enquiry)|contacting|writing)|(?:has|have) been received|will be (?:answered|processed)|no longer (?:works? (?:here|for|at)|with us)|not (?:be )?(?:monitored|forwarded)|do not reply|(?:i am|i['’]m) (?:currently |now )?(?:away|on|out|off|travelling)\b[^.!?\n]{0,60}\b(?:until|till|through)|dank für (?:ihre|deine) (?:nachricht|e-?mail|mail|anfrage)|merci (?:de|pour) votre (?:message|courriel|e-?mail)|gracias por su (?:mensaje|correo)|obrigad[oa] pel[oa] (?:sua|seu) (?:mensagem|e-?mail)|grazie per (?:il suo|la sua|averci)|bedankt voor uw)\b|ご連絡ありがとう|感谢您的来信`)
	// pointing sends the reader to somebody else.
	pointing = regexp.MustCompile(`(?i)\b(?:contact|reach|wenden sie sich|contacte[rz]|écrire à|escriban|contate|contattare)\b|ご連絡|代表`)
)

// saysSo finds a mail that says of itself that a machine wrote it.
var saysSo = regexp.MustCompile(`(?i)\b(?:this|this (?:e-?mail|message|mail|notice|notification|reply)) (?:is|was|has been) (?:an? |sent |generated |created )?(?:automat(?:ed|ic|ically)|auto-?generated)(?: (?:e-?mail|message|mail|response|reply|notification|notice|generated|sent|created|acknowledge?ment)|\.)|\bdies(?:e (?:e-?mail|nachricht|mail) wurde| ist eine?) automatisch\S* (?:generierte|erstellte|erzeugte|versendete|generiert|erstellt|erzeugt|versendet|verschickt|nachricht|antwort|e-?mail|mail)|\b(?:ceci est un (?:message|courriel|e-?mail) (?:automatique|généré automatiquement|envoyé automatiquement)|(?:ce message|ce courriel|cet e-?mail) (?:a été|est) (?:généré|envoyé) automatiquement|est(?:e es un mensaje|e es un correo|a es una respuesta) (?:automátic[oa]|generad[oa] automáticamente)|este (?:mensaje|correo) (?:se ha generado|ha sido (?:generado|enviado)|fue generado) automáticamente|esta é uma mensagem (?:automática|gerada automaticamente)|esta mensagem foi (?:gerada|enviada) automaticamente|quest(?:o è un messaggio|a è una (?:e-?mail|risposta)) (?:automatic[oa]|generat[oa] automaticamente)|quest[oa] (?:messaggio|e-?mail) è stat[oa] (?:generat[oa]|inviat[oa]) automaticamente|dit is een automatisch\S* (?:gegenereerd\S* )?(?:bericht|e-?mail|antwoord)|dit bericht is automatisch)|このメール(?:は|はシステム(?:より|から))?自動|自動(?:送信|返信|配信)(?:メール|され)|本邮件(?:由|为)系统自动|系统自动(?:发送|回复)`)

// subject is what the subject says of a mail's author.
type subject int

const (
	silent   subject = iota
	maybe            // "On holiday: the pump stopped": the text decides
	likely           // "Automatic reply: Case 01234567": the text has to agree
	absolute         // "Automatic reply", "Out of office": nothing else in it
)

func subjectSays(s string) subject {
	says := likely
	loc := answerSubject.FindStringIndex(s)
	if loc == nil {
		says = maybe
		loc = absenceSubject.FindStringIndex(s)
	}
	if loc == nil {
		return silent
	}
	rest := strings.TrimSpace(s[loc[1]:])
	switch r := firstRune(rest); {
	case strings.Trim(rest, " :：!.)-–—") == "":
		return absolute
	case says == likely && !strings.ContainsRune(":：/|-–—[(", r):
		return maybe
	}
	return says
}

// byText knows machines by the subject and the text. A subject that goes on is
// a person's as well, and so is a text that says anything besides.
func byText(msg *Message) (Automatic, string) {
	text := clipRunes(msg.Fresh, 3000)
	away, own, other := notice(text)
	switch says := subjectSays(msg.Subject); {
	case says == absolute,
		says == likely && (away || own+other == 0 || answering.MatchString(text)),
		says == maybe && away && other < own:
		return AutoReply, "the subject"
	case len(msg.own) < 6000 && saysSo.MatchString(msg.own):
		return AutoReply, "the text says so"
	case away && other == 0 && absentMore.MatchString(text) && len(strings.Fields(text)) < 220:
		return AutoReply, "the text of an absence notice"
	}
	return "", ""
}

// notice weighs the sentences of a text: whether one says that the writer is
// away, how many an absence notice is made of, and how many speak of other
// things.
func notice(text string) (away bool, own, other int) {
	for _, s := range sentences(text) {
		gone := absent.MatchString(s)
		away = away || gone
		switch {
		case gone || absentMore.MatchString(s) || answering.MatchString(s) || pointing.MatchString(s):
			own++
		case isProse(s):
			other++
		}
	}
	return away, own, other
}

var (
	paragraphEnd = regexp.MustCompile(`\n\s*\n`)
	sentenceEnd  = regexp.MustCompile(`[^\s\d.][.!?]+\s|[。！？]`)
)

// sentences parts a text at full stops and empty lines; wrapped lines go on.
func sentences(text string) (found []string) {
	for _, paragraph := range paragraphEnd.Split(text, -1) {
		paragraph = strings.Join(strings.Fields(paragraph), " ")
		last := 0
		for _, loc := range sentenceEnd.FindAllStringIndex(paragraph, -1) {
			found = append(found, paragraph[last:loc[1]])
			last = loc[1]
		}
		found = append(found, paragraph[last:])
	}
	return found
}

// isProse tells a sentence from a salutation, a name and a signature's row.
func isProse(s string) bool {
	words := strings.Fields(s)
	if utf8.RuneCountInString(s) >= 8 && wide(firstRune(s)) {
		return true
	}
	low := 0
	for _, w := range words {
		if unicode.IsLower(firstRune(w)) {
			low++
		}
	}
	return len(words) >= 4 && low*2 >= len(words)
}
