package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed pages
var files embed.FS

// pages are the HTML pages, each in the one layout. Their style stands in the
// page itself and is allowed by its hash, so that nothing else need be served
// to who has not logged in.
type pages struct {
	templates map[string]*template.Template
	style     template.CSS
	styleHash string // a source of Content-Security-Policy
}

func newPages() pages {
	style, err := files.ReadFile("pages/style.css")
	if err != nil {
		panic(err) // it is embedded
	}
	sum := sha256.Sum256(style)
	p := pages{
		templates: map[string]*template.Template{},
		style:     template.CSS(style),
		styleHash: "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
	}
	for _, name := range []string{"start.html", "login.html"} {
		p.templates[name] = template.Must(template.ParseFS(files, "pages/layout.html", "pages/"+name))
	}
	return p
}

// render answers a page, whole or not at all.
func (s *Server) render(w http.ResponseWriter, status int, name string, page any) {
	var out bytes.Buffer
	view := struct {
		Style   template.CSS
		Version string
		Logout  bool
		Page    any
	}{s.pages.style, s.options.Version, s.options.Token != nil && name != "login.html", page}
	if err := s.pages.templates[name].ExecuteTemplate(&out, "layout.html", view); err != nil {
		s.options.Log.Error("web page cannot be written", "page", name, "error", err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // a reader who has gone needs no answer
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}

// ready answers a line for each condition, 503 unless all of them hold.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	conditions := s.options.Ready()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !allHold(conditions) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	for _, c := range conditions {
		state := "ok"
		if c.Problem != "" {
			state = strings.Join(strings.Fields(c.Problem), " ") // one line
		}
		fmt.Fprintln(w, c.Name, state)
	}
}

func allHold(conditions []Condition) bool {
	return !slices.ContainsFunc(conditions, func(c Condition) bool { return c.Problem != "" })
}

type startView struct {
	Ready      bool
	Conditions []Condition
	Uncounted  bool // the counts could not be read
	Groups     []group
}

// group is one kind of count, as Mails, and what it is divided into.
type group struct {
	Title string
	Rows  []countRow
}

type countRow struct {
	Label string
	N     string
}

// start is the page for people: is all well, and what has come and gone.
func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	conditions := s.options.Ready()
	counts, err := s.counts(r.Context())
	s.render(w, http.StatusOK, "start.html", startView{
		Ready: allHold(conditions), Conditions: conditions, Uncounted: err != nil, Groups: grouped(counts),
	})
}

func grouped(counts map[string]int64) []group {
	var groups []group
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		part := countKey.FindStringSubmatch(key)
		title, label := spoken(strings.TrimSuffix(part[1], "_total")), spoken(part[3])
		if label == "" {
			label = "All"
		}
		if len(groups) == 0 || groups[len(groups)-1].Title != title {
			groups = append(groups, group{Title: title})
		}
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, countRow{label, thousands(counts[key])})
	}
	return groups
}

// spoken makes a heading of the name of a metric or of a label's value.
func spoken(name string) string {
	name = strings.ReplaceAll(name, "_", " ")
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + name[size:]
}

func thousands(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
