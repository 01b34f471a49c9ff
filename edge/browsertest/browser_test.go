package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// patience is how long a test waits for what must come; only a failing test ever waits that long.
const patience = 30 * time.Second

// kind is a browser's way with patches.
type kind string

const (
	native   kind = "native"   // the standard's patches
	fallback kind = "fallback" // markers are comments and patches templates; the fallback script is alone
)

var kinds = []kind{native, fallback}

// patchesSince is the first Chromium that has patches switched on.
const patchesSince = 150

// The names of what makes Chromium parse processing instructions and apply patches, in its
// runtime_enabled_features.json5.
const forgetPatches = "DocumentPatching,HTMLProcessingInstruction"

// browsers are started when the first test asks for them, and ended by TestMain.
var browsers = map[kind]*browser{native: {}, fallback: {}}

type browser struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, b := range browsers {
		if b.end != nil {
			b.end()
		}
	}
	os.Exit(code)
}

func (b *browser) start(k kind) {
	path := os.Getenv("CHROMIUM")
	if path == "" {
		if path, b.err = exec.LookPath("chromium"); b.err != nil {
			return
		}
	}
	dir, err := os.MkdirTemp("", "inlay-browser-")
	if err != nil {
		b.err = err
		return
	}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(dir),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-extensions", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WindowSize(400, 500), chromedp.WSURLReadTimeout(60 * time.Second),
	}
	if k == fallback {
		flags = append(flags, chromedp.Flag("disable-blink-features", forgetPatches))
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, endContext := chromedp.NewContext(allocator)
	b.ctx = ctx
	b.end = func() {
		// Asks the browser to close, and kills the process that was started if it does not.
		bounded, stop := context.WithTimeout(ctx, patience)
		_ = chromedp.Cancel(bounded)
		stop()
		endContext()
		endAllocator()
		// Processes of the browser that outlive its first one for a moment may still write there.
		for deadline := time.Now().Add(patience); os.RemoveAll(dir) != nil && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
	}
	b.err = chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		_, product, _, _, _, err := cdpbrowser.GetVersion().Do(ctx)
		if err != nil {
			return err
		}
		_, version, _ := strings.Cut(product, "/")
		major, _, _ := strings.Cut(version, ".")
		if n, err := strconv.Atoi(major); err != nil || n < patchesSince {
			return fmt.Errorf("%s is older than Chromium %d, the first with patches of its own", product, patchesSince)
		}
		return nil
	}))
}

// tab is one page of a browser, lent to a test.
type tab struct {
	t    *testing.T
	ctx  context.Context
	kind kind
}

// tabs are the browsers' open tabs. A test that navigates one leaves behind whatever the last one showed there, so each
// test begins afresh; opening a tab for each would take most of the tests' time.
var tabs = map[tabKey]context.Context{}

type tabKey struct {
	kind kind
	noJS bool
}

// openTab lends a tab, with the page's scripts off if noJS says so, as a reader's setting does it.
func openTab(t *testing.T, k kind, noJS bool) *tab {
	t.Helper()
	b := browsers[k]
	b.once.Do(func() { b.start(k) })
	require.NoError(t, b.err, "Chromium has to be on the PATH as chromium, or CHROMIUM has to name it")
	key := tabKey{k, noJS}
	ctx, open := tabs[key]
	if !open {
		ctx, _ = chromedp.NewContext(b.ctx) // ends with the browser
		require.NoError(t, chromedp.Run(ctx, emulation.SetScriptExecutionDisabled(noJS)))
		tabs[key] = ctx
	}
	return &tab{t: t, ctx: ctx, kind: k}
}

// open starts a navigation and returns when the answer's head has come; the rest may still be on its way.
func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, _, failure, _, err := page.Navigate(url).Do(ctx)
		require.Empty(b.t, failure)
		return err
	}))
}

// html is the document as it is now, as [asSent] writes it. It is asked of the browser's DOM, not of the page's
// JavaScript, which may be off.
func (b *tab) html() string {
	b.t.Helper()
	html, err := b.tryHTML()
	require.NoError(b.t, err)
	return html
}

func (b *tab) tryHTML() (html string, err error) {
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	err = chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		root, err := dom.GetDocument().WithDepth(0).Do(ctx)
		if err == nil {
			html, err = dom.GetOuterHTML().WithNodeID(root.NodeID).Do(ctx)
		}
		return err
	}))
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
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		var err error
		// A document that is being replaced has no root for a moment.
		if html, err = b.tryHTML(); err == nil && ok(html) {
			return html
		}
		time.Sleep(2 * time.Millisecond) // between looks at a browser that tells of no change
	}
	require.FailNow(b.t, "not seen", "%s is not in\n%s", what, html)
	return ""
}

// evaluate runs JavaScript in the page and gives its value as text.
func (b *tab) evaluate(script string) string {
	b.t.Helper()
	var value string
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		result, exception, err := runtime.Evaluate("(async()=>String(await(" + script + ")))()").WithReturnByValue(true).WithAwaitPromise(true).Do(ctx)
		if err != nil {
			return err
		}
		require.Nil(b.t, exception, "%v", exception)
		value = strings.Trim(string(result.Value), `"`)
		return nil
	}))
	return value
}

func (b *tab) do(action chromedp.Action) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	require.NoError(b.t, chromedp.Run(ctx, action))
}

// screenshot is what a reader sees now, as a PNG; kept under INLAY_SCREENSHOTS as the test's name and step.
func (b *tab) screenshot(step string) []byte {
	b.t.Helper()
	var png []byte
	var err error
	for range 4 {
		// A capture waits for the next frame, and a browser that has nothing new to show may leave it waiting.
		ctx, stop := context.WithTimeout(b.ctx, patience/3)
		err = chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
			png, err = page.CaptureScreenshot().Do(ctx)
			return err
		}))
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
