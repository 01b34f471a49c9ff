package recorder

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/duration"
	"inlay/internal/page"
)

// net/http sends a field by the name that its handler put into the map, and a Go handler may put it there in any case.
func TestFieldsOfAnyCaseAreSeen(t *testing.T) {
	for name, set := range map[string]func(http.Header){
		"set-cookie":        func(h http.Header) { h["set-cookie"] = []string{"a=1"} },
		"SET-COOKIE":        func(h http.Header) { h["SET-COOKIE"] = []string{"a=1"} },
		"cache-control":     func(h http.Header) { h["cache-control"] = []string{"private"} },
		"cAcHe-control":     func(h http.Header) { h["Cache-Control"], h["cAcHe-control"] = []string{"public"}, []string{"no-store"} },
		"second line":       func(h http.Header) { h["cache-control"] = []string{"public", "private"} },
		"vary":              func(h http.Header) { h["vary"] = []string{"cookie"} },
		"content-encoding":  func(h http.Header) { h["content-encoding"] = []string{"gzip"} },
		"content-type":      func(h http.Header) { h.Del("Content-Type"); h["content-type"] = []string{"application/json"} },
		"two content types": func(h http.Header) { h["content-type"] = []string{"application/json"} },
		"":                  func(http.Header) {},
	} {
		// given a handler that sets a field
		w := New(1<<20, func() {})
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		set(w.Header())
		_, err := w.Write([]byte("<p>fragment</p>"))
		require.NoError(t, err)
		require.NoError(t, w.End())

		// then the storing rules see it
		a := w.Answer()
		slot := page.Slot{TTL: time.Minute, StaleWhileRevalidate: duration.Unset, StaleIfError: duration.Unset}
		_, err = answer.Admit(&slot, &a, &answer.Defaults{TTL: time.Minute}, time.Now(), 0)
		assert.Equal(t, name == "", err == nil, "%s: %v", name, err)
	}
}
