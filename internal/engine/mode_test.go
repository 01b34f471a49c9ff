package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/page"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"

func modeWith(fields map[string]string) page.Mode {
	return modeOf(&Request{Method: "GET", Fields: &script{fields: fields}}, &page.Page{}, false)
}

func TestOnlyParsersAreStreamedTo(t *testing.T) {
	for dest, want := range map[string]page.Mode{
		"document": page.Stream, "iframe": page.Stream, "frame": page.Stream,
		" document\t": page.Stream, "document;v=2": page.Stream, // as RFC 9651 has an item
		// fetch, XMLHttpRequest, htmx, Turbo, <link rel=prefetch>
		"empty": page.Ordered,
		// what makes a document of its answer too, but of another kind
		"embed": page.Ordered, "object": page.Ordered, "fencedframe": page.Ordered, "webidentity": page.Ordered,
		"image": page.Ordered, "script": page.Ordered, "style": page.Ordered, "worker": page.Ordered, "video": page.Ordered, "report": page.Ordered,
		"xslt": page.Ordered, "manifest": page.Ordered, "speculationrules": page.Ordered,
		// no destination that there is
		"Document": page.Ordered, "document, empty": page.Ordered, "empty, document": page.Ordered, "document, document": page.Ordered,
		`"document"`: page.Ordered, "documents": page.Ordered, "docu": page.Ordered, ";document": page.Ordered, " ": page.Ordered, "?1": page.Ordered,
	} {
		for _, agent := range []string{firefox, ""} {
			assert.Equal(t, want, modeWith(map[string]string{"sec-fetch-dest": dest, "user-agent": agent}), "%q %q", dest, agent)
		}
	}
	// A page that is loaded ahead is read by the same parser, later or out of sight (Speculation Rules).
	for _, purpose := range []string{"prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip"} {
		assert.Equal(t, page.Stream, modeWith(map[string]string{"sec-fetch-dest": "document", "sec-purpose": purpose, "user-agent": firefox}), purpose)
		assert.Equal(t, page.Ordered, modeWith(map[string]string{"sec-fetch-dest": "empty", "sec-purpose": purpose, "user-agent": firefox}), purpose)
	}
}

func TestScriptsOverPlainHTTPAreNotStreamedTo(t *testing.T) {
	assert.Equal(t, page.Stream, modeWith(map[string]string{"user-agent": firefox}))
	for name, value := range map[string]string{
		"x-requested-with": "XMLHttpRequest", "hx-request": "true", "turbo-frame": "cart", "x-turbo-request-id": "1f0c",
		"x-up-version": "3.10.2", "x-pjax": "true", "x-inertia": "true", "x-fetch": "1",
	} {
		want := page.Ordered
		if name == "x-fetch" { // means nothing to anyone
			want = page.Stream
		}
		assert.Equal(t, want, modeWith(map[string]string{"user-agent": firefox, name: value}), name)
	}
	// An app's WebView puts its package's name there, into navigations too: those say what they are for.
	assert.Equal(t, page.Stream, modeWith(map[string]string{
		"user-agent": firefox, "sec-fetch-dest": "document", "x-requested-with": "com.example.app"}))
}

func TestReadersThatRunNothingGetPagesInOrder(t *testing.T) {
	for _, agent := range []string{
		"Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GoogleOther) Chrome/150.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36 (compatible; Google-InspectionTool/1.0;)",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/49.0.2623.75 Safari/537.36 Google Favicon",
		"Mozilla/5.0 (iPhone) AppleWebKit/537.36 Mobile Safari/537.36 Mediapartners-Google/2.1",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Daum/4.1; +http://cs.daum.net/faq/15/4118.html) Chrome/150.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_2) NewsBlur Page Fetcher - 12 subscribers",
		"Mozilla/5.0 (Linux; Android 5.0) ia_archiver",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Prerender (+https://github.com/prerender/prerender)",
		"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
		"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)",
		"MOZILLA/5.0 (COMPATIBLE; X/1.0)",
		"curl/8.14.1", "Wget/1.25", "Go-http-client/1.1", "facebookexternalhit/1.1", "Lynx/2.9", "",
	} {
		assert.Equal(t, page.Ordered, modeWith(map[string]string{"user-agent": agent}), agent)
		if agent != "" && agent[0] == 'M' {
			assert.Equal(t, page.Ordered, modeWith(map[string]string{"user-agent": agent, "sec-fetch-dest": "document"}), agent)
		}
	}
	for _, agent := range []string{
		firefox,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/500.0;FBDV/iPhone16,2]",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0.0.0 Safari/537.36",
	} {
		assert.Equal(t, page.Stream, modeWith(map[string]string{"user-agent": agent}), agent)
	}
}

// A streamed answer says that nobody may keep it, and a whole one has the same bytes for everybody: so neither has to
// name in Vary what decided its form.
func TestAWholePageIsTheSameForAllReaders(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.warmUp()
	var first string
	var head map[string]string
	for i, fields := range []map[string]string{
		browser, {"sec-fetch-dest": "empty", "user-agent": firefox}, {"user-agent": "curl/8"}, {"user-agent": "Mozilla/5.0 (compatible; Yeti/1.1)"},
	} {
		s.fields = fields
		s.get(RequestID(i+2), "/p/7")
		body := s.takeBody()
		if i == 0 {
			first, head = body, s.head
		}
		assert.Equal(t, first, body)
		assert.Equal(t, head, s.head)
	}
}
