package mailparse

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// headKinds groups the names of a header block's rows by what they say.
var headKinds = func() map[string]string {
	kinds := map[string]string{}
	for kind, names := range map[string]string{
		"from":    "from,von,de,da,van,från,fra,od,от,від,lähettäjä,kimden,gönderen,差出人,送信者,发件人,寄件者,寄件人,보낸 사람,보낸사람,feladó,expéditeur,remitente,remetente,mittente,afzender,absender,avsändare,afsender,από,de la,expeditor,pošiljatelj,pošiljatelj,מאת,من",
		"to":      "to,an,à,a,para,aan,till,til,do,komu,кому,kime,宛先,收件人,收件者,받는 사람,받는사람,címzett,pour,vastaanottaja,προς,către,catre,za,pro,prejemnik,primatelj,одержувач,alıcı,ontvanger,mottagare,modtager,mottaker,empfänger,destinataire,destinatario,destinatário,אל,إلى",
		"subject": "subject,betreff,objet,asunto,assunto,oggetto,onderwerp,ämne,emne,temat,předmět,тема,konu,件名,主题,主旨,标题,제목,tárgy,aihe,θέμα,subiect,predmet,tema,teema,sujet,zadeva,נושא,الموضوع",
		"date":    "sent,gesendet,envoyé,envoyé le,enviado,enviado el,enviado em,enviada em,enviada,enviada a,enviado a,inviato,verzonden,skickat,sendt,date,datum,fecha,data,dato,dátum,tarih,gönderilen,gönderme tarihi,gönderildi,дата,отправлено,送信日時,日付,日時,发送时间,发送日期,日期,寄件日期,날짜,보낸 날짜,wysłano,odesláno,odoslané,poslano,lähetetty,päivämäärä,päiväys,elküldve,küldve,στάλθηκε,εστάλη,ημερομηνία,ημ/νία,trimis,dată,надіслано,傳送日期,发送日期,送信日,dag,נשלח,תאריך,تاريخ الإرسال,تم الإرسال,التاريخ",
		"other":   "cc,kopie,kopi,copie,копия,抄送,reply-to,antwort an,importance,wichtigkeit,priority,résumé,organization,attachments,anlagen",
	} {
		for name := range strings.SplitSeq(names, ",") {
			kinds[name] = kind
		}
	}
	return kinds
}()

// headRow reads a line as a row of a header block; kind is empty for any
// other line.
func headRow(text string) (kind, value string) {
	i := colonAt(clipRunes(text, 40))
	if i <= 0 {
		return "", ""
	}
	name := strings.ToLower(strings.Trim(text[:i], "*_ \t"))
	_, n := utf8.DecodeRuneInString(text[i:])
	return headKinds[name], strings.Trim(text[i+n:], "*_ \t")
}

// headerBlock counts the rows of a "From: Sent: To: Subject:" block at i: a
// From row and at least need different kinds of rows in all, a date among them
// when need is 3.
func headerBlock(lines []line, i, need int) int {
	if kind, _ := headRow(lines[i].text); kind == "" {
		return 0
	}
	kinds, addressed := map[string]bool{}, false
	end, misses := i, 0
	for j := i; j < len(lines) && j < i+24; j++ {
		l := lines[j]
		if l.blank() {
			if len(kinds) == 0 || j-end > 1 {
				break
			}
			continue
		}
		if l.depth != lines[i].depth {
			break
		}
		kind, value := headRow(l.text)
		if kind == "" && kinds["from"] && !kinds["date"] && datedRow(l.text) {
			kind = "date" // whatever its name
		}
		if kind == "" {
			// A wrapped row: one or two lines at most, and no label.
			if misses++; misses > 2 || len(kinds) == 0 || len(kinds) >= 4 || !rowFollows(lines, j+1) {
				break
			}
			continue
		}
		if j == i && kind != "from" && need > 1 && !(kind == "date" || kind == "subject" || kind == "to") {
			return 0
		}
		if kind == "from" && kinds["from"] {
			break
		}
		if kind == "from" && value != "" && strings.IndexFunc(value, unicode.IsLetter) < 0 {
			return 0 // a log's row
		}
		kinds[kind] = true
		addressed = addressed || hasAddress(l.text)
		misses = 0
		end = j + 1
		if l.row > 0 && value == "" && end < len(lines) && lines[end].row == l.row {
			end++ // the value stands in the next cell
			j++
		}
	}
	if len(kinds) < need || !kinds["from"] || need >= 3 && !completeHead(kinds, addressed) {
		return 0
	}
	return end - i
}

// completeHead says whether the rows of a block that nothing announces make one:
// "From: Hall A" and "To: Hall C" are rows of places.
func completeHead(kinds map[string]bool, addressed bool) bool {
	if !kinds["subject"] && !addressed {
		return false
	}
	return kinds["date"] && (kinds["to"] || kinds["subject"]) || kinds["to"] && kinds["subject"]
}

// oneLineHead says whether a line is a header block whose line ends were lost:
// "From: Desk Sent: Monday To: Ana Subject: Form".
func oneLineHead(s string) bool {
	if kind, _ := headRow(s); kind != "from" || len(s) > 800 {
		return false
	}
	kinds := map[string]bool{}
	for part := range strings.SplitSeq(s, ":") {
		words := strings.Fields(part)
		for n := 1; n <= min(2, len(words)); n++ {
			if kind := headKinds[strings.ToLower(strings.Trim(strings.Join(words[len(words)-n:], " "), "*_"))]; kind != "" && kind != "other" {
				kinds[kind] = true
			}
		}
	}
	return len(kinds) >= 3 && (dateLike.MatchString(s) || hasAddress(s))
}

// foreignBlock counts the rows of a header block in a language that headKinds
// does not know: three to six rows of a word and a colon between empty lines,
// the first with an address, two with addresses in all, one with day and hour.
func foreignBlock(lines []line, i int) int {
	if !hasAddress(lines[i].text) || i > 0 && !lines[i-1].blank() && !isRuler(lines[i-1].text) {
		return 0
	}
	n, addresses, dated := 0, 0, false
	for ; i+n < len(lines) && !lines[i+n].blank() && lines[i+n].depth <= lines[i].depth; n++ {
		l := lines[i+n]
		at := strings.IndexAny(clipRunes(l.text, 60), ":：")
		if n >= 6 || at <= 0 || l.depth != lines[i].depth || len(strings.Fields(l.text[:at])) > 3 || strings.ContainsAny(l.text[:at], "<@/0123456789") {
			return 0
		}
		switch {
		case hasAddress(l.text):
			addresses++
		case fullDate.MatchString(l.text) && clock.MatchString(l.text[at+1:]):
			dated = true
		}
	}
	if n < 3 || addresses < 2 && n < 4 || !dated || nextText(lines, i+n) < 0 {
		return 0
	}
	return n
}

// datedRow says whether a line is a row of one or two words, a colon and a date
// with its hour.
func datedRow(s string) bool {
	at := strings.IndexAny(clipRunes(s, 40), ":：")
	return at > 0 && strings.Count(s[:at], " ") <= 2 && !strings.ContainsAny(s[:at], "0123456789@") && fullDate.MatchString(s[at:]) && clock.MatchString(s[at+1:])
}

var clock = regexp.MustCompile(`\b\d{1,2}[:.]\d\d\b`)

func rowFollows(lines []line, j int) bool {
	for k := j; k < len(lines) && k < j+3; k++ {
		if kind, _ := headRow(lines[k].text); kind != "" {
			return true
		}
	}
	return false
}
