package mailparse

// Summary is what `escalationd parse --json` prints of a mail: a contract that
// scripts rely on. Lists are never null.
type Summary struct {
	Automatic *Automatic `json:"automatic"`
	Forms     []Form     `json:"forms"`
	Problems  []Problem  `json:"problems"`
	Command   *Verb      `json:"command"`
}

// Summary gives the part of a message that is printed as JSON.
func (m Message) Summary() Summary {
	s := Summary{Forms: make([]Form, 0, len(m.Forms)), Problems: append([]Problem{}, m.Problems...)}
	if m.Automatic != "" {
		s.Automatic = &m.Automatic
	}
	if m.Command != nil {
		s.Command = &m.Command.Verb
	}
	for _, f := range m.Forms {
		f.Contacts = append([]Contact{}, f.Contacts...)
		s.Forms = append(s.Forms, f)
	}
	return s
}
