// Package web is the daemon's HTTP server: health, readiness and metrics for
// machines, a start page for people. It answers only under the Host names it
// was given, takes nothing a foreign page sends, and asks for a token where
// one is configured.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/net/netutil"
)

const (
	maxConnections = 256
	maxHeader      = 16 << 10 // bytes
	maxBody        = 64 << 10 // bytes
	stopWithin     = 5 * time.Second
	countWithin    = 3 * time.Second // for Options.Counts and Options.Board
)

// Options are the settings of a Server.
type Options struct {
	Listen  string                                              // host:port
	Hosts   []string                                            // names and addresses answered to, without port; with a port, that one only
	Token   func() (string, error)                              // nil: nobody needs to log in; read at each request
	Ready   func() []Condition                                  // what must hold for the daemon to be ready
	Counts  func(ctx context.Context) (map[string]int64, error) // keyed as by Count; nil: none
	Board   func(ctx context.Context) (Board, error)            // nil: the start page has conditions alone
	Version string
	Log     *slog.Logger
}

// Condition is something the daemon needs, as "redis" or "inbox:escalations".
type Condition struct {
	Name    string
	Problem string // empty while it holds, else as "not reached: connection refused"; everybody can read it
}

// Server serves HTTP. Handle and Listen are called before Serve.
type Server struct {
	options  Options
	hosts    map[string]bool
	mux      *http.ServeMux
	sessions sessions
	pages    pages
	listener net.Listener
}

// New makes a Server with all its pages. It refuses to serve other machines
// without a token.
func New(o Options) (*Server, error) {
	hosts, err := allowList(o.Hosts)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("read listen address: %w", err)
	}
	if o.Token == nil && !isLoopback(host) {
		return nil, fmt.Errorf("listen on %s: other machines can reach it, and no token is set", o.Listen)
	}
	s := &Server{options: o, hosts: hosts, mux: http.NewServeMux(), sessions: newSessions(), pages: newPages()}
	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.HandleFunc("GET /readyz", s.ready)
	s.mux.HandleFunc("GET /metrics", s.metrics)
	s.mux.HandleFunc("GET /{$}", s.start)
	if o.Token != nil {
		s.mux.HandleFunc("GET /login", s.loginPage)
		s.mux.HandleFunc("POST /login", s.login)
		s.mux.HandleFunc("POST /logout", s.logout)
	}
	return s, nil
}

// Handle adds a page. Its pattern is one of http.ServeMux with a method, as
// "GET /escalations/{case}"; who may see it has been settled before it is called.
func (s *Server) Handle(pattern string, page http.Handler) { s.mux.Handle(pattern, page) }

// Listen opens the port and answers its address. Serve does it otherwise.
func (s *Server) Listen() (net.Addr, error) {
	l, err := net.Listen("tcp", s.options.Listen)
	if err != nil {
		return nil, fmt.Errorf("open web server: %w; name another host:port in web.listen, or leave it empty", err)
	}
	s.listener = l
	return l.Addr(), nil
}

// Serve answers requests until ctx ends; then it lets those under way finish,
// for 5 seconds at most, and answers nil.
func (s *Server) Serve(ctx context.Context) error {
	if s.listener == nil {
		if _, err := s.Listen(); err != nil {
			return err
		}
	}
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn),
		// Otherwise OPTIONS * would be answered before the guards.
		DisableGeneralOptionsHandler: true,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err := server.Shutdown(limited)
		if err != nil {
			err = server.Close()
		}
		stopped <- err
	})
	err := server.Serve(netutil.LimitListener(s.listener, maxConnections))
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve web: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("stop web server: %w", err)
	}
	return nil
}

// isLoopback reports whether only this machine can reach a listener on host.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
