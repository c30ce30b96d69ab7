package harness

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// A Quoting is how a mail program answers: words above the letter it quotes.
type Quoting struct {
	Name  string
	Reply func(words string, l Letter) (contentType, body string)
}

// Quotings are the usual ways.
func Quotings() []Quoting {
	const wrote = "On Mon, Nov 23, 2026 at 9:05 AM Enterprise Support <desk@example.com> wrote:"
	return []Quoting{
		{"without a quote", func(words string, _ Letter) (string, string) { return "text/plain", words + "\n" }},
		{"Gmail, plain", func(words string, l Letter) (string, string) {
			return "text/plain", words + "\n\n" + wrote + "\n" + prefixed(l.part("text/plain"), "> ")
		}},
		{"marks alone", func(words string, l Letter) (string, string) {
			return "text/plain", words + "\n\n" + prefixed(l.part("text/plain"), "> ")
		}},
		{"Outlook, plain", func(words string, l Letter) (string, string) {
			return "text/plain", words + "\n\n-----Original Message-----\nFrom: Enterprise Support <desk@example.com>\n" +
				"Sent: Monday, November 23, 2026 9:05 AM\nTo: " + l.To + "\nSubject: " + l.Subject + "\n\n" + l.part("text/plain")
		}},
		{"Gmail, HTML", func(words string, l Letter) (string, string) {
			return "text/html", `<div dir="ltr">` + words + `</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">` +
				strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(wrote) +
				`<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">` +
				l.part("text/html") + `</blockquote></div>`
		}},
		{"Outlook, HTML", func(words string, l Letter) (string, string) {
			return "text/html", `<html><body><div class="WordSection1"><p class="MsoNormal">` + words + `<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p>` +
				`<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal"><b>From:</b> Enterprise Support &lt;desk@example.com&gt;<br>` +
				`<b>Sent:</b> Monday, November 23, 2026 9:05 AM<br><b>To:</b> ` + l.To + `<br><b>Subject:</b> ` + l.Subject + `<o:p></o:p></p></div>` +
				l.part("text/html") + `</div></body></html>`
		}},
	}
}

// ReplyQuoting answers a letter the way a mail program does.
func (h *Harness) ReplyQuoting(q Quoting, to Letter, words string) string {
	h.Helper()
	contentType, body := q.Reply(words, to)
	return h.send(to.To, "Re: "+to.Subject, body, contentType,
		"In-Reply-To: <"+to.Message.MessageID+">", "References: <"+to.Message.MessageID+">")
}

func prefixed(text, mark string) string {
	return mark + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+mark) + "\n"
}

// part is the letter's text of one media type.
func (l Letter) part(mediaType string) string {
	m, err := mail.ReadMessage(bytes.NewReader(l.Raw))
	if err != nil {
		return ""
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			return ""
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), mediaType) {
			text, err := io.ReadAll(quotedprintable.NewReader(p))
			if err != nil {
				return ""
			}
			return strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
}
