package mailparse

import (
	"regexp"
	"strings"
)

// OwnMail tells escalationd's own mails from all others.
type OwnMail struct {
	Domain  string // of our Message-IDs, which look like <esc.…@Domain>; empty: only the header field counts
	Header  string // of our own header field; default X-Escalationd
	Address string // that we write from; a mail from there is never answered
}

var (
	comment         = regexp.MustCompile(`\([^()]*\)`)
	vacationSubject = regexp.MustCompile(`(?i)^(?:\[[^\]]*\]\s*)?(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|antwort)|autoreply|auto-?responder|out[- ]of[- ](?:the[- ])?office(?:\s+(?:auto\w*|reply|message|notice|re|notification)\b|\s*[:\-–—]|\s*$)|ooo\s*[:\-–]|vacation (?:reply|message|notice|response)|away from (?:the )?office|on (?:vacation|leave|holiday)\s*(?:[:\-–]|$)|automatische (?:antwort|abwesenheitsnotiz)|abwesenheits(?:notiz|meldung|nachricht|assistent)|abwesend\b|abwesenheit\s*[:\-–]|(?:ich bin )?(?:nicht im büro|außer haus)\b|r[ée]ponse automatique|message d['’]absence|absence du bureau|absent du bureau|notification d['’]absence|respuesta autom[áa]tica|fuera de (?:la )?oficina|ausente de la oficina|resposta autom[áa]tica|fora do escrit[óo]rio|ausência (?:temporária|do escritório)|mensagem automática|risposta automatica|fuori (?:sede|ufficio)|assenza dall['’]ufficio|automatisch(?:e)? (?:antwoord|reactie)|afwezig(?:heid)?(?:sbericht|smelding|\s*[:\-–])|autosvar|automatiskt svar|automatisk svar|automaattinen vastaus|automatyczna odpowied[źz]|odpowied[źz] automatyczna|automatick[áa] odpov[ěe][ďd]|автоматический ответ|автоответ|otomatik yanıt|自動応答|自動返信|不在(?:通知|連絡|のお知らせ|の)|自动(?:回复|答复)|自動回覆|부재중|자동 회신)`)
	bounceSubject   = regexp.MustCompile(`(?i)^(?:undeliver(?:able|ed)|delivery (?:status notification|failure|has failed|delayed|report|notification)|mail (?:delivery (?:failed|failure|subsystem|system|error|status)|system error)|returned mail|failure notice|non[- ]?delivery|message (?:undeliverable|not delivered|delayed)|warning: (?:message|could not)|unzustellbar|unzustellbarkeit|nicht zustellbar|échec de (?:la )?remise|non remis|message non distribué|no se puede entregar|no entregable|não entregue|não é possível|falha na entrega|impossibile recapitare|mancato recapito|onbestelbaar|配信不能|配達不能|未配信|undelivered mail|postmaster notify)`)
	daemon          = regexp.MustCompile(`(?i)^(?:mailer-?daemon|postmaster|mail-?daemon|mail\.delivery\.system|microsoftexchange[0-9a-f]*)@`)
	vacationText    = regexp.MustCompile(`(?i)\b(?:i(?: am|['’]m)|i will be|we are)\b(?:[^.!?\n]|\d\.){0,60}\b(?:out of (?:the )?office|away from (?:my|the) (?:desk|office|e-?mail)|on (?:vacation|annual leave|leave|holiday|parental leave|maternity leave|business travel|pto|sick leave))\b|\bich bin\b(?:[^.!?\n]|\d\.){0,80}\b(?:abwesend|nicht (?:im|am) (?:büro|arbeitsplatz|haus)|außer haus|nicht erreichbar|im urlaub|in elternzeit)\b|\bje suis\b(?:[^.!?\n]|\d\.){0,60}\b(?:absent|absente|en congés?|en vacances|en déplacement)\b|\bestoy\b(?:[^.!?\n]|\d\.){0,60}\b(?:fuera de (?:la )?oficina|de vacaciones|ausente)\b|\bestarei\b(?:[^.!?\n]|\d\.){0,40}\bausente\b|\bestou\b(?:[^.!?\n]|\d\.){0,60}\b(?:ausente|de férias|fora do escritório)\b|\bsono\b(?:[^.!?\n]|\d\.){0,60}\b(?:fuori (?:ufficio|sede)|assente|in ferie)\b|\bsarò\b(?:[^.!?\n]|\d\.){0,40}\bassente\b|\bik ben\b(?:[^.!?\n]|\d\.){0,60}\b(?:afwezig|met vakantie|op vakantie|niet (?:op|aanwezig))\b|不在にして|休暇(?:を|中|の)|外出して|currently out of (?:the )?office|\bout of (?:the )?office (?:until|from|and|with)\b`)
	vacationMore    = regexp.MustCompile(`(?i)limited access to|no access to|will (?:respond|reply|answer|get back|be back|return|read)|upon my return|on my return|when i (?:return|get back|am back)|back (?:in the office )?on\b|in urgent|for urgent|if (?:this|it|your (?:request|matter|message)) is urgent|in case of (?:urgen|emergenc)|during my absence|in my absence|urgent (?:matters|issues|requests)|automatic(?:ally)? (?:reply|generated|response)|auto[- ]?generated|e-?mails? (?:will|are) not (?:be )?(?:read|forwarded)|dringend|meine(?:r)? (?:abwesenheit|rückkehr|vertretung)|vertret|nicht (?:gelesen|weitergeleitet)|wieder (?:im|ab|erreichbar|da)|ab dem|en cas d['’]urgence|pour toute urgence|à mon retour|de retour|mon absence|urgen(?:te|cia|za)|a mi regreso|mi ausencia|meu retorno|minha ausência|retornarei|al mio (?:ritorno|rientro)|mia assenza|tornerò|rientr|dringende|terugkomst|mijn afwezigheid|weer (?:aanwezig|bereikbaar|terug)|緊急|お急ぎ|戻り次第|返信`)
)

// saysSo finds a mail that says of itself that a machine wrote it.
var saysSo = regexp.MustCompile(`(?i)\b(?:this|this (?:e-?mail|message|mail|notice|notification|reply)) (?:is|was|has been) (?:an? |sent |generated |created )?(?:automat(?:ed|ic|ically)|auto-?generated)(?: (?:e-?mail|message|mail|response|reply|notification|notice|generated|sent|created|acknowledge?ment)|\.)|\bdies(?:e (?:e-?mail|nachricht|mail) wurde| ist eine?) automatisch\S* (?:generierte|erstellte|erzeugte|versendete|generiert|erstellt|erzeugt|versendet|verschickt|nachricht|antwort|e-?mail|mail)|\b(?:ceci est un (?:message|courriel|e-?mail) (?:automatique|généré automatiquement|envoyé automatiquement)|(?:ce message|ce courriel|cet e-?mail) (?:a été|est) (?:généré|envoyé) automatiquement|est(?:e es un mensaje|e es un correo|a es una respuesta) (?:automátic[oa]|generad[oa] automáticamente)|este (?:mensaje|correo) (?:se ha generado|ha sido (?:generado|enviado)|fue generado) automáticamente|esta é uma mensagem (?:automática|gerada automaticamente)|esta mensagem foi (?:gerada|enviada) automaticamente|quest(?:o è un messaggio|a è una (?:e-?mail|risposta)) (?:automatic[oa]|generat[oa] automaticamente)|quest[oa] (?:messaggio|e-?mail) è stat[oa] (?:generat[oa]|inviat[oa]) automaticamente|dit is een automatisch\S* (?:gegenereerd\S* )?(?:bericht|e-?mail|antwoord)|dit bericht is automatisch)|このメール(?:は|はシステム(?:より|から))?自動|自動(?:送信|返信|配信)(?:メール|され)|本邮件(?:由|为)系统自动|系统自动(?:发送|回复)`)

// automatic says what kind of machine wrote a mail, and what showed it. Only
// header fields decide against a mail that holds a filled-in form: its author
// may well write about vacations and bounces.
func (p *Parser) automatic(h header, root *part, msg *Message) (Automatic, string) {
	if reason := p.own.wrote(h, msg.MessageID); reason != "" {
		return Own, reason
	}
	if kind, reason := reportKind(root); kind != "" {
		return kind, reason
	}
	if kind, reason := byFields(h); kind != "" {
		if h.has("x-failed-recipients") || bounceSubject.MatchString(msg.Subject) && daemon.MatchString(msg.From.Addr) {
			return Bounce, "From a mail system"
		}
		return kind, reason
	}
	if p.own.Address != "" && strings.EqualFold(msg.From.Addr, p.own.Address) {
		return Own, "our own address"
	}
	filled := false
	for _, f := range msg.Forms {
		filled = filled || f.NextStep != "" || f.POC != "" || f.POCContact != ""
	}
	if msg.ReturnPath == "<>" {
		if bounceSubject.MatchString(msg.Subject) || daemon.MatchString(msg.From.Addr) {
			return Bounce, "null return path"
		}
		return AutoReply, "null return path"
	}
	if daemon.MatchString(msg.From.Addr) && !filled && (bounceSubject.MatchString(msg.Subject) || h.has("x-failed-recipients") || strings.HasPrefix(strings.ToLower(msg.From.Addr), "mailer-daemon")) {
		return Bounce, "From a mail system"
	}
	if filled || msg.Command != nil {
		return "", ""
	}
	return byText(msg)
}

func (o OwnMail) wrote(h header, id string) string {
	name := strings.ToLower(o.Header)
	if name == "" {
		name = "x-escalationd"
	}
	if h.has(name) {
		return "own header field"
	}
	if local, domain, ok := cutLast(id, "@"); ok && o.Domain != "" && strings.EqualFold(domain, o.Domain) && strings.HasPrefix(strings.ToLower(local), "esc.") {
		return "own Message-ID"
	}
	return ""
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// reportKind knows reports by their structure (RFC 6522, RFC 3464, RFC 8098).
func reportKind(root *part) (Automatic, string) {
	if root.mediaType == "multipart/report" {
		switch t := strings.ToLower(root.params["report-type"]); {
		case strings.Contains(t, "disposition"):
			return AutoReply, "a read receipt"
		case strings.Contains(t, "feedback"):
			return AutoReply, "a complaint report"
		case strings.Contains(t, "delivery"):
			return Bounce, "a delivery report"
		}
	}
	for _, c := range root.children {
		switch c.mediaType {
		case "message/delivery-status", "message/global-delivery-status":
			return Bounce, "a delivery report"
		case "message/disposition-notification":
			return AutoReply, "a read receipt"
		}
	}
	if root.mediaType == "multipart/report" {
		return Bounce, "a report"
	}
	return "", ""
}

// byFields knows machines by their header fields (RFC 3834, RFC 2369, RFC 2919
// and what older programs use).
func byFields(h header) (Automatic, string) {
	for _, v := range h.all("auto-submitted") {
		if word := keyword(v); word != "" && word != "no" {
			return AutoReply, "Auto-Submitted: " + word
		}
	}
	for _, f := range h {
		switch f.name {
		case "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply", "x-vacation", "x-ms-exchange-inbox-rules-autoreply":
			if v := keyword(f.value); v != "no" && v != "false" && v != "0" {
				return AutoReply, f.name
			}
		case "x-failed-recipients":
			return Bounce, f.name
		}
	}
	precedence := keyword(h.get("precedence"))
	if precedence == "auto_reply" || precedence == "auto-reply" {
		return AutoReply, "Precedence: " + precedence
	}
	for _, f := range h {
		switch f.name {
		case "list-id", "list-post", "list-help", "list-unsubscribe", "list-subscribe", "list-owner", "list-archive", "mailing-list", "x-mailing-list", "x-mailman-version":
			return subjectOr(h, List, f.name)
		}
	}
	switch precedence {
	case "bulk", "junk", "list":
		return subjectOr(h, List, "Precedence: "+precedence)
	}
	return "", ""
}

// subjectOr lets a vacation subject tell an auto-reply from other bulk mail.
func subjectOr(h header, kind Automatic, reason string) (Automatic, string) {
	if vacationSubject.MatchString(oneLine(h.get("subject"))) {
		return AutoReply, reason + " and the subject"
	}
	return kind, reason
}

// keyword is a field's first word without comments, in lower case.
func keyword(v string) string {
	for comment.MatchString(v) && len(v) < 2000 {
		v = comment.ReplaceAllString(v, " ")
	}
	v, _, _ = strings.Cut(v, ";")
	if f := strings.Fields(strings.ToLower(v)); len(f) > 0 {
		return strings.Trim(f[0], `",.`)
	}
	return ""
}

// byText knows machines by the subject, or by a body that says two things no
// escalation says together.
func byText(msg *Message) (Automatic, string) {
	if vacationSubject.MatchString(msg.Subject) {
		return AutoReply, "the subject"
	}
	if len(msg.own) < 6000 && saysSo.MatchString(msg.own) {
		return AutoReply, "the text says so"
	}
	text := clipRunes(msg.Fresh, 3000)
	if vacationText.MatchString(text) && vacationMore.MatchString(text) && len(strings.Fields(text)) < 220 {
		return AutoReply, "the text of an absence notice"
	}
	return "", ""
}
