package mailparse

import (
	"bytes"
	"regexp"
	"strings"
)

// part is one node of the MIME tree (RFC 2046). Bodies are slices of the
// mail: nothing is copied or decoded that is not text.
type part struct {
	header      header
	mediaType   string
	params      map[string]string
	disposition string
	fileName    string
	body        []byte // still in its transfer encoding
	children    []*part
	preamble    []byte
}

var (
	wellKnown = regexp.MustCompile(`^(?:from|to|cc|bcc|subject|date|sender|reply-to|received|message-id|in-reply-to|references|return-path|mime-version|content-[a-z-]+|x-[a-z0-9-]+|auto-submitted|precedence|delivered-to|list-[a-z]+|dkim-signature|authentication-results|thread-[a-z]+|user-agent|importance|priority|arc-[a-z-]+)$`)
	dashLine  = regexp.MustCompile(`(?m)^--([^\s][^\r\n]{0,200}?)[ \t]*\r*$`)
)

// walker builds the tree within limits. It goes on past a limit only where
// that costs nothing, so that what was read is still returned.
type walker struct {
	lim     Limits
	parts   int
	err     error
	defects []string
}

func (w *walker) walk(b []byte, depth int, fallback string) *part {
	w.parts++
	h, body, cut := readHeader(b, w.lim)
	switch {
	case cut && depth == 0:
		w.err = ErrHeaderCut
	case cut:
		w.fail("too many or too long header fields of a part")
	}
	return w.entity(h, body, depth, fallback)
}

func (w *walker) entity(h header, body []byte, depth int, fallback string) *part {
	p := &part{header: h, body: body}
	p.mediaType, p.params = contentType(h)
	if p.mediaType == "" {
		p.mediaType = fallback
	}
	disposition, dparams := mediaType(h.get("content-disposition"))
	p.disposition, p.fileName = disposition, dparams["filename"]
	if p.fileName == "" {
		p.fileName = p.params["name"]
	}
	switch {
	case strings.HasPrefix(p.mediaType, "multipart/"):
		w.multipart(p, depth)
	case p.mediaType == "message/rfc822" || p.mediaType == "message/global":
		w.attachedMail(p, depth)
	case p.mediaType == "application/pkcs7-mime" || p.mediaType == "application/x-pkcs7-mime":
		w.signedMail(p, depth)
	case depth == 0 && p.mediaType == "application/octet-stream" && looksLikeText(p):
		p.mediaType, p.disposition = "text/plain", ""
	case depth == 0 && p.mediaType == "text/plain" && (!h.has("content-type") || beginsWithPart(body)):
		w.guessMultipart(p, depth)
	}
	return p
}

// contentType prefers, of several Content-Type fields, the first that can be
// understood.
func contentType(h header) (string, map[string]string) {
	for _, v := range h.all("content-type") {
		if t, params := mediaType(v); strings.Contains(t, "/") {
			return t, params
		}
	}
	return "", nil
}

func (w *walker) multipart(p *part, depth int) {
	if depth >= w.lim.Depth {
		w.fail("nested deeper than %d", w.lim.Depth)
		return
	}
	boundary := strings.TrimRight(p.params["boundary"], " \t")
	sections, preamble := splitBoundary(p.body, boundary, w.lim.Parts)
	if len(sections) == 0 && boundary != "" {
		// An encoded multipart is forbidden (RFC 2045 section 6.4) but is sent.
		if decoded := decodeTransfer(p.body, p.header.get("content-transfer-encoding"), len(p.body)); !bytes.Equal(decoded, p.body) {
			sections, preamble = splitBoundary(decoded, boundary, w.lim.Parts)
		}
	}
	if len(sections) == 0 {
		if guess := guessBoundary(p.body); guess != "" {
			w.defects = append(w.defects, "boundary guessed")
			sections, preamble = splitBoundary(p.body, guess, w.lim.Parts)
		}
	}
	if len(sections) == 0 {
		w.defects = append(w.defects, "multipart without parts read as text")
		p.mediaType = "text/plain"
		return
	}
	p.preamble = preamble
	fallback := "text/plain"
	if p.mediaType == "multipart/digest" {
		fallback = "message/rfc822"
	}
	for _, s := range sections {
		if w.parts >= w.lim.Parts {
			w.fail("more than %d parts", w.lim.Parts)
			return
		}
		p.children = append(p.children, w.walk(s, depth+1, fallback))
	}
}

func (w *walker) attachedMail(p *part, depth int) {
	if depth >= w.lim.Depth {
		w.fail("nested deeper than %d", w.lim.Depth)
		return
	}
	body := decodeTransfer(p.body, p.header.get("content-transfer-encoding"), len(p.body))
	p.children = append(p.children, w.walk(body, depth+1, "text/plain"))
}

// signedMail reads the text within an opaque signature.
func (w *walker) signedMail(p *part, depth int) {
	content := signedContent(decodeTransfer(p.body, p.header.get("content-transfer-encoding"), len(p.body)))
	if len(content) == 0 || depth >= w.lim.Depth {
		return
	}
	p.mediaType = "multipart/signed"
	p.children = append(p.children, w.walk(content, depth+1, "text/plain"))
}

// looksLikeText says whether a mail's only part is text under the name of any
// bytes at all.
func looksLikeText(p *part) bool {
	head := decodeTransfer(clip(p.body, 4096), p.header.get("content-transfer-encoding"), 2048)
	strange := 0
	for _, c := range head {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b || c == 0x7f {
			strange++
		}
	}
	return len(head) > 0 && strange == 0 && (p.fileName == "" || strings.HasSuffix(strings.ToLower(p.fileName), ".txt"))
}

// guessMultipart reads a mail whose Content-Type was lost on the way.
func (w *walker) guessMultipart(p *part, depth int) {
	boundary := guessBoundary(clip(p.body, 64<<10))
	if boundary == "" {
		return
	}
	sections, _ := splitBoundary(p.body, boundary, w.lim.Parts)
	if len(sections) == 0 || !hasPartHeader(sections[0]) {
		return
	}
	w.defects = append(w.defects, "boundary guessed")
	p.mediaType = "multipart/mixed"
	for _, s := range sections {
		if w.parts >= w.lim.Parts {
			w.fail("more than %d parts", w.lim.Parts)
			return
		}
		p.children = append(p.children, w.walk(s, depth+1, "text/plain"))
	}
}

func (w *walker) fail(format string, args ...any) {
	if w.err == nil {
		w.err = tooComplex(format, args...)
	}
}

// beginsWithPart says whether a body that is labelled text is a multipart as
// it stands: a delimiter and a part's header come first, or right below the
// line that old programs cannot show the mail.
func beginsWithPart(body []byte) bool {
	for pos, texts := 0, 0; pos < len(body) && texts < 3; {
		line, next := cutLine(body, pos)
		switch {
		case bytes.HasPrefix(line, []byte("--")) && len(line) > 2 && len(line) < 80 && next < len(body):
			return hasPartHeader(body[next:])
		case len(bytes.TrimSpace(line)) > 0:
			texts++
		}
		pos = next
	}
	return false
}

func hasPartHeader(b []byte) bool {
	line, _ := cutLine(b, 0)
	return len(line) > 8 && strings.EqualFold(string(line[:8]), "content-")
}

// splitBoundary cuts a multipart body at its delimiter lines. A delimiter
// must be the whole line, so that a boundary that begins like another one is
// not taken for it. At most limit+1 sections are returned.
func splitBoundary(body []byte, boundary string, limit int) (sections [][]byte, preamble []byte) {
	if boundary == "" {
		return nil, nil
	}
	delim := append([]byte("--"), boundary...)
	start, pos, closings := -1, 0, 0
	for pos < len(body) && closings < 20 {
		i := bytes.Index(body[pos:], delim)
		if i < 0 {
			break
		}
		at := pos + i
		pos = at + len(delim)
		if at > 0 && body[at-1] != '\n' && body[at-1] != '\r' {
			continue
		}
		closing, next := delimiterEnd(body, pos)
		if next < 0 {
			continue
		}
		if start >= 0 {
			sections = append(sections, trimEnd(body[start:at]))
		} else {
			preamble = body[:at]
		}
		start, pos = next, next
		if closing {
			closings++
		}
		if closing || len(sections) > limit {
			// Parts after a closing line (a broken gateway's) are still read.
			if !bytes.Contains(body[next:], delim) {
				return sections, preamble
			}
			start = -1
			if i := bytes.Index(body[next:], append([]byte("\n"), delim...)); i < 0 || len(sections) > limit {
				return sections, preamble
			}
		}
	}
	if start >= 0 && start < len(body) {
		sections = append(sections, body[start:])
	}
	return sections, preamble
}

// delimiterEnd reads what follows a boundary at pos: nothing more than two dashes
// and blanks. next is where the next line begins, -1 where other text follows.
// It looks no further, since a body may be one line.
func delimiterEnd(body []byte, pos int) (closing bool, next int) {
	if bytes.HasPrefix(body[pos:], []byte("--")) {
		closing = true
		pos += 2
	}
	for pos < len(body) && (body[pos] == ' ' || body[pos] == '\t' || body[pos] == '\r') {
		pos++
	}
	switch {
	case pos == len(body):
		return closing, pos
	case body[pos] == '\n':
		return closing, pos + 1
	}
	return false, -1
}

func trimEnd(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
		return bytes.TrimRight(b, "\r")
	}
	return b
}

// guessBoundary finds the first line of dashes that is followed by a part's
// header.
func guessBoundary(body []byte) string {
	for _, m := range dashLine.FindAllSubmatchIndex(clip(body, 256<<10), 50) {
		name := string(body[m[2]:m[3]])
		_, next := cutLine(body, m[0])
		if next < len(body) && hasPartHeader(body[next:]) {
			return strings.TrimSuffix(name, "--")
		}
	}
	return ""
}
