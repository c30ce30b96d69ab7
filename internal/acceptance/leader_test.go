package acceptance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A leader's ACK ends the ladder and tells the customer, once, however often
// it comes; the same words from anybody else change nothing.
func TestOnlyTheLeaderCanTakeAnEscalation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	samples := w.good(4)
	d := w.desk()
	w.deliver(samples...)
	d.start()
	d.settles()

	var toLeaders []letter
	for _, l := range w.letters() {
		if strings.Contains(l.to, "-lead@") {
			toLeaders = append(toLeaders, l)
		}
	}
	answer := func(l letter, from, serial string) sample {
		_, domain, _ := strings.Cut(from, "@")
		return sample{serial: serial, folder: "Processed", letters: map[string]int{}, raw: fmt.Appendf(nil,
			"Authentication-Results: mx.example.com; dmarc=pass header.from=%s\r\nFrom: %s\r\nTo: escalations@example.com\r\nSubject: Re: %s\r\n"+
				"Message-ID: <%s@leaders.example>\r\nIn-Reply-To: %s\r\nReferences: %s\r\nX-Serial: %s\r\n\r\nACK\r\n", domain, from, l.subject, serial, l.id, l.id, serial)}
	}
	forged := answer(toLeaders[0], "mallory@elsewhere.example", "forged")
	forged.quarantined()
	ack := answer(toLeaders[1], toLeaders[1].to, "ack")
	ack.disposition = "command"
	number := caseNumber.FindString(toLeaders[1].subject)
	taken := slices.IndexFunc(samples, func(s sample) bool { return s.letters[toLeaders[1].key()] > 0 })
	customer := slices.DeleteFunc(slices.Collect(maps.Keys(samples[taken].letters)), func(to string) bool { return strings.Contains(to, " ") })[0]
	ack.letters[toLeaders[1].to+" "+number]++ // the confirmation
	ack.letters[customer]++                   // somebody has it
	again := ack
	again.disposition, again.letters = "duplicate", nil

	w.deliver(forged, ack)
	w.inboxIs(0)
	w.deliver(again)
	d.settles()
}
