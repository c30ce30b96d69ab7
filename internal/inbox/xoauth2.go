package inbox

import "fmt"

// xoauth2 is the SASL mechanism XOAUTH2 of Gmail and Microsoft 365
// (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol).
type xoauth2 struct{ username, token string }

// Start implements sasl.Client.
func (x xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next implements sasl.Client. The only challenge is the server's reason for
// its refusal; it ends the exchange, since the empty answer that the protocol
// wants cannot be sent by go-imap. The connection is dropped after it.
func (xoauth2) Next(challenge []byte) ([]byte, error) {
	return nil, &xoauth2Error{reason: challenge}
}

type xoauth2Error struct{ reason []byte }

func (e *xoauth2Error) Error() string { return fmt.Sprintf("XOAUTH2 refused: %.200q", e.reason) }
