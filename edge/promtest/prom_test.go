package promtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

const token = "0123456789abcdef0123456789abcdef"

// scraped is what a server says that has had visitors: of pages that were cold, warm and stale, whose slots are called as slots may be
// called, and failed in several ways.
func scraped(t *testing.T) []byte {
	t.Helper()
	var pages []edge.Page
	for pattern, shell := range map[string]string{
		"/p/{id}":      `<body><edge-slot name="price" src="/ok/{id}" ttl="1h" swr="1h" tags="p:{id}"></edge-slot><edge-slot name="gone" src="/gone/{id}"></edge-slot></body>`,
		"/odd":         `<body><edge-slot name='a "b" \c é' src="/ok/odd" ttl="1h"></edge-slot></body>`,
		"/strict/{$}":  `<body><edge-slot name="a" src="/500" required></edge-slot></body>`,
		"/long/{what}": `<body><edge-slot name="a" src="/json/{what}"></edge-slot><edge-slot name="b" src="/slow" timeout="20ms"></edge-slot></body>`,
	} {
		page, err := edge.ParsePage(pattern, shell)
		require.NoError(t, err)
		pages = append(pages, page)
	}
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch first, _, _ := strings.Cut(r.URL.Path[1:], "/"); first {
		case "gone":
			w.WriteHeader(http.StatusNotFound)
		case "500":
			w.WriteHeader(http.StatusInternalServerError)
		case "json":
			w.Header().Set("Content-Type", "application/json")
		case "slow":
			<-r.Context().Done()
		}
		_, _ = io.WriteString(w, "<p>"+r.URL.Path+"</p>")
	})
	handler, err := edge.NewHandler(edge.Options{Pages: pages, Origin: origin, Config: edge.Config{Token: token, TTL: time.Hour}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	ask := func(method, path string) []byte {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return text
	}
	for range 3 {
		for _, path := range []string{"/p/1", "/p/2", "/odd", "/strict/", "/long/1"} {
			ask(http.MethodGet, path)
		}
	}
	ask(http.MethodPost, "/_inlay/invalidate?tag=p:1")
	ask(http.MethodGet, "/p/1")
	return ask(http.MethodGet, "/_inlay/metrics")
}

func TestMetricsFollowTheConventions(t *testing.T) {
	problems, err := promlint.New(bytes.NewReader(scraped(t))).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)
}

// series are those of a scrape, as a server of Prometheus has them.
func series(t *testing.T, text []byte) (all []labels.Labels) {
	t.Helper()
	p, err := textparse.New(text, "text/plain; version=0.0.4; charset=utf-8", labels.NewSymbolTable(), textparse.ParserOptions{})
	require.NoError(t, err)
	for {
		entry, err := p.Next()
		if err == io.EOF {
			require.NotEmpty(t, all)
			return all
		}
		require.NoError(t, err)
		if entry != textparse.EntrySeries {
			continue
		}
		var l labels.Labels
		p.Labels(&l)
		b := labels.NewBuilder(l)
		b.Set("job", "inlay").Set("instance", "shop:8787") // which the server adds
		all = append(all, b.Labels())
	}
}

func TestSlotsAreLabelled(t *testing.T) {
	of := map[string]bool{}
	reasons := map[string]bool{}
	for _, l := range series(t, scraped(t)) {
		switch l.Get("__name__") {
		case "inlay_fill_duration_seconds_count":
			of[l.Get("page")+" "+l.Get("slot")] = true
		case "inlay_fill_failures_total":
			reasons[l.Get("slot")+" "+l.Get("reason")] = true
		}
	}
	assert.Equal(t, map[string]bool{
		"/p/{id} price": true, "/p/{id} gone": true, `/odd a "b" \c é`: true, "/strict/{$} a": true, "/long/{what} a": true, "/long/{what} b": true,
	}, of)
	assert.Equal(t, map[string]bool{"gone status": true, "a status": true, "a refused": true, "b timeout": true}, reasons)
}

// dashboard is as much of Grafana's model as is looked at.
type dashboard struct {
	UID, Title string
	Panels     []struct {
		ID                       int
		Type, Title, Description string
		GridPos                  struct{ H, W, X, Y int }
		Targets                  []struct{ Expr, LegendFormat, RefID string }
	}
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile("../../docs/deploy/grafana.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &d))
	require.NotEmpty(t, d.Panels)
	return d
}

// variables of Grafana, as it puts something in their places.
var variables = strings.NewReplacer("$__rate_interval", "5m", "$job", "inlay|other", "$instance", ".*")

// Each query of the dashboard is one of PromQL's, asks for what a server says, and by labels that this has.
func TestDashboardAsksForWhatThereIs(t *testing.T) {
	all := series(t, scraped(t))
	labelsOf := map[string]map[string]bool{}
	for _, l := range all {
		name := l.Get("__name__")
		if labelsOf[name] == nil {
			labelsOf[name] = map[string]bool{}
		}
		l.Range(func(l labels.Label) { labelsOf[name][l.Name] = true })
	}
	asked := map[string]bool{}
	check := func(where, text string) {
		expr, err := parser.ParseExpr(variables.Replace(text))
		require.NoError(t, err, "%s: %s", where, text)
		parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
			switch n := node.(type) {
			case *parser.VectorSelector:
				asked[n.Name] = true
				assert.True(t, slices.ContainsFunc(all, func(l labels.Labels) bool {
					for _, m := range n.LabelMatchers {
						if !m.Matches(l.Get(m.Name)) {
							return false
						}
					}
					return true
				}), "%s: nothing is %s", where, n)
				isCounter := strings.HasSuffix(n.Name, "_total") || strings.HasSuffix(n.Name, "_bucket") || strings.HasSuffix(n.Name, "_count")
				_, inRange := path[len(path)-1].(*parser.MatrixSelector)
				assert.Equal(t, isCounter, inRange, "%s: a rate is of counters, and of nothing else: %s", where, n)
			case *parser.AggregateExpr:
				parser.Inspect(n.Expr, func(inner parser.Node, _ []parser.Node) error {
					if v, ok := inner.(*parser.VectorSelector); ok {
						for _, label := range n.Grouping {
							assert.True(t, labelsOf[v.Name][label], "%s: %s has no label %s", where, v.Name, label)
						}
					}
					return nil
				})
			}
			return nil
		})
	}
	d := readDashboard(t)
	for _, p := range d.Panels {
		where := fmt.Sprintf("panel %q", p.Title)
		assert.Equal(t, p.Type == "row", len(p.Targets) == 0, where)
		for _, target := range p.Targets {
			check(where, target.Expr)
			for _, label := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(target.LegendFormat, -1) {
				assert.Regexp(t, `by \([^)]*\b`+label[1]+`\b`, target.Expr, where)
			}
		}
	}
	query := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)
	for _, v := range d.Templating.List {
		if v.Type == "query" {
			parts := query.FindStringSubmatch(v.Definition)
			require.NotNil(t, parts, v.Definition)
			expr, err := parser.ParseExpr(variables.Replace(parts[1]))
			require.NoError(t, err)
			assert.True(t, labelsOf[expr.(*parser.VectorSelector).Name][parts[2]], v.Definition)
		}
	}
	// What an operator asks first is on it.
	for _, name := range []string{
		"inlay_warm_pages_total", "inlay_stale_pages_total", "inlay_cold_pages_total", "inlay_failed_pages_total",
		"inlay_fill_duration_seconds_bucket", "inlay_fill_failures_total", "inlay_cache_bytes", "inlay_cache_entries", "inlay_cache_evictions_total",
		"inlay_saved_fills_total", "inlay_saved_seconds_total", "inlay_saved_bytes_total",
	} {
		assert.True(t, asked[name], "no panel shows %s", name)
	}
}

// Grafana takes it as it is: panels have numbers of their own, and do not lie on each other.
func TestDashboardIsLaidOut(t *testing.T) {
	d := readDashboard(t)
	assert.NotEmpty(t, d.UID)
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range d.Panels {
		assert.False(t, ids[p.ID], p.Title)
		ids[p.ID] = true
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				assert.Empty(t, taken[at], "%s lies on it", p.Title)
				taken[at] = p.Title
			}
		}
		if p.Type != "row" {
			assert.NotEmpty(t, p.Description, p.Title)
		}
	}
}

// What the documentation has for Prometheus that takes: queries ask for what there is, and its configuration scrapes a server.
func TestDocumentationIsWhatPrometheusTakes(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	require.NoError(t, err)
	blocks := func(kind string) (all []string) {
		for _, block := range regexp.MustCompile("(?ms)^```"+kind+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
			all = append(all, block[1])
		}
		require.NotEmpty(t, all, kind)
		return all
	}
	names := map[string]bool{}
	for _, l := range series(t, scraped(t)) {
		names[l.Get("__name__")] = true
	}
	for _, query := range blocks("promql") {
		expr, err := parser.ParseExpr(query)
		require.NoError(t, err, query)
		for _, selector := range parser.ExtractSelectors(expr) {
			for _, m := range selector {
				assert.True(t, m.Name != "__name__" || names[m.Value], "nothing is %s", m)
			}
		}
	}
	for _, scrapes := range blocks("yaml") {
		c, err := config.Load(scrapes, slog.New(slog.DiscardHandler))
		require.NoError(t, err, scrapes)
		require.Len(t, c.ScrapeConfigs, 1)
		assert.Equal(t, "/_inlay/metrics", c.ScrapeConfigs[0].MetricsPath)
		assert.Equal(t, "Bearer", c.ScrapeConfigs[0].HTTPClientConfig.Authorization.Type)
	}
}
