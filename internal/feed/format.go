package feed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
)

var errEmpty = errors.New("the file is empty")

// isJSON tells NDJSON from CSV, and takes a byte order mark off the file.
func isJSON(in *bufio.Reader, name string) (bool, error) {
	start, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if bytes.HasPrefix(start, []byte("\xFE\xFF")) || bytes.HasPrefix(start, []byte("\xFF\xFE")) {
		return false, errors.New("the file is in UTF-16; export it in UTF-8")
	}
	if mark := []byte("\uFEFF"); bytes.HasPrefix(start, mark) {
		start = start[len(mark):]
		if _, err := in.Discard(len(mark)); err != nil {
			return false, err
		}
	}
	content := bytes.TrimLeft(start, " \t\r\n")
	if len(content) == 0 && len(start) < 500 {
		return false, errEmpty
	}
	if bytes.HasPrefix(content, []byte("[")) {
		return false, errors.New("the file begins with [; write one JSON object a line, without a list around them")
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return false, nil
	case ".ndjson", ".jsonl", ".json":
		return true, nil
	}
	return bytes.HasPrefix(content, []byte("{")), nil
}
