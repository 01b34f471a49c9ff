package difftest

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"inlay/edge"
)

// plainValue stands for itself everywhere: what is a word in text, in a value and in a URL.
const plainValue = "Zq7"

// FuzzInserts: whatever a parameter is, the page differs in exactly the texts and values that it stands in.
func FuzzInserts(f *testing.F) {
	for _, shell := range []string{
		"<!doctype html><html lang='{a}'><title>x {a}</title><body title=\"{b}\">a{a}b{b}c<p>{a}</p><a href='/{a}/{b}?x={a}#{b}'>{b}</a>",
		"<body>&am{a}p;&lt{b}<{a}>&#3{a};&not{b}in;<p title='&am{a}&not{b}&#x{a}' data-x=\"&lt{a}\">",
		"<title></{a}</ti{b}tle x></title><textarea>{b}\n</textarea><pre>{b}\n</pre><body><textarea>\r{a}</textarea>",
		"<body><table><caption>{a}<tr><td>{b}</table><select><option>{a}<optgroup label='{b}'></select><svg><title>{a}</title><a xlink:href='#{b}'>",
		"<body><p><b class='{a}'>x</p>{a}<div>{a}</div><i><noscript><img alt='{a}'>{b}</noscript>{{a}} {x y} &#123;a}",
		"<body><template>{a}<p>{b}</template><style>a{a}</style><script>const {a} = 1</script><!-- {a} --><b title={x}>{a}",
		"<body><edge-slot name=s src=/s/{a}>{a}&am{b}<edge-error>{b}<p title='{a}'></edge-error></edge-slot>{b}",
		"<frameset><frame src='/{a}'></frameset>", "<body><a href='{b}'><a href='x{a}:y'><img srcset='/{a} 1x,/{b} 2x'>{b}<p>{b}",
		"<body><ul><li>{b}<li>{b}</ul><button>{a}</button>{a}</body>", "<body><math><mi>{a}</mi><annotation-xml>{b}</math><nobr>{a}<nobr>{b}",
	} {
		for _, value := range []string{"<i>", "&amp;", "\" onclick='x'", " ", "/title >", "javascript:alert(1)", "p;", "{a}", "é\u2028'", "lt;"} {
			f.Add(shell, value, "")
			f.Add(shell, "x", value)
		}
	}
	f.Fuzz(func(t *testing.T, shell, a, b string) {
		page, err := edge.ParsePage("/{a}/{b...}", shell)
		if err != nil || strings.Contains(shell, plainValue) {
			return
		}
		h, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: http.NotFoundHandler(), Config: edge.Config{AllowHosts: edge.Hosts([]edge.Page{page})}})
		if err != nil {
			return
		}
		tree := func(a, b string) *html.Node {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RequestURI = "/" + url.PathEscape(a) + "/" + strings.ReplaceAll(url.PathEscape(b), "%2F", "/")
			var errURL error
			if r.URL, errURL = url.ParseRequestURI(r.RequestURI); errURL != nil {
				return nil
			}
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			if answer.Code != http.StatusOK {
				return nil // what no address can have
			}
			root, err := html.ParseWithOptions(strings.NewReader(answer.Body.String()), html.ParseOptionEnableScripting(len(shell)%2 == 0))
			if err != nil {
				return nil // too deep
			}
			return root
		}
		plain, filled := tree("A"+plainValue, "B"+plainValue), tree(a, b)
		if plain == nil || filled == nil {
			return
		}
		if where := differs(plain, filled, a, b); where != "" {
			t.Fatalf("%q with %q and %q: %s", shell, a, b, where)
		}
	})
}

// TestInserts is FuzzInserts over random shells.
func TestInserts(t *testing.T) {
	pieces := []string{
		"{a}", "{b}", "&", "&am", "&lt", "&#3", "<", "</", "p;", " ", "\n", "x", "<p>", "</p>", "<b title='{a}'>", "<i title=\"&{b}\">", "</b>", "</i>", "<div>", "</div>",
		"<pre>", "</pre>", "<table>", "<tr>", "<td>", "</table>", "<select>", "<option>", "</select>", "<title>", "</title>", "<textarea>", "</textarea>", "<svg>", "</svg>",
		"<a href='/{a}'>", "<a href='{b}'>", "</a>", "<ul>", "<li>", "</ul>", "<template>", "</template>", "<noscript>", "</noscript>", "<body>", "</body>", "<html lang='{a}'>", "<head>",
		"<script>{a}</script>", "<!--{a}-->", "{{a}}", "<button>", "</button>", "<h1>", "</h1>", "<caption>",
	}
	values := []string{"<", ">", "&", "\"", "'", " ", "x", ";", "/", "lt;", "script", "<p>", "</title>", "</textarea>", "=", ":", "#", "?", "%", "é", "{a}", "-->"}
	taken := 0
	for n := range *shellCases {
		r := rand.New(rand.NewPCG(*seed+9, uint64(n)))
		shell, a, b := "", "", ""
		for range 1 + r.IntN(12) {
			shell += pick(r, pieces)
		}
		for range 1 + r.IntN(4) {
			a += pick(r, values)
		}
		for range r.IntN(4) {
			b += pick(r, values)
		}
		page, err := edge.ParsePage("/{a}/{b...}", "<!doctype html><body>"+shell)
		if err != nil {
			continue
		}
		h, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: http.NotFoundHandler()})
		require.NoError(t, err)
		tree := func(a, b string) *html.Node {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RequestURI = "/" + url.PathEscape(a) + "/" + strings.ReplaceAll(url.PathEscape(b), "%2F", "/")
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			if answer.Code != http.StatusOK {
				return nil
			}
			root, err := html.ParseWithOptions(strings.NewReader(answer.Body.String()), html.ParseOptionEnableScripting(n%2 == 0))
			if err != nil {
				return nil
			}
			return root
		}
		plain, filled := tree("A"+plainValue, "B"+plainValue), tree(a, b)
		if plain == nil || filled == nil {
			continue
		}
		taken++
		if where := differs(plain, filled, a, b); where != "" {
			t.Errorf("case %d: %q with %q and %q: %s", n, shell, a, b, where)
		}
	}
	require.Greater(t, taken, *shellCases/20)
}

// differs says where two trees are not the same but for their parameters; empty if they are.
func differs(plain, filled *html.Node, a, b string) string {
	if plain.Type != filled.Type || plain.Namespace != filled.Namespace || len(plain.Attr) != len(filled.Attr) {
		return "another node: " + plain.Data + ", " + filled.Data
	}
	if plain.Type == html.TextNode && plain.Parent.Data == "noscript" {
		return "" // markup, to a browser that runs no scripts: what it is then, the same shells read without scripts tell
	}
	if !isFilled(plain.Data, filled.Data, a, b) {
		return "text " + plain.Data + ", then " + filled.Data
	}
	for i := range plain.Attr {
		if plain.Attr[i].Key != filled.Attr[i].Key || !isFilled(plain.Attr[i].Val, filled.Attr[i].Val, a, b) {
			return "attribute " + plain.Attr[i].Key + "=" + plain.Attr[i].Val + ", then " + filled.Attr[i].Key + "=" + filled.Attr[i].Val
		}
	}
	p, f := plain.FirstChild, filled.FirstChild
	for {
		// A text of nothing but an empty parameter is none.
		for p != nil && p.Type == html.TextNode && b == "" && strings.ReplaceAll(p.Data, "B"+plainValue, "") == "" && (f == nil || f.Type != html.TextNode) {
			p = p.NextSibling
		}
		if p == nil || f == nil {
			break
		}
		if where := differs(p, f, a, b); where != "" {
			return where
		}
		p, f = p.NextSibling, f.NextSibling
	}
	if p != nil || f != nil {
		return "more in <" + plain.Data + ">"
	}
	return ""
}

// isFilled tells whether a text is another one with other parameters, as they are or percent-encoded.
func isFilled(plain, filled, a, b string) bool {
	as := strings.NewReplacer("A"+plainValue, a, "B"+plainValue, b)
	encoded := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	inURL := strings.NewReplacer("A"+plainValue, encoded(a), "B"+plainValue, strings.ReplaceAll(encoded(b), "%2F", "/"))
	return filled == as.Replace(plain) || filled == inURL.Replace(plain)
}
