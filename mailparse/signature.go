package mailparse

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest makes a pattern prefer the longest alternative: "grüßen", not "gr".
func longest(re *regexp.Regexp) *regexp.Regexp { re.Longest(); return re }

// What mail programs, scanners, lists and lawyers add below what a person
// wrote, and the phrases with which people close, in many languages.
var (
	closing      = longest(regexp.MustCompile(`(?i)^((?:お手数|ご多忙|お忙しい|ご確認|ご不便|ご面倒|何卒|なにとぞ|どうぞ|どうか|それでは|では).{0,30}(?:よろしく|宜しく)(?:お願い|御願い).*|(?:(?:with|mit)?\s*(?:kind|kindest|best|warm|warmest|many|sincere|vielen|besten|herzlichen|herzliche|freundliche|freundlichen|beste|viele|liebe|lieben|schöne|bien|bonne|un|sinceros|muitos|met|hartelijke|vriendelijke|cordiali|distinti|saludos|i miei migliori)\s+)?(?:thanks|greetings|greets|thank you|thank u|thankyou|thx|tks|tnx|ty|thanx|cheers|regards|rgds|rgs|wishes|br|kr|bw|kind regards|regards|best|sincerely|yours|yours sincerely|yours faithfully|yours truly|sincerely yours|respectfully|cordially|kind rgds|warmly|ta|take care|all the best|all best|regds|rgrds|brs|v/r|ciao|servus|tschüss|herzlichst|freundlichst|bis bald|à bientôt|a presto|un abrazo|até logo|até breve|hasta luego|talk soon|speak soon|many thx|brgds|b\. ?rgds|b/r|vg|gr|grtz|grtjs|danke|dank|danke schön|grüße|gruß|grüsse|gruss|gruesse|grüßen|grüssen|gruessen|mfg|m\.f\.g\.|lg|vlg|vg|bg|hg|mit freundlichen grüßen|hochachtungsvoll|merci|cordialement|bien cordialement|cordialement vôtre|cdt|cdlt|bàv|bien à vous|bien à toi|salutations|sincères salutations|meilleures salutations|bonne journée|bonne réception|sentiments|gracias|muchas gracias|saludos|un saludo|saludo|saludos cordiales|atentamente|atte|cordialmente|obrigado|obrigada|atenciosamente|att|abs|abraço|abraços|cumprimentos|melhores cumprimentos|com os melhores cumprimentos|grazie|grazie mille|saluti|cordiali saluti|distinti saluti|un saluto|cordialità|bedankt|dank u|alvast bedankt|groeten|groet|vriendelijke groet|vriendelijke groeten|mvg|med vänliga hälsningar|hälsningar|vänliga hälsningar|mvh|hilsen|med venlig hilsen|venlig hilsen|tack|tak|takk|terveisin|pozdrawiam|z poważaniem|dziękuję|s pozdravem|děkuji|с уважением|спасибо|заранее спасибо|saygılarımla|teşekkürler|teşekkür ederim|üdvözlettel|köszönöm|üdv|pp|p\.p\.|b\.r|tia|thnks|thnx|thks|cheerio|bye|slts|salut|slds|sds|bjs|hzl|mkg|thanking you|ever yours|much (?:appreciated|obliged)|appreciated|muito obrigad[oa]|respectfully (?:submitted|yours)|tisztelettel|İyi (?:çalışmalar|günler)|salutations distinguées|avec mes remerciements|un cordial saludo|cordial saludo|bij voorbaat dank|(?:med )?vänliga? hälsning(?:ar)?|vänligen|tack på förhand|tusen takk?|(?:med )?(?:de )?(?:venlig|venlige|vennlig|vennlige|bedste|beste|mange) (?:hilsen|hilsner)|hilsner|på forhånd takk?|(?:ystävällisin )?terveisin|ystävällisesti|kiitos|kiitos etukäteen|z wyrazami szacunku|(?:serdecznie )?pozdrawiam|serdecznie dziękuję|pozdrowienia|pozdrav|s (?:přátelským |priateľským )?pozdrav(?:em|om)|s úctou|děkuji předem|díky|ďakujem|tisztelettel|köszönettel|köszönöm szépen|cu (?:stimă|respect|drag)|o zi bună|mulțumesc|(?:lep|lijep|srdačan|topel) pozdrav|s s?poštovanjem|hvala|(?:с|з) (?:уважением|наилучшими пожеланиями|благодарностью|повагою|найкращими побажаннями)|всего (?:доброго|хорошего)|дякую|με (?:φιλικούς )?(?:εκτίμηση|χαιρετισμούς)|ευχαριστώ|iyi çalışmalar|iyi günler|תודה|תודה רבה|בברכה|شكرا|مع (?:أطيب )?(?:التحية|التحيات|الشكر))|met vriendelijke groet(?:en)?|mit freundlichem gru(?:ß|ss)|mit (?:freundlichen|besten|vielen|herzlichen|lieben) gr(?:ü|u|ue)(?:ß|ss)en|(?:よろしく|宜しく)(?:お願い|御願い).*|以上(?:です)?[、。]?.*よろしく.*|以上[、。]?(?:です[。]?)?$|敬具|草々|此致|敬礼|谢谢|顺祝.*|祝好|敬上|(?:顺|順)(?:颂|頌).*|谢谢您|謝謝|감사합니다|감사드립니다|고맙습니다|수고하세요)(?:$|[^\p{L}\p{N}])`))
	closingRest  = regexp.MustCompile(`(?i)^[\s,.!;:)\-–—*_/~^"'、。！，]*(?:(?:and|und|et|y|e|en|&|\+)\s+(?:kind |best |warm |many |viele |beste |freundliche |bien )*(?:regards|rgds|rgs|thanks|thx|cheers|grüße|gruß|cordialement|saludos|groeten|saluti|wishes|danke)|in advance|(?:and )?have a (?:nice|great|good|lovely|pleasant) \S+(?: \S+)?|(?:and )?(?:einen )?schönen (?:tag|abend)\S*|bonne (?:journée|soirée)|again|very much|so much|a lot|a million|a bunch|for (?:your|the|all)(?: \S+){1,5}|im voraus|vorab|im vorraus|d['’]avance|par avance|beaucoup|de antemano|por adelantado|desde j[áa]|antecipadamente|in anticipo|alvast|bij voorbaat|(?:aus|from|de|da|van|von|du|des)(?: \S+){1,5}|everyone|everybody|all|team|guys|regards|mille|wishes|truly|sincerely|faithfully)?[\s,.!;:)\-–—*_/~^"'、。！，]*`)
	namesOnly    = regexp.MustCompile(`^(?:(?:der|die|das|dein|deine|euer|eure|ihr|ihre|the|your|le|la|les|el|il|lo|de|het|os?|as?)\s+)?(?:[\p{Lu}\p{Lo}][\p{L}.'’-]*|[a-z])(?:[\s,/|]+(?:[\p{Lu}\p{Lo}][\p{L}.'’-]*|[a-z]|van|von|de|der|da|del|di|la|le|el|bin|al)){0,4}[\s.,!]*$|^[a-z]{1,12}[.!]?$`)
	deviceLine   = regexp.MustCompile(`(?i)^[-_–—\s*<(\[]*(?:(?:sent|von|gesendet|verschickt|verstuurd|verzonden|envoy[ée]|enviado|enviada|inviato|skickat|sendt|wysłane|odesláno|lähetetty|отправлено)\b.{0,60}\b(?:iphone|ipad|ipod|android|samsung|galaxy|blackberry|mobile|mobil|mobiltelefon|smartphone|handy|phone|telefon|téléphone|portable|móvil|celular|dispositivo|cellulare|telefoon|outlook|mail|e-?mail|yahoo|proton(?:\s?mail)?|gmail|huawei|xiaomi|pixel|oneplus|nokia|htc|lg|sony|windows|tablet|workspace|device|gerät|appareil|terminal|surface|gmx|web\.de|ionos|spark|airmail|thunderbird|aquamail|bluemail|nine|mailbird|posteo|tutanota|tuta|smartphone|wireless|verizon|t-mobile|hey|superhuman|zoho)\b.{0,60}|get outlook for .{2,30}|outlook (?:für|pour|para|per|voor) .{2,20}(?: herunterladen| télécharger)?|(?:obtener|obter|télécharger|holen sie sich|laden sie|ottieni|download) outlook .{2,40}|diese nachricht wurde von meinem .{3,60}|von meinem .{3,40} gesendet|sendt fra .{3,40}|(?:iphone|ipad|android|スマートフォン|スマホ)から送信.*|.{0,20}から送信.{0,20}|发自我的.{0,20}|从我的.{0,20}发送.*|sent from my .{2,40}|отправлено (?:с|из) .{3,40}|envoyé (?:de|depuis) (?:mon|ma) .{3,40}|yahoo mail .{0,40}|(?:lähetetty|odesláno|odoslané|wysłan[eo]|elküldve|στάλθηκε|trimis|надіслано|отправлено|envoyé).{0,40}(?:iphon|ipad|android|outlook|samsung|galaxy|huawei|xiaomi)\p{L}*.{0,40}|(?:obtenir|obter o|scarica|hanki|hämta|hent|pobierz) outlook .{2,40}|.{2,30} gönderildi|(?:發|发)自我的.{0,20}|.{0,24}에서 보(?:냄|낸.{0,12})|typed with thumbs.*|please excuse (?:any )?(?:typos|brevity|my brevity).*|sorry for (?:any )?typos.*|excuse (?:the )?typos.*)[\s.>)\]*]*(?:<?https?://\S+>?)?$`)
	disclaimer   = regexp.MustCompile(`(?i)^[\s*_\-–—=#.<>\[(]*(?:(?:legal |important |privacy )?(?:aviso legal|aviso de privacidad|nota legal|avis juridique|avvertenza|note legali|rechtlicher hinweis|juridische mededeling|disclaimer|confidentiality(?: notice| statement| note)?|confidential(?: communication| information)?|privileged|privacy notice|legal notice|important notice|notice)\b\s*[:\-–—/.!]|(?:confidential|confidentiality notice|disclaimer|legal notice|haftungsausschluss|vertraulichkeitshinweis|aviso legal|aviso de confidencialidad.*|aviso de confidencialidade.*|avis de confidentialité|riservatezza.*)\s*$|the (?:information|contents?) (?:contained )?(?:in|of|transmitted)\b.{0,40}(?:e-?mail|message|communication|transmission)|the contents? of this|this (?:e-?mail|message|communication|transmission|correspondence|electronic)\b.{0,80}(?:confiden|intended|privileged|may contain|contain|scanned|virus|sent (?:to|by|from)|is for|checked|attachments|was|has been)|any (?:views|opinions)\b.{0,60}(?:expressed|message|e-?mail|author)|if you (?:are not|have received|received|are no longer)\b.{0,60}(?:recipient|error|mistake|receive)|please (?:consider|think (?:of|about)) .{0,60}(?:environment|print)|(?:please )?think before (?:you )?print|detta (?:meddelande|mejl|e-post).{0,80}(?:konfiden|avsett|sekret)|denne (?:e-?mail|besked|meddelelse|e-post).{0,80}(?:fortrolig|tiltænkt|beregnet|konfiden)|(?:ta|niniejsza) wiadomość.{0,80}(?:poufn|przeznacz)|(?:tento|tato) (?:e-?mail|zpráva).{0,80}(?:důvěrn|určen)|(?:данное|это|цей|це) (?:сообщение|письмо|повідомлення).{0,80}(?:конфиденц|предназнач|конфіденц)|tämä (?:viesti|sähköposti).{0,60}(?:luottamuks|tarkoitettu)|(?:ez az|jelen) (?:üzenet|e-mail|levél).{0,80}bizalmas|bu (?:e-posta|mesaj|ileti).{0,60}gizli|save paper|before printing|vor dem drucken|diese (?:e-?mail|nachricht|mail|information)\b.{0,60}(?:vertraulich|enth|ist |bestimmt|kann)|der inhalt dieser|die in dieser|vertraulichkeit|rechtlicher hinweis|hinweis:|pflichtangaben|ce (?:message|courriel|mail|courrier|m[ée]l)\b.{0,80}(?:confident|destin|jointe|établi|contient)|ce message et|les informations contenues|avis de confident|pensez à l['’]environnement|n['’]imprimez|este (?:mensaje|correo|e-?mail|mensagem)\b.{0,80}(?:confiden|dirig|destin|conten|contém|adjunt)|esta mensagem\b.{0,80}|la información contenida|a informação contida|antes de imprimir|le informazioni contenute|questo (?:messaggio|documento|e-?mail)\b.{0,80}|questa e-?mail\b.{0,80}|ai sensi del|prima di stampare|dit (?:bericht|e-?mail|e-mailbericht)\b.{0,80}|deze e-?mail\b.{0,80}|de informatie (?:in|verzonden)|denk aan het milieu|registered (?:in|office)\b|company (?:registration|number)\b|registered number|geschäftsführ(?:er|ung)|handelsregister|sitz der gesellschaft|amtsgericht|ust-?id|vat (?:no|reg)|このメールには|本メール(?:は|に|の)|この電子メール|本电子邮件|本邮件)`)
	footer       = regexp.MustCompile(`(?i)^[\s*_\-–—=#<\[(]*(?:you(?:'re| are)? ?receiv(?:ed|ing) this (?:message|e-?mail)|you received this|to unsubscribe|unsubscribe\b.{0,80}|to view this discussion|for more options|to post to this group|_{5,}\s*$|.{0,60} mailing list\s*$|virus-free\b|virenfrei|sans virus|libre de virus|no virus found|scanned by\b|checked by (?:avg|avast)|(?:e-?mail )?scanned (?:by|for|with)|this (?:e-?mail|message) (?:has been|was|is) (?:\S+ )?(?:scanned|checked|sent through|sent via|processed)|avast\b|avg\b|mimecast|proofpoint|message (?:scanned|protected)|click here to (?:report|unsubscribe)|report this (?:e-?mail|message)|follow us|find us on|connect with us|folgen sie uns|suivez-nous|linkedin\s*[|•·]|www\.\S+\s*$|https?://\S+\s*$|diese (?:e-?mail|nachricht) wurde (?:auf viren|von|mit)|cet e-?mail a été vérifié|este correo (?:electrónico )?ha sido|questa e-?mail è stata|\[?cid:[^\]\s]+\]?\s*$|begin:vcard)`)
	cidImage     = regexp.MustCompile(`(?i)\[(?:cid:[^\]\n]*|(?:inline )?image:?[^\]\n]*|logo[^\]\n]{0,40}|(?:inline|embedded) image[^\]\n]{0,60}|图片|画像)\]|<image\d*\.(?:png|jpe?g|gif)>|<cid:[^>\n]*>`)
	banner       = regexp.MustCompile(`(?i)^[\s*_\[(<!⚠️=-]*(?:external(?: e?-?mail| sender| message)?\s*[\])*:!-]|caution\s*[:!-]|warning\s*[:!-].{0,40}(?:external|outside)|extern(?:e e-?mail|er absender)?\s*[\]):]|this (?:e-?mail|message) (?:originated|came|is|was sent) from (?:outside|an external)|you don['’]t often get e-?mail from|\[?external\]?\s*$|sie erhalten nicht (?:oft|häufig) e-mails von|vous n['’]obtenez pas souvent)`)
	signatureRow = regexp.MustCompile(`(?i)^(?:[*_|•·\s]*)(?:t|tel|telephone|phone|ph|p|m|mob|mobile|mobil|cell|c|direct|office|fax|f|e|email|e-mail|mail|w|web|website|telefon|handy|tél|téléphone|portable|teléfono|móvil|telefone|telefono|cellulare|telefoon|電話|携帯|skype|address|contact|durchwahl|dw)\.?\s*[:：.|+)]\s*\S`)
	telRow       = regexp.MustCompile(`^[+(]?\d[\d\s()./-]{6,20}$`)
)

const rulerMarks = "-_=*~─━—–―#+ \t"

// courtesy are the sentences that close a letter and ask for nothing.
var courtesy = regexp.MustCompile(`(?i)^(?:dans l['’]attente d|(?:je vous prie|nous vous prions|veuillez) (?:d['’]|de )?(?:agréer|recevoir|croire|accepter)|looking forward to (?:your|hearing)|(?:we|i) look forward to (?:your|hearing)|have a (?:nice|great|good|lovely) (?:day|evening|week|weekend)\b|ich freue mich auf ihre|(?:wir )?freuen uns auf ihre|in erwartung ihrer|(?:einen )?schönen tag(?: noch)?\b|quedo (?:a la espera|a su disposición|atent)|a la espera de su|in attesa di (?:un )?(?:vostr|suo|cortese|riscontro)|resto a disposizione|fico (?:no aguardo|à disposição)|in afwachting van uw|passez une bonne|buona giornata|que tenga (?:un )?buen|tenha um bom|fijne dag)`)

// isRuler says whether a line is drawn, three characters at least.
func isRuler(s string) bool {
	return len(s) >= 3 && strings.Trim(s, rulerMarks) == "" && utf8.RuneCountInString(s) >= 3
}

// isName says whether a line is no more than a name could be.
func isName(s string) bool {
	return len(s) < 200 && !strings.ContainsAny(s, "0123456789:@?()") && namesOnly.MatchString(s)
}

// isClosing says whether a line is a sign-off, perhaps with a name behind it.
func isClosing(s string) bool {
	if len(s) > 400 {
		return false
	}
	s = strings.Trim(s, " *_~-–—")
	if courtesy.MatchString(s) {
		return true
	}
	if s == "" || utf8.RuneCountInString(s) > 80 {
		return false
	}
	if !beginsLike(s, closingHeads) {
		return false
	}
	loc := closing.FindStringSubmatchIndex(s)
	if loc == nil {
		return false
	}
	end := loc[3]
	rest := s[end:]
	for range 4 {
		more := closingRest.FindStringIndex(rest)
		if more[1] == 0 {
			break
		}
		rest = strings.TrimSpace(rest[more[1]:])
	}
	if rest != "" && closerMark(s, end) && closing.MatchString(rest) && len(rest) < len(s) {
		return isClosing(rest) // "Mit freundlichen Grüßen / Best regards"
	}
	return rest == "" || (isName(rest) && (closerMark(s, end) || len(strings.Fields(rest)) <= 3))
}

// closerMark says whether punctuation parts the sign-off from what follows.
func closerMark(s string, at int) bool {
	t := strings.TrimLeft(s[at:], " ")
	return t != "" && strings.ContainsRune(",.!-–—;:/|&+", []rune(t)[0])
}

func isDelimiter(s string) bool {
	return s == "--" || s == "—" || s == "-- " || s == "––" || s == "---" || s == "__"
}

// Cheap filters in front of the large patterns: the first letters of every
// phrase in them. What begins with other ASCII letters cannot match.
var (
	closingHeads = heads("tia thn thk bye slt slds sds sld bjs hzl mkg eve muc app yst tis muc mui mei ave b un bij van vae vnl ves med tus de pa kii z ser poz s o cu mul lep lij srd top hva wit min kin bes war man sin vie her fre lie sch bie bon un mui met har vri cor dis sal i ta all v ciao ser tsc a unt bis has spe tal unab up tha thx tks tnx ty che reg rgd rgs wis br kr bw you res brg b vg gr gre grt dan gru mfg m lg vlg bg hg mit hoc mer cdt cdl bav med sen gra mu ate att obr abs abr cum mel com gra bed dan alv gro vri mvg med mvh hil ven tac tak ter poz z dzi s dek say tes pp p")
	rowHeads     = heads("t tel pho ph p m mob cel c dir off fax f e ema mai w web han tel por mov sky add con dur dw")
	tailHeads    = heads("avv rec jur det den ta nin ten tat jel ez bu elk tri odo pob hen sen von ges ver env inv ski wys ode get out obt tel hol lad ott dow die iph ipa and typ ple sor exc yah leg imp pri dis con not hau riv avi the thi any if sav bef vor der rec hin pfl ce les pen n est la a ant le que ai dit dee de den reg com ges han sit ams ust vat you to uns for vir scan sca san lib no che ema e ava avg mim pro mes cli rep fol fin con lin www htt cet cid beg suiv sui image ima")
)

func heads(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
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

// tailStart says whether everything from this line on is nobody's answer.
func tailStart(s string) bool {
	if s == "" {
		return false
	}
	s = clipRunes(s, 240)
	if len(s) < 8 && !strings.HasPrefix(s, "____") {
		return false
	}
	if !beginsLike(s, tailHeads) && !strings.Contains(s, "mailing list") && !strings.HasPrefix(s, "_") {
		return false
	}
	if plainSentence(s) {
		return false
	}
	return deviceLine.MatchString(s) || disclaimer.MatchString(s) || footer.MatchString(s)
}

// sender is what identifies the author's own name in a signature.
type sender struct {
	words map[string]bool
	addr  string
	known map[string]bool // the addresses of the mail: its sender and recipients
}

func newSender(from Address, recipients []string) sender {
	s := sender{words: map[string]bool{}, addr: strings.ToLower(from.Addr), known: map[string]bool{}}
	s.known[s.addr] = true
	for _, r := range recipients {
		s.known[r] = true
	}
	for _, w := range strings.FieldsFunc(strings.ToLower(from.Name), notLetter) {
		s.words[w] = true
	}
	local, _, _ := strings.Cut(from.Addr, "@")
	for _, w := range strings.FieldsFunc(strings.ToLower(local), notLetter) {
		if len(w) > 2 {
			s.words[w] = true
		}
	}
	return s
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// names says whether a line is the sender's name and no more.
func (s sender) names(text string) bool {
	if len(text) > 200 || strings.Count(text, " ") > 8 || strings.ContainsAny(text, ":：@0123456789") {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(text), notLetter)
	if len(words) == 0 || len(words) > 5 {
		return false
	}
	for _, w := range words {
		if !s.words[w] && !(utf8.RuneCountInString(w) == 1 && s.initial(w)) {
			return false
		}
	}
	return true
}

func (s sender) initial(w string) bool {
	for name := range s.words {
		if strings.HasPrefix(name, w) {
			return true
		}
	}
	return false
}

// markNoise blanks what programs put between a person's lines: cid pictures
// and banners of the mail gateway.
func markNoise(lines []line) {
	for i := range lines {
		l := &lines[i]
		if strings.ContainsAny(l.text, "[<") && cidImage.MatchString(l.text) {
			l.text = strings.TrimSpace(cidImage.ReplaceAllString(l.text, ""))
		}
		if len(l.text) < 600 && i < 40 && banner.MatchString(l.text) {
			l.text, l.kind = "", noise
		}
	}
}
