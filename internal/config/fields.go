package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// field is one key of a section: where its value goes and how it is read.
type field struct {
	option
	index  int
	secret string // for a Secret, the end of the key: fromFile or fromEnv
}

// option is how a value is read.
type option struct {
	path  bool // a path, relative to the folder of the file
	merge bool // a map whose defaults stay
}

// The two keys that a Secret has in the file.
const (
	fromFile = "_file"
	fromEnv  = "_env"
)

// fieldsOf lists the keys of a section by the yaml tags of its struct.
func fieldsOf(t reflect.Type) map[string]field {
	fields := map[string]field{}
	for i := range t.NumField() {
		key, opt, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		f := field{option: option{path: opt == "path", merge: opt == "merge"}, index: i}
		if t.Field(i).Type != reflect.TypeFor[Secret]() {
			fields[key] = f
			continue
		}
		for _, f.secret = range []string{fromFile, fromEnv} {
			fields[key+f.secret] = f
		}
	}
	return fields
}

// unknownKey reports a key of a section that does not exist, and what was
// probably meant by it.
func (b *binder) unknownKey(path string, e entry, entries []entry, known map[string]field) {
	keys := slices.Sorted(maps.Keys(known))
	child := join(path, e.key)
	b.lines[child] = e.line
	if near := e.key + fromFile; known[near].secret != "" {
		b.add(child, "unknown key %s, and a secret does not belong in this file; did you mean %s?", quote(e.key), quote(near))
		b.settled[join(path, near)] = true
		return
	}
	if near, ok := nearest(e.key, keys); ok {
		b.add(child, "unknown key %s; did you mean %s?", quote(e.key), quote(near))
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.key == near }) {
			b.settled[join(path, near)] = true // it is not missing as well
		}
		return
	}
	if section, ok := sectionOf(e.key, reflect.TypeFor[Config](), ""); ok && section != path {
		b.add(child, "unknown key %s; it belongs under %s", quote(e.key), quote(section))
		return
	}
	b.add(child, "unknown key %s; known here are %s", quote(e.key), strings.Join(keys, ", "))
}

// sectionOf finds the section that has a key, itself or in a list or map.
func sectionOf(key string, t reflect.Type, path string) (string, bool) {
	if setter(reflect.New(t).Interface()) != nil {
		return "", false
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return sectionOf(key, t.Elem(), path)
	case reflect.Struct:
	default:
		return "", false
	}
	fields := fieldsOf(t)
	if _, ok := fields[key]; ok && path != "" {
		return path, true
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if f := fields[name]; f.secret == "" {
			if section, ok := sectionOf(key, t.Field(f.index).Type, join(path, name)); ok {
				return section, true
			}
		}
	}
	return "", false
}

// nearest finds the word that was most likely meant: the one with the fewest
// slips of the pen, if they are few for its length, else one that begins so.
func nearest(word string, known []string) (string, bool) {
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }
	best, least := "", max(len(word)/3, 1)+1
	for _, k := range known {
		if d := distance(fold(word), fold(k)); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return best, true
	}
	for _, k := range known {
		if len(word) > 2 && strings.HasPrefix(fold(k), fold(word)) {
			return k, true
		}
	}
	return "", false
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 {
		return len(x)
	}
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
