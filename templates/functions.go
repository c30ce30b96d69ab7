package templates

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"escalationd/escalation"
)

// functions are what a template may call; docs/letters.md describes each.
func functions(z *zones, html bool) map[string]any {
	return map[string]any{
		inHTML: func() bool { return html },

		"when": z.when, "both": z.both, "clock": z.clock, "day": z.day, "words": words,
		"plural": plural, "low": low, "joined": joined,

		"inert": inert, "line": line, "plain": plain, "plainLine": plainLine, "quote": quote, "lines": lines,

		"answer": answer, "ref": escalation.NoticeRef, "row": func(label, value any) row { return row{label, value} },
		"bar": bar, "busiest": busiest, "received": received, "first": first, "more": more,
		"groups": groups, "kinds": kinds, "times": times,
	}
}

// allowed are the names a template may call; printf, print, html, js, call and
// the like are not among them (see bounded).
func allowed() []string {
	return append(slices.Collect(maps.Keys(functions(&zones{}, false))),
		"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index")
}

// listing are the functions that yield lists to range over.
func listing() []string {
	return []string{"lines", "first", "groups", "kinds"}
}

// row is a label and its value.
type row struct{ Label, Value any }

// when is a time as people in a zone write it: "Mon 23 Nov 2026, 14:30 GMT".
// It is empty for the zero time.
func (z *zones) when(t time.Time, zone string) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(z.location(zone))
	return t.Format("Mon 2 Jan 2006, 15:04 ") + zoneName(t)
}

// both is a time in the reader's own zone with another's behind it:
// "Mon 23 Nov 2026, 14:30 GMT (06:30 PST)".
func (z *zones) both(t time.Time, zone, other string) string {
	if t.IsZero() || other == "" || other == zone {
		return z.when(t, zone)
	}
	here, there := t.In(z.location(zone)), t.In(z.location(other))
	layout := "15:04 "
	if here.Format(time.DateOnly) != there.Format(time.DateOnly) {
		layout = "Mon 2 Jan, 15:04 "
	}
	if there.Format("15:04 ")+zoneName(there) == here.Format("15:04 ")+zoneName(here) {
		return z.when(t, zone)
	}
	return z.when(t, zone) + " (" + there.Format(layout) + zoneName(there) + ")"
}

// clock is the time of day alone: "14:30 GMT".
func (z *zones) clock(t time.Time, zone string) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(z.location(zone))
	return t.Format("15:04 ") + zoneName(t)
}

// day is the date alone: "Mon 23 Nov 2026".
func (z *zones) day(t time.Time, zone string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(z.location(zone)).Format("Mon 2 Jan 2006")
}

// zones keeps the time zones that were asked for; time.LoadLocation reads
// files.
type zones struct{ known sync.Map }

func (z *zones) location(name string) *time.Location {
	if loc, ok := z.known.Load(name); ok {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		loc = time.UTC
	}
	z.known.Store(name, loc)
	return loc
}

// zoneName is the zone's abbreviation; zones that have none give an offset.
func zoneName(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}

// words is a duration in its two largest units, minutes the smallest: "1 day
// 3 hours", "45 minutes".
func words(d time.Duration) string {
	minutes := int(d.Abs().Round(time.Minute) / time.Minute)
	if minutes == 0 {
		return "less than a minute"
	}
	var parts []string
	for _, unit := range []struct {
		minutes int
		name    string
	}{{24 * 60, "day"}, {60, "hour"}, {1, "minute"}} {
		if n := minutes / unit.minutes; n > 0 && len(parts) < 2 {
			parts = append(parts, plural(n, unit.name, unit.name+"s"))
			minutes %= unit.minutes
		} else if len(parts) == 1 {
			break
		}
	}
	return strings.Join(parts, " ")
}

// plural is a count with its noun: "1 case", "2 cases".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// low begins a name with a small letter, for the middle of a sentence.
func low(s string) string { return escalation.InSentence(line(s)) }

// joined is two texts, one below the other.
func joined(a, b string) string {
	return strings.TrimSpace(plain(a) + "\n" + plain(b))
}

// answer is a link that opens a mail to the desk with the command in it. It
// does nothing by itself.
func answer(f fields, command string) (template.URL, error) {
	desk, ok := f["Desk"].(string)
	number, ok2 := f["Number"].(string)
	id, ok3 := f["ID"].(string)
	if !ok || !ok2 || !ok3 {
		return "", errors.New("answer wants the whole letter: answer . \"ACK\"")
	}
	verb, _, _ := strings.Cut(command, " ")
	subject := strings.TrimSpace(verb+" "+number) + " " + escalation.NoticeRef(id)
	return template.URL("mailto:" + encode(desk, "@") + "?subject=" + encode(subject, "") + "&body=" + encode(command, "")), nil
}

// encode is the percent-encoding of RFC 6068.
func encode(s, also string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~"+also, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

const barWidth = 8

// bar is a line of blocks, as long as n is of most.
func bar(n, most int) string {
	if n <= 0 || most <= 0 {
		return ""
	}
	return strings.Repeat("█", max(1, min(n, most)*barWidth/most))
}

// busiest is the greatest number in a week's picture.
func busiest(week []escalation.DigestDay) int {
	most := 0
	for _, d := range week {
		most = max(most, d.New, d.Ended)
	}
	return most
}

// received is the sum of a digest's mails.
func received(counts []escalation.DigestCount) int {
	sum := 0
	for _, c := range counts {
		sum += c.Count
	}
	return sum
}

// first is the beginning of a list in a digest, more how many it leaves out.
func first(n int, list []escalation.DigestLine) []escalation.DigestLine {
	return list[:max(0, min(n, len(list)))]
}

func more(n int, list []escalation.DigestLine) int {
	return max(0, len(list)-n)
}

// alarmGroup is alarms of one kind and cause.
type alarmGroup struct {
	What, Detail string
	Count        int
	Refs         []string // the first few, each once
	First, Last  time.Time
}

const maxRefs = 5

// groups puts alarms that say the same together, the most frequent first.
func groups(alarms []escalation.Alarm) []alarmGroup {
	var groups []alarmGroup
	index := map[[2]string]int{}
	for _, a := range alarms {
		key := [2]string{a.What, a.Detail}
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, alarmGroup{What: a.What, Detail: escalation.Sentence(a.Detail), First: a.At, Last: a.At})
		}
		groups[i].add(a)
	}
	slices.SortStableFunc(groups, func(a, b alarmGroup) int { return cmp.Compare(b.Count, a.Count) })
	return groups[:min(len(groups), maxGroups)]
}

const maxGroups = 50

func (g *alarmGroup) add(a escalation.Alarm) {
	g.Count += a.Times()
	for _, at := range []time.Time{a.At, a.Last} {
		if at.Before(g.First) && !at.IsZero() {
			g.First = at
		}
		if at.After(g.Last) {
			g.Last = at
		}
	}
	for _, ref := range append([]string{a.Ref}, a.Refs...) {
		if ref != "" && len(g.Refs) < maxRefs && !slices.Contains(g.Refs, ref) {
			g.Refs = append(g.Refs, ref)
		}
	}
}

// kinds puts alarms together by their kind alone.
func kinds(alarms []escalation.Alarm) []alarmGroup {
	alarms = slices.Clone(alarms)
	for i := range alarms {
		alarms[i].Detail = ""
	}
	return groups(alarms)
}

// times is how many alarms there were.
func times(alarms []escalation.Alarm) int {
	n := 0
	for _, a := range alarms {
		n += a.Times()
	}
	return n
}

// tidy leaves one empty line at most, no blanks at the ends of lines, and one
// line break at the end.
func tidy(text string) string {
	var b strings.Builder
	empty := 1 // none at the start
	for l := range strings.SplitSeq(text, "\n") {
		if l != "-- " { // the signature's mark (RFC 3676 section 4.3)
			l = strings.TrimRight(l, " \t\r")
		}
		if l == "" {
			empty++
			continue
		}
		if empty > 0 && b.Len() > 0 {
			b.WriteByte('\n')
		}
		empty = 0
		b.WriteString(l)
		b.WriteByte('\n')
	}
	return b.String()
}
