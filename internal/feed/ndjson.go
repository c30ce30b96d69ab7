package feed

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
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

// object reads one object. Of a key that stands there twice the last counts.
func (r *row) object(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("the line is not UTF-8")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return errors.New("the line is not one JSON object")
	}
	if o, ok := r.table.other(slices.Collect(maps.Keys(object))); ok {
		return fmt.Errorf("these are the keys of %s, not of %s", o.what, r.table.what)
	}
	for place, key := range r.table.columns {
		value, there := object[key]
		if !there {
			if slices.Contains(r.table.required, key) {
				r.refuse("key %s is missing", key)
			}
			continue
		}
		var ok bool
		if r.values[place], ok = plain(key, value); !ok {
			r.refuse("%s %s is neither a text nor a whole number", key, clip(string(value)))
		}
		delete(object, key)
	}
	if len(object) > 0 {
		r.refuse("%s", r.table.unknown("key", slices.Min(slices.Collect(maps.Keys(object)))))
	}
	return nil
}

// plain answers a value as it would stand in CSV: a text, a whole number as it
// is written, nothing for null, and a list of representatives with blanks.
func plain(key string, value json.RawMessage) (string, bool) {
	var text string
	switch {
	case value[0] == '[' && key == "representatives":
		var list []string
		err := json.Unmarshal(value, &list)
		return strings.Join(list, " "), err == nil
	case strings.Trim(string(value), "0123456789") == "":
		return string(value), true
	case value[0] == '"' && bytes.IndexByte(value, '\\') < 0:
		return string(value[1 : len(value)-1]), true
	}
	err := json.Unmarshal(value, &text)
	return text, err == nil
}
