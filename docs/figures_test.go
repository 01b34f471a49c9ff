package docs_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateFigures = flag.Bool("update-figures", false, "write README.md's table of figures anew")

// figures are the rows of README.md's table. In braces is where a figure is from in bench/RESULTS.md: words of a heading, the
// beginning of a row of the tables under it, and the head of the column. A row whose part is not there is left out.
var figures = []string{
	"a warm page in workerd, a second | {A warm page|`inlay`|requests/s} | JavaScript with a Map and the same header fields {A warm page|`map-fields`|requests/s}, a Go instance for each request {A warm page|`stock`|requests/s}",
	"the first byte of a cold page in workerd | {A cold page|inlay, streaming:|first byte} ms | JavaScript that waits for all fragments {A cold page|JavaScript:|first byte}",
	"many clients at once on a cold page of five fragments: fills | {clients at once|`inlay`|fills at the origin} | JavaScript with a Map {clients at once|`map`|fills at the origin}, a Go instance for each {clients at once|`stock`|fills at the origin}",
	"a warm page in workerd with a purge log's lease: CPU time beside one without | × {A warm page with a lease|240 pages by 1200 URLs in turns, with a lease|× without} |",
	"a cold page in workerd, its fragments from the data centre's cache: CPU time | {from below|the data centre's cache|CPU ms a page} ms | from a remote origin {from below|remote origin, at once;|CPU ms a page}, from handlers in app.wasm {from below|handlers in app.wasm;|CPU ms a page}",
	"a cold page of five trivial handlers in app.wasm: CPU time | {Instances of app.wasm|`fresh`|CPU, ms} ms; in a kept instance {Instances of app.wasm|`kept`|CPU, ms} | workers.Serve {Instances of app.wasm|`serve`|CPU, ms}",
	"50 such pages at once: the most memory of workerd | {Instances of app.wasm|`fresh`, at once|peak, MB} MB | any number of instances {Instances of app.wasm|`unlimited`, at once|peak, MB}, with workers.Serve {Instances of app.wasm|`serve`, at once|peak, MB}",
	"a warm page, natively, over HTTP: CPU time | {Natively, a warm page:|`inlay`|CPU µs a request} µs | a constant handler {Natively, a warm page:|`constant`|CPU µs a request}, nginx with SSI {Natively, a warm page:|`nginx-read`|CPU µs a request}, when it sends in one piece {Natively, a warm page:|`nginx-whole`|CPU µs a request}, Varnish with ESI {Natively, a warm page:|`varnish`|CPU µs a request}",
	"1,000 warm pages in turns, natively, over HTTP: CPU time | {Natively, 1,000 warm pages in turns:|`inlay`|CPU µs a request} µs | a constant handler {Natively, 1,000 warm pages in turns:|`constant`|CPU µs a request}, nginx with SSI {Natively, 1,000 warm pages in turns:|`nginx-read`|CPU µs a request}, when it sends in one piece {Natively, 1,000 warm pages in turns:|`nginx-whole`|CPU µs a request}, Varnish with ESI {Natively, 1,000 warm pages in turns:|`varnish`|CPU µs a request}",
	"a cold page natively: first byte, last byte | {Natively, a cold page|`inlay`|first byte} ms, {Natively, a cold page|`inlay`|last byte} | nginx with SSI {Natively, a cold page|`nginx-read`|first byte}, {Natively, a cold page|`nginx-read`|last byte}; Varnish with ESI {Natively, a cold page|`varnish`|first byte}, {Natively, a cold page|`varnish`|last byte}",
	"a warm page, natively, the handler alone, one core | {Pages through|WarmPage|} ns |",
	"the first byte of a cold page, natively | {Pages through|FirstByteOfAColdPage-2|} ms |",
	"a get from the cache, 10,000 keys | {10,000 keys|inlay-at|get, one goroutine} ns | otter {10,000 keys|otter|get, one goroutine}, a map with a lock {10,000 keys|map+rwmutex|get, one goroutine}",
	"an entry of a million, beyond key and value | {Bytes of heap|inlay|1,000,000 entries} bytes | otter {Bytes of heap|otter|1,000,000 entries}, ristretto {Bytes of heap|ristretto|1,000,000 entries}",
	"found in the cache, when 5% fits and sizes differ | {Hit ratios|mean sized & 5%|inlay}% | LHD {Hit ratios|mean sized & 5%|lhd}, GDSF {Hit ratios|mean sized & 5%|gdsf-heap}, otter {Hit ratios|mean sized & 5%|otter}, S3-FIFO {Hit ratios|mean sized & 5%|s3-fifo}, LRU {Hit ratios|mean sized & 5%|lru}",
}

var (
	figureRef = regexp.MustCompile(`\{([^|}]*)\|([^|}]*)\|([^|}]*)\}`)
	number    = regexp.MustCompile(`[0-9][0-9,.]*`)
)

func TestReadmesFiguresAreThoseOfResults(t *testing.T) {
	results := documentAt(t, "bench/RESULTS.md")
	table := "| `./build.sh bench` | inlay | beside it |\n|---|---|---|\n"
	for _, row := range figures {
		if !hasHeading(results, figureRef.FindStringSubmatch(row)[1]) {
			continue
		}
		table += "| " + strings.TrimSuffix(figureRef.ReplaceAllStringFunc(row, func(ref string) string {
			parts := figureRef.FindStringSubmatch(ref)
			return figure(t, results, parts[1], parts[2], parts[3])
		}), " ") + " |\n"
	}
	readme := documentAt(t, "README.md").text
	before, rest, ok := strings.Cut(readme, "<!-- figures: begin")
	require.True(t, ok)
	mark, rest, ok := strings.Cut(rest, "\n")
	require.True(t, ok)
	shown, after, ok := strings.Cut(rest, "<!-- figures: end -->")
	require.True(t, ok)
	if *updateFigures {
		whole := before + "<!-- figures: begin" + mark + "\n" + table + "<!-- figures: end -->" + after
		require.NoError(t, os.WriteFile("README.md", []byte(whole), 0o644))
		return
	}
	assert.Equal(t, table, shown, "after new results: go test ./docs -run ReadmesFigures -update-figures")
}

func hasHeading(d document, words string) bool {
	for _, line := range strings.Split(d.text, "\n") {
		if strings.HasPrefix(line, "### ") && strings.Contains(line, words) {
			return true
		}
	}
	return false
}

// figure is the first number of a cell: in the tables under a heading with these words, of the first row whose cells begin
// with the words of row, with & between cells.
func figure(t *testing.T, results document, heading, row, column string) string {
	t.Helper()
	var head []string
	under := false
	for _, line := range strings.Split(results.text, "\n") {
		if strings.HasPrefix(line, "#") {
			under = strings.Contains(line, heading)
		}
		if !under || !strings.HasPrefix(line, "|") {
			head = nil
			continue
		}
		if head == nil {
			head = cells(line)
			continue
		}
		of := cells(line)
		named := true
		for i, part := range strings.Split(row, " & ") {
			named = named && strings.HasPrefix(of[i]+" ", part+" ")
		}
		if !named {
			continue
		}
		for i, cell := range of {
			if i > 0 && head[i] == column {
				n := number.FindString(cell)
				require.NotEmpty(t, n, line)
				return n
			}
		}
	}
	require.FailNow(t, "no such figure", "%s, %s, %s", heading, row, column)
	return ""
}
