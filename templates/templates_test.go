package templates

import "testing"

func TestX(t *testing.T) {
	s, w, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(w)
	for _, n := range Samples() {
		words, err := s.Render(n, sampleDesk())
		if err != nil {
			t.Error(err)
			continue
		}
		t.Logf("==== %s\nSubject: %s\n\n%s", n.Kind, words.Subject, words.Text)
	}
}
