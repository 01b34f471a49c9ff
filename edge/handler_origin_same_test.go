package edge

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// piecesOfPages are put together at random: what they become in a page is the outliner's affair, and is the same however it comes.
var piecesOfPages = []string{
	"<p>text</p>", "<!-- a comment -->", "<script>if (a<b) x('</body>')</script>", "<style>p{color:red}</style>", "<textarea><esi:include src='/f/a'/></textarea>",
	`<esi:include src="/f/a"/>`, `<esi:include src="/f/b" />`, `<a title='<esi:include src="/f/c"/>'>x</a>`, `<esi:remove><p>gone</p></esi:remove>`,
	`<!--esi <b>shown</b><esi:include src="/f/b"/> -->`, `<esi:try><esi:attempt><esi:include src="/f/missing"/></esi:attempt><esi:except><u>else</u></esi:except></esi:try>`,
	`<edge-slot name="NAME" src="/f/c"><i>…</i></edge-slot>`, "<table><tr><td>", "</table>", "é €", "<", "&amp;", "</body>", "<ul><li>", "</ul>", "<esi:bogus>", "<esi:include/>",
	`<esi:comment text="no"/>`, "\r\n", "\xEF\xBB\xBF", "<svg><title>", "</svg>", "<select><option>",
}

func randomPage(random *rand.Rand) string {
	var page strings.Builder
	page.WriteString([]string{"<!doctype html><html><head><title>t</title></head><body>", "<!doctype html>", "", "<html><body class=x>"}[random.IntN(4)])
	for i := range random.IntN(14) {
		page.WriteString(strings.ReplaceAll(piecesOfPages[random.IntN(len(piecesOfPages))], "NAME", fmt.Sprint("n", i)))
	}
	page.WriteString([]string{"</body></html>", "", "</body></html>\n<!-- end -->"}[random.IntN(3)])
	return page.String()
}

// TestComposedAsItComesIsComposedAsItIsKept: in whatever parts the origin writes a page, its visitor gets what later ones get.
func TestComposedAsItComesIsComposedAsItIsKept(t *testing.T) {
	s := newSiteOrigin()
	var mu sync.Mutex
	pages := map[string]string{}
	s.mux.HandleFunc("/page/", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		page := pages[r.URL.Path]
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Surrogate-Control", `max-age=60, content="ESI/1.0"`)
		w.Header().Set("Inlay-Slots", "edge-slot")
		random := rand.New(rand.NewPCG(uint64(len(page)), 7))
		for page != "" {
			n := 1 + random.IntN(len(page))
			_, _ = io.WriteString(w, page[:n])
			if page = page[n:]; random.IntN(3) > 0 {
				w.(http.Flusher).Flush()
			}
		}
	})
	logger, _ := logged()
	for _, remote := range []bool{false, true} {
		front, h := inFront(t, s, remote, func(o *Options) { o.Logger = logger })
		for seed := range uint64(150) {
			path := fmt.Sprintf("/page/%v/%d", remote, seed)
			mu.Lock()
			pages[path] = randomPage(rand.New(rand.NewPCG(seed, 3)))
			page := pages[path]
			mu.Unlock()
			first := get(t, front.URL+path)
			require.NoError(t, first.err, "%s", page)
			eventually(t, "the page to be kept", func() bool { return h.Stats().Flights == 0 })
			again := get(t, front.URL+path)
			assert.Equal(t, first.body, again.body, "seed %d: %q", seed, page)
			assert.NotContains(t, first.body, "gone")
		}
	}
}

// TestManyVisitorsAtOnce: of a page that the configuration names, the origin is asked once.
func TestManyVisitorsAtOnce(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		s.html("/p", "max-age=60", esiPage("/f/a", "/f/b", "/f/c"))
		front, _ := inFront(t, s, remote, func(o *Options) { o.Config.Shells = []string{"/p"} })
		var wait sync.WaitGroup
		for i := range 40 {
			wait.Go(func() {
				answer := get(t, front.URL+"/p", "Cookie", fmt.Sprint("a=", i))
				assert.Equal(t, plainPage("<i>a</i>", "<i>b</i>", "<i>c</i>"), answer.body)
			})
		}
		wait.Wait()
		for _, target := range []string{"/p", "/f/a", "/f/b", "/f/c"} {
			assert.Equal(t, 1, s.count(target), target)
		}
	})
}

// TestVeryLargePageComesWhole: larger than what is read for slots, too.
func TestVeryLargePageComesWhole(t *testing.T) {
	both(t, func(t *testing.T, remote bool) {
		s := newSiteOrigin()
		filling := strings.Repeat("<p>0123456789</p>\n", 400_000)
		s.html("/p", "max-age=60", `<!doctype html><html><head></head><body><esi:include src="/f/a"/>`+filling+"</body></html>", "Surrogate-Control", esi)
		front, _ := inFront(t, s, remote, nil)
		for range 2 {
			answer := get(t, front.URL+"/p")
			require.NoError(t, answer.err)
			assert.True(t, answer.body == "<!doctype html><html><head></head><body><i>a</i>"+filling+"</body></html>", "%d bytes", len(answer.body))
		}
	})
}
