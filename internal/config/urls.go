package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// TLSMode is how a connection is protected.
type TLSMode string

// The ways to protect a connection.
const (
	TLSImplicit TLSMode = "implicit" // TLS from the first byte
	TLSStartTLS TLSMode = "starttls" // TLS by STARTTLS before anything is told
	TLSNone     TLSMode = "none"     // only to loopback, or where insecure is true
)

// Endpoint is a server and who logs in there. It never holds a password.
type Endpoint struct {
	url  *url.URL
	tls  TLSMode
	port string
}

// IsZero reports whether there is none.
func (e Endpoint) IsZero() bool { return e.url == nil }

// String is the URL.
func (e Endpoint) String() string {
	if e.url == nil {
		return ""
	}
	return e.url.String()
}

// URL is the parsed URL; nobody changes it.
func (e Endpoint) URL() *url.URL { return e.url }

// TLS is how the connection is protected.
func (e Endpoint) TLS() TLSMode { return e.tls }

// Host is the server's name or IP address, without port and brackets.
func (e Endpoint) Host() string { return e.url.Hostname() }

// Port is the port given, else the scheme's own.
func (e Endpoint) Port() int {
	n, _ := strconv.Atoi(e.port) // checked by parseEndpoint
	return n
}

// Address is host and port as net.Dial takes them.
func (e Endpoint) Address() string { return net.JoinHostPort(e.Host(), e.port) }

// User is who logs in; empty: nobody does.
func (e Endpoint) User() string { return e.url.User.Username() }

// Loopback reports whether the server is on this machine by its name alone.
func (e Endpoint) Loopback() bool { return isLoopback(e.Host()) }

// InboxURL is an IMAP mailbox: imaps://, imap+starttls:// or imap://.
type InboxURL struct{ Endpoint }

// Mailbox is the folder to read, INBOX where the URL names none.
func (u InboxURL) Mailbox() string {
	if m := strings.Trim(u.url.Path, "/"); m != "" {
		return m
	}
	return "INBOX"
}

// RelayURL is an SMTP relay: smtps://, smtp+starttls:// or smtp://.
type RelayURL struct{ Endpoint }

// RedisMode is how many servers make one Redis.
type RedisMode string

// The modes of Redis.
const (
	RedisSingle   RedisMode = "single"
	RedisSentinel RedisMode = "sentinel"
	RedisCluster  RedisMode = "cluster"
)

// RedisURL is a Redis: redis://, redis+sentinel:// or redis+cluster://, and
// the same with rediss for TLS. It never holds a password.
type RedisURL struct {
	text      string
	mode      RedisMode
	tls       bool
	user      string
	addresses []string
	master    string
	database  int
}

// String is the URL.
func (u RedisURL) String() string { return u.text }

// Mode says what the addresses are: the server, sentinels or cluster nodes.
func (u RedisURL) Mode() RedisMode { return u.mode }

// TLS reports whether connections are made with TLS.
func (u RedisURL) TLS() bool { return u.tls }

// User is the ACL user; empty: the default user.
func (u RedisURL) User() string { return u.user }

// Addresses are host and port as net.Dial takes them; at least one.
func (u RedisURL) Addresses() []string { return u.addresses }

// Master is the name of the master that sentinels watch.
func (u RedisURL) Master() string { return u.master }

// Database is the number of the database, 0 in a cluster.
func (u RedisURL) Database() int { return u.database }

var errPasswordInURL = errors.New("holds a password, which does not belong in this file; put it in password_file")

// scheme is what one URL scheme stands for.
type scheme struct {
	tls  TLSMode
	port string
}

func parseInboxURL(text string) (InboxURL, error) {
	e, err := parseEndpoint(text, "imaps://desk@imap.example.com:993/INBOX", map[string]scheme{
		"imaps": {TLSImplicit, "993"}, "imap+starttls": {TLSStartTLS, "143"}, "imap": {TLSNone, "143"},
	})
	if err == nil && e.User() == "" {
		err = errors.New("names no user; write it like imaps://desk@imap.example.com:993/INBOX")
	}
	return InboxURL{e}, err
}

func parseRelayURL(text string) (RelayURL, error) {
	e, err := parseEndpoint(text, "smtp+starttls://desk@smtp.example.com:587", map[string]scheme{
		"smtps": {TLSImplicit, "465"}, "smtp+starttls": {TLSStartTLS, "587"}, "smtp": {TLSNone, "25"},
	})
	if err == nil && strings.Trim(e.url.Path, "/") != "" {
		err = errors.New("has a path, and a relay has none")
	}
	return RelayURL{e}, err
}

// parseEndpoint reads a URL of one of the schemes. Its errors show nothing of
// the text but the scheme: a password may stand in it anywhere.
func parseEndpoint(text, sample string, schemes map[string]scheme) (Endpoint, error) {
	u, err := splitURL(text, sample)
	if err != nil {
		return Endpoint{}, err
	}
	s, ok := schemes[u.Scheme]
	if !ok {
		return Endpoint{}, fmt.Errorf("%s is not a scheme that is known here; write it like %s", quote(u.Scheme+"://"), sample)
	}
	e := Endpoint{u, s.tls, s.port}
	if u.Port() != "" {
		e.port = u.Port()
	}
	if !isPort(e.port) || u.Hostname() == "" {
		return Endpoint{}, fmt.Errorf("does not name a server with a port from 1 to 65535; write it like %s", sample)
	}
	return e, nil
}

// splitURL parses text, and refuses what can hold a password.
func splitURL(text, sample string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return nil, errPasswordInURL
		}
	}
	if err != nil && looksLikePassword(text) {
		return nil, errPasswordInURL
	}
	if err != nil || u.Scheme == "" || u.Opaque != "" || !strings.Contains(text, "://") {
		return nil, fmt.Errorf("is not a URL; write it like %s", sample)
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#") {
		return nil, errors.New("has a ? or #, which means nothing here; write them as %3F and %23 where they belong to a name")
	}
	return u, nil
}

// looksLikePassword finds a colon before the last "@" of a URL that cannot be
// parsed: most likely a password with a character that has to be escaped.
func looksLikePassword(text string) bool {
	_, rest, _ := strings.Cut(text, "://")
	login := rest[:strings.LastIndex(rest, "@")+1]
	return strings.Contains(login, ":")
}

const redisSample = "redis://127.0.0.1:6379/0, redis+sentinel://a:26379,b:26379/MASTER/0 or redis+cluster://a:6379,b:6379"

// parseRedisURL takes several servers in one URL, which net/url does not.
func parseRedisURL(text string) (RedisURL, error) {
	name, rest, ok := strings.Cut(text, "://")
	if !ok {
		return RedisURL{}, fmt.Errorf("is not a URL; write it like %s", redisSample)
	}
	hosts, path, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(hosts, "@") + 1
	u, err := splitURL(name+"://"+hosts[:at]+"host/"+path, redisSample)
	if err != nil {
		return RedisURL{}, err
	}
	r := RedisURL{text: text, user: u.User.Username()}
	port := "6379"
	switch base, kind, _ := strings.Cut(name, "+"); {
	case base != "redis" && base != "rediss", kind != "" && kind != "sentinel" && kind != "cluster":
		return RedisURL{}, fmt.Errorf("%s is not a scheme of Redis; write it like %s", quote(name+"://"), redisSample)
	case kind == "":
		r.tls, r.mode = base == "rediss", RedisSingle
	case kind == "sentinel":
		r.tls, r.mode, port = base == "rediss", RedisSentinel, "26379"
	default:
		r.tls, r.mode = base == "rediss", RedisCluster
	}
	if r.addresses, err = parseServers(hosts[at:], port); err != nil && looksLikePassword(text) {
		return RedisURL{}, errPasswordInURL
	}
	if err != nil {
		return RedisURL{}, err
	}
	if r.mode == RedisSingle && len(r.addresses) > 1 {
		return RedisURL{}, errors.New("names several servers; use redis+sentinel:// or redis+cluster:// for them")
	}
	return r, r.parsePath(strings.Trim(u.Path, "/"))
}

// parsePath reads what follows the servers: the master's name and the number
// of the database.
func (u *RedisURL) parsePath(path string) error {
	switch u.mode {
	case RedisCluster:
		if path != "" && path != "0" {
			return errors.New("names a database, and a cluster has only one")
		}
		return nil
	case RedisSentinel:
		u.master, path, _ = strings.Cut(path, "/")
		if u.master == "" {
			return errors.New("names no master; write it like redis+sentinel://a:26379,b:26379/MASTER/0")
		}
	}
	n, err := strconv.ParseUint("0"+path, 10, 16)
	if err != nil {
		return errors.New("does not end in the number of a database, such as /0")
	}
	u.database = int(n)
	return nil
}

// parseServers splits "a:1,b:2" and adds the port where there is none.
func parseServers(text, port string) ([]string, error) {
	var servers []string
	for s := range strings.SplitSeq(text, ",") {
		u, err := url.Parse("tcp://" + s)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" || (u.Port() != "" && !isPort(u.Port())) {
			return nil, fmt.Errorf("does not name a server with a port from 1 to 65535; write it like %s", redisSample)
		}
		p := port
		if u.Port() != "" {
			p = u.Port()
		}
		servers = append(servers, net.JoinHostPort(u.Hostname(), p))
	}
	return servers, nil
}

func defaultRedisURL() RedisURL {
	return RedisURL{text: "redis://127.0.0.1:6379/0", mode: RedisSingle, addresses: []string{"127.0.0.1:6379"}}
}

// parseTokenURL takes the endpoint that hands out access tokens. Secrets are
// posted there, so it is HTTPS unless on this machine.
func parseTokenURL(text string) (*url.URL, error) {
	const sample = "https://login.example.com/oauth2/v2.0/token"
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("is not a URL; write it like %s", sample)
	}
	if u.User != nil {
		return nil, errors.New("holds a user or password, which does not belong there; use client_id and client_secret_file")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("is not https://; write it like %s", sample)
	}
	return u, nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
