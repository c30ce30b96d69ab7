package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// handler puts the guards before the pages, the cheapest first. All of them
// hold on every path, also where there is no page.
func (s *Server) handler() http.Handler {
	h := s.needToken(http.MaxBytesHandler(s.mux, maxBody))
	h = http.NewCrossOriginProtection().Handler(h)
	h = s.needOrigin(h)
	h = s.needHost(h)
	return strictHeaders(h, s.pages.styleHash)
}

func strictHeaders(next http.Handler, styleHash string) http.Handler {
	policy := "default-src 'none'; style-src '" + styleHash + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // under no-referrer browsers send forms with "Origin: null"
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// needHost refuses what a browser sends for another site whose name was made
// to point here (DNS rebinding).
func (s *Server) needHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.answers(r) {
			s.options.Log.Info("web request refused: its Host is not listed", "host", r.Host)
			http.Error(w, "Forbidden: web.hosts does not name this host.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answers reports whether the request's Host is one of ours. This machine's
// own names must bear our port, if any; another name may come through a proxy
// with a port of its own.
func (s *Server) answers(r *http.Request) bool {
	host, port, ok := splitHost(r.Host)
	switch {
	case !ok:
		return false
	case s.hosts[net.JoinHostPort(host, port)]:
		return true
	}
	return s.hosts[host] && (port == "" || port == localPort(r) || !isLoopback(host))
}

// needOrigin refuses everything but reading unless a page of ours sends it.
// CrossOriginProtection alone lets requests pass that name no origin.
func (s *Server) needOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !ownOrigin(r) {
			s.options.Log.Info("web request refused: its Origin is not this site", "method", r.Method)
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownOrigin reports whether the one Origin of a request is the site it goes to
// (RFC 6454). A request that names our own port has met no proxy on its way,
// so its scheme is http; others may have been https in front of a proxy.
func ownOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) != 1 {
		return false
	}
	scheme, rest, _ := strings.Cut(origins[0], "://")
	host, port, ok := splitHost(rest)
	ownHost, ownPort, ownOK := splitHost(r.Host)
	if !ok || !ownOK || host != ownHost {
		return false
	}
	direct := ownPort != "" && ownPort == localPort(r)
	switch {
	case scheme == "http":
		return defaultPort(port, "80") == defaultPort(ownPort, "80")
	case scheme == "https" && !direct:
		return defaultPort(port, "443") == defaultPort(ownPort, "443")
	}
	return false
}

func defaultPort(port, standard string) string {
	if port == "" {
		return standard
	}
	return port
}

// localPort is the port the request came in by.
func localPort(r *http.Request) string {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return ""
	}
	return strconv.Itoa(addr.Port)
}

// allowList brings the configured hosts into the form of splitHost.
func allowList(hosts []string) (map[string]bool, error) {
	list := make(map[string]bool, len(hosts))
	for _, h := range hosts {
		if addr, err := netip.ParseAddr(h); err == nil && addr.Is6() {
			h = "[" + h + "]"
		} else if ascii, err := idna.Lookup.ToASCII(h); err == nil {
			h = ascii // as browsers send it
		}
		host, port, ok := splitHost(h)
		if !ok {
			return nil, fmt.Errorf("read hosts: %q is not a host name", h)
		}
		if port != "" {
			host = net.JoinHostPort(host, port)
		}
		list[host] = true
	}
	return list, nil
}

// splitHost takes the value of a Host header apart (RFC 9110, 7.2) into a
// lower-case name without its final dot, or an address in its usual form
// without brackets, and the port, which may be empty.
func splitHost(text string) (host, port string, ok bool) {
	host, port, _ = cutPort(text)
	if n, err := strconv.ParseUint(port, 10, 16); strings.HasSuffix(text, ":") || port != "" && (err != nil || n == 0 || port[0] == '0') {
		return "", "", false
	}
	if inner, bracket := strings.CutPrefix(host, "["); bracket {
		inner, closed := strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return addr.String(), port, closed && err == nil && addr.Is6() && addr.Zone() == ""
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
		return "", "", false
	}
	return host, port, true
}

// cutPort splits at the last colon that no bracket follows.
func cutPort(text string) (host, port string, found bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.IndexByte(text[i:], ']') >= 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// localPath reports whether a redirect to path stays on this site.
func localPath(path string) bool {
	u, err := url.Parse(path)
	return err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(path, "/") &&
		!strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n")
}
