//go:build js

// Command stock is a Worker as github.com/syumai/workers makes it: net/http handlers, a Go map for a cache. Its template
// starts an instance for each request, so the map is empty each time. The fast fragments are made in place, which costs
// less than any way to fetch them; the slow ones come from the origin.
package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/syumai/workers"
	"github.com/syumai/workers/cloudflare"
	"github.com/syumai/workers/cloudflare/fetch"

	"inlay/bench/workers/content"
)

var (
	mu        sync.Mutex
	fragments = map[string]string{}
	parts     = content.Parts()
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page/{id}", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, "/fast/", func(i int, _ string) (string, error) { return content.Fragment(i), nil })
	})
	mux.HandleFunc("GET /complete/{id}", func(w http.ResponseWriter, r *http.Request) {
		// By a service binding: fetch of the global object refuses the proxy that the template puts in its place.
		client := fetch.NewClient(fetch.WithBinding(cloudflare.GetBinding("INTERNET")))
		origin := cloudflare.Getenv("ORIGIN")
		serve(w, r, "/slow/", func(_ int, key string) (string, error) {
			request, err := fetch.NewRequest(r.Context(), http.MethodGet, origin+key, nil)
			if err != nil {
				return "", err
			}
			response, err := client.Do(request, nil)
			if err != nil {
				return "", err
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				return "", fmt.Errorf("the origin answered %s", response.Status)
			}
			html, err := io.ReadAll(response.Body)
			return string(html), err
		})
	})
	workers.Serve(mux)
}

// serve looks each fragment up, fills those that are missing all at once, and sends the page.
func serve(w http.ResponseWriter, r *http.Request, prefix string, fill func(i int, key string) (string, error)) {
	var found [content.Slots]string
	var errs [content.Slots]error
	var filling sync.WaitGroup
	for i := range content.Slots {
		key := prefix + strconv.Itoa(i) + "/" + r.PathValue("id")
		mu.Lock()
		html, ok := fragments[key]
		mu.Unlock()
		if found[i] = html; ok {
			continue
		}
		filling.Go(func() {
			found[i], errs[i] = fill(i, key)
			mu.Lock()
			fragments[key] = found[i]
			mu.Unlock()
		})
	}
	filling.Wait()
	var page strings.Builder
	page.Grow(content.PageSize)
	page.WriteString(parts[0])
	for i := range found {
		if errs[i] != nil {
			http.Error(w, errs[i].Error(), http.StatusBadGateway)
			return
		}
		page.WriteString(found[i])
		page.WriteString(parts[i+1])
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page.String())
}
