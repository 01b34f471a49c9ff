package browsertest

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patchesSince is the first Chromium that has patches switched on.
const patchesSince = 150

// The names of what makes Chromium parse processing instructions and apply patches, in its
// runtime_enabled_features.json5.
const forgetPatches = "DocumentPatching,HTMLProcessingInstruction"

// chromium is one Chromium, driven over the DevTools protocol.
type chromium struct{ ctx context.Context }

// startChromium starts one; without patches if forget says so.
func startChromium(forget bool) (browser, func(), error) {
	path := os.Getenv("CHROMIUM")
	if path == "" {
		var err error
		if path, err = exec.LookPath("chromium"); err != nil {
			return nil, nil, fmt.Errorf("chromium is not on the PATH, and CHROMIUM does not name it: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "inlay-browser-")
	if err != nil {
		return nil, nil, err
	}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(dir),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-extensions", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WindowSize(400, 500), chromedp.WSURLReadTimeout(60 * time.Second),
	}
	if forget {
		flags = append(flags, chromedp.Flag("disable-blink-features", forgetPatches))
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, endContext := chromedp.NewContext(allocator, chromedp.WithErrorf(func(format string, a ...any) {
		if text := fmt.Sprintf(format, a...); !strings.HasPrefix(text, "unhandled node event") { // of a newer browser, of no matter
			log.Print(text)
		}
	}))
	end := func() {
		// Asks the browser to close, and kills the process that was started if it does not.
		bounded, stop := context.WithTimeout(ctx, patience)
		_ = chromedp.Cancel(bounded)
		stop()
		endContext()
		endAllocator()
		removeAll(dir)
	}
	err = chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
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
	return &chromium{ctx}, end, err
}

func (c *chromium) tab(noJS bool) (driver, error) {
	ctx, _ := chromedp.NewContext(c.ctx) // ends with the browser
	return &chromiumTab{ctx}, chromedp.Run(ctx, emulation.SetScriptExecutionDisabled(noJS))
}

func (c *chromium) version(ctx context.Context) (version string, err error) {
	err = chromedp.Run(c.ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		_, product, _, _, _, err := cdpbrowser.GetVersion().Do(ctx)
		_, version, _ = strings.Cut(product, "/")
		return err
	}))
	return version, err
}

// chromiumTab is one page of it.
type chromiumTab struct{ ctx context.Context }

func (c *chromiumTab) run(ctx context.Context, action chromedp.Action) error {
	deadline, _ := ctx.Deadline()
	bounded, stop := context.WithDeadline(c.ctx, deadline)
	defer stop()
	return chromedp.Run(bounded, action)
}

// open returns when the answer's head has come; the rest may still be on its way.
func (c *chromiumTab) open(ctx context.Context, url string) error {
	return c.run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		// A tab behind another one draws nothing, and no script that waits for that goes on.
		if err := page.BringToFront().Do(ctx); err != nil {
			return err
		}
		_, _, failure, _, err := page.Navigate(url).Do(ctx)
		if err == nil && failure != "" {
			err = fmt.Errorf("%s: %s", url, failure)
		}
		return err
	}))
}

// html is asked of the browser's DOM, not of the page's JavaScript, which may be off.
func (c *chromiumTab) html(ctx context.Context) (html string, err error) {
	err = c.run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		root, err := dom.GetDocument().WithDepth(0).Do(ctx)
		if err == nil {
			html, err = dom.GetOuterHTML().WithNodeID(root.NodeID).Do(ctx)
		}
		return err
	}))
	return html, err
}

func (c *chromiumTab) evaluate(ctx context.Context, expression string) (value string, err error) {
	err = c.run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		result, exception, err := runtime.Evaluate(asText(expression)).WithReturnByValue(true).WithAwaitPromise(true).Do(ctx)
		if err != nil {
			return err
		}
		if exception != nil {
			return exception
		}
		value, err = textOf(result.Value)
		return err
	}))
	return value, err
}

func (c *chromiumTab) png(ctx context.Context) (png []byte, err error) {
	err = c.run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	return png, err
}
