package edge

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In process too, a path that begins with two slashes is a path.
func TestFillsInProcessKeepTheirPath(t *testing.T) {
	for target, path := range map[string]string{"//frag/x": "//frag/x", "/a%2Fb?c": "/a/b", "/": "/"} {
		r, err := fillRequestTo(context.Background(), target)
		require.NoError(t, err)
		assert.Equal(t, path, r.URL.Path)
		assert.Empty(t, r.URL.Host)
		assert.Empty(t, r.Host)
	}
}

// What fields say between inlay and its origins stays between them.
func TestInternalFieldsDoNotCross(t *testing.T) {
	var seen http.Header
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		w.Header()["inlay-fills"] = []string{"1"}
		w.Header()["INLAY-X"] = []string{"1", "2"}
		w.Header().Set("Inlay_Under", "1")
		w.Header().Set("X-Inlay", "stays")
		switch r.URL.Path {
		case "/written":
			_, _ = io.WriteString(w, "body")
		case "/early":
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Inlay-Late", "1")
			w.WriteHeader(http.StatusTeapot)
		case "/flushed":
			w.(http.Flusher).Flush()
		case "/copied":
			_, _ = w.(io.ReaderFrom).ReadFrom(http.NoBody)
		case "/controlled":
			_ = http.NewResponseController(w).Flush()
		case "/trailer":
			w.Header().Set("Trailer", "Inlay-T, X-T")
			_, _ = io.WriteString(w, "body")
			w.Header().Set("Inlay-T", "1")
			w.Header().Set("X-T", "1")
			w.Header().Set(http.TrailerPrefix+"Inlay-U", "1")
		case "/nothing":
		}
	})
	remote := httptest.NewServer(handler)
	defer remote.Close()
	for name, o := range map[string]Options{
		"in process": {Origin: handler},
		"remote":     {Config: Config{Origin: remote.URL}},
	} {
		server, _ := serve(t, o)
		for _, path := range []string{"/written", "/early", "/flushed", "/copied", "/controlled", "/trailer", "/nothing"} {
			r, err := http.NewRequest(http.MethodPost, server.URL+path, nil)
			require.NoError(t, err)
			r.Header["Inlay-Fill"] = []string{"1", "1"}
			r.Header["inlay-app-instances"] = []string{"1"}
			r.Header["INLAY_SECRET"] = []string{"1"}
			r.Header["X-Inlay"] = []string{"stays"}
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			for _, header := range []http.Header{seen, resp.Header, resp.Trailer} {
				for field, values := range header {
					assert.False(t, len(values) > 0 && isInternalField(field), "%s %s: %s", name, path, field)
				}
			}
			assert.Equal(t, "stays", seen.Get("X-Inlay"))
			assert.Equal(t, "stays", resp.Header.Get("X-Inlay"))
		}
	}
}
