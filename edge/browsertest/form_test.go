package browsertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestFormEndsInAPatchWhereItEndsInThePage is about a tag that ends a form while something in it is open. By the standard it
// closes what may be closed without a tag, p among them; Chromium 156 does not do so in a template, and what follows stays
// in the form.
func TestFormEndsInAPatchWhereItEndsInThePage(t *testing.T) {
	for _, k := range kinds {
		for _, f := range []string{`<form><p>x</form>y`, `<form><dd>x</form>y`, `<form><select><option>x</select><p></form>y`} {
			t.Run(string(k)+"/"+f, func(t *testing.T) {
				url, o := site(t, `<!doctype html><html><head><title>t</title></head><body><div id="in"><edge-slot name="a" src="/a">wait</edge-slot></div></body></html>`)
				b := openTab(t, k, false)
				b.open(url)
				b.sees("wait")
				o.gives("a", f)
				for _, visit := range []string{"cold", "warm"} {
					if visit == "warm" {
						b.open(url + "/?again")
					}
					b.waits("complete", func(string) bool { return b.evaluate("document.readyState") == "complete" })
					assert.Equal(t, "y", b.evaluate(`[...document.querySelector("#in").childNodes].filter(n=>n.nodeType==3).map(n=>n.data).join("")`), visit)
				}
			})
		}
	}
}
