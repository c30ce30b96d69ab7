package feed

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// maxColumns bounds what a header is searched for.
const maxColumns = 100

// records reads CSV (RFC 4180). The error of the sequence is one of reading
// the file, and ends it; what is wrong with a row is in the row.
func records(in io.Reader, t table) iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		r := csv.NewReader(in)
		r.ReuseRecord = true
		header, err := next(r)
		if errors.Is(err, io.EOF) {
			err = errEmpty
		}
		if err != nil {
			yield(nil, err)
			return
		}
		places := header.places(t)
		if len(header.wrong) > 0 {
			yield(header, nil)
			return
		}
		for {
			record, err := next(r)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			values := make([]string, len(t.columns))
			if len(record.wrong) == 0 {
				for i, place := range places {
					values[place] = record.values[i]
				}
			}
			record.table, record.values = t, values
			if !yield(record, nil) {
				return
			}
		}
	}
}

// next reads one record, named by the line it starts on.
func next(r *csv.Reader) (*row, error) {
	values, err := r.Read()
	var syntax *csv.ParseError
	switch {
	case err == nil:
		line, _ := r.FieldPos(0)
		return &row{line: line, values: values}, nil
	case !errors.As(err, &syntax):
		return nil, err
	}
	record := &row{line: syntax.StartLine, values: values}
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		record.refuse("the line has %s, the header has %d", count(len(values), "field"), r.FieldsPerRecord)
	case errors.Is(err, csv.ErrQuote):
		record.refuse("a quoted field does not end as it should; close it with \" and write a \" in it twice")
	case errors.Is(err, csv.ErrBareQuote):
		record.refuse("a \" stands in a field that is not quoted; quote the field and write the \" twice")
	default:
		record.refuse("%s", syntax.Err)
	}
	return record, nil
}

// places answers where in the table each column of the header belongs.
func (r *row) places(t table) []int {
	if len(r.wrong) > 0 {
		return nil
	}
	if len(r.values) == 1 && strings.ContainsAny(r.values[0], ";\t|") {
		r.refuse("the columns are not separated by commas")
		return nil
	}
	if len(r.values) > maxColumns {
		r.refuse("the header has %d columns; known are %s", len(r.values), strings.Join(t.columns, ", "))
		return nil
	}
	if o, ok := t.other(r.values); ok {
		r.refuse("these are the columns of %s, not of %s", o.what, t.what)
		return nil
	}
	places := make([]int, len(r.values))
	for i, column := range r.values {
		column = strings.TrimSpace(column)
		places[i] = slices.Index(t.columns, column)
		switch {
		case column == "":
			r.refuse("column %d has no name", i+1)
		case places[i] < 0:
			r.refuse("%s", t.unknown("column", column))
		case slices.Contains(places[:i], places[i]):
			r.refuse("column %s is there twice", column)
		}
	}
	for _, column := range t.required {
		if !slices.Contains(places, slices.Index(t.columns, column)) {
			r.refuse("column %s is missing", column)
		}
	}
	return places
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
