package authres_test

import (
	"strings"
	"testing"

	"escalationd/internal/authres"
)

const (
	ourID  = "mx.example.net"
	sender = "user@example.com"
	// An honest field of ours that proves nothing, and one that proves the sender.
	oursNone = ourID + "; dmarc=none header.from=example.com; dkim=none; spf=none smtp.mailfrom=example.com"
	oursPass = ourID + "; dmarc=pass header.from=example.com"
)

// proofs is the matrix: what proves user@example.com (want is the method) and what does not (want is empty).
var proofs = []struct {
	name   string
	want   string
	fields []string
}{
	// What honest servers write.
	{"DMARC passes", "dmarc", f(`mx.example.net; dmarc=pass header.from=example.com`)},
	{"DMARC passes with comment and policy", "dmarc", f(`mx.example.net; dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=example.com`)},
	{"DKIM passes by header.d", "dkim", f(`mx.example.net; dkim=pass header.d=example.com`)},
	{"DKIM passes by header.i", "dkim", f(`mx.example.net; dkim=pass header.i=@example.com`)},
	{"DKIM passes by header.i with local part", "dkim", f(`mx.example.net; dkim=pass header.i=user@example.com`)},
	{"DKIM passes by both", "dkim", f(`mx.example.net; dkim=pass header.d=example.com header.i=@mail.example.com`)},
	{"DKIM of a subdomain is aligned", "dkim", f(`mx.example.net; dkim=pass header.d=mail.example.com`)},
	{"SPF passes for an address", "spf", f(`mx.example.net; spf=pass smtp.mailfrom=bounce@example.com`)},
	{"SPF passes for a domain", "spf", f(`mx.example.net; spf=pass smtp.mailfrom=example.com`)},
	{"SPF passes for @domain", "spf", f(`mx.example.net; spf=pass smtp.mailfrom=@example.com`)},
	{"SPF of a subdomain is aligned", "spf", f(`mx.example.net; spf=pass smtp.mailfrom=b@bounces.example.com`)},
	{"SPF with mailfrom and helo", "spf", f(`mx.example.net; spf=pass smtp.mailfrom=example.com smtp.helo=mail.example.org`)},
	{"all three pass", "dmarc", f(`mx.example.net; spf=pass smtp.mailfrom=example.com; dkim=pass header.d=example.com; dmarc=pass header.from=example.com`)},
	{"large provider's layout", "dmarc", f("mx.example.net;\r\n       dkim=pass header.i=@example.com header.s=s1 header.b=\"ab/C+d==\";\r\n       spf=pass (example.net: domain of b@example.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=b@example.com;\r\n       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com")},
	{"milter layout", "dkim", f("mx.example.net;\r\n\tdkim=pass (2048-bit key; unprotected) header.d=example.com header.i=@example.com header.a=rsa-sha256 header.s=s1 header.b=Ab/+1;\r\n\tdkim-atps=neutral")},
	{"pairs without ptype", "dmarc", f(`mx.example.net; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.com; dkim=pass (signature was verified) header.d=example.com;dmarc=pass action=none header.from=example.com;compauth=pass reason=100`)},
	{"unquoted address of IPv6", "dmarc", f(`mx.example.net; iprev=pass smtp.remote-ip=2001:db8::1; dmarc=pass header.from=example.com`)},
	{"bracketed address of IPv6", "dmarc", f(`mx.example.net; iprev=pass policy.iprev=[2001:db8::1]; dmarc=pass header.from=example.com`)},
	{"VERP sender with equals sign", "spf", f(`mx.example.net; spf=pass smtp.mailfrom=bounces+a=example.org@example.com`)},
	{"empty values of others", "dmarc", f(`mx.example.net; spf=none smtp.mailfrom=; dkim=none header.b=; dmarc=pass header.from=example.com`)},
	{"null sender in brackets", "dmarc", f(`mx.example.net; spf=none smtp.mailfrom=<>; dmarc=pass header.from=example.com`)},
	{"trailing semicolon", "dmarc", f(`mx.example.net; dmarc=pass header.from=example.com;`)},
	{"doubled semicolons", "dmarc", f(`mx.example.net;; dmarc=pass header.from=example.com; ;`)},
	{"unknown methods beside", "dmarc", f(`mx.example.net; x-vs=clean score=0 state=0; bimi=skipped; dmarc=pass header.from=example.com`)},
	{"reason given", "dkim", f(`mx.example.net; dkim=pass reason="good signature" header.d=example.com`)},
	{"reason unquoted", "dkim", f(`mx.example.net; dkim=pass reason=good header.d=example.com`)},
	{"header.from as an address", "dmarc", f(`mx.example.net; dmarc=pass header.from=user@example.com`)},
	{"other properties repeated", "dmarc", f(`mx.example.net; dmarc=pass policy.x=1 policy.x=2 header.from=example.com`)},

	// Letter case and spacing.
	{"upper case throughout", "dmarc", f(`MX.EXAMPLE.NET; DMARC=PASS HEADER.FROM=EXAMPLE.COM`)},
	{"mixed case", "spf", f(`Mx.Example.Net; Spf=Pass Smtp.MailFrom=Bounce@Example.Com`)},
	{"no blanks", "dmarc", f(`mx.example.net;dmarc=pass header.from=example.com`)},
	{"blanks around everything", "dmarc", f(` mx.example.net ; dmarc = pass header . from = example.com `)},
	{"tabs", "dmarc", f("\tmx.example.net\t;\tdmarc=pass\theader.from=example.com\t")},
	{"folded", "dmarc", f("mx.example.net;\r\n dmarc=pass\r\n header.from=example.com\r\n")},
	{"folded inside a property", "dmarc", f("mx.example.net; dmarc=pass header.\r\n from=\r\n example.com")},
	{"folded with LF alone", "dmarc", f("mx.example.net;\n\tdmarc=pass\n\theader.from=example.com")},
	{"blank within the domain", "", f(`mx.example.net; dmarc=pass header.from=example .com`)},
	{"no blank before the property", "", f(`mx.example.net; dmarc=passheader.from=example.com`)},

	// Versions.
	{"version 1", "dmarc", f(`mx.example.net 1; dmarc=pass header.from=example.com`)},
	{"version 1 after a comment", "dmarc", f(`mx.example.net (us) 1 (one); dmarc=pass header.from=example.com`)},
	{"version 2", "", f(`mx.example.net 2; dmarc=pass header.from=example.com`)},
	{"version 10", "", f(`mx.example.net 10; dmarc=pass header.from=example.com`)},
	{"version 2 above ours", "", f(`mx.example.net 2; dmarc=pass header.from=example.com`, oursPass)},
	{"version is a word", "", f(`mx.example.net one; dmarc=pass header.from=example.com`)},
	{"version twice", "", f(`mx.example.net 1 1; dmarc=pass header.from=example.com`)},
	{"method version 1", "dmarc", f(`mx.example.net; dmarc/1=pass header.from=example.com`)},
	{"method version 1 spaced", "dmarc", f(`mx.example.net; dmarc / 1 = pass header.from=example.com`)},
	{"method version 2", "", f(`mx.example.net; dmarc/2=pass header.from=example.com`)},
	{"method version missing", "", f(`mx.example.net; dmarc/=pass header.from=example.com`)},
	{"method version 2 fails", "", f(`mx.example.net; dmarc/2=fail header.from=example.com; dkim=pass header.d=example.com`)},

	// Whose field.
	{"no field at all", "", nil},
	{"empty field", "", f(``)},
	{"blank field", "", f(`   `)},
	{"only another server", "", f(`mx.example.org; dmarc=pass header.from=example.com`)},
	{"identifier as a suffix", "", f(`amx.example.net; dmarc=pass header.from=example.com`)},
	{"identifier as a subdomain's parent", "", f(`a.mx.example.net; dmarc=pass header.from=example.com`)},
	{"identifier as a prefix", "", f(`mx.example.net.evil.example; dmarc=pass header.from=example.com`)},
	{"identifier is our parent", "", f(`example.net; dmarc=pass header.from=example.com`)},
	{"identifier with trailing dot", "", f(`mx.example.net.; dmarc=pass header.from=example.com`)},
	{"identifier with hyphen", "", f(`mx.example.net-evil; dmarc=pass header.from=example.com`)},
	{"identifier with at sign", "", f(`mx.example.net@evil.example; dmarc=pass header.from=example.com`)},
	{"identifier as a local part, quoted", "", f(`"mx.example.net"@evil.example; dmarc=pass header.from=example.com`)},
	{"identifier with slash", "", f(`mx.example.net/1; dmarc=pass header.from=example.com`)},
	{"identifier with equals sign", "", f(`mx.example.net=x; dmarc=pass header.from=example.com`)},
	{"identifier with comma", "", f(`mx.example.net,x; dmarc=pass header.from=example.com`)},
	{"identifier with a Cyrillic letter", "", f("mx.\u0435xample.net; dmarc=pass header.from=example.com")},
	{"identifier with full-width letter", "", f("\uff4dx.example.net; dmarc=pass header.from=example.com")},
	{"identifier with zero-width space", "", f("mx.example.net\u200b; dmarc=pass header.from=example.com")},
	{"identifier with NUL", "", f("mx.example.net\x00; dmarc=pass header.from=example.com")},
	{"identifier only in a comment", "", f(`(mx.example.net) evil.example; dmarc=pass header.from=example.com`)},
	{"identifier only in a quoted word", "", f(`"mx.example.net; "; dmarc=pass header.from=example.com`)},
	{"identifier as second word", "", f(`evil.example mx.example.net; dmarc=pass header.from=example.com`)},
	{"identifier as a result", "", f(`evil.example; mx.example.net; dmarc=pass header.from=example.com`)},
	{"identifier missing, results first", "", f(`spf=pass smtp.mailfrom=example.com; dkim=pass header.d=example.com; dmarc=pass header.from=example.com`)},
	{"identifier missing, semicolon first", "", f(`; dmarc=pass header.from=example.com`)},
	{"sealed field of ARC", "", f(`i=1; mx.example.net; dmarc=pass header.from=example.com`)},
	{"identifier quoted is the same word", "dmarc", f(`"mx.example.net"; dmarc=pass header.from=example.com`)},
	{"identifier after a comment", "dmarc", f(`(by) mx.example.net; dmarc=pass header.from=example.com`)},
	{"identifier before a comment without blank", "dmarc", f(`mx.example.net(by); dmarc=pass header.from=example.com`)},

	// Order of the fields.
	{"another server above does not matter", "dmarc", f(`mx.example.org; dmarc=fail header.from=example.com`, oursPass)},
	{"another server's pass above does not help", "", f(`mx.example.org; dmarc=pass header.from=example.com`, oursNone)},
	{"another server below does not matter", "dmarc", f(oursPass, `mx.example.org; dmarc=fail header.from=example.com`)},
	{"forged one of ours below is ignored", "", f(oursNone, oursPass)},
	{"forged one of ours far below is ignored", "", f(oursNone, `mx.example.org; none`, oursPass)},
	{"failed one of ours below is ignored", "dmarc", f(oursPass, `mx.example.net; dmarc=fail header.from=example.com`)},
	{"ours in other case above counts", "", f(`MX.example.net; dmarc=none`, oursPass)},
	{"ours unreadable above counts", "", f(`mx.example.net; dmarc=pass (`, oursPass)},
	{"ours empty above counts", "", f(`mx.example.net`, oursPass)},
	{"another's unreadable field above does not matter", "dmarc", f(`mx.example.org; "`, oursPass)},
	{"unreadable identifier above does not matter", "dmarc", f(`(never closed mx.example.net; dmarc=fail`, oursPass)},
	{"unclosed quote as identifier above does not matter", "dmarc", f(`"mx.example.net; dmarc=fail`, oursPass)},
	{"results without identifier above do not matter", "dmarc", f(`dmarc=fail header.from=example.com`, oursPass)},
	{"split over two of our fields", "", f(`mx.example.net; spf=none smtp.mailfrom=example.com`, oursPass)},

	// Results that are no pass.
	{"no result", "", f(`mx.example.net; none`)},
	{"no result, no semicolon", "", f(`mx.example.net`)},
	{"none and yet a result", "", f(`mx.example.net; none; dmarc=pass header.from=example.com`)},
	{"DMARC none", "", f(`mx.example.net; dmarc=none header.from=example.com`)},
	{"DMARC temperror", "", f(`mx.example.net; dmarc=temperror header.from=example.com`)},
	{"DMARC permerror", "", f(`mx.example.net; dmarc=permerror header.from=example.com`)},
	{"DMARC guessed", "", f(`mx.example.net; dmarc=bestguesspass header.from=example.com`)},
	{"DMARC passes with a suffix", "", f(`mx.example.net; dmarc=passed header.from=example.com`)},
	{"DMARC result empty", "", f(`mx.example.net; dmarc= header.from=example.com`)},
	{"DMARC result quoted", "", f(`mx.example.net; dmarc="pass" header.from=example.com`)},
	{"DKIM none", "", f(`mx.example.net; dkim=none header.d=example.com`)},
	{"DKIM neutral", "", f(`mx.example.net; dkim=neutral header.d=example.com`)},
	{"DKIM policy", "", f(`mx.example.net; dkim=policy header.d=example.com`)},
	{"DKIM temperror", "", f(`mx.example.net; dkim=temperror header.d=example.com`)},
	{"DKIM permerror", "", f(`mx.example.net; dkim=permerror header.d=example.com`)},
	{"DKIM fail", "", f(`mx.example.net; dkim=fail header.d=example.com`)},
	{"SPF none", "", f(`mx.example.net; spf=none smtp.mailfrom=example.com`)},
	{"SPF neutral", "", f(`mx.example.net; spf=neutral smtp.mailfrom=example.com`)},
	{"SPF softfail", "", f(`mx.example.net; spf=softfail smtp.mailfrom=example.com`)},
	{"SPF fail", "", f(`mx.example.net; spf=fail smtp.mailfrom=example.com`)},
	{"SPF temperror", "", f(`mx.example.net; spf=temperror smtp.mailfrom=example.com`)},
	{"SPF permerror", "", f(`mx.example.net; spf=permerror smtp.mailfrom=example.com`)},
	{"ARC passes", "", f(`mx.example.net; arc=pass header.oldest-pass=0 header.d=example.com`)},
	{"ARC quotes a DMARC pass", "", f(`mx.example.net; arc=pass (i=1 dmarc=pass fromdomain=example.com); dmarc=none header.from=example.com`)},
	{"authenticated submission", "", f(`mx.example.net; auth=pass smtp.auth=user@example.com`)},
	{"reverse name", "", f(`mx.example.net; iprev=pass policy.iprev=192.0.2.1`)},
	{"Sender ID", "", f(`mx.example.net; sender-id=pass header.from=example.com`)},
	{"old DomainKeys", "", f(`mx.example.net; domainkeys=pass header.from=example.com`)},
	{"method with a prefix", "", f(`mx.example.net; x-dmarc=pass header.from=example.com`)},
	{"method with a suffix", "", f(`mx.example.net; dmarc-x=pass header.from=example.com`)},

	// DMARC and the From's domain.
	{"DMARC for nobody", "", f(`mx.example.net; dmarc=pass`)},
	{"DMARC for nobody, DKIM aligned", "dkim", f(`mx.example.net; dmarc=pass; dkim=pass header.d=example.com`)},
	{"DMARC with empty header.from", "", f(`mx.example.net; dmarc=pass header.from=`)},
	{"DMARC for another domain", "", f(`mx.example.net; dmarc=pass header.from=example.org`)},
	{"DMARC for another domain though DKIM is aligned", "", f(`mx.example.net; dmarc=pass header.from=example.org; dkim=pass header.d=example.com`)},
	{"DMARC none for another domain though DKIM is aligned", "", f(`mx.example.net; dmarc=none header.from=example.org; dkim=pass header.d=example.com`)},
	{"DMARC for a subdomain", "", f(`mx.example.net; dmarc=pass header.from=mail.example.com`)},
	{"DMARC for a subdomain, DKIM aligned", "dkim", f(`mx.example.net; dmarc=pass header.from=mail.example.com; dkim=pass header.d=example.com`)},
	{"DMARC for a longer name", "", f(`mx.example.net; dmarc=pass header.from=example.com.evil.example`)},
	{"DMARC for a name that ends alike", "", f(`mx.example.net; dmarc=pass header.from=badexample.com`)},
	{"DMARC by smtp.from", "", f(`mx.example.net; dmarc=pass smtp.from=example.com`)},
	{"DMARC by header.sender", "", f(`mx.example.net; dmarc=pass header.sender=example.com`)},
	{"DMARC with header.from twice", "", f(`mx.example.net; dmarc=pass header.from=example.org header.from=example.com`)},
	{"DMARC fails", "", f(`mx.example.net; dmarc=fail header.from=example.com`)},
	{"DMARC fail overrules DKIM", "", f(`mx.example.net; dkim=pass header.d=example.com; dmarc=fail header.from=example.com`)},
	{"DMARC fail overrules SPF", "", f(`mx.example.net; spf=pass smtp.mailfrom=example.com; dmarc=fail header.from=example.com`)},
	{"DMARC fail without header.from overrules", "", f(`mx.example.net; dkim=pass header.d=example.com; dmarc=fail`)},
	{"DMARC fail in capitals overrules", "", f(`mx.example.net; dkim=pass header.d=example.com; DMARC=FAIL`)},
	{"DMARC none, DKIM aligned", "dkim", f(`mx.example.net; dmarc=none header.from=example.com; dkim=pass header.d=example.com`)},
	{"DMARC temperror, SPF aligned", "spf", f(`mx.example.net; dmarc=temperror header.from=example.com; spf=pass smtp.mailfrom=example.com`)},

	// Contradictions.
	{"DMARC passes and fails", "", f(`mx.example.net; dmarc=pass header.from=example.com; dmarc=fail header.from=example.com`)},
	{"DMARC fails and passes", "", f(`mx.example.net; dmarc=fail header.from=example.com; dmarc=pass header.from=example.com`)},
	{"DMARC passes and is none", "", f(`mx.example.net; dmarc=pass header.from=example.com; dmarc=none header.from=example.com`)},
	{"DMARC is none and passes, DKIM aligned", "", f(`mx.example.net; dmarc=none; dmarc=pass header.from=example.com; dkim=pass header.d=example.com`)},
	{"DMARC passes for two", "", f(`mx.example.net; dmarc=pass header.from=example.com; dmarc=pass header.from=example.org`)},
	{"DMARC passes twice alike", "dmarc", f(`mx.example.net; dmarc=pass header.from=example.com; dmarc=pass header.from=example.com`)},
	{"SPF passes and fails", "", f(`mx.example.net; spf=pass smtp.mailfrom=example.com; spf=fail smtp.mailfrom=example.com`)},
	{"SPF passes for two senders", "", f(`mx.example.net; spf=pass smtp.mailfrom=example.com; spf=pass smtp.mailfrom=example.org`)},
	{"SPF fails for HELO alone", "spf", f(`mx.example.net; spf=pass smtp.mailfrom=example.com; spf=fail smtp.helo=mail.example.org`)},
	{"one signature passes and fails", "", f(`mx.example.net; dkim=pass header.d=example.com header.s=a; dkim=fail header.d=example.com header.s=a`)},
	{"one signature fails and passes, unnamed", "", f(`mx.example.net; dkim=fail header.d=example.com; dkim=pass header.d=example.com`)},

	// Several signatures.
	{"second signature is aligned", "dkim", f(`mx.example.net; dkim=pass header.d=example.org; dkim=pass header.d=example.com`)},
	{"another's signature fails", "dkim", f(`mx.example.net; dkim=fail header.d=example.org; dkim=pass header.d=example.com`)},
	{"ours fails, another's passes", "", f(`mx.example.net; dkim=fail header.d=example.com; dkim=pass header.d=example.org`)},
	{"one of two selectors fails", "dkim", f(`mx.example.net; dkim=fail header.d=example.com header.s=old; dkim=pass header.d=example.com header.s=new`)},
	{"one of two hashes fails", "dkim", f(`mx.example.net; dkim=pass header.i=@example.com header.b=AAAA; dkim=fail header.i=@example.com header.b=BBBB`)},
	{"second algorithm is not known", "dkim", f(`mx.example.net; dkim=pass header.d=example.com; dkim=neutral header.d=example.com header.a=ed25519-sha256`)},
	{"identity outside of the signing domain", "", f(`mx.example.net; dkim=pass header.d=example.org header.i=@example.com`)},
	{"identity of a parent of the signing domain", "", f(`mx.example.net; dkim=pass header.d=mail.example.com header.i=@example.com`)},
	{"identity with quoted local part", "dkim", f(`mx.example.net; dkim=pass header.i="a b"@example.com`)},
	{"signer not named", "", f(`mx.example.net; dkim=pass (example.com)`)},
	{"signer by selector alone", "", f(`mx.example.net; dkim=pass header.s=example.com`)},
	{"signer in another property's type", "", f(`mx.example.net; dkim=pass smtp.d=example.com policy.i=@example.com`)},

	// SPF identities.
	{"SPF passes for HELO", "", f(`mx.example.net; spf=pass smtp.helo=example.com`)},
	{"SPF passes, no identity", "", f(`mx.example.net; spf=pass`)},
	{"SPF passes for another sender, HELO ours", "", f(`mx.example.net; spf=pass smtp.mailfrom=example.org smtp.helo=example.com`)},
	{"SPF by another name", "", f(`mx.example.net; spf=pass smtp.mail=example.com`)},
	{"SPF with recipient ours", "", f(`mx.example.net; spf=pass smtp.rcptto=user@example.com smtp.mailfrom=example.org`)},
	{"SPF quoted address", "spf", f(`mx.example.net; spf=pass smtp.mailfrom="bounces+a=b@example.com"`)},
	{"SPF quoted domain", "spf", f(`mx.example.net; spf=pass smtp.mailfrom="example.com"`)},
	{"SPF mailfrom is in angle brackets", "", f(`mx.example.net; spf=pass smtp.mailfrom=<a@example.com>`)},
	{"SPF source route", "", f(`mx.example.net; spf=pass smtp.mailfrom=@evil.example:a@example.com`)},
	{"SPF with two at signs", "", f(`mx.example.net; spf=pass smtp.mailfrom=a@example.com@evil.example`)},
	{"SPF with two at signs, ours last", "", f(`mx.example.net; spf=pass smtp.mailfrom=a@evil.example@example.com`)},

	// Alignment.
	{"unrelated domain", "", f(`mx.example.net; dkim=pass header.d=example.org`)},
	{"same name elsewhere", "", f(`mx.example.net; dkim=pass header.d=example.com.test`)},
	{"public suffix signs", "", f(`mx.example.net; dkim=pass header.d=com`)},
	{"hyphen for dot", "", f(`mx.example.net; dkim=pass header.d=mail-example.com`)},
	{"trailing dot", "", f(`mx.example.net; dkim=pass header.d=example.com.`)},
	{"doubled dot", "", f(`mx.example.net; dkim=pass header.d=mail..example.com`)},
	{"letters that look alike", "", f("mx.example.net; dkim=pass header.d=ex\u0430mple.com")},
	{"Kelvin sign", "", f("mx.example.net; dkim=pass header.d=\u212aexample.com")},

	// Text of the sender's in comments.
	{"pass in a comment", "", f(`mx.example.net; dmarc=none (dmarc=pass header.from=example.com)`)},
	{"pass with semicolons in a comment", "", f(`mx.example.net; spf=none (; dmarc=pass header.from=example.com ;)`)},
	{"pass in a nested comment", "", f(`mx.example.net; spf=none (a (b; dmarc=pass header.from=example.com; c) d; dmarc=pass header.from=example.com)`)},
	{"pass after an escaped parenthesis", "", f(`mx.example.net; spf=none (a \); dmarc=pass header.from=example.com)`)},
	{"pass after a quote in a comment", "", f(`mx.example.net; spf=none ("; dmarc=pass header.from=example.com)`)},
	{"fail after a quote in a comment", "", f(`mx.example.net; dkim=pass (") header.d=example.com; dmarc=fail ("); spf=none`)},
	{"comment for a value", "", f(`mx.example.net; dmarc=pass header.from=(example.com)`)},
	{"comment before a value", "dmarc", f(`mx.example.net; dmarc=pass header.from=(the domain)example.com`)},
	{"comment after a value", "dmarc", f(`mx.example.net; dmarc=pass header.from=example.com(the domain)`)},
	{"comment splits a value", "", f(`mx.example.net; dmarc=pass header.from=exam(x)ple.com`)},
	{"comment splits a result", "", f(`mx.example.net; dmarc=pa(x)ss header.from=example.com`)},
	{"comment splits a method", "", f(`mx.example.net; dm(x)arc=pass header.from=example.com`)},
	{"comment for a blank", "dmarc", f(`mx.example.net; dmarc=pass(x)header.from=example.com`)},
	{"comments everywhere", "dmarc", f(`(a)mx.example.net(b)1(c);(d)dmarc(e)=(f)pass(g)header(h).(i)from(j)=(k)example.com(l)`)},
	{"comment hides the rest", "", f(`mx.example.net; dkim=pass header.d=example.com (; dmarc=fail`)},
	{"comment closed too often", "", f(`mx.example.net; dmarc=pass header.from=example.com )`)},
	{"comment ends in a backslash", "", f(`mx.example.net; dmarc=pass header.from=example.com (x\`)},
	{"comment holds an honest fail", "dmarc", f(`mx.example.net; dmarc=pass (dmarc=fail) header.from=example.com`)},

	// Text of the sender's in quotes.
	{"pass in a quoted local part", "", f(`mx.example.net; spf=pass smtp.mailfrom="a; dmarc=pass header.from=example.com; x="@evil.example`)},
	{"our address in a quoted local part", "", f(`mx.example.net; spf=pass smtp.mailfrom="a@example.com"@evil.example`)},
	{"our address in a quoted local part, quoted again", "", f(`mx.example.net; spf=pass smtp.mailfrom="\"a@example.com\"@evil.example"`)},
	{"our address in a quoted local part, blank after", "", f(`mx.example.net; spf=pass smtp.mailfrom="a@example.com" @evil.example`)},
	{"our address in a quoted local part, comment after", "", f(`mx.example.net; spf=pass smtp.mailfrom="a@example.com"(x)@evil.example`)},
	{"our address in a quoted local part, text after", "", f(`mx.example.net; spf=pass smtp.mailfrom="a@example.com"x@evil.example`)},
	{"our address among other text in quotes", "", f(`mx.example.net; spf=pass smtp.mailfrom="evil.example a@example.com"`)},
	{"our address after a comma in quotes", "", f(`mx.example.net; spf=pass smtp.mailfrom="x,a@example.com"`)},
	{"pass in a quoted reason", "", f(`mx.example.net; dkim=fail reason="; dmarc=pass header.from=example.com" header.d=example.com`)},
	{"pass after an escaped quote", "", f(`mx.example.net; dkim=fail reason="a\"; dmarc=pass header.from=example.com; b=\"" header.d=example.com`)},
	{"pass after an escaped backslash", "dmarc", f(`mx.example.net; dkim=fail reason="a\\"; dmarc=pass header.from=example.com`)},
	{"comment opened in quotes", "dmarc", f(`mx.example.net; dkim=fail reason="(" header.d=example.org; dmarc=pass header.from=example.com`)},
	{"comment opened in quotes hides no fail", "", f(`mx.example.net; dkim=pass reason="(" header.d=example.com; dmarc=fail reason=")"`)},
	{"property in quotes", "", f(`mx.example.net; dmarc=pass "header.from=example.com"`)},
	{"property name in quotes", "", f(`mx.example.net; dmarc=pass "header.from"=example.com`)},
	{"method in quotes", "", f(`mx.example.net; "dmarc"=pass header.from=example.com`)},
	{"value in quotes", "dmarc", f(`mx.example.net; dmarc=pass header.from="example.com"`)},
	{"value half in quotes", "", f(`mx.example.net; dmarc=pass header.from=example".com"`)},
	{"quote not closed", "", f(`mx.example.net; dmarc=pass header.from="example.com`)},
	{"quote ends in a backslash", "", f(`mx.example.net; dmarc=pass header.from="example.com\`)},
	{"quote not closed later", "", f(`mx.example.net; dmarc=pass header.from=example.com; dkim=fail reason="x`)},

	// Fields that cannot be read.
	{"semicolon missing after the identifier", "", f(`mx.example.net dmarc=pass header.from=example.com`)},
	{"semicolon missing before DMARC fail", "", f(`mx.example.net; dkim=pass header.d=example.com dmarc=fail`)},
	{"semicolon missing before SPF", "", f(`mx.example.net; dkim=pass header.d=example.com spf=pass smtp.mailfrom=example.com`)},
	{"result missing", "", f(`mx.example.net; dmarc`)},
	{"method missing", "", f(`mx.example.net; =pass header.from=example.com`)},
	{"equals sign doubled", "", f(`mx.example.net; dmarc==pass header.from=example.com`)},
	{"colon for equals sign", "", f(`mx.example.net; dmarc:pass header.from=example.com`)},
	{"colon for dot", "", f(`mx.example.net; dmarc=pass header:from=example.com`)},
	{"comma for semicolon", "", f(`mx.example.net; spf=none, dmarc=pass header.from=example.com`)},
	{"word without value", "", f(`mx.example.net; dmarc=pass really header.from=example.com`)},
	{"property without value", "", f(`mx.example.net; dmarc=pass header.from example.com`)},
	{"property without name", "", f(`mx.example.net; dmarc=pass header.=example.com`)},
	{"property with two dots", "", f(`mx.example.net; dmarc=pass header.from.x=example.com`)},
	{"value swallowed by the next property", "", f(`mx.example.net; spf=pass smtp.mailfrom= smtp.helo=example.com`)},
	{"NUL in a value", "", f("mx.example.net; dmarc=pass header.from=example.com\x00")},
	{"NUL between results", "", f("mx.example.net; dmarc=pass\x00header.from=example.com")},
	{"zero-width space in a method", "", f("mx.example.net; dm\u200barc=fail; dkim=pass header.d=example.com")},
	{"no-break space for a blank", "", f("mx.example.net; dmarc=pass\u00a0header.from=example.com")},
	{"whole field folded in its own name", "", f(`Authentication-Results: mx.example.net; dmarc=pass header.from=example.com`)},
}

func f(fields ...string) []string { return fields }

func TestOnlyTheReceivingServersWordProvesASender(t *testing.T) {
	if len(proofs) < 150 {
		t.Fatalf("the matrix has %d cases, want at least 150", len(proofs))
	}
	names := map[string]bool{}
	for _, c := range proofs {
		if names[c.name] {
			t.Errorf("the name %q stands twice", c.name)
		}
		names[c.name] = true
		got := authres.Prove(c.fields, ourID, sender)
		if got.Method != c.want || got.Proven != (c.want != "") {
			t.Errorf("%s: got %+v, want method %q\n%q", c.name, got, c.want, c.fields)
		}
		if got.Reason == "" || strings.Contains(got.Reason, "@") {
			t.Errorf("%s: the reason %q is empty or holds an address", c.name, got.Reason)
		}
	}
}

func TestAlignmentFollowsThePublicSuffixList(t *testing.T) {
	cases := []struct {
		from, signer string
		want         bool
	}{
		{"user@example.co.uk", "example.co.uk", true},
		{"user@mail.example.co.uk", "example.co.uk", true},
		{"user@a.example.co.uk", "b.example.co.uk", true},
		{"user@example.co.uk", "other.co.uk", false},
		{"user@example.co.uk", "co.uk", false},
		{"user@co.uk", "co.uk", true},
		{"user@co.uk", "example.co.uk", false},
		{"user@alice.github.io", "bob.github.io", false},
		{"user@alice.github.io", "github.io", false},
		{"user@alice.github.io", "www.alice.github.io", true},
		{"user@example.test", "mail.example.test", true},
		{"user@localhost", "localhost", true},
		{"user@192.0.2.1", "198.51.2.1", false},
		{"user@192.0.2.1", "192.0.2.1", false},
		{"user@[192.0.2.1]", "[192.0.2.1]", false},
		{"user@b\u00fccher.example", "xn--bcher-kva.example", true},
		{"user@B\u00dcCHER.example", "xn--bcher-kva.example", true},
		{"user@xn--bcher-kva.example", "b\u00fccher.example", true},
		{"user@xn--bcher-kva.example", "mail.xn--bcher-kva.example", true},
		{"user@b\u00fccher.example", "bucher.example", false},
		{"user@b\u00fccher.example", "xn--bcher-abc.example", false},
		{"user@ex\u0430mple.com", "example.com", false},
		{"\"a@evil.example\"@example.com", "example.com", true},
		{"\"a@example.com\"@evil.example", "example.com", false},
		{"example.com", "example.com", false},
		{"user@", "example.com", false},
		{"", "example.com", false},
		{"user@.example.com", "example.com", false},
		{"user@example.com ", "example.com", false},
		{"user@" + strings.Repeat("a", 64) + ".example", "example", false},
	}
	for _, c := range cases {
		got := authres.Prove(f(ourID+"; dkim=pass header.d="+c.signer), ourID, c.from)
		if got.Proven != c.want {
			t.Errorf("From %q signed by %q: %+v, want proven %v", c.from, c.signer, got, c.want)
		}
	}
}

func TestWithoutOurIdentifierEverySenderIsUnproven(t *testing.T) {
	for _, fields := range [][]string{nil, f(oursPass), f("; dmarc=pass header.from=example.com"), f(" ; dmarc=pass header.from=example.com")} {
		got := authres.Prove(fields, "", sender)
		if got != (authres.Proof{Reason: "no authserv_id is configured"}) {
			t.Errorf("%q: %+v", fields, got)
		}
	}
}

func TestReasonsTellTheOperatorWhatIsWrong(t *testing.T) {
	cases := map[string]string{
		"mx.example.org; none":                                  "there is no Authentication-Results of mx.example.net",
		"mx.example.net; none":                                  "no result proves example.com: the server checked neither DMARC, DKIM nor SPF",
		"mx.example.net; spf=pass smtp.mailfrom=b@example.org":  "no result proves example.com: spf=pass for example.org",
		"mx.example.net; dmarc=fail header.from=example.com":    "dmarc=fail",
		"mx.example.net; dmarc=pass header.from=example.org":    "dmarc=pass is for example.org, not for example.com",
		"mx.example.net; dkim=pass (":                           "the Authentication-Results of mx.example.net cannot be read: a comment is not closed",
		"mx.example.net 2; dkim=pass":                           "the Authentication-Results of mx.example.net cannot be read: its version is not 1",
		"mx.example.net; dmarc=pass x":                          "the Authentication-Results of mx.example.net cannot be read: it ends too early",
		"mx.example.net; dmarc=pass =":                          "the Authentication-Results of mx.example.net cannot be read: unexpected character at offset 27",
		"mx.example.net; dkim=none; spf=softfail; dmarc=none":   "no result proves example.com: dkim=none, spf=softfail, dmarc=none",
		"mx.example.net; dkim=pass header.d=x.example dkim=bad": "the Authentication-Results of mx.example.net cannot be read: the semicolon before dkim is missing",
	}
	for field, want := range cases {
		if got := authres.Prove(f(field), ourID, sender); got.Reason != want {
			t.Errorf("%s:\n got %q\nwant %q", field, got.Reason, want)
		}
	}
}

func TestHostileFieldsAreReadInLinearTime(t *testing.T) {
	const size = 1 << 20
	for _, unit := range []string{"(", ";", "\"", "\\", "(\\", " ", "a", "a=b;", "\"x\"@", "dkim=pass header.d=example.org;",
		"dkim=fail header.d=example.com;dkim=pass header.d=example.com header.s=a;dkim=fail header.d=example.com header.s=a;"} {
		field := ourID + "; " + strings.Repeat(unit, size/len(unit))
		if got := authres.Prove(f(field), ourID, sender); got.Proven || len(got.Reason) > 4096 {
			t.Errorf("%q repeated: proven %v, reason of %d bytes", unit, got.Proven, len(got.Reason))
		}
	}
}
