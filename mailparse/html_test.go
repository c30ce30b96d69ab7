package mailparse

import (
	"strings"
	"testing"
)

func TestFormIsFoundInAnyHTML(t *testing.T) {
	rows := [][2]string{{"Case Number", "01234567"}, {"Expected Next Step", "Call us"}, {"Point of Contact", "Ana Lopez"},
		{"Phone Number or Email for POC", "+44 20 7946 0018"}, {"Additional Comments", "Plant is down"}}
	each := func(before, between, after string) string {
		var sb strings.Builder
		for _, r := range rows {
			sb.WriteString(before + r[0] + between + r[1] + after)
		}
		return sb.String()
	}
	var th, td, labels, values string
	for _, r := range rows {
		th += "<th>" + r[0] + "</th>"
		td += "<td>" + r[1] + "</td>"
		labels += r[0] + "<br>"
		values += r[1] + "<br>"
	}
	old := strings.NewReplacer("01234567", "99999999", "Call us", "Old step", "Plant is down", "Old").Replace(each("<div>", ": ", "</div>"))
	cases := []formCase{
		{"divs", each("<div>", ": ", "</div>"), usual},
		{"paragraphs", each("<p>", ": ", "</p>"), usual},
		{"br", each("", ": ", "<br>"), usual},
		{"unclosed p", each("<p>", ": ", "\n"), usual},
		{"bold", each("<p><b>", ":</b> ", "</p>"), usual},
		{"bold no colon", each("<p><b>", "</b> ", "</p>"), usual},
		{"bold no blank", each("<p><strong>", "</strong>", "</p>")[:0] + each("<p><strong>", ":</strong>", "</p>"), usual},
		{"value in next block", each("<div><b>", "</b></div><div>", "</div>"), usual},
		{"value after br", each("<b>", ":</b><br>", "<br><br>"), usual},
		{"list", "<ul>" + each("<li>", ": ", "</li>") + "</ul>", usual},
		{"nested list", "<ul>" + each("<li>", "<ul><li>", "</li></ul></li>") + "</ul>", usual},
		{"definition list", "<dl>" + each("<dt>", "</dt><dd>", "</dd>") + "</dl>", usual},
		{"table", "<table>" + each("<tr><td>", "</td><td>", "</td></tr>") + "</table><p>Ana Lopez<br>Tel: +1 555 0100</p>", usual},
		{"table with p", "<table>" + each("<tr><td><p class=MsoNormal><b>", "<o:p></o:p></b></p></td><td><p class=MsoNormal>", "<o:p></o:p></p></td></tr>") + "</table>", usual},
		{"unclosed cells", "<table>" + each("<tr><td>", "<td>", "") + "</table>", usual},
		{"colon column", "<table>" + each("<tr><td>", "</td><td>:</td><td>", "</td></tr>") + "</table>", usual},
		{"header row", "<table><tr>" + th + "</tr><tr>" + td + "</tr></table><p>Regards</p>", usual},
		{"all in one row", "<table><tr><td>" + labels + "</td><td>" + values + "</td></tr></table>", usual},
		{"empty third column", "<table>" + each("<tr><td>", "</td><td>", "</td><td></td></tr>") + "</table>", usual},
		{"hint in cell", "<table>" + each("<tr><td>", "<br><small>see portal</small></td><td>", "</td></tr>") + "</table>", usual},
		{"nested layout", "<table><tr><td><table><tr><td><img src=x></td></tr></table><table>" + each("<tr><td>", "</td><td>", "</td></tr>") + "</table></td></tr><tr><td>Footer of the firm</td></tr></table>", usual},
		{"pairs", "<table><tr><td>Case Number</td><td>01234567</td><td>Expected Next Step</td><td>Call us</td></tr><tr><td>Point of Contact</td><td>Ana Lopez</td><td>Phone Number or Email for POC</td><td>+44 20 7946 0018</td></tr><tr><td>Additional Comments</td><td colspan=3>Plant is down</td></tr></table>", usual},
		{"css blocks", "<style>.r{display:block}</style>" + each("<span class=r>", ": ", "</span>"), usual},
		{"inline style blocks", each(`<span style="display:block">`, ": ", "</span>"), usual},
		{"pre", "<pre>" + each("", ": ", "\n") + "</pre>", usual},
		{"pre-wrap", `<div style="white-space: pre-wrap">` + each("", ": ", "\n") + "</div>", usual},
		{"raw newlines", each("", ": ", "\n"), usual},
		{"raw newlines in body", "<html><body>\n" + each("", ": ", "\n") + "</body></html>", usual},
		{"raw newlines in a font", "<html><body><font face=Arial>\n" + each("", ": ", "\n") + "</font></body></html>", usual},
		{"spans in words", strings.ReplaceAll(each("<p>", ": ", "</p>"), "se", "<span>s</span><span>e</span>"), usual},
		{"misnested", each("<div><b><i>", ":</b> ", "</i></div>"), usual},
		{"hidden preheader", `<div style="display:none;max-height:0">Case Number: 99999999 Expected Next Step: x</div>` + each("<div>", ": ", "</div>"), usual},
		{"hidden by class", "<style>.ph{display:none!important}</style><div class=ph>Case Number: 99999999<br>Point of Contact: x</div>" + each("<div>", ": ", "</div>"), usual},
		{"comment decoy", "<!-- Case Number: 99999999 -->" + each("<div>", ": ", "</div>"), usual},
		{"conditional list", each(`<p class=MsoListParagraph><![if !supportLists]><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span><![endif]>`, ": ", "<o:p></o:p></p>"), usual},
		{"wingdings", each(`<p><span style='font-family:Wingdings'>§<span>&nbsp; </span></span>`, ": ", "</p>"), usual},
		{"gmail quote", each("<div>", ": ", "</div>") + `<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 2, 2026 at 9:00 AM Desk &lt;<a href="mailto:d@example.com">d@example.com</a>&gt; wrote:<br></div><blockquote class="gmail_quote">` + old + `</blockquote></div>`, usual},
		{"outlook quote", each("<p class=MsoNormal>", ": ", "</p>") + `<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>From:</b> Desk &lt;d@example.com&gt;<br><b>Sent:</b> Monday, November 2, 2026 9:00 AM<br><b>To:</b> Ana Lopez<br><b>Subject:</b> Template</p></div>` + old, usual},
		{"yahoo quote", `<div class="yahoo-style-wrap">` + each("", ": ", "<br>") + `</div><div class="yahoo_quoted"><div>On Monday, November 2, 2026 at 09:00:00 AM GMT, Desk &lt;d@example.com&gt; wrote:</div><div>` + old + "</div></div>", usual},
		{"apple quote", each("<div>", ": ", "</div>") + `<div><br><blockquote type="cite"><div>On 2 Nov 2026, at 09:00, Desk &lt;d@example.com&gt; wrote:</div>` + old + `</blockquote></div>`, usual},
		{"thunderbird", `<div class="moz-cite-prefix">On 02/11/2026 09:00, Desk wrote:<br></div><blockquote type="cite" cite="mid:x">` + strings.ReplaceAll(old, "99999999", "") + "</blockquote><br>" + each("", ": ", "<br>"), usual},
		{"filled in quote", `<p>See in red.</p><div class="gmail_quote"><div>On Mon, Nov 2, 2026, Desk &lt;d@example.com&gt; wrote:</div><blockquote>` + each("<div>", `: <font color="red">`, "</font></div>") + "</blockquote></div>", usual},
		{"owa divs", each(`<div class="elementToProof" style="font-size:12pt">`, ": ", "</div>") + `<div id="Signature"><div>Ana Lopez</div><div>Phone: +1 555 0100</div></div>`, usual},
		{"links", strings.ReplaceAll(each("<div>", ": ", "</div>"), "+44 20 7946 0018", `<a href="tel:+442079460018">+44 20 7946 0018</a>`), usual},
		{"nbsp", each("<div>", ":&nbsp;&nbsp;", "&nbsp;</div>"), usual},
		{"zero width", strings.ReplaceAll(each("<div>", ": ", "</div>"), "Nu", "N&#8203;u&shy;"), usual},
		{"indenting blockquote", `<blockquote style="margin:0 0 0 40px;border:none">` + each("<div>", ": ", "</div>") + "</blockquote><div>Regards</div>", usual},
		{"indented values", each("<div>", ":</div><blockquote style='margin-left:40px'><div>", "</div></blockquote>"), usual},
		{"headings", each("<h3>", "</h3><p>", "</p>"), usual},
		{"fieldset", each("<fieldset><legend>", "</legend>", "</fieldset>"), usual},
		{"doc with noise", "<html><head><title>Case Number: 1</title><script>var x='Case Number: 2';</script></head><body>" + each("<div>", ": ", "</div>") + "</body></html>", usual},
	}
	checkForms(t, cases, htmlMail)
}

func TestOnlyTheChosenOptionIsShown(t *testing.T) {
	for _, c := range [][2]string{
		{"<p>Expected Next Step: <select><option>choose<option selected>Call us</select>", "Call us"},
		{"<p>Expected Next Step: <select><option>choose</option><option selected='selected'>Call us</option><option>Visit</option></select></p>", "Call us"},
		{"<p>Expected Next Step: <select><option>Call us<option>Visit</select>", "Call us"},
		{"<p>Expected Next Step: <select><optgroup label=Soon><option>Visit<option selected>Call us</optgroup><optgroup label=Later><option>Write</optgroup></select>", "Call us"},
		{"<p>Expected Next Step: <select multiple><option>Visit<option selected>Call us<option selected>then write</select>", "Call us then write"},
		{"<table><tr><td>Expected Next Step:<td><select><option>choose<option selected>Call us</select></table>", "Call us"},
		{"<p>Expected Next Step: Call us <select style='display:none'><option>choose<option selected>Visit</select>", "Call us"},
		{"<p>Expected Next Step: <select><option>Call <b>us</b></option></select> today", "Call us today"},
		{"<p>Expected Next Step: <select></select>Call us", "Call us"},
		{"<p>Expected Next Step: <select><option>-- Please select --<option>Visit</select>", ""},
		{"<p>Expected Next Step: <select><option value=''>What shall we do?<option>Visit</select>", ""},
		{"<p>Expected Next Step: <select><option value=a>Select a new pump<option>Visit</select>", "Select a new pump"},
		{"<p>Expected Next Step: <select><option>choose<option selected>Call us", "Call us"},
		{"<p>Expected Next Step: <datalist><option>Visit</datalist>Call us", "Call us"},
	} {
		page := "<p>Case Number: 01234567</p>" + c[0] + "<p>Point of Contact: Ana Lopez</p><p>Phone Number or Email for POC: +44 20 7946 0018</p>"
		if got := onlyForm(t, htmlMail(page)); got.NextStep != c[1] || got.CaseNumber != "01234567" || got.POC != "Ana Lopez" {
			t.Errorf("%s: %+v", c[0], got)
		}
	}
}
