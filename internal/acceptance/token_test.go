package acceptance

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"escalationd/internal/oauthtest"
	"escalationd/internal/realserver"
)

func TestTokensThatEndAndRotateAreRenewedUnnoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := oauthtest.Start(t, realserver.User)
	tokens.Rotate() // and each old refresh token ends
	tokens.Life(0)  // and nobody knows when an access token ends
	w.serveMail(tokens.Dovecot(t, "xoauth2"))
	samples := w.good(9)
	d := w.desk(edit{"    password_file: " + filepath.Join(w.dir, "imap-password"), fmt.Sprintf(
		"    oauth2: {token_url: %q, client_id: %q, client_secret_file: %q, refresh_token_file: %q} #", tokens.URL+"/token",
		oauthtest.ClientID, w.write("client-secret", oauthtest.ClientSecret), w.write("refresh-token", oauthtest.RefreshToken))})
	d.does("check")
	d.start()
	w.deliver(samples[:3]...)
	w.inboxIs(0)

	tokens.Revoke()
	w.imap.Kill()
	w.imap.Restart()
	w.deliver(samples[3:6]...)
	w.inboxIs(0)
	counts := d.counts()
	if _, told := counts[`oauth_token_age_seconds{login="inbox:escalations"}`]; !told {
		t.Errorf("no metric tells the age of the token: %v", counts)
	}

	d.stop()
	d.start()
	w.deliver(samples[6:]...)
	d.settles()
	for _, word := range []string{"refuses the access token", oauthtest.ClientSecret, oauthtest.RefreshToken} {
		if strings.Contains(d.said(), word) {
			t.Errorf("the log says %q", word)
		}
	}
	if !long() {
		return
	}
	tokens.Refuse("invalid_grant")
	tokens.Revoke()
	w.imap.Kill()
	w.imap.Restart()
	w.eventually("ops are told that the mailbox refuses us", func() bool {
		return slices.ContainsFunc(w.letters(), func(l letter) bool { return l.to == ops && strings.Contains(l.raw, "invalid_grant") })
	})
}
