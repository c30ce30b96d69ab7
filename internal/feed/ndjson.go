package feed

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxLine bounds a line of NDJSON in bytes.
const maxLine = 1 << 20

// objects reads NDJSON: one object a line, empty lines aside.
func objects(in io.Reader, t table) iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 0, 64<<10), maxLine)
		line := 0
		for lines.Scan() {
			line++
			text := bytes.TrimSpace(lines.Bytes())
			if len(text) == 0 {
				continue
			}
			r := &row{line: line, table: t, values: make([]string, len(t.columns))}
			if err := r.object(text); err != nil {
				r.refuse("%s", err)
			}
			if !yield(r, nil) {
				return
			}
		}
		err := lines.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			r := &row{line: line + 1}
			r.refuse("the line is longer than %d bytes", maxLine)
			yield(r, nil)
		} else if err != nil {
			yield(nil, err)
		}
	}
}

var errNoObject = errors.New("the line is not a JSON object")

// object reads the keys one by one, since a key that stands there twice would
// be hidden in a decoded struct.
func (r *row) object(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("the line is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errNoObject
	}
	var seen []int
	for d.More() {
		token, err := d.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return errNoObject
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("the line is not a JSON object after key %s", quote(key))
		}
		place := slices.Index(r.table.columns, key)
		switch {
		case place < 0:
			r.refuse("%s", r.table.unknown("key", key))
			continue
		case slices.Contains(seen, place):
			r.refuse("key %s is there twice", key)
			continue
		}
		seen = append(seen, place)
		r.values[place] = r.plain(key, value)
	}
	if _, err := d.Token(); err != nil {
		return errNoObject
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object; write one object a line")
	}
	for _, key := range r.table.required {
		if !slices.Contains(seen, slices.Index(r.table.columns, key)) {
			r.refuse("key %s is missing", key)
		}
	}
	return nil
}

// plain answers a value as it would stand in CSV.
func (r *row) plain(key string, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		if strings.Trim(v.String(), "0123456789") == "" {
			return v.String()
		}
	case []any:
		if key != "representatives" {
			break
		}
		parts := make([]string, len(v))
		for i, part := range v {
			text, ok := part.(string)
			if !ok {
				r.refuse("%s %v is not a list of texts", key, v)
				return ""
			}
			parts[i] = text
		}
		return strings.Join(parts, " ")
	}
	shown, _ := json.Marshal(value) // was JSON a moment ago
	r.refuse("%s %s is not a text", key, clip(string(shown)))
	return ""
}
