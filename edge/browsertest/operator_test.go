package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// operatorTab is a tab of Chromium that has the operator's page, of a size, light or dark.
type operatorTab struct {
	*tab
	ctx context.Context
	// said is what the browser's console has, but for statuses of answers.
	said *sayings
}

// sayings are added to by the browser.
type sayings struct {
	mu  sync.Mutex
	all []string
}

func (s *sayings) add(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, text)
}

// take gives what was said, and forgets it.
func (s *sayings) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all
	s.all = nil
	return all
}

// openOperator opens the page. What the browser logs, violations of the policy among it, fails the test at its end.
func openOperator(t *testing.T, url string, width, height int64, scheme string) *operatorTab {
	t.Helper()
	c, ok := browserOf(t, native).(*chromium)
	require.True(t, ok)
	ctx, end := chromedp.NewContext(c.ctx)
	t.Cleanup(end)
	require.NoError(t, chromedp.Run(ctx, cdplog.Enable())) // the tab lives as long as the context of its first run
	said := &sayings{}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			said.add("console: " + string(e.Type))
		case *cdplog.EventEntryAdded:
			if e.Entry.Source != cdplog.SourceNetwork { // statuses that a test has the site answer
				said.add(e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			said.add(e.ExceptionDetails.Error())
		}
	})
	o := &operatorTab{tab: &tab{t: t, driver: &chromiumTab{ctx}, kind: native}, ctx: ctx, said: said}
	o.run(emulation.SetDeviceMetricsOverride(width, height, 1, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
	o.open(url)
	o.until(`document.readyState === "complete"`)
	o.run(chromedp.Evaluate(`window.violations = []; document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI + " " + e.sample)); 0`, nil))
	t.Cleanup(func() {
		assert.Equal(t, "", o.evaluate(`violations.join("; ")`), "violations of the policy")
		assert.Equal(t, "undefined", o.evaluate(`typeof window.struck`), "a stranger's text ran")
		assert.Empty(t, o.said.take(), "the console")
	})
	return o
}

func (o *operatorTab) run(actions ...chromedp.Action) {
	o.t.Helper()
	ctx, stop := context.WithTimeout(o.ctx, patience)
	defer stop()
	require.NoError(o.t, chromedp.Run(ctx, actions...))
}

// until waits until an expression of JavaScript is true.
func (o *operatorTab) until(expression string) {
	o.t.Helper()
	o.run(chromedp.Poll("Boolean("+expression+")", nil, chromedp.WithPollingInterval(5e6), chromedp.WithPollingTimeout(patience)))
}

// enters types the token as somebody would.
func (o *operatorTab) enters(token string) {
	o.t.Helper()
	o.run(chromedp.SendKeys("#token", token+"\r", chromedp.ByQuery))
}

func (o *operatorTab) click(selector string) {
	o.t.Helper()
	o.run(chromedp.Evaluate(`document.querySelector(`+"`"+selector+"`"+`).click()`, nil))
}

func (o *operatorTab) text(selector string) string {
	o.t.Helper()
	return strings.TrimSpace(o.evaluate(`document.querySelector(` + "`" + selector + "`" + `)?.innerText ?? ""`))
}

// in is the page after the token was typed.
func in(t *testing.T, url string) *operatorTab {
	t.Helper()
	o := openOperator(t, url, 1280, 900, "light")
	o.enters(operatorToken)
	o.settles()
	return o
}

// settles waits until what was asked for is shown.
func (o *operatorTab) settles() {
	o.t.Helper()
	o.until(`!document.querySelector("#room").hidden && document.querySelector("#main").getAttribute("aria-busy") === "false"`)
}

// goes to a section, and shows it.
func (o *operatorTab) goes(section string) {
	o.t.Helper()
	o.run(chromedp.Evaluate(`document.querySelector("#main").setAttribute("aria-busy", "true"); location.hash = "`+section+`"`, nil))
	o.settles()
}

// press presses keys, one after another, where the focus is.
func (o *operatorTab) press(keys ...string) {
	o.t.Helper()
	for _, key := range keys {
		o.run(chromedp.KeyEvent(key))
	}
}

// focused is the id of what has the focus, or its text.
func (o *operatorTab) focused() string {
	o.t.Helper()
	return o.evaluate(`document.activeElement.id || document.activeElement.innerText`)
}

// keys are those that the table shows, in its order.
func (o *operatorTab) keys() []string {
	o.t.Helper()
	var keys []string
	require.NoError(o.t, json.Unmarshal([]byte(o.evaluate(`JSON.stringify([...document.querySelectorAll("#entries-body tr")].map((tr) => tr.dataset.key))`)), &keys))
	return keys
}

func TestOperatorLooks(t *testing.T) {
	_, url := newStand(t, 10_000)
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"desktop", 1280, 900}, {"phone", 390, 844}, {"small phone", 320, 640}} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(size.name+" "+scheme, func(t *testing.T) {
				o := openOperator(t, url, size.width, size.height, scheme)
				o.screenshot("door")
				o.enters(operatorToken)
				o.until(`document.querySelector("#plot .warm")`)
				for _, section := range []string{"overview", "entries", "flights", "failures", "purge"} {
					o.goes(section)
					assert.Equal(t, "false", o.evaluate(`document.querySelector("#view-`+section+`").hidden`))
					o.screenshot(section)
					assert.Equal(t, "true", o.evaluate(`document.documentElement.scrollWidth <= innerWidth`), "%s is wider than the screen", section)
				}
				ground := o.evaluate(`getComputedStyle(document.body).backgroundColor.match(/\d+/)[0] > 128`)
				assert.Equal(t, strconv.FormatBool(scheme == "light"), ground, "the ground is light where the reader wants that")
			})
		}
	}
}

// The token is in the page's memory and nowhere else.
func TestOperatorKeepsTheTokenToItself(t *testing.T) {
	s, url := newStand(t, 3)
	o := openOperator(t, url, 1280, 900, "light")
	o.enters("not-the-token")
	o.until(`!document.querySelector("#refused").hidden`)
	assert.Contains(t, o.text("#refused"), "not the token")
	assert.Equal(t, "token", o.focused())
	assert.Equal(t, "true", o.evaluate(`document.querySelector("#room").hidden`))

	o.run(chromedp.Evaluate(`document.querySelector("#token").value = ""`, nil))
	o.enters("two words")
	o.until(`document.querySelector("#refused").innerText.includes("no spaces")`)
	o.run(chromedp.Evaluate(`document.querySelector("#token").value = ""`, nil))
	o.enters(operatorToken)
	o.settles()
	o.goes("entries")
	for _, where := range []string{`location.href`, `JSON.stringify(history.state)`, `document.cookie`, `JSON.stringify(localStorage)`, `JSON.stringify(sessionStorage)`,
		`document.documentElement.outerHTML`, `document.querySelector("#token").value`, `performance.getEntries().map((e) => e.name).join()`} {
		assert.NotContains(t, o.evaluate(where), operatorToken, where)
	}
	assert.NotContains(t, strings.Join(s.asked(), " "), operatorToken, "no URL has it")

	// What is loaded again knows it no more, and stands where it was once it is given again.
	o.goes("entries?q=price&sort=hits")
	o.run(chromedp.Reload())
	o.until(`document.readyState === "complete" && !document.querySelector("#door").hidden`)
	o.run(chromedp.Evaluate(`window.violations = []; 0`, nil))
	assert.Equal(t, "true", o.evaluate(`document.querySelector("#room").hidden`))
	o.enters(operatorToken)
	o.settles()
	assert.Equal(t, "price", o.evaluate(`document.querySelector("#what").value`))
	assert.Equal(t, "descending", o.evaluate(`document.querySelector("th[data-sort=hits]").ariaSort`))

	o.click("#leave")
	assert.Equal(t, "true 0", o.evaluate(`document.querySelector("#room").hidden + " " + document.querySelectorAll("#entries-body tr, #tiles *").length`), "nothing stays behind")

	// Whoever changes the token on the site ends what had the old one.
	o.enters(operatorToken)
	o.settles()
	s.set(func() { s.token = "another-token-of-32-characters-xx" })
	o.click("#refresh")
	o.until(`!document.querySelector("#door").hidden`)
	assert.Contains(t, o.text("#refused"), "does not take this token any more")
}

func TestOperatorFindsAndSorts(t *testing.T) {
	s, url := newStand(t, 10_000)
	o := in(t, url)
	o.goes("entries")
	assert.Equal(t, "10,000 entries", strings.Split(o.text("#matched"), ",  ")[0][:14])
	assert.Len(t, o.keys(), 100)
	assert.Equal(t, "1 to 100 of 10,000", o.text("#where"))
	for _, sort := range []struct {
		name, first string
		value       func(e held) int
	}{
		{"bytes", "descending", func(e held) int { return e.Bytes }}, {"hits", "descending", func(e held) int { return e.Hits }},
		{"age", "descending", func(e held) int { return e.Age }}, {"left", "ascending", func(e held) int { return e.Left }},
		{"took", "descending", func(e held) int { return e.Took }},
	} {
		if sort.name != "bytes" {
			o.click("th[data-sort=" + sort.name + "] button")
			o.until(`document.querySelector("th[data-sort=` + sort.name + `]").ariaSort === "` + sort.first + `"`)
			o.settles()
		}
		for _, order := range []string{sort.first, map[string]string{"ascending": "descending", "descending": "ascending"}[sort.first]} {
			o.until(`document.querySelector("th[data-sort=` + sort.name + `]").ariaSort === "` + order + `"`)
			o.settles()
			want := s.extreme(sort.value, order == "descending")
			o.until(`document.querySelector("#entries-body tr")?.dataset.key === ` + strconv.Quote(want))
			if order == sort.first {
				o.click("th[data-sort=" + sort.name + "] button")
			}
		}
	}
	assert.Equal(t, "1", o.evaluate(`document.querySelectorAll("th[aria-sort]").length`))

	o.click("#last")
	o.until(`document.querySelector("#where").innerText === "9,901 to 10,000 of 10,000"`)
	assert.Equal(t, "true", o.evaluate(`document.querySelector("#next").disabled`))
	o.click("#back")
	o.until(`document.querySelector("#where").innerText === "9,801 to 9,900 of 10,000"`)

	// By a part of the key, typed.
	o.run(chromedp.SendKeys("#what", "price/777\r", chromedp.ByQuery))
	o.until(`document.querySelector("#matched").innerText.startsWith("9 of 10,000")`)
	// By a tag, which is a button in each row that carries it.
	o.click(`#entries-body tr[data-key^="/fragments/price/7770"] .tag[title="product:7770"]`)
	o.until(`document.querySelectorAll("#entries-body tr").length === 1`)
	assert.Equal(t, "tag product:7770", o.evaluate(`document.querySelector("#by").value + " " + document.querySelector("#what").value`))
	// Back leads to where it was.
	o.run(chromedp.NavigateBack())
	o.until(`document.querySelectorAll("#entries-body tr").length === 9`)

	o.goes("entries?kind=failure")
	o.until(`document.querySelector("#matched").innerText.startsWith("104 of 10,000")`)
	o.goes("entries?key=%2Ffragments%2Fprice%2F33%0Acookie%3A%20currency%3DCHF")
	o.until(`document.querySelectorAll("#entries-body tr").length === 1`)
	o.goes("entries?q=nothing-is-called-so")
	o.until(`document.querySelector("#entries-empty").innerText === "Nothing held is like that."`)
}

// What is looked at again is where it was: the place, the choice, the focus.
func TestOperatorLooksAgainWhereItWas(t *testing.T) {
	s, url := newStand(t, 500)
	o := in(t, url)
	o.goes("entries?sort=key&offset=100")
	key := o.keys()[50]
	o.run(chromedp.Evaluate(`(() => { const box = document.querySelectorAll("#entries-body tr")[50].querySelector("input"); box.focus(); box.click(); scrollTo(0, 900); })()`, nil))
	s.set(func() {
		for i := range s.entries {
			s.entries[i].Hits += 7
		}
	})
	hits := o.text(`#entries-body tr td[data-name=Hits]`)
	o.run(chromedp.Evaluate(`document.querySelector("#refresh").click()`, nil))
	o.until(`document.querySelector("#entries-body tr td[data-name=Hits]").innerText !== "` + hits + `"`)
	assert.Equal(t, key+" true", o.evaluate(`document.activeElement.closest("tr").dataset.key + " " + document.activeElement.checked`))
	assert.Equal(t, "900", o.evaluate(`Math.round(scrollY)`))
	assert.Equal(t, "Purge 1 chosen…", o.text("#purge-picked"))
	// Where there is less than there was, the last page that there is.
	s.set(func() { s.entries = s.entries[:90] })
	o.click("#refresh")
	o.until(`document.querySelector("#where").innerText === "1 to 90 of 90"`)
}

func TestOperatorPurgesWithAPreview(t *testing.T) {
	s, url := newStand(t, 10_000)
	o := in(t, url)
	o.goes("entries?q=price%2F777")
	o.run(chromedp.Evaluate(`[...document.querySelectorAll("#entries-body input")].slice(0, 2).forEach((box) => box.click())`, nil))
	keys := o.keys()[:2]
	o.run(chromedp.Focus("#purge-picked", chromedp.ByQuery))
	o.press(kb.Enter)
	o.until(`document.querySelector("#sure").open`)
	assert.Equal(t, "Purge 2 keys?", o.text("#sure-head"))
	assert.Contains(t, o.text("#sure-text"), "2 entries in this process")
	assert.Contains(t, o.text("#sure-keys"), keys[0])
	assert.Equal(t, "sure-no", o.focused(), "Enter does no harm")
	o.screenshot("sure")
	o.press(kb.Enter)
	o.until(`!document.querySelector("#sure").open`)
	assert.Equal(t, "purge-picked", o.focused(), "the focus is back where it came from")
	assert.Empty(t, s.done())

	o.click("#purge-picked")
	o.until(`document.querySelector("#sure").open`)
	o.click("#sure-yes")
	o.until(`document.querySelector("#notice").innerText.includes("Purged 2 keys: 2 entries in this process.")`)
	o.until(`document.querySelectorAll("#entries-body tr").length === 7`)
	require.Len(t, s.done(), 1)
	assert.Equal(t, "true", o.evaluate(`document.querySelector("#purge-picked").disabled`), "nothing is chosen any more")

	// More keys than a URL takes go in several.
	o.goes("entries?limit=500&q=price")
	o.click("#pick-all")
	o.click("#invalidate-picked")
	o.until(`document.querySelector("#sure").open`)
	assert.Contains(t, o.text("#sure-text"), "500 entries")
	o.click("#sure-yes")
	o.until(`document.querySelector("#notice").innerText.startsWith("Invalidated 500 keys: 500 entries")`)
	for _, done := range s.done()[1:] {
		assert.True(t, strings.HasPrefix(done, "invalidate?"))
		assert.Less(t, len(done), 8000)
	}
	assert.Greater(t, len(s.done()), 2)

	// The form: by tags.
	o.goes("purge")
	o.click("#purge-form .main")
	assert.Contains(t, o.text("#purge-trouble"), "Which tags?")
	o.run(chromedp.SendKeys("#purge-tags", "product:8\nproduct:9\n\n", chromedp.ByQuery))
	o.click(`[value=purge]`)
	o.click("#purge-form .main")
	o.until(`document.querySelector("#sure").open`)
	assert.Equal(t, "Purge 2 tags?", o.text("#sure-head"))
	o.click("#sure-yes")
	o.until(`document.querySelector("#done-list li")?.innerText.includes("Purged 2 tags: 2 entries")`)

	// And all of it, which takes one step more.
	o.click(`[value=all]`)
	o.click("#purge-form .main")
	o.until(`document.querySelector("#sure").open`)
	assert.Contains(t, o.text("#sure-keys"), "and 9,896 more")
	assert.Equal(t, "true", o.evaluate(`document.querySelector("#sure-yes").disabled`))
	o.click("#sure-box")
	o.click("#sure-yes")
	o.until(`document.querySelectorAll("#done-list li").length === 4`)
	o.goes("entries")
	o.until(`document.querySelector("#entries-empty").innerText === "Nothing is held."`)
}

// struck are what strangers would call a path, a tag, a page or an error, so that an operator's browser runs it.
var struck = []string{
	`<img src=x onerror="window.struck=1">`, `<script>window.struck=1</script>`, `"><svg onload=window.struck=1>`, `' onfocus='window.struck=1' autofocus='`,
	`javascript:window.struck=1`, `</title></style></script></textarea><iframe srcdoc="<script>parent.struck=1</script>">`, `{{constructor.constructor("window.struck=1")()}}`,
	"\u202etxt.exe\u2066", "a\nb\x00\x1b[31m\x07", `${window.struck=1}`, `&lt;b&gt;&#x3c;script>`, "\u2028\u2029", strings.Repeat("x", 8000), `__proto__`, `constructor`,
}

func TestOperatorShowsWhatStrangersWriteAsText(t *testing.T) {
	s, url := newStand(t, 0)
	s.set(func() {
		for i, text := range struck {
			s.entries = append(s.entries, held{Key: text, Kind: "fragment", State: text, Tags: struck, Bytes: 1000 - i, From: text, Reason: text, Text: text})
			s.flights = append(s.flights, map[string]any{"key": text, "page": text, "slot": text, "age": 1, "waiting": 1, "attempts": 1})
			s.failed = append(s.failed, map[string]any{"at": text, "key": text, "page": text, "slot": text, "reason": text, "text": text, "remedy": text, "status": 500, "took": 1})
		}
		s.stats["problems"] = struck
	})
	for _, width := range []int64{1280, 390} {
		o := openOperator(t, url, width, 900, "light")
		o.enters(operatorToken)
		o.settles()
		before := o.evaluate(`document.querySelectorAll("script, iframe, img, object, embed, link, base, style").length`)
		for _, section := range []string{"overview", "entries", "flights", "failures"} {
			o.goes(section)
			assert.Equal(t, "true", o.evaluate(`document.documentElement.scrollWidth <= innerWidth`), section)
		}
		o.goes("entries")
		require.Equal(t, strconv.Itoa(len(struck)), o.evaluate(`document.querySelectorAll("#entries-body tr").length`))
		assert.Contains(t, o.text("#entries-body"), struck[0])
		assert.Contains(t, o.text("#entries-body"), "⟨U+202E⟩txt.exe", "what turns a text around is shown as what it is")
		for i := range struck {
			o.run(chromedp.Evaluate(`document.querySelectorAll("#entries-body td.key button")[`+strconv.Itoa(i)+`].click()`, nil))
			o.until(`document.querySelector("#detail").open`)
			o.click("#detail .main")
		}
		o.run(chromedp.Evaluate(`document.querySelectorAll("#entries-body .tag")[0].click()`, nil))
		o.until(`document.querySelector("#what").value === ` + strconv.Quote(struck[0]))
		o.settles()
		o.click("#purge-picked")
		o.until(`document.querySelector("#sure").open`)
		o.click("#sure .ends button:last-child")
		assert.Equal(t, before, o.evaluate(`document.querySelectorAll("script, iframe, img, object, embed, link, base, style").length`))
		// And if a script of the page did make HTML of a text, the policy would not have it.
		assert.Contains(t, o.evaluate(`(() => { try { document.body.innerHTML = "<b>x</b>"; return "it may"; } catch (e) { return e.name; } })()`), "TypeError")
		o.run(chromedp.Evaluate(`violations.length = 0`, nil))
		o.said.take()
	}
}

func TestOperatorSaysWhatIsWrong(t *testing.T) {
	s, url := newStand(t, 20)
	o := in(t, url)
	o.goes("entries")
	answers := func(status int, contentType, text string) {
		s.set(func() {
			s.broken = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", contentType)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, text)
			}
		})
		o.click("#refresh")
	}
	says := func(part string) {
		t.Helper()
		o.until(`!document.querySelector("#trouble").hidden && document.querySelector("#trouble").innerText.includes(` + strconv.Quote(part) + `)`)
		assert.Equal(t, "20", o.evaluate(`document.querySelectorAll("#entries-body tr").length`), "what was shown stays")
		assert.Contains(t, o.text("#trouble"), "What is shown is of")
	}
	answers(404, "text/plain", "There is nothing here.\n")
	says("INLAY_TOKEN opens it")
	answers(200, "text/html", "<h1>Sign in to Example</h1>")
	says("What answers is not inlay: status 200, <h1>Sign in to Example</h1>")
	answers(200, "application/json", "{")
	says("What answers is not inlay")
	answers(200, "application/json", "{}")
	says("could not make sense")
	assert.Equal(t, []string{"console: error"}, o.said.take(), "which developers of inlay may want to see")
	answers(502, "text/plain", "cannot be reached")
	says("The site answers 502: cannot be reached")
	answers(400, "application/json", `{"error":"sort is bytes, hits or age"}`)
	says("sort is bytes, hits or age")
	s.set(func() {
		s.broken = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.example/", http.StatusFound)
		}
	})
	o.click("#refresh")
	says("leads elsewhere")
	s.set(func() { s.broken = func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) } })
	o.click("#refresh")
	says("The site cannot be reached.")
	s.set(func() { s.broken = nil })
	o.click("#refresh")
	o.until(`document.querySelector("#trouble").hidden`)

	// One that has begun anew says less than it did.
	o.goes("overview")
	s.set(func() { s.stats["fills_total"] = 3 })
	o.click("#refresh")
	o.until(`document.querySelector("#notice").innerText.includes("begun anew")`)
	s.set(func() { s.reach, s.stats["fills_total"] = "isolate", 2 })
	o.run(chromedp.Evaluate(`document.querySelector("#leave").click()`, nil))
	o.enters(operatorToken)
	o.settles()
	assert.Equal(t, "All of this is of one isolate of many.", o.text("#reach-word"))
	s.set(func() { s.stats["fills_total"] = 1 })
	o.click("#refresh")
	o.until(`document.querySelector("#notice").innerText.includes("Another isolate has answered")`)

	// A purge that was not confirmed.
	o.goes("purge")
	o.click(`[value=all]`)
	o.click("#purge-form .main")
	o.until(`document.querySelector("#sure").open`)
	answers(503, "application/json", `{"purged":0,"error":"the purge log has not confirmed it"}`)
	o.click("#sure-box")
	o.click("#sure-yes")
	o.until(`document.querySelector("#sure-trouble").innerText.includes("the purge log has not confirmed it")`)
	assert.Equal(t, "true", o.evaluate(`document.querySelector("#sure").open`))
}

// All of it is done without a mouse, and everything that can be reached has a name.
func TestOperatorByKeyboard(t *testing.T) {
	_, url := newStand(t, 300)
	o := in(t, url)
	assert.Equal(t, "h-overview", o.focused())
	o.run(chromedp.Focus("#plot", chromedp.ByQuery))
	o.press(kb.ArrowLeft)
	assert.Regexp(t, `pages \(.*warm.*\); .* fills`, o.text("#plot-read"))
	last := o.text("#plot-read")
	o.press(kb.ArrowLeft)
	assert.NotEqual(t, last, o.text("#plot-read"))
	o.run(chromedp.Focus(`a[href="#entries"]`, chromedp.ByQuery))
	o.press(kb.Enter)
	o.settles()
	o.until(`document.activeElement.id === "h-entries"`)
	o.run(chromedp.Focus(`th[data-sort=hits] button`, chromedp.ByQuery))
	o.press(kb.Enter)
	o.until(`document.querySelector("th[data-sort=hits]").ariaSort === "descending"`)
	o.settles()
	assert.Equal(t, "Hits", o.evaluate(`document.activeElement.innerText`))
	o.run(chromedp.Focus(`#entries-body td.key button`, chromedp.ByQuery))
	key := o.focused()
	o.press(kb.Enter)
	o.until(`document.querySelector("#detail").open`)
	assert.Equal(t, "detail-close", o.focused())
	o.screenshot("detail")
	o.press(kb.Escape)
	o.until(`!document.querySelector("#detail").open`)
	assert.Equal(t, key, o.focused())

	for _, section := range []string{"overview", "entries", "flights", "failures", "purge"} {
		o.goes(section)
		var tree struct {
			Nodes []struct {
				Ignored bool `json:"ignored"`
				Role    struct {
					Value any `json:"value"`
				} `json:"role"`
				Name struct {
					Value any `json:"value"`
				} `json:"name"`
				Properties []struct {
					Name  string `json:"name"`
					Value struct {
						Value any `json:"value"`
					} `json:"value"`
				} `json:"properties"`
			} `json:"nodes"`
		}
		o.run(chromedp.ActionFunc(func(ctx context.Context) error { // cdproto does not know all of Chromium's words for it
			return cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &tree)
		}))
		focusable := 0
		for _, n := range tree.Nodes {
			for _, p := range n.Properties {
				if p.Name == "focusable" && p.Value.Value == true && !n.Ignored {
					focusable++
					assert.NotContains(t, []any{nil, ""}, n.Name.Value, "%s: something of role %v has no name", section, n.Role.Value)
				}
			}
		}
		assert.Greater(t, focusable, 5, section)
	}
	assert.Equal(t, "true", o.evaluate(`[...document.querySelectorAll("th")].every((th) => th.scope !== "")`))
	assert.Equal(t, "1", o.evaluate(`[...document.querySelectorAll("h1")].filter((h) => h.offsetParent !== null).length`))
}

// The same with a site's own administration behind it, ten thousand entries, and visitors who choose what keys look like.
func TestOperatorOfASite(t *testing.T) {
	shell, err := edge.ParsePage("/products/{id}", `<body><edge-slot name="price" src="/price/{id}" ttl="1h"></edge-slot><edge-slot name="stock" src="/stock/{id}" ttl="1h" swr="1h"></edge-slot></body>`)
	require.NoError(t, err)
	var mu sync.Mutex
	asked := map[string]int{}
	release := make(chan struct{})
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{shell}, Config: edge.Config{Token: operatorToken}, Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Cache-Tag", "products, "+strings.ReplaceAll(struck[0], " ", "%20")+", "+strings.TrimPrefix(r.URL.Path, "/"))
		switch r.URL.Path {
		case "/stock/slow":
			<-release
		case "/stock/broken":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, "<p>"+r.URL.Path[:min(20, len(r.URL.Path))]+"</p>")
	})})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	visit := func(path string) {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	for i := range 5000 {
		visit(fmt.Sprintf("/products/%d", i))
	}
	for _, text := range struck[:6] {
		visit("/products/" + url.PathEscape(text))
	}
	visit("/products/broken")
	for range 2 {
		visit("/products/7")
	}
	done := make(chan struct{})
	go func() {
		visit("/products/slow")
		close(done)
	}()

	o := in(t, server.URL+"/_inlay/")
	assert.Equal(t, "All of this is of one process.", o.text("#reach-word"))
	assert.Contains(t, o.text("#tiles"), "of 5,0")
	o.goes("flights")
	o.until(`[...document.querySelectorAll("#flights-body tr")].some((tr) => tr.dataset.key === "/stock/slow" && tr.innerText.includes("/products/{id}"))`)
	close(release)
	<-done
	o.until(`!document.querySelector("#flights-empty").hidden`) // it looks again by itself
	o.goes("failures")
	assert.Contains(t, o.text("#failures-list"), "503")
	assert.Contains(t, o.text("#failures-list"), "Do: ")
	o.goes("entries?sort=key")
	o.until(`document.querySelectorAll("#entries-body tr").length === 100`)
	assert.Regexp(t, `^1[0-9],[0-9]{3} entries`, o.text("#matched"))
	o.goes("entries?q=" + url.QueryEscape("onerror"))
	o.until(`document.querySelectorAll("#entries-body tr").length >= 2`)
	o.screenshot("strangers")
	o.goes("entries?tag=" + url.QueryEscape("price/77"))
	o.until(`document.querySelectorAll("#entries-body tr").length >= 1`)
	o.click("#purge-picked")
	o.until(`document.querySelector("#sure").open`)
	assert.Equal(t, "Purge the tag price/77?", o.text("#sure-head"))
	assert.Contains(t, o.text("#sure-keys"), "/price/77")
	o.click("#sure-yes")
	o.until(`document.querySelector("#notice").innerText.startsWith("Purged the tag price/77: ")`)
	o.until(`document.querySelector("#entries-empty").innerText === "Nothing held is like that."`)
	visit("/products/77")
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, []int{2, 1}, []int{asked["/price/77"], asked["/stock/77"]}, "that was purged, and nothing else")
}
