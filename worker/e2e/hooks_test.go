package e2e

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// docs/deploy/hooks.mjs as a site's main.mjs, in wrangler dev: a webhook, a timetable and a queue purge.
func TestSitesOwnHooksPurge(t *testing.T) {
	hooks, err := os.ReadFile("docs/deploy/hooks.mjs")
	require.NoError(t, err)
	const shell = `<!doctype html><html><head><title>t</title></head><body>` +
		`<edge-slot name="a" src="/fragments/a" ttl="1h" tags="product:7"></edge-slot>` +
		`<edge-slot name="b" src="/fragments/b" ttl="1h" tags="prices"></edge-slot>` +
		`<edge-slot name="c" src="/fragments/c" ttl="1h" tags="lists"></edge-slot></body></html>`
	// What puts messages into the queue is the test's, since a queue on this machine has no other way in.
	producer := "\nconst hooks = entry.fetch;\nentry.fetch = async (request, env, ctx) => {\n" +
		"  if (new URL(request.url).pathname !== \"/enqueue\") return hooks(request, env, ctx);\n" +
		"  await env.PUBLISHED.send({ tag: \"lists\" });\n  return new Response(\"sent\\n\");\n};\nexport default entry;\n"
	origin := newOrigin(t, fragment)
	d := newDevSite(t, map[string]string{
		"pages/index.html": shell, "go.mod": "", "go.sum": "", "handlers.go": "",
		"main.mjs":      strings.Replace(string(hooks), "export default {", "const entry = {", 1) + producer,
		".dev.vars":     "INLAY_TOKEN=" + adminToken + "\nCMS_SECRET=sesame\nINLAY_ORIGIN=" + origin.URL + "\n",
		"wrangler.toml": strings.Replace(devToml, "[assets]", "[triggers]\ncrons = [\"0 3 * * *\"]\n[[queues.consumers]]\nqueue = \"published\"\nmax_batch_timeout = 0\n[[queues.producers]]\nbinding = \"PUBLISHED\"\nqueue = \"published\"\n[assets]", 1),
	}, "--everywhere")
	status := func() string { return d.tab("/").Header.Get("Cache-Status") }
	hit := func(slot string) bool { return strings.Contains(status(), "inlay/"+slot+";hit;ttl=") }
	warm := func() { d.until("a warm page", time.Now(), func() bool { return hit("a") && hit("b") && hit("c") }) }

	warm()
	post := func(authorization string) *http.Response {
		return request(t, http.MethodPost, d.server.URL+"/hooks/cms", strings.NewReader(`{"model":"product","id":7}`), "Authorization", authorization)
	}
	assert.Equal(t, http.StatusUnauthorized, post("Bearer sesami").StatusCode)
	assert.Equal(t, http.StatusUnauthorized, post("").StatusCode)
	assert.True(t, hit("a"))
	resp := post("Bearer sesame")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, `{"log":1}`, read(t, resp))
	// purge.mjs tells the log; the isolate that it ran in hears of it as the others do.
	d.until("the webhook's purge", time.Now(), func() bool { return !hit("a") })

	warm()
	resp = request(t, http.MethodGet, d.server.URL+"/cdn-cgi/handler/scheduled?cron=0+3+*+*+*", nil)
	require.Equal(t, http.StatusOK, resp.StatusCode, d.server.Log())
	d.until("the timetable's invalidation", time.Now(), func() bool { return !hit("b") })

	warm()
	require.Equal(t, http.StatusOK, request(t, http.MethodGet, d.server.URL+"/enqueue", nil).StatusCode)
	d.until("the queue's purge", time.Now(), func() bool { return !hit("c") })
}
