package config

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"escalationd/escalation/hours"
)

// checker looks for what each value alone cannot show: what is missing, out
// of range, or does not fit another value.
type checker struct {
	*report
	config *Config
	read   func(path string) ([]byte, error) // nil: no other file is looked at
}

func (c *checker) check() {
	c.checkInboxes()
	c.checkSMTP()
	c.checkRedis()
	c.checkWeb()
	c.checkAddresses("ops", c.config.Ops)
	c.checkPolicy()
	c.checkSeverities()
	for _, key := range slices.Sorted(maps.Keys(c.config.Regions)) {
		c.checkRegion(key)
	}
	c.checkLadder()
	c.checkDigests()
	c.checkLabels()
}

var inboxName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (c *checker) checkInboxes() {
	if len(c.config.Inboxes) == 0 {
		c.add("inboxes", "inboxes is missing; name at least one mailbox to read")
	}
	names, urls := map[string]int{}, map[string]int{}
	for i, b := range c.config.Inboxes {
		path := fmt.Sprintf("inboxes[%d]", i)
		switch {
		case b.Name == "":
			c.missing(path + ".name")
		case !inboxName.MatchString(b.Name):
			c.add(path+".name", "%s.name: %s is not a name of letters, digits and . _ -", path, quote(b.Name))
		case names[b.Name] > 0:
			c.add(path+".name", "two inboxes are called %s; the first is on line %d", quote(b.Name), names[b.Name])
		default:
			names[b.Name] = c.lines[path+".name"]
		}
		c.checkFolders(path, b)
		if b.URL.IsZero() {
			c.missing(path + ".url")
			continue
		}
		mailbox := strings.ToLower(b.URL.User()+"@"+b.URL.Address()) + "/" + b.URL.Mailbox()
		if first := urls[mailbox]; first > 0 {
			c.add(path+".url", "%s.url is the same mailbox as the one on line %d", path, first)
		}
		urls[mailbox] = c.lines[path+".url"]
		c.checkTLS(path, b.URL.Endpoint, b.Insecure, "imaps:// or imap+starttls://")
		c.checkLogin(path, b.URL.User(), b.Password, b.OAuth2)
	}
}

// checkFolders wants three different folders: mail that is moved where it
// came from would be read for ever.
func (c *checker) checkFolders(path string, b Inbox) {
	if b.Processed == "" {
		c.missing(path + ".processed")
	}
	if b.Quarantine == "" {
		c.missing(path + ".quarantine")
	}
	if b.Processed == b.Quarantine {
		c.add(path+".quarantine", "%[1]s.quarantine is the same folder as %[1]s.processed", path)
	}
	if b.URL.IsZero() {
		return
	}
	for _, f := range [][2]string{{".processed", b.Processed}, {".quarantine", b.Quarantine}} {
		inbox := strings.EqualFold(f[1], "INBOX") && strings.EqualFold(b.URL.Mailbox(), "INBOX")
		if f[1] == b.URL.Mailbox() || inbox {
			c.add(path+f[0], "%s is the mailbox that is read; name another folder", path+f[0])
		}
	}
	if strings.ContainsAny(b.AuthservID, " \t;()\"") {
		c.add(path+".authserv_id", "%s.authserv_id: %s is not the name of a mail server", path, quote(b.AuthservID))
	}
}

func (c *checker) checkTLS(path string, e Endpoint, insecure bool, better string) {
	if e.TLS() == TLSNone && !e.Loopback() && !insecure {
		c.add(path+".url", "%s.url sends passwords and mail unprotected; use %s, or set insecure: true", path, better)
	}
}

// checkLogin wants exactly one way to log in for a user, and none without.
func (c *checker) checkLogin(path, user string, password Secret, o *OAuth2) {
	switch {
	case !password.IsZero() && o != nil:
		c.add(path+".oauth2", "%s has both a password and oauth2; keep one", path)
	case user == "" && (!password.IsZero() || o != nil):
		c.add(path+".url", "%s.url names no user to log in as; write it like smtps://desk@smtp.example.com", path)
	case user != "" && password.IsZero() && o == nil:
		for _, key := range []string{".password_file", ".password_env", ".oauth2"} {
			if c.settled[path+key] {
				return
			}
		}
		c.add(path+".url", "%s has a user but no password_file, password_env or oauth2", path)
	}
	if o != nil {
		c.checkOAuth2(path+".oauth2", o)
	}
}

func (c *checker) checkOAuth2(path string, o *OAuth2) {
	if o.TokenURL == nil {
		c.missing(path + ".token_url")
	}
	if o.ClientID == "" {
		c.missing(path + ".client_id")
	}
	if o.ClientSecret.IsZero() && o.RefreshToken.IsZero() {
		c.add(path+".client_secret_file", "%s needs client_secret_file, refresh_token_file or both", path)
	}
	for i, s := range o.Scopes {
		if s == "" || strings.ContainsAny(s, " \t") {
			item := fmt.Sprintf("%s.scopes[%d]", path, i)
			c.add(item, "%s: %s is not one scope; write each as an element of the list", item, quote(s))
		}
	}
}

func (c *checker) checkSMTP() {
	s := c.config.SMTP
	if s.From.Address == "" {
		c.missing("smtp.from")
	}
	c.between("smtp.connections", s.Connections, 1, 64)
	if s.URL.IsZero() {
		c.missing("smtp.url")
		return
	}
	c.checkTLS("smtp", s.URL.Endpoint, s.Insecure, "smtps:// or smtp+starttls://")
	c.checkLogin("smtp", s.URL.User(), s.Password, s.OAuth2)
}

// checkRedis keeps out of the prefix what would change the hash slot of the
// keys or the meaning of a pattern.
func (c *checker) checkRedis() {
	r := c.config.Redis
	if r.Prefix == "" || strings.ContainsAny(r.Prefix, "{}[]*?\\ \t") {
		c.add("redis.prefix", "redis.prefix: %s is not a prefix; leave out blanks and { } [ ] * ? \\", quote(r.Prefix))
	}
	if r.URL.User() != "" && r.Password.IsZero() && !c.settled["redis.password_file"] && !c.settled["redis.password_env"] {
		c.add("redis.url", "redis.url names a user, but there is no password_file or password_env")
	}
}

func (c *checker) checkWeb() {
	w := c.config.Web
	for i, h := range w.Hosts {
		path := fmt.Sprintf("web.hosts[%d]", i)
		if h == "" || strings.ContainsAny(h, "/ \t@*") || strings.Count(h, ":") == 1 {
			c.add(path, "%s: %s is not a host name; leave out scheme, port and path", path, quote(h))
		}
	}
	if w.Listen == "" {
		return
	}
	if len(w.Hosts) == 0 {
		c.add("web.hosts", "web.hosts is empty, so that every request would be refused")
	}
	host, port, err := net.SplitHostPort(w.Listen)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
		c.add("web.listen", "web.listen: %s is not host:port; write it like 127.0.0.1:8080", quote(w.Listen))
		return
	}
	if !isLoopback(host) && w.Token.IsZero() && !c.settled["web.token_file"] && !c.settled["web.token_env"] {
		c.add("web.listen", "web.listen: %s can be reached from other machines; set token_file, or listen on 127.0.0.1", quote(w.Listen))
	}
}

func (c *checker) checkPolicy() {
	p := c.config.Policy
	c.within("policy.poll", p.Poll, 100*time.Millisecond, time.Hour)
	if p.MaxMessage < 1000 || p.MaxMessage > 1<<30 {
		c.add("policy.max_message", "policy.max_message is not between 1kB and 1GiB")
	}
	c.within("policy.reply_limit.per", p.ReplyLimit.Per, time.Second, 366*24*time.Hour)
	c.between("policy.reply_limit.per_sender", p.ReplyLimit.PerSender, 0, 1_000_000)
	c.between("policy.reply_limit.global_per_minute", p.ReplyLimit.GlobalPerMinute, 0, 1_000_000)
	c.between("policy.leader_limit.per_hour", p.LeaderLimit.PerHour, 0, 1_000_000)
	if p.Retention <= 0 {
		c.add("policy.retention", "policy.retention must be longer than 0")
	}
	if p.Early != EarlyAccept && p.OwnerSilence == 0 {
		c.add("policy.early", "policy.early: %s needs an owner_silence longer than 0", p.Early)
	}
}

func (c *checker) checkSeverities() {
	for _, n := range slices.Sorted(maps.Keys(c.config.Severities)) {
		path := fmt.Sprintf("severities.%d", n)
		if n < 1 || n > 3 {
			c.add(path, "unknown severity \"%d\"; a case has severity 1, 2 or 3", n)
			continue
		}
		s := c.config.Severities[n]
		if s.Name == "" {
			c.missing(path + ".name")
		}
		c.within(path+".respond_within", s.RespondWithin, time.Second, 366*24*time.Hour)
	}
}

var regionKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`)

func (c *checker) checkRegion(key string) {
	path, r := "regions."+key, c.config.Regions[key]
	if !regionKey.MatchString(key) {
		c.add(path, "regions: %s is not a name of letters, digits, _ and -", quote(key))
		return
	}
	if r.Timezone == nil {
		c.missing(path + ".timezone")
	}
	if r.Open == notSet {
		c.missing(path + ".open")
	}
	if r.Close == notSet {
		c.missing(path + ".close")
	}
	if r.Close <= r.Open && !c.settled[path+".open"] {
		c.add(path+".close", "%[1]s.close: %[2]s is not after %[1]s.open %[3]s", path, r.Close, r.Open)
	}
	c.checkHolidays(path+".holidays", r.Holidays)
	c.checkICS(path+".holidays.ics", r.Holidays.ICS)
}

func (c *checker) checkICS(path, file string) {
	if c.read == nil || file == "" || c.settled[path] {
		return
	}
	data, err := c.read(file)
	if err == nil {
		err = hours.CheckICS(data)
	}
	if err != nil {
		c.add(path, "%s cannot be used: %v", path, err)
	}
}

// checkHolidays spells the names as HolidayNames has them.
func (c *checker) checkHolidays(path string, h Holidays) {
	if c.settled[path+".calendar"] {
		return
	}
	for i, name := range h.Names {
		item := fmt.Sprintf("%s.names[%d]", path, i)
		canonical, ok := canonicalHoliday(h.Calendar, name)
		switch near, similar := nearest(name, HolidayNames(h.Calendar)); {
		case ok:
			h.Names[i] = canonical
		case h.Calendar == CalendarNone:
			c.add(item, "%s: there are no names without a calendar; set calendar to us or gb", item)
		case similar:
			c.add(item, "%s: calendar %s has no %s; did you mean %s?", item, h.Calendar, quote(name), quote(near))
		default:
			c.add(item, "%s: calendar %s has no %s; it has %s", item, h.Calendar, quote(name), strings.Join(HolidayNames(h.Calendar), ", "))
		}
	}
}

// LabelFields are the fields of the template, the keys of Config.Labels.
func LabelFields() []string {
	return []string{"case_number", "next_step", "poc", "poc_contact", "comments"}
}

func (c *checker) checkLabels() {
	owner := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(c.config.Labels)) {
		path := "labels." + field
		if !slices.Contains(LabelFields(), field) {
			if near, ok := nearest(field, LabelFields()); ok {
				c.add(path, "unknown key %s; did you mean %s?", quote(field), quote(near))
			} else {
				c.add(path, "unknown key %s; known here are %s", quote(field), strings.Join(LabelFields(), ", "))
			}
			continue
		}
		for i, label := range c.config.Labels[field] {
			item := fmt.Sprintf("%s[%d]", path, i)
			key := strings.ToLower(strings.TrimSpace(label))
			switch {
			case key == "":
				c.add(item, "%s is empty", item)
			case owner[key] != "" && owner[key] != field:
				c.add(item, "%s: %s is a label of %s already", item, quote(label), owner[key])
			}
			owner[key] = field
		}
	}
}

func (c *checker) missing(path string) { c.add(path, "%s is missing", path) }

func (c *checker) between(path string, n, least, most int) {
	if n < least || n > most {
		c.add(path, "%s: %d is not between %d and %d", path, n, least, most)
	}
}

func (c *checker) within(path string, d, least, most time.Duration) {
	if d < least || d > most {
		c.add(path, "%s: %s is not between %s and %s", path, Brief(d), Brief(least), Brief(most))
	}
}

// Brief writes 1h for 1h0m0s.
func Brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
