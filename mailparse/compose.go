package mailparse

import "strings"

// A label is a set of words rather than a phrase: "Erwarteter Next Step",
// "Phone / mail POC", "Prochaine étape souhaitée". composition says which words
// may make up the label of one field. It takes two kinds of them, and no word
// that is unknown.
type composition struct {
	field Field
	kinds []string // words of each kind
	rest  string   // words that may stand between
}

var compositions = []composition{
	{CaseNumber, []string{
		"case ticket fall vorgang vorgangs dossier caso cas zaak chamado incident supportfall supportcase ケース",
		"number numero nummer id ref reference referenz referencia riferimento code kennung no nr #",
	}, "support your our crm vendor customer existing original open of for de del do du des der the and or desk"},
	{NextStep, []string{
		"next nachster nachste nachsten nachstes naechster naechste prochaine prochaines suivante suivantes siguiente siguientes proximo proxima proximos prossimo prossima prossimi successivo successiva volgende nxt",
		"step steps action actions schritt schritte aktion massnahme etape etapes paso pasos accion passo passi passos etapa acao passaggio azione stap stappen actie",
	}, "expected expect erwartet erwarteter erwartete erwarteten gewunscht gewunschter gewunschte attendu attendue attendues souhaite souhaitee souhaitees voulue demandee proposee esperado esperada deseado deseada solicitado solicitada desejado desejada solicitada atteso attesa attesi desiderato desiderata richiesto richiesta previsto prevista verwachte gewenste gevraagde desired requested required wanted needed proposed preferred our your we you us the from by on of de der die das for"},
	{POC, []string{
		"contact kontakt contacto contato contatto poc ansprechpartner ansprechpartnerin referente interlocuteur interlocutrice contactpersoon kontaktperson",
		"person name point punto ponto personne persona pessoa nom nombre nome naam principal",
	}, "of de di do da del des du der for our your main primary technical site onsite customer the this case full and responsible fur pour para per voor"},
	{POCContact, []string{
		"coordonnees kontaktdaten contactgegevens recapiti recapito datos dados phone telephone tel tele telefon telefonnummer mobile mobil cell telefono telefone telefoon telefoonnummer rufnummer handy handynummer ph fon phonenumber",
		"email mail emailaddress emailadresse mailadresse emailadres courriel correo mel",
		"poc spoc contact kontakt kontakts focal ansprechpartner ansprechpartners ansprechpartnerin kontaktperson interlocuteur linterlocuteur interlocutor interlocutora contacto contato contatto referente contactpersoon",
	}, "number numero nummer no nr or and oder und bzw ou et o y e of for des der du del dei do da di van the ponto punto point address adresse direccion electronico electronica indirizzo endereco adres point person pessoa persona personne details direct fur pour para per voor de la le l il"},
	{Comments, []string{
		"additional further other any more extra add addl addtl weitere weiterer zusatzliche zusatzlicher zusaetzliche sonstige erganzende autres autre supplementaires complementaires additionnels otros otras adicionales adicional outros outras adicionais altri altre ulteriori aggiuntivi aggiuntive aanvullende overige",
		"comments comment remarks remark observations kommentare kommentar bemerkungen bemerkung anmerkungen anmerkung commentaires commentaire remarques comentarios comentario observaciones observacoes commenti commento osservazioni opmerkingen opmerking",
	}, "or and und oder y e et ou o the your our from us notes note hinweise for"},
}

// wordKinds tells of each word what it may be in which composition: a bit for
// each kind, and the highest for a word between.
type wordKinds [5]uint8

const between = 1 << 7

var composers = func() map[string]wordKinds {
	table := map[string]wordKinds{}
	add := func(list string, i int, bit uint8) {
		for w := range strings.FieldsSeq(list) {
			kinds := table[w]
			kinds[i] |= bit
			table[w] = kinds
		}
	}
	for i, c := range compositions {
		for k, list := range c.kinds {
			add(list, i, 1<<k)
		}
		add(c.rest, i, between)
	}
	return table
}()

// composed recognises a label by the words it is made of.
func composed(p *phrase) (label, bool) {
	if len(p.ends) < 2 || len(p.ends) > 9 {
		return label{}, false
	}
	var kinds wordKinds
	for f := range kinds {
		kinds[f] = 0xff
	}
	var seen wordKinds
	for i := range p.ends {
		of, ok := composers[string(p.word(i))]
		if !ok {
			return label{}, false
		}
		for f := range kinds {
			if of[f] == 0 {
				kinds[f] = 0 // this word cannot stand in that field's label
			}
			seen[f] |= of[f] &^ between
		}
	}
	for f, c := range compositions {
		if kinds[f] != 0 && seen[f]&(seen[f]-1) != 0 {
			return label{field: c.field, rank: good}, true
		}
	}
	return label{}, false
}

// twoLabels says whether the words are two labels of different fields in a row:
// "Point of Contact Phone or Email".
func (set *labelSet) twoLabels(p *phrase) bool {
	for i := 2; i < len(p.ends); i++ {
		a, okA := set.exact[string(p.text[:p.ends[i-1]])]
		b, okB := set.exact[string(p.text[p.ends[i-1]:])]
		if okA && okB && a.rank == strong && a.field != b.field {
			return true
		}
	}
	return false
}

// halves recognises one label in two languages with nothing between them:
// "案件编号 Case Number".
func (set *labelSet) halves(p *phrase) (label, bool) {
	if len(p.ends) > 12 {
		return label{}, false
	}
	for i := 1; i < len(p.ends); i++ {
		a, ok := set.exact[string(p.text[:p.ends[i-1]])]
		if !ok {
			continue
		}
		if b, ok := set.exact[string(p.text[p.ends[i-1]:])]; ok && a.field == b.field && a.rank+b.rank >= 4 {
			return label{field: a.field, rank: max(a.rank, b.rank)}, true
		}
	}
	return label{}, false
}

// beside recognises a label of the template with a translation that the table
// does not hold: "預期下一步 Expected Next Step", "Personne-ressource / Point of
// Contact". Only a colon shows that what stands beside it is no value.
func (set *labelSet) beside(text string) (label, bool) {
	if a, b, ok := strings.Cut(text, "/"); ok && strings.Count(text, " ") < 9 && digits(text) == 0 {
		for _, half := range []string{a, b} {
			if l, ok := set.lookupExact(half); ok && l.rank == strong && strings.Contains(strings.TrimSpace(half), " ") {
				return l, true
			}
		}
	}
	if plainASCII(text) {
		return label{}, false
	}
	var p phrase
	p.fold(text)
	for i := 1; i < len(p.ends); i++ {
		before, after := p.text[:p.ends[i-1]], p.text[p.ends[i-1]:]
		if l, ok := set.exact[string(after)]; ok && l.rank == strong && l.key[0] < 0x2e80 && ideographs(before) {
			return *l, true
		}
		if l, ok := set.exact[string(before)]; ok && l.rank == strong && l.key[0] < 0x2e80 && ideographs(after) {
			return *l, true
		}
	}
	return label{}, false
}

// ideographs says whether a few characters of Chinese or Japanese are all of b.
func ideographs(b []byte) bool {
	n := 0
	for _, r := range string(b) {
		if n++; r < 0x2e80 || n > 14 {
			return false
		}
	}
	return true
}
