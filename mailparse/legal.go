package mailparse

import "strings"

// legalStems weigh the words that lawyers, scanners and registers put below a
// mail, by how much rarer they are in what a person writes to a support desk.
var legalStems = func() stemTable {
	return newStems(map[int]string{
		4: `datenschutz datenschutzerklarung rgpd gdpr dsgvo`,
		3: `disclaimer unauthoris unauthoriz unbefugt confidentialit vertraulichkeit confidentialite confidencialid riservatezz vertrouwelijkh haftungsausschluss dissemina weiterverbreit
addressee geadresseerd handelsregister amtsgericht geschaftsfuhr hrb ustid ustidnr umsatzsteuer siret handelsnummer kvk btw registered regulated
adressat destinataires nedoruc poufn duvern konfidentsial конфиденц конфіденц bizalmas luottamuksel fortrolig 機密 誤送信 保密 기밀`,
		2: `confidential vertraulich confidentiel confidencia riservat vertrouwelijk privileged intended bestimmt bestemd recipient destinatario destinatario destinataire empfanger ontvanger odbiorc prijemc mottagar modtager mottaker
liabilit liable haftung responsab aansprakelij disclos prohibit untersagt interdit prohibid proibid vietat verboden zabronion zakazan forbud forbjud copying retransmi classified classification interne konfiden tlp
eingetragen immatricul inscrit kapital capital vat steuernummer mwst tva iva cif nif umwelt environnement printing imprim drucken ausdrucken stampare afdrukken skriver
charity authorised authorized unsubscribe subscribed abmelden abbestellen desabonner privacy opinions malware`,
		1: `mail mails email emails message nachricht mensaje correo mensagem messaggio bericht courriel wiadomosc zprava meddelande meddelelse сообщение письмо viesti uzenet communication transmission
attachment attachments anhang anhange anlagen joint jointes adjunt anexo allegat bijlage zalaczn prilo bilag sender absender expediteur remitente remetente mittente afzender
notify delete error irrtum irrtumlich erreur fehler loschen supprimer elimin fout virus viruses viren scanned gepruft uberpruft solely sole exclusiv exclusively ausschliesslich uniquement uitsluitend
distribution copy disseminat reproduc strictly views legal legally company print please consider think before environment receive received contents content information informationen informations informazioni informacion informatie use may contain contains enthalt contient ltd limited gmbh plc llc sarl england wales`,
	})
}()

// stemTable finds a word's weight by its beginning.
type stemTable struct {
	weights  map[string]int
	heads    map[string]bool // the first three bytes of all stems
	shortest int
	longest  int
}

func newStems(lists map[int]string) stemTable {
	t := stemTable{weights: map[string]int{}, heads: map[string]bool{}, shortest: 99}
	for weight, list := range lists {
		for _, w := range splitWords(list, 1000) {
			t.weights[w.text] = max(t.weights[w.text], weight)
			t.heads[w.text[:min(len(w.text), 3)]] = true
			t.shortest, t.longest = min(t.shortest, len(w.text)), max(t.longest, len(w.text))
		}
	}
	return t
}

// find returns the longest stem with which a word begins, and its weight. Short
// stems are whole words.
func (t stemTable) find(w string) (string, int) {
	if len(w) < t.shortest || !t.heads[w[:min(len(w), 3)]] {
		return "", 0
	}
	for n := min(len(w), t.longest); n >= t.shortest; n-- {
		if weight := t.weights[w[:n]]; weight > 0 && (n == len(w) || n >= 6 || w[0] >= 0x80) {
			return w[:n], weight
		}
	}
	return "", 0
}

// isLegal says whether a paragraph is a disclaimer, a company's register entry
// or a scanner's note.
func isLegal(paragraph string) bool {
	total, heavy := legalWeight(paragraph)
	return heavy >= 2 && (total >= 6 || strings.Count(paragraph, " ") < 5) || heavy >= 1 && total >= 5 && strings.Count(paragraph, " ") < 40
}

// legalWeight adds up what the words of a paragraph weigh, each stem counted
// once. heavy is how many of them weigh more than one.
func legalWeight(paragraph string) (total, heavy int) {
	var seen [12]string
	n := 0
next:
	for w := range foldedWords(clipRunes(paragraph, 700)) {
		stem, weight := legalStems.find(w)
		if weight == 0 {
			continue
		}
		for _, s := range seen[:n] {
			if s == stem {
				continue next
			}
		}
		if n < len(seen) {
			seen[n] = stem
			n++
		}
		total += weight
		if weight >= 2 {
			heavy++
		}
	}
	return total, heavy
}
