package mailparse

import "bytes"

// dataOID introduces the signed text in a CMS message: id-data, RFC 5652
// section 4.
var dataOID = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}

// signedContent takes the MIME entity out of an opaque-signed S/MIME message
// (RFC 8551 section 3.5.2); nil where there is none, as in an encrypted one.
// The signature is not checked: nothing depends on it.
func signedContent(cms []byte) []byte {
	i := bytes.Index(cms, dataOID)
	if i < 0 || i > 1<<10 {
		return nil
	}
	tag, content, _, ok := readBER(cms[i+len(dataOID):])
	if !ok || tag != 0xa0 {
		return nil
	}
	return octets(nil, content, 0)
}

// octets joins the pieces of an octet string.
func octets(out, b []byte, depth int) []byte {
	for len(b) > 0 && depth < 8 {
		tag, body, rest, ok := readBER(b)
		switch {
		case ok && tag == 0x04:
			out = append(out, body...)
		case ok && tag == 0x24:
			out = octets(out, body, depth+1)
		default:
			return out
		}
		b = rest
	}
	return out
}

// readBER splits off one value. The body of one without a stated length is all
// that follows; its end is marked by a value of tag 0.
func readBER(b []byte) (tag byte, body, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	tag, n := b[0], int(b[1])
	b = b[2:]
	switch {
	case n == 0x80:
		return tag, b, nil, true
	case n > 0x80:
		size := n & 0x7f
		if size > 4 || size > len(b) {
			return 0, nil, nil, false
		}
		n = 0
		for _, c := range b[:size] {
			n = n<<8 | int(c)
		}
		b = b[size:]
	}
	n = min(n, len(b))
	return tag, b[:n], b[n:], true
}
