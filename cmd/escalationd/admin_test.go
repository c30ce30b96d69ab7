package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"escalationd/escalation"
	"escalationd/internal/harness"
)

// play runs the program and answers what it printed.
func play(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != want {
		t.Fatalf("%q ended with %d, want %d:\n%s%s", args, code, want, &out, &errs)
	}
	return out.String() + errs.String()
}

func TestOperatorsCommandsSpeakPlainlyAndInJSON(t *testing.T) {
	odd := regexp.MustCompile(`(?m)"[A-Z]\w*": |^(  "\w+": )?null`) // keys in capitals; nothing where there should be an empty list
	h := harness.New(t, "notify_owner: false")
	h.ExpectDisposition(h.Send("ana@acme.example", "Escalate", harness.Form("01234567")), escalation.Accepted)
	spoof := "From: ana@acme.example\r\nMessage-ID: <spoof@x.example>\r\n\r\n" + harness.Form("01234567")
	h.SendRaw("mallory@elsewhere.example", []byte(spoof))
	h.ExpectDisposition("spoof@x.example", escalation.Quarantined)
	h.Discard()
	with := func(args ...string) []string { return append(args, "--config", h.ConfigFile()) }
	speaksJSON := func() {
		for _, args := range [][]string{{"verify"}, {"why", "01234567"}, {"escalations", "list"}, {"outbox", "list"}, {"quarantine", "list"}} {
			got := play(t, exitDone, with(append(args, "--json")...)...)
			if !json.Valid([]byte(got)) || odd.MatchString(got) {
				t.Errorf("%q --json prints %s", args, got)
			}
		}
	}
	speaksJSON()
	held := play(t, exitDone, with("quarantine", "list")...)
	ref, _, _ := strings.Cut(held, " ")
	for _, step := range []struct {
		code int
		want string
		args []string
	}{
		{exitDone, "adds up: 2 mails seen", []string{"verify"}},
		{exitDone, "was accepted: escalated to level 1", []string{"why", "01234567"}},
		{exitDone, "sender is not proven", []string{"why", "<spoof@x.example>"}},
		{exitFailed, "nothing is known", []string{"why", "nothing@x.example"}},
		{exitDone, "01234567 OPEN", []string{"escalations", "list"}},
		{exitDone, "Case 01234567: open", []string{"escalations", "show", "01234567"}},
		{exitFailed, "not escalated", []string{"escalations", "ack", "01234568"}},
		{exitDone, "taken", []string{"escalations", "ack", "01234567", "--for", "uk-lead@example.com"}},
		{exitFailed, "still under way", []string{"forget", "ana@acme.example"}},
		{exitDone, "resolved", []string{"escalations", "resolve", "01234567", "--text", "Done.", "--by", "op"}},
		{exitDone, "op did this by hand", []string{"why", "01234567"}},
		{exitDone, "To do:", []string{"quarantine", "show", ref}},
		{exitFailed, "--as-proven", []string{"quarantine", "retry", ref}},
		{exitDone, "put away", []string{"quarantine", "reject", ref}},
		{exitDone, "nothing is held", []string{"quarantine", "list"}},
		{exitDone, "removed from 1 escalation", []string{"forget", "ana@acme.example", "--force"}},
		{exitFailed, "there is no letter", []string{"outbox", "discard", "nonsense"}},
		{exitUsage, "letter", []string{"outbox", "retry"}},
	} {
		if got := play(t, step.code, with(step.args...)...); !strings.Contains(strings.Join(strings.Fields(got), " "), step.want) {
			t.Errorf("%q prints, without %q:\n%s", step.args, step.want, got)
		}
	}
	h.Discard()
	speaksJSON()
	play(t, exitUsage, "verify", "--config", "no-such-file.yaml")
	h.Shut()
	h.Redis.HIncrBy("escalationd:{desk}:counts", "seen", 1)
	if got := play(t, exitFailed, with("verify")...); !strings.Contains(got, "DOES NOT ADD UP  counts") {
		t.Errorf("verify of damaged books prints:\n%s", got)
	}
	h.Redis.HIncrBy("escalationd:{desk}:counts", "seen", -1)
}
