package mailparse

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The phrases with which people close, in many languages.
var (
	closings = newPhrases(`thanks,greetings,greets,thank you,thank u,thankyou,thx,tks,tnx,ty,thanx,thnks,thnx,thks,many thx,tia,tysm,tyvm,cheers,cheerio,bye,regards,rgds,rgs,regds,rgrds,brgds,b rgds,kind rgds,
wishes,br,brs,b r,kr,bw,v r,vr,best,sincerely,yours,yours sincerely,yours faithfully,yours truly,yours respectfully,yours in haste,sincerely yours,ever yours,yours ever,yours always,respectfully,respectfully yours,respectfully submitted,
cordially,warmly,ta,take care,in solidarity,solidarity,ad astra,onward,in haste,semper fi,merry christmas,happy holidays,happy christmas,happy new year,season s greetings,happy easter,see you,see ya,later mate,so long,farewell,goodbye,good bye,good night,have fun,very truly yours,truly yours,all the best,all best,talk soon,speak soon,stay safe,god bless,god bless you,peace,peace be with you,over and out,appreciate it,much appreciated,thanking you,much obliged,appreciated,pp,p p,signed,on behalf of,for and on behalf of,i remain,we remain,
ciao,servus,mahlzeit,glückauf,glück ab,petri heil,weidmannsheil,gut holz,bleiben sie gesund,alles gute,frohes schaffen,schöne feiertage,frohe festtage,frohe weihnachten,frohe ostern,moin moin,pfiat eich,pfiat euch,pfiat di,grüezi mitenand,uf widerluege,uf wiederluege,hej hej,bis dann,bis später,bis morgen,adieu,gute nacht,glück auf,tschüss,tschau,ahoi,herzlichst,freundlichst,bis bald,grüße,gruß,grüsse,gruss,gruesse,grüßen,grüssen,gruessen,grüßle,mfg,m f g,lg,vlg,vg,bg,hg,hzl,mkg,danke,dank,danke schön,dankeschön,hochachtungsvoll,mit freundlichen,grüßt,grüsst,es grüßt,es grüsst,freundlich grüßt,freundlich grüsst,herzlich grüßt,i a,i v,ppa,gez,im auftrag,in vertretung,
à bientôt,bonnes fêtes,joyeuses fêtes,bonne année,joyeux noël,au plaisir,à plus,à demain,à plus tard,bonne nuit,au revoir,merci,cordialement,cordialement vôtre,bien cordialement,cdt,cdlt,bàv,bien à vous,bien à toi,salutations,slts,salut,bonne journée,bonne soirée,belle journée,belle soirée,excellente journée,bonne fin de journée,d avance merci,bonne réception,sentiments,salutations distinguées,avec mes remerciements,
a presto,buone feste,buon natale,felices fiestas,feliz navidad,feliz año,adiós,nos vemos,buenas noches,hasta pronto,hasta mañana,abrazo,abrazos,un abrazo,hasta luego,gracias,saludos,saludo,atentamente,atte,slds,sds,cordialmente,cordial saludo,un cordial saludo,
até logo,boas festas,feliz natal,até breve,até mais,até amanhã,tchau,boa noite,obrigado,obrigada,muito obrigado,muito obrigada,atenciosamente,att,abs,abraço,cumps,abraços,abração,beijos,bjs,cumprimentos,
grazie,arrivederci,a domani,buona notte,abbraccio,abbracci,saluti,saluto,cordialità,buona giornata,buon lavoro,buona serata,in fede,
bedankt,prettige feestdagen,fijne feestdagen,doei,tot ziens,tot snel,tot morgen,goede nacht,dank u,dank je,alvast bedankt,bij voorbaat dank,groeten,groet,groetjes,gr,grt,grtz,grtjs,mvg,
hälsning,hälsningar,ha en fin dag,ha en bra dag,ha det bra,ha en god dag,hav en god dag,miłego dnia,hezký den,szép napot,vänligen,mvh,tack,tack på förhand,tusen tack,hilsen,hilsner,venlig hilsen,vennlig hilsen,vh,tak,takk,tusen takk,på forhånd takk,på forhånd tak,
terveisin,ystävällisin terveisin,ystävällisesti,kiitos,kiitos etukäteen,pozdrawiam,z poważaniem,z wyrazami szacunku,serdecznie pozdrawiam,dziękuję,serdecznie dziękuję,pozdrowienia,
s pozdravem,s pozdravom,s přátelským pozdravem,s priateľským pozdravom,s úctou,pozdrav,děkuji,děkuji předem,díky,ďakujem,
üdvözlettel,üdv,tisztelettel,köszönöm,köszönöm szépen,köszönettel,cu stimă,cu respect,cu drag,o zi bună,mulțumesc,
lep pozdrav,lijep pozdrav,srdačan pozdrav,topel pozdrav,s poštovanjem,s spoštovanjem,hvala,
с уважением,спасибо,заранее спасибо,с наилучшими пожеланиями,с благодарностью,всего доброго,всего хорошего,з повагою,з найкращими побажаннями,дякую,
με εκτίμηση,με φιλικούς χαιρετισμούς,με χαιρετισμούς,ευχαριστώ,saygılarımla,saygılar,teşekkürler,teşekkür ederim,iyi çalışmalar,iyi günler,
תודה,תודה רבה,בברכה,شكرا,مع التحية,مع التحيات,مع الشكر,مع أطيب التحية,مع أطيب التحيات,مع أطيب الشكر,
敬具,草々,此致,此致敬礼,敬礼,谢谢,谢谢您,谢谢你,謝謝,祝好,顺祝商祺,敬上,감사합니다,감사드립니다,고맙습니다,수고하세요`)

	// closingLeads are the words that may stand before one of the closings.
	closingLeads = newPhrases(`i remain,we remain,i am sir,i am madam,i beg to remain,believe me,with,mit,and,my,our,kind,kindest,best,warm,warmest,many,sincere,big,cordial,friendly,vielen,besten,herzlichen,herzlicher,herzliche,freundliche,freundlichen,freundlichem,beste,viele,liebe,lieben,schöne,sonnige,
bien,bonne,mes,nos,très,sincères,meilleures,avec,un,una,unos,sinceros,muchas,mis,con,nuestros,muitos,meus,nossos,um,uma,forte,grande,grandes,fuerte,cordiales,afectuosos,caro,cari,caloroso,calorosos,chaleureuses,respectueuses,com,os,melhores,met,hartelijke,vriendelijke,warme,cordiali,distinti,i miei migliori,tante,
med,de,venlig,venlige,vennlig,vennlige,bedste,mange,vänlig,vänliga,bästa`)

	// closingRests may follow one: "Thanks in advance", "Danke im Voraus".
	closingRests = newPhrases(`before,beforehand,in advance,in adv,again,very much,so much,a lot,a million,a bunch,a ton,ahead,im voraus,vorab,im vorraus,schon mal,sehr,schön,d avance,par avance,beaucoup,de antemano,por adelantado,desde já,desde ya,antecipadamente,
in anticipo,alvast,bij voorbaat,everyone,everybody,all,team,guys,folks,wishes,truly,sincerely,faithfully,mille,mil,to all,to you,to you all,
bonne journée,bonne soirée,a lei,à vous,à tous,an alle,aan allen`)

	closingAnd  = newPhrases("and,und,et,y,e,en,i,og,och,a,ve,и")
	closingFor  = newPhrases("for your,for the,for all,for any,für ihre,für die,für deine,für eure,pour votre,pour vos,pour l,por su,por la,pela sua,per la,per il,voor uw,voor de,voor je")
	closingFrom = newPhrases("aus,from,de,da,van,von,vom,du,des,desde,dal,dalla,uit")
	niceDay     = newPhrases("have a,einen schönen,schönen,ein schönes,schönes,passez une,que tenga,tenha um,fijne,prettige")

	// courtesies begin the sentences that close a letter and ask for nothing.
	courtesies = newPhrases(`dans l attente d,dans l attente de,je vous prie d agréer,je vous prie de recevoir,je vous prie de croire,nous vous prions d agréer,veuillez agréer,veuillez recevoir,veuillez croire,veuillez accepter,
assuring you of,thanking you in advance,thanking you in anticipation,we thank you,i thank you,we appreciate your,your prompt attention,your kind attention,your early response,your prompt response,your cooperation,your kind cooperation,
vous remerciant,en vous remerciant,nous vous remercions par avance,nous vous remercions d avance,je vous remercie par avance,je vous remercie d avance,je vous remercie de votre,nous vous remercions de votre,ich danke ihnen,wir danken ihnen,für ihre bemühungen,für ihre unterstützung,für ihre hilfe,merci im voraus,
restando in attesa,restiamo in attesa,rimango in attesa,rimaniamo in attesa,ringraziando,ringraziandovi,ringraziandola,vi ringrazio,vi ringraziamo,la ringrazio,sin otro particular,sin más por el momento,sin más,agradeciendo,agradeciéndole,agradezco de antemano,agradecemos de antemano,quedo pendiente,quedamos a la espera,
agradecendo,agradeço desde já,agradecemos desde já,desde já agradeço,desde já agradecemos,grato pela,grata pela,sem mais,alvast hartelijk dank,alvast dank,alvast hartelijk bedankt,hartelijk dank voor,bij voorbaat hartelijk dank,
looking forward to your,looking forward to hearing,we look forward to your,we look forward to hearing,i look forward to your,i look forward to hearing,hoping for your,hoping to hear from you,hope to hear from you,awaiting your,waiting for your,
have a nice day,have a great day,have a good day,have a lovely day,have a nice evening,have a great evening,have a good evening,have a nice week,have a great week,have a good week,have a nice weekend,have a great weekend,have a good weekend,have a good one,have a great one,
ich freue mich auf ihre,ich freue mich auf eine,freue mich auf ihre,wir freuen uns auf ihre,freuen uns auf ihre,in erwartung ihrer,einen schönen tag,schönen tag,einen schönen abend,schönen abend,schönes wochenende,schönen feierabend,
quedo a la espera,quedo a su disposición,quedo atento,quedo atenta,quedamos atentos,a la espera de su,a la espera de sus,en espera de su,in attesa di un vostr,in attesa di vostr,in attesa di un suo,in attesa di suo,in attesa di cortese,in attesa di un cortese,in attesa di riscontro,in attesa di un riscontro,in attesa di un vostro,in attesa di vostro,in attesa di una vostra,in attesa di vostra,resto a disposizione,resto in attesa,
fico no aguardo,fico à disposição,ficamos no aguardo,aguardo o seu,aguardo seu,aguardamos o seu,in afwachting van uw,in afwachting van je,passez une bonne,que tenga un buen,que tenga buen,tenha um bom,fijne dag,fijne avond,prettige dag,buona giornata`)
)

// closingCJK are the same where words are not parted by blanks.
var closingCJK = regexp.MustCompile(`^(?:(?:お手数|ご多忙|お忙しい|ご不便|ご面倒|何卒|なにとぞ|どうぞ|どうか|それでは|では|ご確認|ご対応|ご検討|引き続き|今後とも|お力添え).{0,30}(?:よろしく|宜しく)|[ごお].{1,18}(?:よろしく|宜しく)(?:お願い|御願い)|(?:お手数|ご多忙|お忙しい|ご不便|ご面倒|何卒|恐れ入り|恐縮).{0,40}(?:(?:お願い|御願い).{0,12}|が、)$|(?:よろしく|宜しく)(?:お願い|御願い)|以上(?:です|となります)?[、。]?.*(?:よろしく|宜しく)|以上[、。]?(?:です[。]?)?$|取り急ぎ.{0,20}$|(?:敬具|草々|此致|敬礼|谢谢|謝謝|祝好|敬上|顺祝|顺颂|順頌|多谢|感谢|감사합니다|감사드립니다|고맙습니다|수고하세요)[^\p{L}]*(?:$|敬礼|您|你|.{0,4}$))`)

const closingMarks = " \t,.!;:)-–—*_/~^\"'、。！，&+"

// isClosing says whether a line is a sign-off, perhaps with a name behind it.
func isClosing(s string) bool {
	if len(s) > 400 {
		return false
	}
	s = strings.Trim(s, " *_~-–—")
	if s == "" {
		return false
	}
	if s == "A+" {
		return true // "à plus"
	}
	if firstRune(s) >= 0x2e80 && utf8.RuneCountInString(s) <= 80 && closingCJK.MatchString(s) {
		return true
	}
	if !mayClose(s) {
		return false
	}
	words := splitWords(s, 24)
	if courtesies.match(words) > 0 || endsInGreeting(words) {
		return true
	}
	if utf8.RuneCountInString(s) > 80 {
		return false
	}
	n := greetings(words)
	if n == 0 {
		return false
	}
	formula, first := n, words[n-1].end
	for range 5 {
		more := closingMore(s, words[n:])
		if more == 0 {
			break
		}
		n += more
	}
	rest := strings.TrimFunc(s[words[n-1].end:], func(r rune) bool {
		return unicode.IsSymbol(r) || strings.ContainsRune(closingMarks, r)
	})
	if i := strings.LastIndexByte(rest, '('); i > 0 {
		rest = strings.TrimSpace(rest[:i]) // "Regards, Ana (shift lead)"
	}
	if closerMark(s, first) && len(words)-formula <= 3 && !endsSentence(s) && (regardWords[words[formula-1].text] || namesTeam(s, words[formula:])) {
		return true // "Regards, bench four", "Thanks, Spa team"
	}
	return rest == "" || greetsSomebody(s, words[:formula], words[formula:]) || isName(rest) && (closerMark(s, first) || len(words)-n <= 3)
}

// greetsSomebody says whether words of regard go on with to whom, from where or
// with what: "Kind regards to all in your office", "With best wishes and hope".
func greetsSomebody(s string, formula, rest []word) bool {
	if len(rest) < 2 || len(rest) > 7 || endsSentence(s) || strings.ContainsAny(s, "0123456789@:") {
		return false
	}
	regards := false
	for _, w := range formula {
		regards = regards || regardWords[w.text]
	}
	return regards && (regardLinks[rest[0].text] || closingAnd.match(rest) > 0 && len(rest) == 2)
}

var (
	regardWords = newPhrases("regards,wishes,greetings,grusse,gruesse,gruss,grussen,salutations,journee,soiree,saludos,saludo,abrazo,abrazos,abbraccio,abbracci,saluti,saluto,groeten,groet,cumprimentos,abraco,abracos,hilsen,hilsner,halsningar,halsning,pozdrawiam,pozdrav,rgds,brgds,mvg,mfg,vg,lg,kr,cdt,cdlt,atte,slds,cumps,cordialement,cordialmente,atentamente,sincerely").phrases
	regardLinks = newPhrases("to,from,for,an,aus,von,vom,fur,a,au,aux,de,des,du,para,por,dalla,dal,da,alla,al,aan,van,uit,til,fra,till,dla,vam").phrases
)

// namesTeam says whether a few words may name a team: the first is capitalised
// or the last is a word for one, and no verb of the commonest stands among them.
func namesTeam(s string, words []word) bool {
	for _, w := range words {
		if notValue[w.text] {
			return false
		}
	}
	return len(words) > 0 && (unicode.IsUpper(firstRune(s[words[0].begin:])) || roleWords[words[len(words)-1].text])
}

// greetStems begin the words of greeting in whatever form: "Grüessli", "Lesende
// Grüße".
var greetStems = [...]string{"gruss", "gruess", "grus", "greeting", "salutation", "salud", "groet", "hilsen", "halsning", "pozdrav", "pozdrow"}

// greetsSomehow says whether a short line holds a word of greeting.
func greetsSomehow(s string) bool {
	if len(s) > 60 || strings.HasSuffix(s, ".") || strings.ContainsAny(s, "0123456789@:?") || tellsSomething(s) {
		return false
	}
	for _, w := range splitWords(s, 7) {
		for _, stem := range greetStems {
			if strings.HasPrefix(w.text, stem) {
				return true
			}
		}
	}
	return false
}

// endsInGreeting recognises the sentences that end in a greeting: "si porgono
// distinti saluti", "reciban un cordial saludo".
func endsInGreeting(words []word) bool {
	n := len(words)
	return n >= 3 && n <= 22 && (lastGreetings[words[n-1].text] || lastGreetings[words[n-2].text+" "+words[n-1].text])
}

var lastGreetings = newPhrases("distinti saluti,cordiali saluti,cordial saludo,cordiales saludos,atentos saludos,atento saludo,considération distinguée,sentiments distingués,salutations distinguées,sentiments les meilleurs,melhores cumprimentos,vriendelijke groet,vriendelijke groeten,freundlichen grüßen,freundlichen grüssen,kind regards,best regards,warm regards").phrases

// mayClose spares most lines the word by word search: a long line closes only
// when its first word begins a phrase; a short one may be misspelt.
func mayClose(s string) bool {
	return len(s) <= 30 || beginsLike(s, closingHeads) || len(s) < 200 && greetingEnd(s)
}

// greetingEnd says quickly whether a line may end in a greeting.
func greetingEnd(s string) bool {
	s = strings.TrimRight(s, ".,! ")
	for _, end := range [...]string{"saluti", "saludo", "saludos", "distinguée", "distinguées", "distingués", "meilleurs", "cumprimentos", "groet", "groeten", "Grüßen", "Grüssen", "regards"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// closingHeads are the first letters of all that may begin a sign-off.
var closingHeads = func() map[string]bool {
	set := map[string]bool{}
	for _, phrases := range []phraseSet{closings, closingLeads, courtesies} {
		for p := range phrases.phrases {
			first, _, _ := strings.Cut(p, " ")
			set[clipRunes(first, 3)] = true
		}
	}
	return set
}()

// greetings says how many words at the start are a sign-off.
func greetings(words []word) int {
	best, lead := 0, 0
	for lead <= 4 && lead < len(words) {
		n := closings.match(words[lead:])
		if n == 0 && len(words) <= 4 {
			n = misspelt(words[lead])
		}
		if n > 0 {
			best = max(best, lead+n)
		}
		n = closingLeads.match(words[lead:])
		if n == 0 {
			break
		}
		lead += n
	}
	return best
}

// misspelt is 1 where a word is one slip away from the commonest sign-offs.
func misspelt(w word) int {
	if len(w.text) < 6 || len(w.text) > 16 {
		return 0
	}
	runes := []rune(w.text)
	for _, right := range longClosings {
		if d := len(right) - len(runes); d >= -1 && d <= 1 && right[0] == runes[0] && editDistance(runes, right, 1) <= 1 {
			return 1
		}
	}
	return 0
}

var longClosings = func() (out [][]rune) {
	for p := range strings.FieldsSeq("regards sincerely thanks cheers grussen gruesse cordialement saludos atentamente cumprimentos atenciosamente saluti groeten hilsen halsningar") {
		out = append(out, []rune(p))
	}
	return out
}()

// closingMore says how many words go on a sign-off: "in advance", "and best
// regards", "for your quick help".
func closingMore(s string, words []word) int {
	if len(words) == 0 {
		return 0
	}
	if n := closingRests.match(words); n > 0 {
		return n
	}
	if n := greetings(words); n > 0 {
		return n
	}
	and := closingAnd.match(words)
	if and > 0 {
		if n := greetings(words[and:]); n > 0 {
			return and + n
		}
	}
	if n := niceDay.match(words[and:]); n > 0 && len(words)-and-n <= 4 {
		return and + n + upTo(s, words[and+n:], 3)
	}
	if n := closingFor.match(words); n > 0 {
		return n + upTo(s, words[n:], 5)
	}
	if len(words) > 1 && words[0].text == "for" && strings.HasSuffix(words[1].text, "ing") && !strings.HasSuffix(words[1].text, "thing") {
		return 2 + upTo(s, words[2:], 5) // "for looking into this"
	}
	if n := closingFrom.match(words); n > 0 && !(n < len(words) && infinitive(words[n].text)) {
		return n + upTo(s, words[n:], 5)
	}
	return 0
}

// infinitive says whether a French verb follows: "Merci de rappeler" asks for
// something.
func infinitive(w string) bool {
	switch w {
	case "votre", "notre", "ne", "bien", "me", "nous":
		return w != "votre" && w != "notre"
	}
	return len(w) > 3 && (strings.HasSuffix(w, "er") || strings.HasSuffix(w, "ir") || strings.HasSuffix(w, "re"))
}

// upTo counts at most n words before the next comma or full stop.
func upTo(s string, words []word, n int) int {
	for i := range words {
		if i == n || i > 0 && strings.ContainsAny(s[words[i-1].end:words[i].begin], ",.!") {
			return i
		}
	}
	return len(words)
}

// closerMark says whether punctuation parts the sign-off from what follows.
func closerMark(s string, at int) bool {
	t := strings.TrimLeft(s[at:], " ")
	return t != "" && strings.ContainsRune(",.!-–—;:/|&+", firstRune(t))
}
