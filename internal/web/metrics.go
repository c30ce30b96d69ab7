package web

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// namespace begins the name of every metric.
const namespace = "escalationd_"

// Count names a count for Options.Counts, as Prometheus does:
// escalationd_mails_total{disposition="accepted"}. The name is given without
// escalationd_; one that ends in _total only grows. Without a label the name
// stands alone.
func Count(name, label, value string) string {
	if label == "" {
		return namespace + name
	}
	return sample(name, label, value)
}

func sample(name, label, value string) string {
	return fmt.Sprintf(`%s%s{%s="%s"}`, namespace, name, label, labelEscaper.Replace(value))
}

var labelEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

var countKey = regexp.MustCompile(`^` + namespace + `([a-z][a-z0-9_]*)(?:\{([a-z_]+)="((?:[^"\\\n]|\\.)*)"\})?$`)

// metrics answers in the text format of Prometheus (version 0.0.4).
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	counts, err := s.counts(r.Context())
	conditions := s.options.Ready()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	family(w, "build_info", "gauge", "The version that runs.")
	fmt.Fprintf(w, "%sbuild_info{version=\"%s\",go=\"%s\"} 1\n", namespace, labelEscaper.Replace(s.options.Version), runtime.Version())
	family(w, "ready", "gauge", "1 while every condition holds.")
	fmt.Fprintf(w, "%sready %d\n", namespace, bit(allHold(conditions)))
	family(w, "condition", "gauge", "1 while what the daemon needs is there.")
	for _, c := range conditions {
		fmt.Fprintf(w, "%s %d\n", sample("condition", "name", c.Name), bit(c.Problem == ""))
	}
	family(w, "counts_read", "gauge", "1 if the counts below could be read.")
	fmt.Fprintf(w, "%scounts_read %d\n", namespace, bit(err == nil))
	last := ""
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		name := countKey.FindStringSubmatch(key)[1]
		if name != last {
			family(w, name, kind(name), "")
			last = name
		}
		fmt.Fprintf(w, "%s %d\n", key, counts[key])
	}
}

// counts answers what Options.Counts does, without names that are none.
func (s *Server) counts(ctx context.Context) (map[string]int64, error) {
	if s.options.Counts == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, countWithin)
	defer cancel()
	counts, err := s.options.Counts(ctx)
	if err != nil {
		s.options.Log.Warn("counts cannot be read", "error", err)
		return nil, err
	}
	counts = maps.Clone(counts)
	maps.DeleteFunc(counts, func(key string, _ int64) bool { return !countKey.MatchString(key) })
	return counts, nil
}

func family(w io.Writer, name, kind, help string) {
	if help != "" {
		fmt.Fprintf(w, "# HELP %s%s %s\n", namespace, name, help)
	}
	fmt.Fprintf(w, "# TYPE %s%s %s\n", namespace, name, kind)
}

func kind(name string) string {
	if strings.HasSuffix(name, "_total") {
		return "counter"
	}
	return "gauge"
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
