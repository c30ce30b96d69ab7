package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
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
		page := template.New(name).Funcs(template.FuncMap{"thousands": thousands})
		p.templates[name] = template.Must(page.ParseFS(files, "pages/layout.html", "pages/"+name))
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

// Board is what people see of the desk besides its conditions. It holds no
// addresses and no customers' names: where no token is set, everybody on this
// machine can read it.
type Board struct {
	At          time.Time
	Tasks       []Task       // what needs a person
	Escalations []Escalation // some that go on, the next due first
	More        int64        // that go on besides
	Groups      []Group
}

// Task is something that needs a person, and the command that helps.
type Task struct{ What, Command string }

// Escalation is one that goes on.
type Escalation struct {
	Case  string
	About string // severity, region, level
	State string
	Late  bool // the promise to the customer is missed
	Next  string
}

// Group is a few counts that belong together.
type Group struct {
	Title string
	Rows  []Row
}

// Row is one count.
type Row struct {
	Label string
	N     int64
}

type startView struct {
	Ready      bool
	Conditions []Condition
	Board      *Board // nil: there is none, or it could not be read
	Unread     bool
}

// start is the page for people: is all well, what needs them, and what goes on.
func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	conditions := s.options.Ready()
	view := startView{Ready: allHold(conditions), Conditions: conditions}
	if s.options.Board != nil {
		ctx, cancel := context.WithTimeout(r.Context(), countWithin)
		defer cancel()
		board, err := s.options.Board(ctx)
		if err != nil {
			s.options.Log.Warn("the board cannot be read", "error", err)
			view.Unread = true
		} else {
			view.Board = &board
		}
	}
	s.render(w, http.StatusOK, "start.html", view)
}

func thousands(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
