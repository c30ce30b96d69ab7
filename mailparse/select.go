package mailparse

import (
	"regexp"
	"strings"
)

// choice is an open select element, of which a page shows what was chosen.
type choice struct {
	options []option
}

type option struct {
	text     []byte
	selected bool
	empty    bool // stands for no value
}

func (c *choice) option(attrs tagAttrs) {
	c.options = append(c.options, option{selected: attrs.selected, empty: attrs.blank})
}

func (c *choice) text(b []byte) {
	if n := len(c.options); n > 0 {
		c.options[n-1].text = append(c.options[n-1].text, b...)
	}
}

// shown is the text of the selected options, else that of the first, unless it
// only asks for a choice.
func (c *choice) shown() string {
	var found []string
	for _, o := range c.options {
		if o.selected {
			found = append(found, string(o.text))
		}
	}
	if len(found) == 0 && len(c.options) > 0 && !c.options[0].empty && !unchosen.Match(c.options[0].text) {
		return string(c.options[0].text)
	}
	return strings.Join(found, " ")
}

// unchosen is the first option of a form that nobody touched.
var unchosen = regexp.MustCompile(`(?i)^[\s\-–—.*(<\[]*(?:(?:please|bitte|veuillez) )?(?:choose|select|pick|auswählen|wählen|choisir|sélectionner|seleccione|seleccionar|elija|selecione|escolha|scegliere|selezionare|kies|選択)(?: (?:one|an? \pL+|from \pL+|here|una? \pL+|un \pL+|een \pL+))?[\s\-–—.…:*)>\]]*$`)

// choose closes a select element and lays out what it shows.
func (lay *layout) choose() {
	if lay.choice == nil {
		return
	}
	text := lay.choice.shown()
	lay.choice = nil
	lay.space = true
	lay.text([]byte(text))
	lay.space = true
}
