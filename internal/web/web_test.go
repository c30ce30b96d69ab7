package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const token = "correct horse battery staple"

// desk is a server on a free port.
type desk struct {
	t    *testing.T
	addr string // host:port
	port string
	stop func() error // ends the server and answers what Serve did
}

func serve(t *testing.T, change func(*Options), pages ...func(*Server)) desk {
	t.Helper()
	o := Options{
		Listen: "127.0.0.1:0", Hosts: []string{"localhost", "127.0.0.1", "::1", "desk.example.com", "named.example.com:9443"},
		Ready:   func() []Condition { return []Condition{{Name: "redis"}, {Name: "relay"}} },
		Version: "v1.2.3", Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range pages {
		add(s)
	}
	addr, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	var result error
	var stopped bool
	stop := func() error {
		if !stopped {
			stopped = true
			cancel()
			result = <-ended
		}
		return result
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	_, port, _ := net.SplitHostPort(addr.String())
	return desk{t, addr.String(), port, stop}
}

func withToken(o *Options) { o.Token = func() (string, error) { return token, nil } }

type answer struct {
	status int
	header http.Header
	body   string
}

// raw sends bytes as they are; PORT in them is the server's.
func (d desk) raw(request string) answer {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		d.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "PORT", d.port)); err != nil {
		d.t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		d.t.Fatalf("%q: %v", request, err)
	}
	return read(d.t, res)
}

// ask sends one request under a good Host, with more header fields if given.
func (d desk) ask(method, path string, fields ...string) answer {
	d.t.Helper()
	return d.raw(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n")
}

func read(t *testing.T, res *http.Response) answer {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) { // a server need not read what it refuses
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

var everyPath = []string{"/", "/healthz", "/readyz", "/metrics", "/login", "/logout", "/nowhere", "/%2e%2e/healthz", "//"}

func TestAForeignHostIsToldWhichSettingRefusesIt(t *testing.T) {
	d := serve(t, nil)
	a := d.raw("GET / HTTP/1.1\r\nHost: desk.elsewhere.example\r\nConnection: close\r\n\r\n")
	if a.status != http.StatusForbidden || !strings.Contains(a.body, "web.hosts") || strings.Contains(a.body, "elsewhere") {
		t.Errorf("%d %q", a.status, a.body)
	}
}

func TestForeignHostsAreRefusedOnEveryPath(t *testing.T) {
	d := serve(t, withToken)
	for _, host := range []string{
		"evil.example", "127.0.0.1.evil.com", "localhost.evil", "evil.com:PORT", "localhost:1", "127.0.0.1:1", "127.0.0.1:", "127.0.0.1:0PORT",
		"127.0.0.1:99999", "127.0.0.1:x", "127.0.0.2", "127.1", "0x7f.0.0.1", "2130706433", "0.0.0.0", "[::]", "[::2]", "::1", "[::1", "[::1]x",
		"[localhost]", "[::ffff:127.0.0.1]", "[::1%25lo]", "xlocalhost", "localhost..", "user@localhost", "localhost@evil.com", "localhost,evil.com",
		"sub.desk.example.com", "desk.example.com.evil.com", "named.example.com", "named.example.com:9444", "", ".", ":PORT", "LOCALHOSTEN",
	} {
		for _, path := range everyPath {
			a := d.raw("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token + "\r\nConnection: close\r\n\r\n")
			if a.status != http.StatusForbidden && a.status != http.StatusBadRequest || len(a.body) > 60 || strings.Contains(a.body, "ok") {
				t.Errorf("%s under Host %q: %d %q", path, host, a.status, a.body)
			}
		}
	}
	for _, request := range []string{
		"GET / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n\r\n",
		"GET http://evil.com/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: evil.com\r\n\r\n",
		"CONNECT evil.com:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: evil.com\r\nX-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\n\r\n",
	} {
		if a := d.raw(request); a.status != http.StatusForbidden && a.status != http.StatusBadRequest {
			t.Errorf("%q: %d %q", request, a.status, a.body)
		}
	}
}

func TestListedHostsAreAnswered(t *testing.T) {
	d := serve(t, nil)
	for _, host := range []string{
		"localhost", "localhost:PORT", "LocalHost:PORT", "localhost.", "localhost.:PORT", "127.0.0.1", "127.0.0.1:PORT",
		"[::1]", "[::1]:PORT", "[0:0:0:0:0:0:0:1]:PORT", "desk.example.com", "DESK.example.com.", "desk.example.com:8443", "named.example.com:9443",
	} {
		if a := d.raw("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"); a.status != http.StatusOK || a.body != "ok\n" {
			t.Errorf("Host %q: %d %q", host, a.status, a.body)
		}
	}
}

func TestOnlyOwnPagesCanSend(t *testing.T) {
	var calls atomic.Int64
	d := serve(t, nil, func(s *Server) {
		s.Handle("POST /change", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
		s.Handle("GET /change", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	})
	send := func(method, path, host string, fields ...string) int {
		t.Helper()
		return d.raw(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\nContent-Length: 0\r\n" +
			strings.Join(append(fields, ""), "\r\n") + "\r\n").status
	}
	const self = "Origin: http://127.0.0.1:PORT"
	for _, fields := range [][]string{
		nil, {"Origin: null"}, {"Origin:"}, {"Origin: http://evil.com"}, {"Origin: http://127.0.0.1"}, {"Origin: http://127.0.0.1:1"},
		{"Origin: https://127.0.0.1:PORT"}, {"Origin: http://localhost:PORT"}, {"Origin: http://127.0.0.1:PORT.evil.com"}, {"Origin: 127.0.0.1:PORT"},
		{"Origin: http://127.0.0.1:PORT/"}, {"Origin: http://evil@127.0.0.1:PORT"}, {"Origin: ftp://127.0.0.1:PORT"}, {"Origin: //127.0.0.1:PORT"},
		{self, "Origin: http://evil.com"}, {self + " http://evil.com"},
		{"Referer: http://127.0.0.1:PORT/"}, {"Content-Type: text/plain"},
	} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY", "get"} {
			for _, path := range append(everyPath, "/change") {
				if status := send(method, path, "127.0.0.1:PORT", fields...); status != http.StatusForbidden {
					t.Errorf("%s %s with %q: %d", method, path, fields, status)
				}
			}
		}
	}
	for _, site := range []string{"cross-site", "same-site"} {
		if status := send("POST", "/change", "127.0.0.1:PORT", self, "Sec-Fetch-Site: "+site); status != http.StatusForbidden {
			t.Errorf("POST from %s: %d", site, status)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Fatalf("%d changes were made", n)
	}
	for _, tc := range []struct{ host, origin string }{
		{"127.0.0.1:PORT", "http://127.0.0.1:PORT"},
		{"[::1]:PORT", "http://[::1]:PORT"},
		{"desk.example.com", "https://desk.example.com"},
		{"desk.example.com", "http://desk.example.com"},
		{"desk.example.com:8443", "https://desk.example.com:8443"},
	} {
		if status := send("POST", "/change", tc.host, "Origin: "+tc.origin, "Sec-Fetch-Site: same-origin"); status != http.StatusOK {
			t.Errorf("own page %s: %d", tc.origin, status)
		}
	}
	if n := calls.Load(); n != 5 {
		t.Errorf("%d changes were made, not 5", n)
	}
	if status := send("POST", "/healthz", "127.0.0.1:PORT", self); status != http.StatusMethodNotAllowed {
		t.Errorf("POST /healthz: %d", status)
	}
	if status := send("POST", "/nowhere", "127.0.0.1:PORT", self); status != http.StatusNotFound {
		t.Errorf("POST /nowhere: %d", status)
	}
}

func TestEveryAnswerHasStrictHeaders(t *testing.T) {
	d := serve(t, withToken)
	answers := map[string]answer{
		"foreign host": d.raw("GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n"),
		"no origin":    d.ask("POST", "/login"),
	}
	for _, path := range everyPath {
		answers[path] = d.ask("GET", path)
		answers[path+" with token"] = d.ask("GET", path, "Authorization: Bearer "+token)
	}
	for name, a := range answers {
		for field, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := a.header.Get(field); got != want {
				t.Errorf("%s: %s is %q", name, field, got)
			}
		}
		if csp := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy is %q", name, csp)
		}
	}
}

func TestTokenOpensEveryPage(t *testing.T) {
	d := serve(t, withToken)
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := d.ask("GET", path); a.status != http.StatusOK {
			t.Errorf("%s without token: %d", path, a.status)
		}
	}
	for _, path := range []string{"/", "/metrics", "/nowhere", "/healthz/", "/readyz/x", "/logout", "/login/", "/HEALTHZ"} {
		for _, fields := range [][]string{
			nil, {"Authorization: Bearer wrong"}, {"Authorization: Bearer"}, {"Authorization: Bearer " + token + "x"}, {"Authorization: " + token},
			{"Authorization: Basic " + token}, {"Cookie: " + cookieName + "=9999999999.00"}, {"Cookie: " + cookieName + "=" + token}, {"Cookie: " + cookieName + "="},
		} {
			a := d.ask("GET", path, fields...)
			if a.status != http.StatusUnauthorized || a.body != "Unauthorized\n" || a.header.Get("WWW-Authenticate") != `Bearer realm="escalationd"` {
				t.Errorf("%s with %q: %d %q", path, fields, a.status, a.body)
			}
		}
	}
	for path, want := range map[string]int{"/": 200, "/metrics": 200, "/nowhere": 404} {
		for _, scheme := range []string{"Bearer ", "bearer "} {
			if a := d.ask("GET", path, "Authorization: "+scheme+token); a.status != want {
				t.Errorf("%s with the token: %d", path, a.status)
			}
		}
	}
}

func TestLoginGivesASession(t *testing.T) {
	current := token
	d := serve(t, func(o *Options) { o.Token = func() (string, error) { return current, nil } })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	base := "http://" + d.addr
	send := func(method, path string, form url.Values) answer {
		t.Helper()
		req, err := http.NewRequest(method, base+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html,*/*")
		if method == "POST" {
			req.Header.Set("Origin", base)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return read(t, res)
	}
	if a := send("GET", "/metrics?a=1&b=%22", nil); a.status != http.StatusUnauthorized || !strings.Contains(a.body, `name="next" value="/metrics?a=1&amp;b=%22"`) ||
		strings.Contains(a.body, "Log out") {
		t.Errorf("before login: %d %s", a.status, a.body)
	}
	if a := send("POST", "/login", url.Values{"token": {"wrong"}}); a.status != http.StatusUnauthorized || !strings.Contains(a.body, "not the token") {
		t.Errorf("wrong token: %d", a.status)
	}
	if a := send("GET", "/", nil); a.status != http.StatusUnauthorized {
		t.Errorf("after a wrong token: %d", a.status)
	}
	if a := send("POST", "/login", url.Values{"token": {token + "\n"}, "next": {"/metrics"}}); a.status != http.StatusOK || !strings.Contains(a.body, "escalationd_ready 1") {
		t.Errorf("login: %d %s", a.status, a.body)
	}
	if a := send("GET", "/", nil); a.status != http.StatusOK || !strings.Contains(a.body, "Log out") {
		t.Errorf("after login: %d", a.status)
	}
	current = "another token"
	if a := send("GET", "/", nil); a.status != http.StatusUnauthorized {
		t.Errorf("after a change of the token: %d", a.status)
	}
	current = token
	if a := send("POST", "/logout", nil); a.status != http.StatusOK || !strings.Contains(a.body, "Log in") {
		t.Errorf("logout: %d", a.status)
	}
	if a := send("GET", "/", nil); a.status != http.StatusUnauthorized {
		t.Errorf("after logout: %d", a.status)
	}
}

func TestSessionCookieIsOutOfReach(t *testing.T) {
	d := serve(t, withToken)
	body := url.Values{"token": {token}, "next": {"//evil.com"}}.Encode()
	for origin, secure := range map[string]bool{"http://desk.example.com": false, "https://desk.example.com": true} {
		a := d.raw(fmt.Sprintf("POST /login HTTP/1.1\r\nHost: desk.example.com\r\nOrigin: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
			"Content-Length: %d\r\nConnection: close\r\n\r\n%s", origin, len(body), body))
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/" {
			t.Errorf("%s: %d to %q", origin, a.status, a.header.Get("Location"))
		}
		cookie := a.header.Get("Set-Cookie")
		for _, want := range []string{"Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"} {
			if !strings.Contains(cookie, want) {
				t.Errorf("%s: cookie %q lacks %s", origin, cookie, want)
			}
		}
		if strings.Contains(cookie, "Secure") != secure || strings.Contains(cookie, "correct") {
			t.Errorf("%s: cookie %q", origin, cookie)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	s, now := newSessions(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	until := fmt.Sprint(now.Add(sessionLife).Unix())
	r := &http.Request{Header: http.Header{"Cookie": {cookieName + "=" + until + "." + s.proof(until, token)}}}
	if !s.holds(r, token, now.Add(sessionLife-time.Second)) {
		t.Error("the session does not hold for its time")
	}
	if s.holds(r, token, now.Add(sessionLife)) {
		t.Error("the session never ends")
	}
	if newSessions().holds(r, token, now) {
		t.Error("a session of another process holds")
	}
}

func TestRedirectsStayHere(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/escalations/CS-1?x=1": true, "": false, "//evil.com": false, "/\\evil.com": false, "https://evil.com": false,
		"evil.com": false, "/\t/evil.com": false, "/\r\nX: y": false, "javascript:alert(1)": false, "///evil.com": false,
	} {
		if localPath(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
}

func TestUnreadableTokenLetsNobodyIn(t *testing.T) {
	for name, read := range map[string]func() (string, error){
		"error": func() (string, error) { return "", errors.New("open /run/secrets/web: permission denied") },
		"empty": func() (string, error) { return "", nil },
	} {
		d := serve(t, func(o *Options) { o.Token = read })
		for _, a := range []answer{d.ask("GET", "/"), d.ask("GET", "/", "Authorization: Bearer "), d.ask("POST", "/login", "Origin: http://127.0.0.1:PORT", "Content-Length: 0")} {
			if a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "secrets") {
				t.Errorf("%s: %d %q", name, a.status, a.body)
			}
		}
		if a := d.ask("GET", "/healthz"); a.status != http.StatusOK {
			t.Errorf("%s: health %d", name, a.status)
		}
	}
}

func TestOtherMachinesNeedAToken(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:80", "desk.example.com:80"} {
		if _, err := New(Options{Listen: listen, Hosts: []string{"localhost"}}); err == nil || !strings.Contains(err.Error(), "no token is set") {
			t.Errorf("%s: %v", listen, err)
		}
	}
	for _, o := range []Options{{Listen: "localhost", Hosts: []string{"localhost"}}, {Listen: "127.0.0.1:0", Hosts: []string{"http://localhost"}}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func TestBusyPortIsReported(t *testing.T) {
	d := serve(t, nil)
	s, err := New(Options{Listen: d.addr, Hosts: []string{"localhost"}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func TestServeLetsRequestsFinish(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	d := serve(t, nil, func(s *Server) {
		s.Handle("GET /slow", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(started)
			<-release
			fmt.Fprint(w, "done")
		}))
	})
	got := make(chan answer, 1)
	go func() { got <- d.ask("GET", "/slow") }()
	<-started
	ended := make(chan error, 1)
	go func() { ended <- d.stop() }()
	for { // until the port is closed: the end has begun
		conn, err := net.Dial("tcp", d.addr)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(release)
	if a := <-got; a.body != "done" {
		t.Errorf("got %d %q", a.status, a.body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestLargeRequestsAreRefused(t *testing.T) {
	d := serve(t, withToken)
	if a := d.ask("GET", "/healthz", "X: "+strings.Repeat("x", maxHeader+8<<10)); a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("large header: %d", a.status)
	}
	body := "token=" + strings.Repeat("x", maxBody)
	a := d.raw(fmt.Sprintf("POST /login HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body))
	if a.status != http.StatusBadRequest {
		t.Errorf("large body: %d", a.status)
	}
}
