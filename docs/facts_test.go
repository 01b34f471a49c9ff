package docs_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/internal/project"
	"inlay/worker/e2e/harness"
)

// Tables and lists of the documentation, against what they are about.

// handlerOf serves one page.
func handlerOf(t *testing.T, pattern, shell string, origin http.HandlerFunc, config edge.Config) *edge.Handler {
	t.Helper()
	page, err := edge.ParsePage(pattern, shell)
	require.NoError(t, err)
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: origin, Config: config})
	require.NoError(t, err)
	return handler
}

// ask asks a handler, with header fields given as name, value.
func ask(h http.Handler, method, target string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<p>hello</p>")
}

const oneSlot = `<body><edge-slot name="a" src="/a"></edge-slot>`

func TestEveryMetricIsExplained(t *testing.T) {
	handler := handlerOf(t, "/", oneSlot, hello, edge.Config{Token: adminToken})
	answer := ask(handler, http.MethodGet, "/_inlay/metrics", "Authorization", "Bearer "+adminToken)
	require.Equal(t, http.StatusOK, answer.Code)
	var want [][]string
	for _, m := range regexp.MustCompile(`# HELP (\S+) (.*)\n# TYPE \S+ (\S+)\n`).FindAllStringSubmatch(answer.Body.String(), -1) {
		want = append(want, []string{"`" + m[1] + "`", m[3], m[2]})
	}
	require.NotEmpty(t, want)
	d := documentAt(t, "docs/operating.md")
	assert.Equal(t, want, d.rows("## Metrics"))

	for _, name := range regexp.MustCompile("`(inlay_[a-z_]+[a-z])`").FindAllStringSubmatch(d.prose, -1) {
		assert.Regexp(t, `(?m)^# TYPE `+name[1]+` `, answer.Body.String())
	}
}

func TestOperatingTellsOfEveryVariable(t *testing.T) {
	d := documentAt(t, "docs/operating.md")
	var names []string
	for _, row := range d.rows("## Variables") {
		names = append(names, strings.Trim(row[0], "`"))
	}
	var want []string
	for _, v := range edge.Variables() {
		want = append(want, v.Name)
	}
	assert.Equal(t, want, names)
}

func TestEveryVariableThatIsNamedExists(t *testing.T) {
	known := map[string]bool{"SITE_DELAY_MS": true}
	for _, v := range edge.Variables() {
		known[v.Name] = true
	}
	known["INLAY_REGION"] = true
	for _, b := range project.Bindings() {
		known[b.Name] = true
	}
	names := regexp.MustCompile(`\b(?:INLAY|SITE)_[A-Z_]*[A-Z]\b`)
	// The command has variables of its own, and so have the recipes.
	recipes, err := filepath.Glob("docs/deploy/*")
	require.NoError(t, err)
	for _, path := range append(recipes, "cmd/inlay/remote.go") {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, name := range names.FindAllString(string(text), -1) {
			known[name] = true
		}
	}
	for _, d := range documents(t) {
		for _, name := range names.FindAllString(d.text, -1) {
			assert.True(t, known[name], "%s: %s", d.path, name)
		}
	}
}

var reasonWord = regexp.MustCompile("^`[a-z-]+`$")

func TestEveryDetailIsExplained(t *testing.T) {
	d := documentAt(t, "docs/how-it-works.md")
	var want, words []string
	for reason := edge.StatusError; reason.String() != "unknown"; reason++ {
		want = append(want, "`"+reason.String()+"`")
	}
	for _, row := range d.rows("## Failed") {
		if reasonWord.MatchString(row[0]) { // another table there tells what becomes of the old fragment
			words = append(words, row[0])
		}
	}
	assert.Equal(t, want, words)
}

func TestFallbackScriptHasTheSizeThatIsTold(t *testing.T) {
	assert.Len(t, "<script>"+edge.FallbackScript+"</script>", 633)
}

func TestLinesOfTheLogAreThoseOfTheCode(t *testing.T) {
	var code strings.Builder
	for _, suffix := range []string{".go", ".mjs"} {
		for _, path := range harness.Files(t, suffix) {
			if !strings.Contains(path, "test") {
				source, err := os.ReadFile(path)
				require.NoError(t, err)
				code.Write(source)
			}
		}
	}
	d := documentAt(t, "docs/operating.md")
	rows := d.rows("## Logs")
	require.NotEmpty(t, rows)
	for _, row := range rows {
		line := strings.Trim(row[0], "`")
		if line == "inlay: INLAY_" {
			line = "inlay: error.message" // TestBadVariableIsNamedInDevelopment has the rest
		}
		switch row[0] { // TestEndOfAnInstanceIsSeenAtOnce has the rest
		case "`inlay: GET /`, or another method":
			line = "inlay: ${request.method} "
		case "`inlay: what reads answers has crashed and is replaced: `", "`inlay: what reads fragments has crashed and is replaced: `": // shell.test.mjs has the rest
			line = "inlay: what reads ${what} has crashed and is replaced:"
		case "`inlay: app.wasm has ended`":
			line = "inlay: text, { request }"
		}
		line = strings.TrimSpace(line)
		// worker/say.mjs puts "inlay: " before each.
		glue, native := strings.TrimPrefix(line, "inlay: "), "[`\"]"+regexp.QuoteMeta(line)
		call := map[string]string{
			"warning": `(\b(?:warn|sayWarning)\([` + "`\"]?" + regexp.QuoteMeta(glue) + `|\.Warn\(` + native + `)`,
			"error":   `(\bsayError\([` + "`\"]?" + regexp.QuoteMeta(glue) + `|\.Error\(` + native + `)`,
			"":        `[pP]rintf\(` + native,
		}[row[1]]
		require.NotEmpty(t, call, row)
		assert.Regexp(t, call, code.String())
	}
}

func TestAnswersOfItsOwnAreAsTold(t *testing.T) {
	d := documentAt(t, "docs/operating.md")
	told := d.rows("## Answers of its own")
	handler := handlerOf(t, "/{a}", `<body><edge-slot name="a" src="/a" required></edge-slot>`, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGone)
	}, edge.Config{Token: adminToken})
	hosted := handlerOf(t, "/", oneSlot, hello, edge.Config{Hosts: []string{"shop.example.com"}})
	closed := handlerOf(t, "/", oneSlot, hello, edge.Config{})
	stopped := handlerOf(t, "/", oneSlot, hello, edge.Config{})
	require.NoError(t, stopped.Shutdown(context.Background()))
	worker, err := os.ReadFile("worker/isolate.mjs")
	require.NoError(t, err)
	pass, err := os.ReadFile("worker/pass.mjs")
	require.NoError(t, err)
	exchange, err := os.ReadFile("worker/exchange.mjs")
	require.NoError(t, err)
	purging, err := os.ReadFile("internal/admin/purge.go")
	require.NoError(t, err)
	for i, answer := range []*httptest.ResponseRecorder{
		ask(handler, http.MethodGet, "/a%00b"),
		ask(handler, http.MethodGet, "/_inlay/stats"),
		ask(closed, http.MethodGet, "/_inlay/stats"),
		ask(handler, http.MethodGet, "/_inlay/purge", "Authorization", "Bearer "+adminToken),
		ask(hosted, http.MethodGet, "/"), // httptest's is example.com
		ask(handler, http.MethodGet, "/x"),
		{Code: http.StatusInternalServerError, Body: bytes.NewBuffer(worker)}, // TestBadVariableIsNamedInDevelopment has its status
		{Code: http.StatusBadGateway, Body: bytes.NewBuffer(pass)},            // TestOriginThatIsNotThere has its status
		{Code: http.StatusBadGateway, Body: bytes.NewBuffer(pass)},            // TestEndOfAnInstanceIsSeenAtOnce has its status
		{Code: http.StatusServiceUnavailable, Body: bytes.NewBuffer(purging)}, // TestPurgeIsRefusedWhileTheLogIsAway has its status
		ask(stopped, http.MethodGet, "/"),
		{Code: http.StatusLoopDetected, Body: bytes.NewBuffer(exchange)}, // TestLoopsOfAWorkerAreTold has its status
	} {
		require.Less(t, i, len(told))
		assert.Contains(t, told[i][0], strconv.Itoa(answer.Code))
		assert.Contains(t, answer.Body.String(), strings.Trim(inlineCode.FindString(told[i][2]), "`"))
	}
	assert.Len(t, told, 12)
}

func TestWhatMayBeAFragmentIsAsTold(t *testing.T) {
	html := func(text string, fields ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for i := 0; i < len(fields); i += 2 {
				w.Header().Set(fields[i], fields[i+1])
			}
			_, _ = io.WriteString(w, text)
		}
	}
	// In the order of the table's rows.
	refused := [][]http.HandlerFunc{
		{func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }},
		{html("x", "Set-Cookie", "a=b")},
		{html("x", "Cache-Control", "private"), html("x", "Cache-Control", "no-store")},
		{html("x", "Vary", "Accept-Language")},
		{html("x", "Content-Type", "text/plain"), html("x", "Content-Type", "text/html; charset=latin1")},
		{html("x", "Content-Encoding", "gzip")},
		{html(strings.Repeat("x", 101))},
		{html("\xFF\xFE<\x00p\x00>\x00"), html("\xFE\xFF\x00<\x00p\x00>")},
		{html("<!-- x"), html("<p"), html("<script>x"), html("<style>x"), html("<textarea>x"), html("<template>x"), html("x</template>")},
	}
	d := documentAt(t, "docs/writing-a-site.md")
	require.Len(t, d.rows("### What may be a fragment"), len(refused))
	for i, origins := range refused {
		for j, origin := range origins {
			handler := handlerOf(t, "/", oneSlot, origin, edge.Config{NegativeTTL: time.Minute, MaxFragment: 100})
			ask(handler, http.MethodGet, "/")
			assert.Contains(t, ask(handler, http.MethodGet, "/").Header().Get("Cache-Status"), "detail=", "row %d, example %d", i+1, j+1)
		}
	}
	for _, fine := range []http.HandlerFunc{hello, html("<p>not closed"), html("\xEF\xBB\xBF<p>marked"), html("x", "Vary", "Accept-Encoding"), html("x", "Content-Type", "text/html; charset=UTF-8")} {
		handler := handlerOf(t, "/", oneSlot, fine, edge.Config{})
		ask(handler, http.MethodGet, "/")
		assert.Contains(t, ask(handler, http.MethodGet, "/").Header().Get("Cache-Status"), "inlay/a;hit")
	}
	kept := handlerOf(t, "/", `<body><edge-slot name="a" src="/a" ttl="0"></edge-slot>`, html("mine", "Cache-Control", "private, no-store"), edge.Config{})
	assert.Contains(t, ask(kept, http.MethodGet, "/").Body.String(), "mine", `ttl="0" takes what is private`)
}

func TestPatternsAnswerWhatIsTold(t *testing.T) {
	for pattern, paths := range map[string]struct{ yes, no []string }{
		"/about":          {[]string{"/about"}, []string{"/about/", "/about/x", "/"}},
		"/products/{id}":  {[]string{"/products/7"}, []string{"/products/", "/products/7/x"}},
		"/docs/{path...}": {[]string{"/docs/", "/docs/a/b"}, []string{"/docs"}},
		"/docs/":          {[]string{"/docs/", "/docs/a/b"}, []string{"/docs"}},
		"/docs/{$}":       {[]string{"/docs/"}, []string{"/docs", "/docs/a"}},
	} {
		d := documentAt(t, "docs/writing-a-site.md")
		assert.Contains(t, d.prose, "\n| `"+pattern+"` |")
		handler := handlerOf(t, pattern, oneSlot, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/a" {
				hello(w, r)
				return
			}
			w.WriteHeader(http.StatusTeapot)
		}, edge.Config{})
		for _, path := range paths.yes {
			assert.Equal(t, http.StatusOK, ask(handler, http.MethodGet, path).Code, "%s %s", pattern, path)
			assert.Equal(t, http.StatusTeapot, ask(handler, http.MethodPost, path).Code, "%s POST %s", pattern, path)
		}
		for _, path := range paths.no {
			assert.Equal(t, http.StatusTeapot, ask(handler, http.MethodGet, path).Code, "%s %s", pattern, path)
		}
	}
	refusing := handlerOf(t, "/docs/{path...}", oneSlot, hello, edge.Config{})
	for _, path := range []string{"/docs/../x", "/docs//x", "/docs/" + strings.Repeat("x", 2<<10+1)} {
		assert.Equal(t, http.StatusBadRequest, ask(refusing, http.MethodGet, path).Code, path)
	}
}

func TestModesAreChosenAsTold(t *testing.T) {
	const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"
	modeOf := func(config edge.Config, target string, fields ...string) string {
		handler := handlerOf(t, "/", oneSlot, hello, config)
		answer := ask(handler, http.MethodGet, target, fields...)
		switch {
		case answer.Header().Get("Content-Length") != "":
			return "complete"
		case strings.Contains(answer.Body.String(), "<?start"):
			return "stream"
		}
		return "ordered"
	}
	assert.Equal(t, "stream", modeOf(edge.Config{}, "/", "Sec-Fetch-Dest", "document"))
	assert.Equal(t, "stream", modeOf(edge.Config{}, "/", "User-Agent", browser))
	for _, agent := range []string{"curl/8", "", browser + " Googlebot/2.1"} {
		assert.Equal(t, "ordered", modeOf(edge.Config{}, "/", "User-Agent", agent), agent)
	}
	// In the order of the table's rows, but for the last, HTTP/1.0.
	examples := [][][]string{
		{{"Sec-Fetch-Dest", "document"}, {"Sec-Fetch-Dest", "iframe"}, {"Sec-Fetch-Dest", "frame"}},
		{{"Sec-Fetch-Dest", "empty"}, {"Sec-Fetch-Dest", "image"}},
		{{"User-Agent", browser}},
		{{"User-Agent", browser, "X-Requested-With", "XMLHttpRequest"}, {"User-Agent", browser, "HX-Request", "true"}, {"User-Agent", browser, "Turbo-Frame", "a"}},
		{{"User-Agent", "Mozilla/5.0 (compatible; x)"}, {"User-Agent", "Mozilla/5.0 (+https://example.com)", "Sec-Fetch-Dest", "document"}},
		{{"User-Agent", "curl/8"}, {}},
	}
	d := documentAt(t, "docs/writing-a-site.md")
	rows := d.rows("### Who gets which")
	require.Len(t, rows, len(examples)+1)
	for i, fields := range examples {
		for _, f := range fields {
			assert.Equal(t, rows[i][2], modeOf(edge.Config{}, "/", f...), "%v", f)
		}
	}
	require.Len(t, d.rows("## Modes"), 3)
	for _, row := range d.rows("## Modes") {
		assert.Equal(t, row[0], modeOf(edge.Config{Debug: true}, "/?inlay="+row[0]))
		assert.Contains(t, d.prose, "`?inlay="+row[0]+"`")
	}
}

func TestKeyWithACookieIsWrittenAsTold(t *testing.T) {
	shell, err := os.ReadFile("docs/example/product.html")
	require.NoError(t, err)
	handler := handlerOf(t, "/products/{id}", string(shell), hello, edge.Config{Token: adminToken})
	ask(handler, http.MethodGet, "/products/7", "Cookie", "currency=CHF")
	key := regexp.MustCompile("`(/fragments/[^`]*%0A[^`]*)`").FindStringSubmatch(documentAt(t, "docs/operating.md").prose)
	require.NotNil(t, key)
	answer := ask(handler, http.MethodPost, "/_inlay/purge?key="+key[1], "Authorization", "Bearer "+adminToken)
	assert.Equal(t, "{\"purged\":1}\n", answer.Body.String())
}

func TestDurationsAreWrittenAsTold(t *testing.T) {
	told := regexp.MustCompile(`Durations are written ([^.]*)\.`).FindString(documentAt(t, "docs/writing-a-site.md").prose)
	durations := inlineCode.FindAllString(told, -1)
	require.Len(t, durations, 5)
	for _, d := range durations {
		_, err := edge.ParsePage("/", `<body><edge-slot name="a" src="/a" ttl="`+strings.Trim(d, "`")+`"></edge-slot>`)
		assert.NoError(t, err)
	}
	config, err := harness.ParseConfig(map[string]string{"INLAY_NEGATIVE_TTL": "0"})
	require.NoError(t, err)
	assert.Zero(t, config.NegativeTTL)
}
