package browsertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// swallowing are fragments whose foreign content ends inside them, and whose select does not end: a parser with the older
// rules of select (WebKit 2.50 is one) takes the rest of the page for its content.
var swallowing = []string{
	`<svg><br><select/></svg>`,
	`<svg><desc><select/></desc></svg>`,
	`<math><br><select/></math>`,
}

// TestWhatSwallowsThePageInOlderParsers looks at the page cold, then warm, with such a fragment in its slot. It is refused,
// or closed: the rest of the page is where it should be.
func TestWhatSwallowsThePageInOlderParsers(t *testing.T) {
	for _, k := range kinds {
		for _, f := range swallowing {
			t.Run(string(k)+"/"+f, func(t *testing.T) {
				url, o := site(t, `<!doctype html><html><head><title>t</title></head><body><div><edge-slot name="a" src="/a">wait</edge-slot></div>`+
					`<table id="rest"><tr><td>rest</td></tr></table><p>end</p></body></html>`)
				b := openTab(t, k, false)
				b.open(url)
				b.sees("wait")
				o.gives("a", f)
				for _, visit := range []string{"cold", "warm"} {
					if visit == "warm" {
						b.open(url + "/?again")
					}
					b.waits("complete", func(string) bool { return b.evaluate("document.readyState") == "complete" })
					assert.Equal(t, "rest", b.evaluate(`document.querySelector("body > table#rest > tbody > tr > td")?.textContent`), visit)
				}
			})
		}
	}
}

// TestWebKitHasTheOlderRulesOfSelect is why the test above is worth its time: it fails when WebKit has learned the new ones.
func TestWebKitHasTheOlderRulesOfSelect(t *testing.T) {
	for _, f := range swallowing[:1] {
		b, s := reader{kind: webkit}.visit(t)
		s.send(`<!doctype html><body><div>` + f + `</div><table id="rest"><tr><td>rest</td></tr></table><u></u>`)
		s.end()
		b.waits("complete", func(string) bool { return b.evaluate("document.readyState") == "complete" })
		assert.Equal(t, "null", b.evaluate(`document.querySelector("table")`))
	}
}
