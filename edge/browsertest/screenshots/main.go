// Command screenshots takes the README's two pictures of the example site: a page while one of its fragments is on its
// way, and the same page, not loaded again, once that has come.
//
//	./build.sh build                                # the site's documentation, if it is not there yet
//	cd edge/browsertest && go run ./screenshots     # writes docs/images/streaming.png and complete.png
//
// It serves the site natively on a free port of the loopback interface. The browser is chromium on the PATH, or what
// CHROMIUM names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"inlay/edge"
	"inlay/site"
	"inlay/site/pages"
)

// The size of a picture in pixels: wide enough for the page's two columns.
const width, height = 1120, 660

func main() {
	to := flag.String("to", "../../docs/images", "the `folder` for the pictures")
	flag.Parse()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	if err := take(ctx, *to); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// take writes streaming.png and complete.png into a folder.
func take(ctx context.Context, folder string) error {
	arrive := make(chan struct{})
	handler, err := serve(arrive)
	if err != nil {
		return err
	}
	server := httptest.NewServer(handler)
	defer func() {
		server.CloseClientConnections()
		server.Close()
	}()
	ctx, end, err := browse(ctx)
	if err != nil {
		return err
	}
	defer end()
	navigate := chromedp.ActionFunc(func(ctx context.Context) error {
		_, _, failure, _, err := page.Navigate(server.URL + "/pkg/io/fs").Do(ctx)
		if err == nil && failure != "" {
			err = errors.New(failure)
		}
		return err
	})
	if err := chromedp.Run(ctx, chromedp.EmulateViewport(width, height), navigate); err != nil {
		return err
	}
	// The other fragments have come, this one has not.
	if err := shot(ctx, folder, "streaming.png", `document.querySelector("#overview h1") && document.querySelector("#index a") && document.querySelector("#imported-by .sk")`); err != nil {
		return err
	}
	close(arrive)
	return shot(ctx, folder, "complete.png", `document.querySelector("#imported-by li") && document.readyState == "complete"`)
}

// serve is the site, whose imported-by fragments are held back until arrive is closed.
func serve(arrive <-chan struct{}) (http.Handler, error) {
	all, err := pages.All()
	if err != nil {
		return nil, err
	}
	origin := site.Origin()
	built := httptest.NewRecorder()
	origin.ServeHTTP(built, httptest.NewRequest(http.MethodGet, "/fragments/summary", nil))
	if built.Code != http.StatusOK {
		return nil, errors.New("the site's documentation is not there: run ./build.sh build first")
	}
	return edge.NewHandler(edge.Options{
		Pages: all,
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/fragments/imported-by/") {
				select {
				case <-arrive:
				case <-r.Context().Done():
				}
			}
			origin.ServeHTTP(w, r)
		}),
		Config: edge.Config{FillTimeout: 25 * time.Second},
	})
}

// browse starts a browser, which end ends.
func browse(ctx context.Context) (_ context.Context, end func(), err error) {
	path := os.Getenv("CHROMIUM")
	if path == "" {
		if path, err = exec.LookPath("chromium"); err != nil {
			return nil, nil, fmt.Errorf("%w; install Chromium, or name it in CHROMIUM", err)
		}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute))
	ctx, endAllocator := chromedp.NewExecAllocator(ctx, options...)
	ctx, endContext := chromedp.NewContext(ctx)
	return ctx, func() {
		_ = chromedp.Cancel(ctx) // it closes the browser, or kills it
		endContext()
		endAllocator()
	}, nil
}

// shot waits until a JavaScript expression holds, and writes what a reader sees then.
func shot(ctx context.Context, folder, name, holds string) error {
	for seen := false; ; time.Sleep(10 * time.Millisecond) { // between looks at a browser that tells of no change
		if err := chromedp.Run(ctx, chromedp.Evaluate("Boolean("+holds+")", &seen)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if seen {
			break
		}
	}
	var png []byte
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(filepath.Join(folder, name), png, 0o644)
}
