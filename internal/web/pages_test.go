package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestReadinessNamesEachCondition(t *testing.T) {
	conditions := []Condition{{Name: "inbox:escalations"}, {Name: "redis"}, {Name: "relay", Problem: "not reached:\nconnection refused"}}
	d := serve(t, func(o *Options) { o.Ready = func() []Condition { return conditions } })
	a := d.ask("GET", "/readyz")
	if a.status != http.StatusServiceUnavailable || a.body != "inbox:escalations ok\nredis ok\nrelay not reached: connection refused\n" {
		t.Errorf("not ready: %d %q", a.status, a.body)
	}
	if a := d.ask("GET", "/healthz"); a.status != http.StatusOK {
		t.Errorf("health while not ready: %d", a.status)
	}
	conditions = conditions[:2]
	if a := d.ask("GET", "/readyz"); a.status != http.StatusOK || a.body != "inbox:escalations ok\nredis ok\n" {
		t.Errorf("ready: %d %q", a.status, a.body)
	}
	if a := d.raw("HEAD /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); a.status != http.StatusOK {
		t.Errorf("HEAD: %d", a.status)
	}
}

// A line of the text format that Prometheus reads.
var sampleLine = regexp.MustCompile(`^[a-z_]+(\{([a-z_]+="([^"\\\n]|\\[\\"n])*",?)+\})? -?[0-9]+$`)

func TestMetricsAreWhatPrometheusReads(t *testing.T) {
	d := serve(t, func(o *Options) {
		o.Ready = func() []Condition { return []Condition{{Name: "inbox:a\"b\\c\n"}, {Name: "redis", Problem: "down"}} }
		o.Counts = func(context.Context) (map[string]int64, error) {
			return map[string]int64{
				Count("mails_total", "disposition", "accepted"): 12, Count("mails_total", "disposition", "refused"): 3,
				Count("escalations", "", ""): 7, "not a name": 1, "escalationd_x{a=\"b\"}\nescalationd_y": 1,
			}, nil
		}
	})
	a := d.ask("GET", "/metrics")
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("%d %s", a.status, a.header.Get("Content-Type"))
	}
	for line := range strings.Lines(a.body) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "escalationd_build_info{") && !sampleLine.MatchString(line) {
			t.Errorf("not a sample: %q", line)
		}
	}
	for _, want := range []string{
		"# TYPE escalationd_mails_total counter\nescalationd_mails_total{disposition=\"accepted\"} 12\nescalationd_mails_total{disposition=\"refused\"} 3\n",
		"# TYPE escalationd_escalations gauge\nescalationd_escalations 7\n",
		"escalationd_ready 0\n", `escalationd_condition{name="inbox:a\"b\\c\n"} 1` + "\n", `escalationd_condition{name="redis"} 0` + "\n",
		`escalationd_build_info{version="v1.2.3",go="go`, "escalationd_counts_read 1\n",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %q in\n%s", want, a.body)
		}
	}
	if strings.Contains(a.body, "not a name") || strings.Contains(a.body, "escalationd_y") {
		t.Errorf("a name that is none:\n%s", a.body)
	}
}

func TestMetricsAnswerWithoutCounts(t *testing.T) {
	d := serve(t, func(o *Options) {
		o.Counts = func(ctx context.Context) (map[string]int64, error) {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("counting is not bounded in time")
			}
			return nil, errors.New("redis: connection refused")
		}
	})
	if a := d.ask("GET", "/metrics"); a.status != http.StatusOK || !strings.Contains(a.body, "escalationd_counts_read 0\n") {
		t.Errorf("metrics: %d\n%s", a.status, a.body)
	}
}

func TestStartPageAnswersWithoutTheBoard(t *testing.T) {
	d := serve(t, func(o *Options) {
		o.Board = func(ctx context.Context) (Board, error) {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("reading the board is not bounded in time")
			}
			return Board{}, errors.New("redis: connection refused")
		}
	})
	if a := d.ask("GET", "/"); a.status != http.StatusOK || !strings.Contains(a.body, "cannot be read") || strings.Contains(a.body, "connection refused") {
		t.Errorf("start page: %d\n%s", a.status, a.body)
	}
}

func TestStartPageShowsTheBoardAsInertText(t *testing.T) {
	d := serve(t, func(o *Options) {
		o.Ready = func() []Condition {
			return []Condition{{Name: "redis"}, {Name: "relay", Problem: `<script>alert(1)</script>`}}
		}
		o.Board = func(context.Context) (Board, error) {
			return Board{
				At:          time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC),
				Tasks:       []Task{{"2 letters are parked", "escalationd outbox list --config FILE"}},
				Escalations: []Escalation{{Case: "EX-1", About: `<img src=x>`, State: "nobody has taken it", Next: "next step at noon", Late: true}},
				More:        1200, Groups: []Group{{"Mails", []Row{{"Accepted", 1234567}, {"Odd", -1000}}}},
			}, nil
		}
	})
	a := d.ask("GET", "/")
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %s", a.status, a.header.Get("Content-Type"))
	}
	for _, want := range []string{
		"The desk is not ready", "&lt;script&gt;", "<h2>Mails</h2>", "<dt>Accepted</dt><dd>1,234,567</dd>", "<dt>Odd</dt><dd>-1,000</dd>", "v1.2.3",
		"2 letters are parked", "outbox list", "<strong>EX-1</strong>", "&lt;img src=x&gt;", "nobody has taken it", "and 1,200 more", "Mon 23 Nov 2026, 09:30:00 UTC",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(a.body, "<script") || strings.Contains(a.body, "<img") || strings.Contains(a.body, "Log out") || strings.Contains(a.body, "ZgotmplZ") {
		t.Error(a.body)
	}
}

func TestStyleIsTheOneThatIsAllowed(t *testing.T) {
	d := serve(t, nil)
	a := d.ask("GET", "/")
	_, rest, _ := strings.Cut(a.body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if hash := base64.StdEncoding.EncodeToString(sum[:]); style == "" || !strings.Contains(a.header.Get("Content-Security-Policy"), "'sha256-"+hash+"'") {
		t.Errorf("the policy %q does not allow the style of hash %s", a.header.Get("Content-Security-Policy"), hash)
	}
}
