package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"inlay/edge"
)

// The operator's site: a shop of so many products with three fragments each, which with their composed pages are its 10,000 entries.
const (
	operatorToken = "0123456789abcdef0123456789abcdef"
	products      = 2600
)

const productShell = `<!doctype html><title>Product</title><body>
<edge-slot name="price" src="/fragments/price/{id}" ttl="2m" swr="10m" sie="1h" tags="product:{id} prices"></edge-slot>
<edge-slot name="stock" src="/fragments/stock/{id}" ttl="45s" swr="10m" sie="1h" tags="product:{id} stock"></edge-slot>
<edge-slot name="reviews" src="/fragments/reviews/{id}" ttl="1h" tags="product:{id}"></edge-slot>
</body>`

// shopOrigin answers the shop's fragments: prices in 20 ms, reviews in 60; now and then it has no time.
func shopOrigin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	size := 180
	switch {
	case strings.HasPrefix(r.URL.Path, "/fragments/reviews/"):
		time.Sleep(60 * time.Millisecond)
		size = 900 + len(r.URL.Path)*int(r.URL.Path[len(r.URL.Path)-1])%4000
	case strings.HasPrefix(r.URL.Path, "/fragments/stock/"):
		if rand.Intn(400) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	default:
		time.Sleep(20 * time.Millisecond)
	}
	_, _ = io.WriteString(w, "<p>"+strings.Repeat("x", size)+"</p>")
}

// takeOperator writes operator.png, operator-entries.png and operator-phone.png: the operator's page of a shop that has been visited for a while.
func takeOperator(ctx context.Context, folder string, visited time.Duration) error {
	shell, err := edge.ParsePage("/products/{id}", productShell)
	if err != nil {
		return err
	}
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{shell}, Origin: http.HandlerFunc(shopOrigin), Config: edge.Config{Token: operatorToken}})
	if err != nil {
		return err
	}
	server := httptest.NewServer(handler)
	defer func() {
		server.CloseClientConnections()
		server.Close()
	}()
	if err := visit(ctx, handler, visited); err != nil {
		return err
	}
	ctx, end, err := browse(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, p := range []struct {
		name, section, scheme string
		width, height         int64
		holds                 string
	}{
		{"operator.png", "overview", "light", 1180, 830, `document.querySelector("#plot .warm")`},
		{"operator-entries.png", "entries?sort=hits", "dark", 1180, 700, `document.querySelectorAll("#entries-body tr").length === 100`},
		{"operator-phone.png", "entries?tag=product%3A7", "light", 390, 760, `document.querySelectorAll("#entries-body tr").length > 2`},
	} {
		navigate := chromedp.ActionFunc(func(ctx context.Context) error {
			_, _, failure, _, err := page.Navigate(server.URL + "/_inlay/?" + p.name + "#" + p.section).Do(ctx)
			if err == nil && failure != "" {
				err = errors.New(failure)
			}
			return err
		})
		if err := chromedp.Run(ctx, emulation.SetDeviceMetricsOverride(p.width, p.height, 1, p.width < 600),
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: p.scheme}}), navigate,
			chromedp.WaitVisible("#token", chromedp.ByQuery), chromedp.SendKeys("#token", operatorToken+"\r", chromedp.ByQuery)); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := shot(ctx, folder, p.name, p.holds); err != nil {
			return err
		}
	}
	return nil
}

// visit has visitors for a while: all products once, then some of them more often than others.
func visit(ctx context.Context, handler http.Handler, visited time.Duration) error {
	ask := func(id int) {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, fmt.Sprintf("/products/%d", id), nil).WithContext(ctx))
	}
	chosen := rand.NewZipf(rand.New(rand.NewSource(1)), 1.2, 8, products-1)
	lanes := make(chan struct{}, 8)
	until := time.Now().Add(visited)
	for i := 0; time.Now().Before(until) || i < 2*products; i++ {
		id := i / 2
		if i >= 2*products || i%2 == 1 {
			id = int(chosen.Uint64())
		}
		select {
		case lanes <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		go func() {
			defer func() { <-lanes }()
			ask(id)
		}()
		time.Sleep(2 * time.Millisecond) // 500 visitors a second at most
	}
	return nil
}

// takeOnly is what -operator does.
func takeOnly(ctx context.Context, folder string, visited time.Duration) {
	if err := takeOperator(ctx, folder, visited); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", filepath.Base(folder), err)
		os.Exit(1)
	}
}
