package templates_test

import (
	"net/mail"
	"strings"
	"testing"

	"escalationd/escalation"
	"escalationd/templates"
)

func TestARefusalForBeingEarlyPromisesNothing(t *testing.T) {
	set, _, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range templates.Samples() {
		if n.Kind != escalation.KindParked {
			continue
		}
		n.Letter.Status = ""
		words, err := set.Render(n, mail.Address{Name: "Enterprise Support", Address: "desk@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{words.Text, words.HTML} {
			if strings.Contains(part, "by itself") || strings.Contains(part, "WITHDRAW") || !strings.Contains(part, "once more") {
				t.Errorf("the letter promises what will not happen:\n%s", part)
			}
		}
	}
}
