package chaos

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// maxDepth bounds replies within replies.
const maxDepth = 32

// readReply copies one whole reply of Redis (RESP 2 or 3) to out. It reports
// whether it was a push, which answers no command.
func readReply(r *bufio.Reader, out *bytes.Buffer) (push bool, err error) {
	return readValue(r, out, 0)
}

func readValue(r *bufio.Reader, out *bytes.Buffer, depth int) (push bool, err error) {
	line, err := r.ReadBytes('\n')
	out.Write(line)
	if err != nil {
		return false, err
	}
	if len(line) < 3 || depth > maxDepth {
		return false, fmt.Errorf("read a reply of Redis: %q begins none", line)
	}
	kind, text := line[0], string(bytes.TrimRight(line[1:], "\r\n"))
	parts := 1
	switch kind {
	case '+', '-', ':', '_', '#', ',', '(':
		return false, nil
	case '$', '!', '=':
		return false, readBytes(r, out, text)
	case '*', '~', '>':
	case '%', '|':
		parts = 2
	default:
		return false, fmt.Errorf("read a reply of Redis: it begins with %q", kind)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return false, fmt.Errorf("read the length of a reply of Redis: %w", err)
	}
	for range n * parts { // none of a null, -1
		if _, err := readValue(r, out, depth+1); err != nil {
			return false, err
		}
	}
	if kind == '|' { // attributes stand before the reply they belong to
		return readValue(r, out, depth+1)
	}
	return kind == '>', nil
}

func readBytes(r *bufio.Reader, out *bytes.Buffer, length string) error {
	n, err := strconv.Atoi(length)
	if err != nil {
		return fmt.Errorf("read the length of a string of Redis: %w", err)
	}
	if n < 0 {
		return nil
	}
	_, err = io.CopyN(out, r, int64(n)+2)
	return err
}
