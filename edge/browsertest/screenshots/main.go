// Command screenshots takes the README's pictures of the example site: a page while one of its fragments is on its
// way, and the same page, not loaded again, once that has come; and the overlay on a page.
//
//	./build.sh build                                # the site's documentation, if it is not there yet
//	cd edge/browsertest && go run ./screenshots     # writes docs/images/streaming.png, complete.png and overlay.png
//
// It serves the site's pages on a free port of the loopback interface, and runs the site's program for their fragments. The browser is chromium on the PATH, or what
// CHROMIUM names.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"inlay/edge"
)

// The size of a picture in pixels: wide enough for the page's two columns.
const width, height = 1120, 660

func main() {
	to := flag.String("to", "../../docs/images", "the `folder` for the pictures")
	operator := flag.Bool("operator", false, "take those of the operator's page")
	visited := flag.Duration("visited", 5*time.Minute, "for how `long` its site has visitors before")
	flag.Parse()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute+*visited)
	defer stop()
	if *operator {
		takeOnly(ctx, *to, *visited)
		return
	}
	if err := takeExample(ctx, *to); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// takeExample takes the pictures of the repository's example.
func takeExample(ctx context.Context, folder string) error {
	const site = "../../site"
	all, err := edge.ReadPages(os.DirFS(filepath.Join(site, "pages")))
	if err != nil {
		return err
	}
	origin, end, err := run(ctx, site)
	if err != nil {
		return err
	}
	return errors.Join(take(ctx, folder, all, origin), takeOverlay(ctx, folder, all, origin), end())
}

// takeOverlay writes overlay.png: what became of the slots of /pkg/io/fs, which nobody has asked for before, on the page itself, as it
// is while the site is being written. Its fragments take as long as an origin elsewhere would.
func takeOverlay(ctx context.Context, folder string, pages []edge.Page, origin http.Handler) error {
	takes := map[string]time.Duration{"title": 30, "overview": 80, "index": 140, "examples": 210, "imported-by": 420}
	config, err := edge.ParseConfig(func(name string) (string, bool) { return "1", name == "INLAY_DEV" })
	if err != nil {
		return err
	}
	handler, err := edge.NewHandler(edge.Options{
		Pages: pages, Config: config, Logger: slog.New(slog.DiscardHandler),
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/fragments/"), "/")
			select {
			case <-time.After(takes[name] * time.Millisecond):
				origin.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		}),
	})
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
	const shadow = `document.querySelector("inlay-overlay")?.shadowRoot`
	if err := chromedp.Run(ctx, chromedp.EmulateViewport(width, 760), chromedp.Navigate(server.URL+"/pkg/io/fs")); err != nil {
		return err
	}
	if err := until(ctx, shadow+`?.querySelector(".badge")`); err != nil {
		return err
	}
	for _, do := range []string{`.querySelector(".badge").click()`, `?.querySelector(".tools button").click()`, `.querySelectorAll(".row")[2].click()`} {
		if err := errors.Join(until(ctx, shadow+`?.querySelector(".badge, .row")`), chromedp.Run(ctx, chromedp.Evaluate(shadow+do, nil))); err != nil {
			return err
		}
		if err := until(ctx, shadow+`.querySelector(".row")`); err != nil {
			return err
		}
	}
	return shot(ctx, folder, "overlay.png", shadow+`.querySelectorAll(".box").length > 3 && `+shadow+`.querySelector(".details")`)
}

// run starts the program of a site's handlers alone, and gives what asks it.
func run(ctx context.Context, site string) (origin http.Handler, end func() error, err error) {
	folder, err := os.MkdirTemp("", "screenshots")
	if err != nil {
		return nil, nil, err
	}
	program := filepath.Join(folder, "site")
	compile := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	compile.Dir, compile.Stderr = site, os.Stderr
	server := exec.CommandContext(ctx, program, "-origin", "-listen", "127.0.0.1:0")
	server.Env, server.Stderr = append(os.Environ(), "SITE_DELAY_MS=0", "PORT=0"), os.Stderr
	end = func() error {
		if server.Process != nil {
			_ = server.Process.Kill()
			_ = server.Wait()
		}
		return os.RemoveAll(folder)
	}
	said, err := server.StdoutPipe()
	if err = errors.Join(err, compile.Run()); err == nil {
		err = server.Start()
	}
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		return nil, nil, errors.Join(fmt.Errorf("the site's program said %q: %w", line, err), end())
	}
	to, err := url.Parse(address)
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return httputil.NewSingleHostReverseProxy(to), end, nil
}

// take writes streaming.png and complete.png into a folder: pictures of /pkg/io/fs.
func take(ctx context.Context, folder string, pages []edge.Page, origin http.Handler) error {
	arrive := make(chan struct{})
	handler, err := serve(pages, origin, arrive)
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
func serve(pages []edge.Page, origin http.Handler, arrive <-chan struct{}) (http.Handler, error) {
	built := httptest.NewRecorder()
	origin.ServeHTTP(built, httptest.NewRequest(http.MethodGet, "/fragments/summary", nil))
	if built.Code != http.StatusOK {
		return nil, errors.New("the site's documentation is not there: run ./build.sh build first")
	}
	return edge.NewHandler(edge.Options{
		Pages: pages,
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
	if err := until(ctx, holds); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var png []byte
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(filepath.Join(folder, name), png, 0o644)
}

// until waits until a JavaScript expression holds.
func until(ctx context.Context, holds string) error {
	for seen := false; ; time.Sleep(10 * time.Millisecond) { // between looks at a browser that tells of no change
		if err := chromedp.Run(ctx, chromedp.Evaluate("Boolean("+holds+")", &seen)); err != nil {
			return err
		}
		if seen {
			return nil
		}
	}
}
