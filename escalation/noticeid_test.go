package escalation

import (
	"slices"
	"strings"
	"testing"

	"escalationd/mailparse"
)

func idOf(c string) string { return strings.Repeat(c, 26) }

func TestNoticeIsFoundWhereverItsIDTravels(t *testing.T) {
	a, b := idOf("a"), idOf("b")
	for _, tc := range []struct {
		name string
		m    mailparse.Message
		want []string
	}{
		{"nothing", mailparse.Message{Subject: "ACK", Text: "[ref:short]"}, nil},
		{"a reply", mailparse.Message{InReplyTo: []string{"esc." + a + "@example.com"}}, []string{a}},
		{"a long thread, the newest first", mailparse.Message{References: []string{
			"esc." + a + "@example.com", "x@y", "esc." + b + "@example.com"}}, []string{b, a}},
		{"a bounce to the return path", mailparse.Message{Recipients: []string{
			"other@example.com", NoticeReturnPath("desk@example.com", a)}}, []string{a}},
		{"a bounce that quotes the mail", mailparse.Message{Delivery: &mailparse.Delivery{
			MessageID: NoticeMessageID(b, "example.com")}}, []string{b}},
		{"a one-tap answer", mailparse.Message{Subject: "ACK 01234567 " + NoticeRef(a)}, []string{a}},
		{"upper-cased on the way", mailparse.Message{Subject: "RE: ACK [REF:" + strings.ToUpper(a) + "]"}, []string{a}},
		{"only quoted in the text", mailparse.Message{Text: "ACK\n> foot " + NoticeRef(b)}, []string{b}},
		{"named twice", mailparse.Message{Subject: NoticeRef(a), InReplyTo: []string{"esc." + a + "@e.com"}}, []string{a}},
		{"somebody else's id", mailparse.Message{InReplyTo: []string{"desc." + a + "@example.com", "esc." + a + "b@e"}}, nil},
		{"the surest first", mailparse.Message{Recipients: []string{"d+esc-" + b + "@e.com"},
			InReplyTo: []string{"esc." + a + "@e.com"}}, []string{b, a}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := NoticeIDs(tc.m); !slices.Equal(got, tc.want) {
				t.Errorf("NoticeIDs = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestHostileMailNamesAtMostSixteenNotices(t *testing.T) {
	var text strings.Builder
	for i := range 32 * 32 {
		id := idOf("a")[:24] + string("abcdefghijklmnopqrstuvwxyz234567"[i%32]) + string("abcdefghijklmnopqrstuvwxyz234567"[i/32])
		text.WriteString(NoticeRef(id))
	}
	if got := len(NoticeIDs(mailparse.Message{Text: text.String()})); got != 16 {
		t.Errorf("%d notices named, want 16", got)
	}
}

func TestReturnPathKeepsWithinALocalPart(t *testing.T) {
	if got, want := NoticeReturnPath("desk@example.com", idOf("a")), "desk+esc-"+idOf("a")+"@example.com"; got != want {
		t.Errorf("return path %q, want %q", got, want)
	}
	long := strings.Repeat("x", 40) + "@example.com"
	if got := NoticeReturnPath(long, idOf("a")); got != long {
		t.Errorf("return path of a long address is %q, want it unchanged", got)
	}
}
