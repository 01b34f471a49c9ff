package edge_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// slotted is an origin of one page with a slot.
type slotted struct{ pages, fragments atomic.Int64 }

func (s *slotted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Cache-Control", "max-age=600")
	w.Header().Set("Cache-Tag", "t")
	switch r.URL.Path {
	case "/p":
		s.pages.Add(1)
		w.Header().Set("Surrogate-Control", `content="ESI/1.0"`)
		_, _ = io.WriteString(w, `<!doctype html><html><head></head><body><esi:include src="/f"/></body></html>`)
	case "/f":
		s.fragments.Add(1)
		_, _ = io.WriteString(w, "<i>f</i>")
	default:
		http.NotFound(w, r)
	}
}

func ask(t *testing.T, h http.Handler, target string) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	require.Equal(t, http.StatusOK, w.Code)
	return w.Body.String()
}

const slottedPage = `<!doctype html><html><head></head><body><i>f</i></body></html>`

// TestShellIsSharedBetweenProcesses: what one has filled the next finds below, and a purge reaches both.
func TestShellIsSharedBetweenProcesses(t *testing.T) {
	s, origin := newShared(), new(slotted)
	open := func(shells ...string) *edge.Handler {
		return s.open(t, func(o *edge.Options) { o.Pages, o.Origin, o.Config.Shells = nil, origin, shells })
	}
	// warm asks until the origin is not asked any more, and says how often it was asked for the page.
	warm := func(h *edge.Handler) int64 {
		before := origin.pages.Load()
		require.Eventually(t, func() bool {
			asked := origin.pages.Load()
			assert.Equal(t, slottedPage, ask(t, h, "/p"))
			return asked == origin.pages.Load() && h.Stats().Flights == 0
		}, 5*time.Second, time.Millisecond)
		return origin.pages.Load() - before
	}
	a := open()
	assert.NotZero(t, warm(a))
	ended(t, a) // what it put is there

	// Who does not know that the URL has a shell asks for its visitors, and fills nothing.
	b := open()
	assert.NotZero(t, warm(b))
	assert.EqualValues(t, 1, origin.fragments.Load())
	assert.Zero(t, b.Stats().Fills)
	assert.EqualValues(t, 2, b.Stats().FoundDataCenter)

	// Who is told by the configuration asks nothing.
	c := open("/p")
	assert.Zero(t, warm(c))
	assert.EqualValues(t, 1, origin.fragments.Load())

	for _, purge := range []edge.Purge{{Keys: []string{"/p"}}, {Tags: []string{"t"}}, {All: true}} {
		_, err := c.PurgeEverywhere(context.Background(), purge)
		require.NoError(t, err)
		assert.NotZero(t, warm(c), "%+v", purge)
	}
	for _, h := range []*edge.Handler{b, c} {
		ended(t, h)
	}
}
