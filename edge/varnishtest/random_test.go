package varnishtest

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/esi"
)

var (
	documents = flag.Int("documents", 1000, "how many random documents are read")
	seed      = flag.Uint64("seed", 1, "what they are made from")
)

// pieces are what random documents are made of. What is known to differ (docs/esi.md) is not among them, nor a tag that goes wrong
// behind its src: Varnish keeps that for the next one.
var pieces = []string{
	"text", " ", "\n", "\t", "é", ">", "/>", "'", `"`, "-", "=", "&amp;", "<b>", "</b>", "<br/>", "< ", "</", "<!x>", "]]>", "]", "-->", "--",
	"<!-- c -->", "<!--", "<!---->", "<![CDATA[", "<![CDATA[x]]>", "<!--esi ", "<!--esi -->", "<!--esi",
	`<esi:include src="/a"/>`, `<esi:include src="/b" onerror="continue"/>`, `<esi:include src='/a'>`, `<esi:include src=/b />`, "</esi:include>",
	"<esi:include ", `<esi:include src="/a" src="/b"/>`, `<esi:include src="a b"/>`, "<esi:include/>", `<esi:include x y="z" src="/a"/>`,
	`<esi:include "/a"/>`, "<esi:include src=/a/>", "<esi:include\nsrc='/b'\n/>",
	"<esi:remove>", "</esi:remove>", "<esi:remove/>", `<esi:remove a="b">`, "</esi:remove >",
	`<esi:comment text="x"/>`, "<esi:comment>", "</esi:comment>", "<esi:comment text=", "<esi:bogus>", "</esi:bogus>", "<esi:bogus a='", "<esi:", "</esi:", "<es", "<esi",
}

// random is a document of a few pieces, which has one include in any case: Varnish leaves what has no ESI as it stands.
func random(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(`<p><esi:include src="/a"/></p>`)
	for range 1 + r.IntN(14) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	doc := b.String()
	// Dashes that are not all of a comment's end, and a < that hides what follows it.
	for _, known := range []string{"--->", "<<", "</<", "<!-->", "<!<", "]]]>", "-<"} {
		if strings.Contains(doc, known) {
			return random(r)
		}
	}
	return doc
}

// composed is what inlay's reader makes of a document.
func composed(doc string) (out string) {
	reader := esi.New("/")
	var events []esi.Event
	for i := 0; i < len(doc); i += 7 {
		events = append(events, reader.Write([]byte(doc[i:min(len(doc), i+7)]))...)
	}
	for _, e := range append(events, reader.End()...) {
		switch e.Kind {
		case esi.Text:
			out += doc[e.From:e.To]
		case esi.Included:
			out += fragmentAt(e.Include.Src.Text)
		}
	}
	return out
}

func fragmentAt(path string) string { return "[fragment " + path + "]" }

func TestRandomDocumentsAreReadAsVarnishReadsThem(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 0))
	docs := make([]string, *documents)
	for i := range docs {
		docs[i] = random(r)
	}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		w.Header().Set("Content-Type", "text/html")
		if _, err := fmt.Sscanf(r.RequestURI, "/?%d", &n); err == nil {
			w.Header().Set("Surrogate-Control", `content="ESI/1.0"`)
			_, _ = io.WriteString(w, docs[n])
			return
		}
		_, _ = io.WriteString(w, fragmentAt(r.RequestURI))
	}))
	t.Cleanup(origin.Close)
	varnish := Start(t, origin.URL)
	for i, doc := range docs {
		if !assert.Equal(t, Get(t, varnish.URL, fmt.Sprint("/?", i)), composed(doc), "seed %d: %q", *seed, doc) {
			return
		}
	}
}
