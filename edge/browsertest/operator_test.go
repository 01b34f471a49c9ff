package browsertest

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// operatorTab is a tab of Chromium that has the operator's page, of a size, light or dark.
type operatorTab struct {
	*tab
	ctx  context.Context
	said *[]string
}

// openOperator opens the page. What the browser logs, violations of the policy among it, fails the test at its end.
func openOperator(t *testing.T, url string, width, height int64, scheme string) *operatorTab {
	t.Helper()
	c, ok := browserOf(t, native).(*chromium)
	require.True(t, ok)
	ctx, end := chromedp.NewContext(c.ctx)
	t.Cleanup(end)
	require.NoError(t, chromedp.Run(ctx)) // the tab lives as long as the context of its first run
	said := []string{}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			said = append(said, "console: "+string(e.Type))
		case *runtime.EventExceptionThrown:
			said = append(said, e.ExceptionDetails.Error())
		}
	})
	o := &operatorTab{tab: &tab{t: t, driver: &chromiumTab{ctx}, kind: native}, ctx: ctx, said: &said}
	o.run(emulation.SetDeviceMetricsOverride(width, height, 1, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
	o.open(url)
	o.until(`document.readyState === "complete"`)
	o.run(chromedp.Evaluate(`window.violations = []; document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI + " " + e.sample)); 0`, nil))
	t.Cleanup(func() {
		assert.Equal(t, "", o.evaluate(`violations.join("; ")`), "violations of the policy")
		assert.Equal(t, "undefined", o.evaluate(`typeof window.struck`), "a stranger's text ran")
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

func TestOperatorLooks(t *testing.T) {
	_, url := newStand(t, 10_000)
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"desktop", 1280, 900}, {"phone", 390, 844}} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(size.name+" "+scheme, func(t *testing.T) {
				o := openOperator(t, url, size.width, size.height, scheme)
				o.screenshot("door")
				o.enters(operatorToken)
				o.until(`document.querySelector("#plot .warm")`)
				for _, view := range []string{"overview", "entries", "flights", "failures", "purge"} {
					o.click(`a[href="#` + view + `"]`)
					o.until(`!document.querySelector("#view-` + view + `").hidden && document.querySelector("#main").getAttribute("aria-busy") === "false"`)
					o.screenshot(view)
					assert.Equal(t, "true", o.evaluate(`document.documentElement.scrollWidth <= innerWidth`), "%s is wider than the screen", view)
				}
			})
		}
	}
	_ = http.StatusOK
}
