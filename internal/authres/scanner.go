package authres

import (
	"errors"
	"fmt"
	"strings"
)

// result is one resinfo of RFC 8601 section 2.2. Names and results are in lower case.
type result struct {
	method  string
	version string // of the method, 1 where none is given
	value   string
	props   map[string]string // "ptype.property" to its value, where the property matters and is not empty
}

// scanner reads an Authentication-Results value from left to right. Text in quotes and comments is passed over as a whole,
// so that nothing in it is ever taken for a result.
type scanner struct {
	text string
	pos  int
}

// authservID reads the first word of the field; it is empty where there is none. A word that runs on with other characters
// than those of a token (mx.example.com@example.org) is returned with them, so it is nobody's identifier by mistake.
func (s *scanner) authservID() string {
	if s.cfws() != nil {
		return ""
	}
	id, err := s.value()
	if err != nil {
		return ""
	}
	return id
}

// results reads what follows the authserv-id. It is stricter than needed where a reading is in doubt and more lenient than
// the RFC where servers are known to be: trailing semicolons, empty values, and pairs without a ptype (action=none).
func (s *scanner) results() ([]result, error) {
	if err := s.authresVersion(); err != nil {
		return nil, err
	}
	var results []result
	none := false
	for !s.end() {
		if !s.accept(';') {
			return nil, s.unexpected()
		}
		if err := s.cfws(); err != nil {
			return nil, err
		}
		if s.end() || s.peek() == ';' {
			continue
		}
		r, err := s.resinfo()
		if err != nil {
			return nil, err
		}
		if r.method == "none" && r.value == "" {
			none = true
			continue
		}
		results = append(results, r)
	}
	if none && len(results) > 0 {
		return nil, errors.New("it says none and yet has results")
	}
	return results, nil
}

// authresVersion reads the version of the format, which is 1 where it is given.
func (s *scanner) authresVersion() error {
	if err := s.cfws(); err != nil {
		return err
	}
	if v := s.keyword(); v != "" && v != "1" {
		return errors.New("its version is not 1")
	}
	return s.cfws()
}

// resinfo reads method[/version]=result and the properties after it, or the single word none.
func (s *scanner) resinfo() (result, error) {
	r := result{method: s.keyword(), version: "1"}
	if err := s.cfws(); err != nil {
		return r, err
	}
	if r.method == "none" && (s.end() || s.peek() == ';') {
		return r, nil
	}
	if s.accept('/') {
		if err := s.cfws(); err != nil {
			return r, err
		}
		r.version = s.keyword()
		if err := s.cfws(); err != nil {
			return r, err
		}
	}
	if r.method == "" || r.version == "" || !s.accept('=') {
		return r, s.unexpected()
	}
	if err := s.cfws(); err != nil {
		return r, err
	}
	if r.value = s.keyword(); r.value == "" {
		return r, s.unexpected()
	}
	for {
		before := s.pos
		if err := s.cfws(); err != nil {
			return r, err
		}
		if s.end() || s.peek() == ';' {
			return r, nil
		}
		if s.pos == before {
			return r, s.unexpected()
		}
		if err := s.property(&r); err != nil {
			return r, err
		}
	}
}

// property reads ptype.property=value into r where it matters. Other properties, and pairs without ptype, are passed over.
func (s *scanner) property(r *result) error {
	name := s.keyword()
	if err := s.cfws(); err != nil {
		return err
	}
	if name == "" {
		return s.unexpected()
	}
	if s.accept('.') {
		if err := s.cfws(); err != nil {
			return err
		}
		property := s.keyword()
		if property == "" {
			return s.unexpected()
		}
		name += "." + property
		if err := s.cfws(); err != nil {
			return err
		}
	}
	if !s.accept('=') {
		return s.unexpected()
	}
	if err := s.cfws(); err != nil {
		return err
	}
	value, err := s.value()
	if err != nil {
		return err
	}
	switch name {
	case "header.from", "header.d", "header.i", "header.s", "header.b", "smtp.mailfrom":
		if r.props[name] != "" {
			return fmt.Errorf("%s stands twice in one result", name)
		}
		if r.props == nil {
			r.props = map[string]string{}
		}
		if value != "" {
			r.props[name] = value
		}
	case "dmarc", "dkim", "spf":
		return fmt.Errorf("the semicolon before %s is missing", name)
	}
	return nil
}

// value reads a value: a quoted string, a quoted local part with its domain, or a run of other characters. Of a quoted
// local part only "@" and the domain are returned, since what is in it is the sender's choice. The run is wider than a
// token, because servers do not quote what they should (header.b=ab/c=), and may be empty.
func (s *scanner) value() (string, error) {
	if s.end() || s.peek() != '"' {
		return s.run()
	}
	text, err := s.quoted()
	if err != nil {
		return "", err
	}
	if !s.end() && s.peek() == '@' {
		return s.run()
	}
	if !s.atGap() {
		return "", s.unexpected()
	}
	return text, nil
}

// run reads up to a blank, a comment or a semicolon.
func (s *scanner) run() (string, error) {
	start := s.pos
	for !s.atGap() {
		if c := s.peek(); c < ' ' || c == 0x7f || c == '"' || c == ')' || c == '\\' {
			return "", s.unexpected()
		}
		s.pos++
	}
	return s.text[start:s.pos], nil
}

// quoted reads a quoted string and returns its content.
func (s *scanner) quoted() (string, error) {
	var b strings.Builder
	for s.pos++; !s.end(); s.pos++ {
		c := s.peek()
		if c == '"' {
			s.pos++
			return b.String(), nil
		}
		if c == '\\' {
			if s.pos++; s.end() {
				break
			}
			c = s.peek()
		}
		b.WriteByte(c)
	}
	return "", errors.New("a quote is not closed")
}

// cfws passes over blanks and comments, which may hold others.
func (s *scanner) cfws() error {
	depth := 0
	for ; !s.end(); s.pos++ {
		switch c := s.peek(); {
		case c == '(':
			depth++
		case depth > 0 && c == ')':
			depth--
		case depth > 0 && c == '\\':
			s.pos++
		case depth == 0 && !strings.ContainsRune(" \t\r\n", rune(c)):
			return nil
		}
	}
	if depth > 0 {
		return errors.New("a comment is not closed")
	}
	return nil
}

// keyword reads letters, digits, "-" and "_", and returns them in lower case.
func (s *scanner) keyword() string {
	start := s.pos
	for !s.end() && isKeyword(s.peek()) {
		s.pos++
	}
	return strings.ToLower(s.text[start:s.pos])
}

func isKeyword(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func (s *scanner) end() bool { return s.pos >= len(s.text) }

func (s *scanner) peek() byte { return s.text[s.pos] }

// accept reads c if it is next.
func (s *scanner) accept(c byte) bool {
	if s.end() || s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// atGap reports whether a word ends here.
func (s *scanner) atGap() bool { return s.end() || strings.IndexByte(" \t\r\n;(", s.peek()) >= 0 }

func (s *scanner) unexpected() error {
	if s.end() {
		return errors.New("it ends too early")
	}
	return fmt.Errorf("unexpected character at offset %d", s.pos)
}
