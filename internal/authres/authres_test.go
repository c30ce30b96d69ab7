package authres_test

import (
	"testing"

	"escalationd/internal/authres"
)

func TestSmoke(t *testing.T) {
	for _, f := range []string{
		"mx.example.net; dmarc=pass (p=none) header.from=example.com",
		`mx.example.net; spf=pass smtp.mailfrom="a; dmarc=pass header.from=example.com; x="@evil.org`,
		"mx.example.net 1; dkim=pass header.d=mail.example.com header.b=ab/c=; spf=fail smtp.mailfrom=evil.org",
	} {
		t.Log(authres.Prove([]string{f}, "MX.example.net", "user@example.com"))
	}
}
