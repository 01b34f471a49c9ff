package browsertest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// patience is how long a test waits for what must come; only a failing test ever waits that long.
const patience = 30 * time.Second

// kind is a browser, and its way with patches.
type kind string

const (
	native   kind = "native"   // Chromium, with the standard's patches
	fallback kind = "fallback" // Chromium in which markers are comments and patches templates; the fallback script is alone
	firefox  kind = "firefox"  // Firefox, by the fallback script
	webkit   kind = "webkit"   // WebKit, by the fallback script
)

var kinds = []kind{native, fallback, firefox, webkit}

// browser is a browser that runs.
type browser interface {
	// tab opens a tab, with the page's scripts off if noJS says so, as a reader's setting does it.
	tab(noJS bool) (driver, error)
	// version is the browser's own.
	version(ctx context.Context) (string, error)
}

// driver drives a tab. Each call ends with its context at the latest.
type driver interface {
	// open starts a navigation; the page may still be on its way when it returns.
	open(ctx context.Context, url string) error
	// html is the document as it is now. It fails while what was there before open still is.
	html(ctx context.Context) (string, error)
	// evaluate runs JavaScript in the page and gives its value, awaited, as text.
	evaluate(ctx context.Context, expression string) (string, error)
	// png is what a reader sees now.
	png(ctx context.Context) ([]byte, error)
}

// running are the browsers, started when the first test asks for one, and ended by TestMain.
var running = map[kind]*started{
	native:   {start: func() (browser, func(), error) { return startChromium(false) }},
	fallback: {start: func() (browser, func(), error) { return startChromium(true) }},
	firefox:  {start: startFirefox},
	webkit:   {start: startWebKit},
}

type started struct {
	once    sync.Once
	start   func() (browser, func(), error)
	browser browser
	end     func()
	err     error
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, b := range running {
		if b.end != nil {
			b.end()
		}
	}
	os.Exit(code)
}

// browserOf starts the browser of a kind, or gives the one that runs.
func browserOf(t *testing.T, k kind) browser {
	t.Helper()
	b := running[k]
	b.once.Do(func() { b.browser, b.end, b.err = b.start() })
	require.NoError(t, b.err, "./build.sh test installs the browsers; doc.go tells what is looked for")
	return b.browser
}

// removeAll removes a browser's folder. Processes that outlive its first one for a moment may still write there.
func removeAll(dir string) {
	for deadline := time.Now().Add(patience); os.RemoveAll(dir) != nil && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
}

// tab is one page of a browser, lent to a test.
type tab struct {
	driver
	t    *testing.T
	kind kind
}

// tabs are the browsers' open tabs. A test that navigates one leaves behind whatever the last one showed there, so each
// test begins afresh; opening a tab for each would take most of the tests' time.
var tabs = map[tabKey]driver{}

type tabKey struct {
	kind kind
	noJS bool
}

// openTab lends a tab.
func openTab(t *testing.T, k kind, noJS bool) *tab {
	t.Helper()
	b := browserOf(t, k)
	key := tabKey{k, noJS}
	d, open := tabs[key]
	if !open {
		var err error
		d, err = b.tab(noJS)
		require.NoError(t, err)
		tabs[key] = d
	}
	return &tab{t: t, driver: d, kind: k}
}

func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

// open starts a navigation.
func (b *tab) open(url string) {
	b.t.Helper()
	ctx, stop := bounded()
	defer stop()
	require.NoError(b.t, b.driver.open(ctx, url))
}

// html is the document as it is now, as [asSent] writes it.
func (b *tab) html() string {
	b.t.Helper()
	html, err := b.tryHTML()
	require.NoError(b.t, err)
	return html
}

func (b *tab) tryHTML() (string, error) {
	ctx, stop := bounded()
	defer stop()
	html, err := b.driver.html(ctx)
	return asSent.Replace(html), err
}

// asSent undoes what the browsers' ways of writing a document add to what was sent, and leaves the head's constant parts
// out.
var asSent = strings.NewReplacer(
	"<!--?start ", "<?start ", `"-->`, `">`, "<!--?end-->", "<?end>", // markers as comments
	`"?>`, `">`, "<?end ?>", "<?end>", // markers as processing instructions
	"<script>"+edge.FallbackScript+"</script>"+probe, "", "<script>"+edge.FallbackScript+"</script>", "", style, "",
)

// sees waits until the document contains part.
func (b *tab) sees(part string) string {
	b.t.Helper()
	return b.waits(part, func(html string) bool { return strings.Contains(html, part) })
}

// waits waits until the document is as ok wants it.
func (b *tab) waits(what string, ok func(html string) bool) string {
	b.t.Helper()
	var html string
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		// A document that is being replaced has no root for a moment.
		if html, err = b.tryHTML(); err == nil && ok(html) {
			return html
		}
		time.Sleep(2 * time.Millisecond) // between looks at a browser that tells of no change
	}
	require.FailNow(b.t, "not seen", "%s is not in\n%s\n%v", what, html, err)
	return ""
}

// evaluate runs JavaScript in the page and gives its value as text.
func (b *tab) evaluate(script string) string {
	b.t.Helper()
	ctx, stop := bounded()
	defer stop()
	value, err := b.driver.evaluate(ctx, script)
	require.NoError(b.t, err)
	return value
}

// asText is an expression whose value is awaited and made a string.
func asText(expression string) string { return "(async()=>String(await(" + expression + ")))()" }

func textOf(value []byte) (text string, err error) { return text, json.Unmarshal(value, &text) }

// screenshot is what a reader sees now, as a PNG; kept under INLAY_SCREENSHOTS as the test's name and step. WebKit makes none.
func (b *tab) screenshot(step string) []byte {
	b.t.Helper()
	if b.kind == webkit {
		return nil
	}
	var png []byte
	var err error
	for range 4 {
		// A capture waits for the next frame, and a browser that has nothing new to show may leave it waiting.
		ctx, stop := context.WithTimeout(context.Background(), patience/3)
		png, err = b.png(ctx)
		stop()
		if err == nil {
			break
		}
	}
	require.NoError(b.t, err)
	if dir := os.Getenv("INLAY_SCREENSHOTS"); dir != "" {
		name := strings.NewReplacer("/", "-", " ", "-").Replace(strings.TrimPrefix(b.t.Name(), "Test") + "-" + step)
		require.NoError(b.t, os.MkdirAll(dir, 0o755))
		require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
	}
	return png
}
