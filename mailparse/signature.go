package mailparse

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What mail programs, scanners, lists and lawyers add below what a person
// wrote, and the phrases with which people close, in many languages.
var (
	deviceLine   = regexp.MustCompile(`(?i)^[-_–—\s*<(\[]*(?:(?:sent|von|gesendet|verschickt|verstuurd|verzonden|envoy[ée]|enviado|enviada|inviato|skickat|sendt|wysłane|odesláno|lähetetty|отправлено)\b.{0,60}\b\p{L}*(?:iphone|ipad|ipod|android|samsung|galaxy|blackberry|mobile|mobil|mobiltelefon|smartphone|handy|phone|telefon|téléphone|portable|móvil|celular|dispositivo|cellulare|telefoon|outlook|mail|e-?mail|yahoo|proton(?:\s?mail)?|gmail|huawei|xiaomi|pixel|oneplus|nokia|htc|lg|sony|windows|tablet|workspace|device|gerät|appareil|terminal|surface|gmx|web\.de|ionos|spark|airmail|thunderbird|aquamail|bluemail|nine|mailbird|posteo|tutanota|tuta|smartphone|wireless|verizon|t-mobile|hey|superhuman|zoho)\b.{0,60}|get outlook for .{2,30}|outlook (?:für|pour|para|per|voor) .{2,20}(?: herunterladen| télécharger| beziehen| downloaden| descargar| baixar| scaricare)?|(?:obtener|obter|télécharger|holen sie sich|laden sie|ottieni|download) outlook .{2,40}|diese nachricht wurde von meinem .{3,60}|von meinem .{3,40} gesendet|sendt fra .{3,40}|(?:iphone|ipad|android|スマートフォン|スマホ)から送信.*|.{0,20}から送信.{0,20}|发自我的.{0,20}|从我的.{0,20}发送.*|sent from my .{2,40}|отправлено (?:с|из) .{3,40}|envoyé (?:de|depuis) (?:mon|ma) .{3,40}|yahoo mail .{0,40}|(?:lähetetty|odesláno|odoslané|wysłan[eo]|elküldve|στάλθηκε|trimis|надіслано|отправлено|envoyé).{0,40}(?:iphon|ipad|android|outlook|samsung|galaxy|huawei|xiaomi)\p{L}*.{0,40}|(?:obtenir|obter o|scarica|hanki|hämta|hent|pobierz) outlook .{2,40}|.{2,30} gönderildi|(?:發|发)自我的.{0,20}|.{0,24}에서 보(?:냄|낸.{0,12})|sorry for (?:any )?typos.*)[\s.>)\]*]*(?:<?https?://\S+>?)?$`)
	disclaimer   = regexp.MustCompile(`(?i)^[\s*_\-–—=#.<>\[(]*(?:(?:legal |important |privacy )?(?:aviso legal|aviso de privacidad|nota legal|avis juridique|avvertenza|note legali|rechtlicher hinweis|juridische mededeling|disclaimer|confidentiality(?: notice| statement| note)?|confidential(?: communication| information)?|privileged|privacy notice|legal notice|important notice|notice)\b\s*[:\-–—/.!]|(?:confidential|confidentiality notice|disclaimer|legal notice|haftungsausschluss|vertraulichkeitshinweis|aviso legal|aviso de confidencialidad.*|aviso de confidencialidade.*|avis de confidentialité|riservatezza.*)\s*$|the (?:information|contents?) (?:contained )?(?:in|of|transmitted)\b.{0,40}(?:e-?mail|message|communication|transmission)|the contents? of this|this (?:e-?mail|message|communication|transmission|correspondence|electronic)\b.{0,80}(?:confiden|intended|privileged|may contain|contain|scanned|virus|sent (?:to|by|from)|is for|checked|attachments|was|has been)|any (?:views|opinions)\b.{0,60}(?:expressed|message|e-?mail|author)|if you (?:are not|have received|received|are no longer)\b.{0,60}(?:recipient|error|mistake|receive)|please (?:consider|think (?:of|about)) .{0,60}(?:environment|print)|(?:please )?think before (?:you )?print|detta (?:meddelande|mejl|e-post).{0,80}(?:konfiden|avsett|sekret)|denne (?:e-?mail|besked|meddelelse|e-post).{0,80}(?:fortrolig|tiltænkt|beregnet|konfiden)|(?:ta|niniejsza) wiadomość.{0,80}(?:poufn|przeznacz)|(?:tento|tato) (?:e-?mail|zpráva).{0,80}(?:důvěrn|určen)|(?:данное|это|цей|це) (?:сообщение|письмо|повідомлення).{0,80}(?:конфиденц|предназнач|конфіденц)|tämä (?:viesti|sähköposti).{0,60}(?:luottamuks|tarkoitettu)|(?:ez az|jelen) (?:üzenet|e-mail|levél).{0,80}bizalmas|bu (?:e-posta|mesaj|ileti).{0,60}gizli|save paper|before printing|vor dem drucken|diese (?:e-?mail|nachricht|mail|information)\b.{0,60}(?:vertraulich|enth|ist |bestimmt|kann)|der inhalt dieser|die in dieser|vertraulichkeit|rechtlicher hinweis|hinweis:|pflichtangaben|ce (?:message|courriel|mail|courrier|m[ée]l)\b.{0,80}(?:confident|destin|jointe|établi|contient)|ce message et|les informations contenues|avis de confident|pensez à l['’]environnement|n['’]imprimez|este (?:mensaje|correo|e-?mail|mensagem)\b.{0,80}(?:confiden|dirig|destin|conten|contém|adjunt)|esta mensagem\b.{0,80}|la información contenida|a informação contida|antes de imprimir|le informazioni contenute|questo (?:messaggio|documento|e-?mail)\b.{0,80}|questa e-?mail\b.{0,80}|ai sensi del|prima di stampare|dit (?:bericht|e-?mail|e-mailbericht)\b.{0,80}|deze e-?mail\b.{0,80}|de informatie (?:in|verzonden)|denk aan het milieu|registered (?:in\b|office\s*(?:[:\-–,]|is\b|at\b|address|and\b|\d))|company (?:registration|number)\b|registered number|geschäftsführ(?:er|ung)|handelsregister|sitz der gesellschaft|amtsgericht|ust-?id|vat (?:no|reg)|このメールには|本メール(?:は|に|の)|この電子メール|本电子邮件|本邮件)`)
	footer       = regexp.MustCompile(`(?i)^[\s*_\-–—=#<\[(]*(?:you(?:'re| are)? ?receiv(?:ed|ing) this (?:message|e-?mail)|you received this|to unsubscribe|unsubscribe\b.{0,80}|to view this discussion|for more options|to post to this group|_{5,}\s*$|.{0,60} mailing list\s*$|virus-free\b|virenfrei|sans virus|libre de virus|no virus found|scanned by\b|checked by (?:avg|avast)|(?:e-?mail )?scanned (?:by|for|with)|this (?:e-?mail|message) (?:has been|was|is) (?:\S+ )?(?:scanned|checked|sent through|sent via|processed)|avast\b|avg\b|mimecast|proofpoint|message (?:scanned|protected)|click here to (?:report|unsubscribe)|report this (?:e-?mail|message)|follow us|siga-nos|síguenos|seguici|volg ons|følg oss|følg os|följ oss|find us on|connect with us|folgen sie uns|suivez-nous|linkedin\s*[|•·]|www\.[^\s/]+/?\s*$|https?://[^\s/]+/?\s*$|diese (?:e-?mail|nachricht) wurde (?:auf viren|von|mit)|cet e-?mail a été vérifié|este correo (?:electrónico )?ha sido|questa e-?mail è stata|\[?cid:[^\]\s]+\]?\s*$)`)
	cidImage     = regexp.MustCompile(`(?i)\[(?:cid:[^\]\n]*|(?:inline )?image:?[^\]\n]*|logo[^\]\n]{0,40}|[^\]\n]{0,40}\blogo|(?:inline|embedded) image[^\]\n]{0,60}|图片|画像|https?://[^\]\s]+\.(?:png|gif|jpe?g))\]|<[\w .-]{1,60}\.(?:png|jpe?g|gif|bmp|svg)>|<cid:[^>\n]*>|\((?:embedded image moved to file|see attached file|siehe angehängte datei|voir fichier joint)s?: ?[^()\n]{1,120}\)|\[attachment \"[^\"\n]*\" [^\]\n]*\]|\[[^\]\n]{1,160}description automatically generated\]`)
	banner       = regexp.MustCompile(`(?i)^[\s*_\[(<!⚠️=-]*(?:external(?: e?-?mail| sender| message)?\s*[\])*:!-]|caution\s*[:!-]|warning\s*[:!-].{0,40}(?:external|outside)|extern(?:e e-?mail|er absender)?\s*[\]):]|this (?:e-?mail|message) (?:originated|came|is|was sent) from (?:outside|an external)|you don['’]t often get e-?mail from|\[?external\]?\s*$|sie erhalten nicht (?:oft|häufig) e-mails von|vous n['’]obtenez pas souvent)`)
	signatureRow = regexp.MustCompile(`(?i)^(?:[*_|•·\s]*)(?:t|tel|telephone|phone|ph|p|m|mob|mobile|mobil|cell|c|direct|office|fax|f|e|email|e-mail|mail|w|web|website|telefon|handy|tél|téléphone|portable|teléfono|móvil|telefone|telefono|cellulare|telefoon|電話|携帯|skype|address|contact|durchwahl|dw)\.?\s*[:：.|+)]\s*\S`)
	telRow       = regexp.MustCompile(`^[+(]?\d[\d\s()./-]{6,20}$`)
)

const rulerMarks = "-_=*~─━—–―#+ \t"

// isRuler says whether a line is drawn, three characters at least.
func isRuler(s string) bool {
	return len(s) >= 3 && strings.Trim(s, rulerMarks) == "" && utf8.RuneCountInString(s) >= 3
}

// isName says whether a line is no more than a name could be: one to five
// capitalised words with the particles of names between.
func isName(s string) bool {
	if len(s) >= 200 || strings.ContainsAny(s, "0123456789:@?()") {
		return false
	}
	s = strings.TrimRight(s, " \t.,!")
	if tellsSomething(s) {
		return false
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '/' || r == '|' })
	if len(parts) > 1 && nameArticle[strings.ToLower(parts[0])] {
		parts = parts[1:]
	}
	if len(parts) == 0 || len(parts) > 5 {
		return false
	}
	for i, w := range parts {
		if !nameWord(w) && !(i > 0 && nameParticle[w]) && !(len(parts) == 1 && len(w) <= 12 && lowerASCII(w)) {
			return false
		}
	}
	return true
}

var (
	nameArticle  = newPhrases("der,die,das,dein,deine,euer,eure,ihr,ihre,the,your,le,la,les,el,il,lo,de,het").phrases
	nameParticle = newPhrases("van,von,de,der,den,da,do,dos,del,della,di,la,le,el,bin,ibn,al,zu,y,e,af,av,ter,ten").phrases
)

// nameWord is a capitalised word, an initial, or a short one of a script
// without capitals.
func nameWord(w string) bool {
	first := firstRune(w)
	switch {
	case len(w) == 1:
		return first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z'
	case unicode.Is(unicode.Lo, first):
		if utf8.RuneCountInString(w) > 12 {
			return false
		}
	case !unicode.IsUpper(first):
		return false
	}
	return strings.IndexFunc(w, func(r rune) bool {
		return !unicode.IsLetter(r) && !strings.ContainsRune(".'’-", r) && !unicode.Is(unicode.M, r)
	}) < 0
}

func lowerASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

func isDelimiter(s string) bool {
	return s == "--" || s == "—" || s == "-- " || s == "––" || s == "---" || s == "__"
}

// Cheap filters in front of the large patterns: the first letters of every
// phrase in them. What begins with other ASCII letters cannot match.
var (
	bannerHeads = heads("ext cau war thi you sie vou")
	rowHeads    = heads("t tel pho ph p m mob cel c dir off fax f e ema mai w web han tel por mov sky add con dur dw")
	tailHeads   = heads("cop sig seg vol fol onl if wri not rep get avv rec jur det den ta nin ten tat jel ez bu elk tri odo pob hen sen von ges ver env inv ski wys ode get out obt tel hol lad ott dow die iph ipa and typ ple sor exc yah leg imp pri dis con not hau riv sen ges ver env inv ski wys ode odo fac twi lin ins you xin tik mas blu web avi the thi any if sav bef vor der rec hin pfl ce les pen n est la a ant le que ai dit dee de den reg com ges han sit ams ust vat you to uns for vir scan sca san lib no che ema e ava avg mim pro mes cli rep fol fin con lin www htt cet cid suiv sui image ima")
)

func heads(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[clipRunes(w, 3)] = true
	}
	return set
}

// beginsLike looks the first letters of s, three at most, up in a set. It says
// yes to whatever is not ASCII.
func beginsLike(s string, set map[string]bool) bool {
	var b [3]byte
	n := 0
	for i := 0; i < len(s) && n < 3; i++ {
		c := s[i]
		switch {
		case c >= 0x80:
			return true
		case c >= 'A' && c <= 'Z':
			b[n] = c + 'a' - 'A'
			n++
		case c >= 'a' && c <= 'z':
			b[n] = c
			n++
		case n > 0:
			return set[string(b[:n])]
		}
	}
	return set[string(b[:n])]
}

// plainSentence spares the commonest sentences, those that begin with "The",
// "This" or "Line", the large patterns.
func plainSentence(s string) bool {
	if s == "" || s[0]|0x20 != 't' && s[0]|0x20 != 'l' {
		return false
	}
	low := strings.ToLower(clipRunes(s, 80))
	switch {
	case strings.HasPrefix(low, "the "):
		return !strings.HasPrefix(low, "the info") && !strings.HasPrefix(low, "the cont")
	case strings.HasPrefix(low, "this "):
		return !strings.Contains(low, "mail") && !strings.Contains(low, "message") && !strings.Contains(low, "comm") && !strings.Contains(low, "trans") && !strings.Contains(low, "corr") && !strings.Contains(low, "electronic")
	case strings.HasPrefix(low, "line"):
		return !strings.Contains(low, "mailing list")
	}
	return false
}

// surelyTail says whether everything from a line on is nobody's answer: what a
// device, a desk or a ticket system writes. s is its tailText.
func surelyTail(s string) bool {
	switch {
	case strings.HasPrefix(s, "BEGIN:VCARD"), threadMark.MatchString(s), strings.HasPrefix(s, "____") && strings.Trim(s, "_ ") == "":
		return true
	case len(s) < 8 || !beginsLike(s, tailHeads) || plainSentence(s):
		return false
	}
	return deviceLine.MatchString(s) || sentFrom(s) || socialRow(s) || deskLine(s)
}

// beginsTail says whether a line begins like a notice or a footer. s is its
// tailText.
func beginsTail(s string) bool {
	if len(s) < 8 {
		return false
	}
	if isFurniture(s) {
		return true
	}
	if !beginsLike(s, tailHeads) && !strings.Contains(s, "mailing list") && !strings.HasPrefix(s, "_") || plainSentence(s) {
		return false
	}
	return disclaimer.MatchString(s) && !barelyNoticed(s) || footer.MatchString(s)
}

// tailStart says whether either is so of a line.
func tailStart(s string) bool {
	s = tailText(s)
	return surelyTail(s) || beginsTail(s)
}

// tailText is a line as footers are known: clipped, without link copies and
// emphasis, of two languages the first.
func tailText(s string) string {
	s = clipRunes(s, 240)
	if strings.ContainsAny(s, "<[") {
		s = urlCopy.ReplaceAllString(s, "")
	}
	if first, _, ok := strings.Cut(s, " / "); ok && len(first) >= 8 {
		s = first
	}
	return unmark(strings.TrimPrefix(s, "P ")) // a tree in Webdings
}

// threadMark finds what ticket systems and old Notes draw below a mail.
var threadMark = regexp.MustCompile(`^(?:[Rr]ef:\s?[A-Z]{2,6}\d{5,}(?:_\w+)?\s*$|\[[A-Z0-9]{4,8}-[A-Z0-9]{4,8}\]$|ref:[!\w.-]{8,}:ref\b|\*+\s?(?i:required|mandatory|obligatory|required fields?|mandatory fields?|pflichtfeld(?:er)?|obligatoire|champs? obligatoires?|obligatorio|campos? obligatorios?|obrigat[óo]rio|campo obbligatorio|obbligatorio|verplicht(?: veld)?|必須)\.?$|##-? .{0,80}-?##|\|-{6,}[>|])`)

// deskWords begin the sentences that this desk's own letters have below the
// form; whoever answers one has them in the quote.
var deskWords = newPhrases("your escalation desk,your escalation team,the escalation desk,the escalation team,only the comments may stay empty,if it cannot wait call,written by the desk s program,nothing is escalated yet,reply with these lines filled in")

func deskLine(s string) bool { return deskWords.mayBegin(s) && deskWords.match(splitWords(s, 8)) > 0 }

// sentWith are the first words of what a mail program says of itself.
var sentWith = newPhrases(`sent from,sent via,sent using,sent with,sent by,gesendet von,gesendet mit,gesendet über,gesendet via,verschickt mit,verschickt von,envoyé de,envoyé depuis,envoyé avec,envoyé par,envoyé via,envoyé à partir,
enviado desde,enviado con,enviado por,enviado a través,enviado do,enviado da,enviado pelo,enviado via,enviado a partir,enviada do,inviato da,inviato dal,inviato con,inviato tramite,verzonden vanaf,verzonden met,verzonden via,verzonden vanuit,verstuurd vanaf,verstuurd met,verstuurd via,
skickat från,skickat via,skickat med,sendt fra,sendt via,sendt med,wysłane z,wysłano z,odesláno z,odoslané z`)

// sentFrom says whether a short line tells with which program or device the
// mail was sent: after the usual words a name of its own.
func sentFrom(s string) bool {
	words := splitWords(s, 16)
	if len(words) >= 4 && len(words) <= 8 && getWords[words[0].text] && appSystems[words[len(words)-1].text] {
		return true // "Get BlueMail for Android"
	}
	n := sentWith.match(words)
	if n == 0 || tellsSomething(s) || n >= len(words) || len(words) == 16 {
		return false
	}
	if text := words[n].text; text == "satellite" || text == "iridium" || text == "starlink" {
		return true
	}
	return words[0].begin <= 3 && unicode.IsUpper(firstRune(s[words[n].begin:])) && !strings.ContainsAny(s[:words[n].begin], ":;.")
}

var getWords = newPhrases("get,download,telecharger,telechargez,obtenir,pobierz,descargar,descarga,obtener,baixe,baixar,obter,scarica,ottieni,hanki,hamta,hent").phrases

var appSystems = newPhrases("android,ios,iphone,ipad,windows,mac,macos,mobile,desktop").phrases

var socialNames = newPhrases("facebook,twitter,x,linkedin,instagram,youtube,xing,tiktok,mastodon,bluesky,threads,vimeo,whatsapp,telegram,github,blog,website,web,news,flickr,pinterest,snapchat,wechat,weibo").phrases

// socialRow says whether a line names two places on the web and nothing else.
func socialRow(s string) bool {
	words := splitWords(s, 12)
	for _, w := range words {
		if w.begin > 0 && s[w.begin-1] == '.' || w.end < len(s)-1 && s[w.end] == '.' && s[w.end+1] != ' ' {
			continue // a domain
		}
		if !socialNames[w.text] {
			return false
		}
	}
	return len(words) >= 2
}

// markNoise blanks what programs put between a person's lines: cid pictures
// and banners of the mail gateway.
func markNoise(lines []line) {
	for i := range lines {
		l := &lines[i]
		if strings.ContainsAny(l.text, "[<(") && cidImage.MatchString(l.text) {
			l.text = strings.TrimSpace(cidImage.ReplaceAllString(l.text, ""))
		}
		if len(l.text) < 600 && i < 40 && beginsLike(l.text, bannerHeads) && banner.MatchString(l.text) {
			l.text, l.kind = "", noise
		}
	}
}
