package mailparse

import "strings"

// courtesyStems weigh the words of the sentences that close a letter and tell
// nothing: "We remain at your disposal for any clarification."
var courtesyStems = newStems(map[int]string{
	2: `appreciat disposal needful earliest convenience cooperat co assistance anticipat obliged gratitude grateful
danken danke dank dankend bemuhung verbleib unterstutzung entgegenkommen zusammenarbeit ruckmeldung mitarbeit
remerci merci collaboration disposition comprehension obligeance attente reception bienveillance
agradec gracias quedo quedamos disposicion colaboracion atencion despedimos
agradeco obrigad disposicao colaboracao aguard cumpriment permanec
ringrazi resto restiamo rimango rimaniamo disposizione cortese collaborazione riscontro porgo porgiamo
bedank medewerking hartelijk alvast begrip
tack tackar tak takk samarbete samarbeid samarbejde hjalp dziekuj pomoc wspolprac dekuj spolupraci koszon egyuttmukod`,
	1: `kindly kind soonest prompt early support help attention response reply revert feedback understanding remain clarification question queries hesitate contact further advance again consideration looking forward hearing best services times
ihre hilfe antwort bald voraus rasche schnelle fragen gerne verfugung
avance votre aide reponse prompte rapide question restons reste
pendiente comentarios respuesta pronta antemano ayuda orden
retorno resposta breve ajuda inteiramente qualquer duvida esclarecimento
attesa vostro vostra suo sua anticipo aiuto completa ulteriori chiariment
uw hulp reactie spoedige voorbaat vragen pa forhand pa forhand din`,
})

// isCourtesy says whether a sentence closes a letter and tells nothing: it is
// short, holds no figure, and a third of its words are such as those above.
func isCourtesy(s string) bool {
	if len(s) > 200 || strings.ContainsAny(s, "0123456789@:") {
		return false
	}
	words := splitWords(s, 20)
	total, n, heavy := 0, 0, 0
	for _, w := range words {
		if _, weight := courtesyStems.find(w.text); weight > 0 {
			total += weight
			n++
			if weight > 1 {
				heavy++
			}
		}
	}
	return len(words) < 20 && total >= 4 && heavy > 0 && n*3 >= len(words)
}
