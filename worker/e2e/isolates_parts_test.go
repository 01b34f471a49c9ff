package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What stands in for a data centre's cache and for KV, asked through workerd's own Cache API and KV binding: the tests of
// isolates_*_test.go mean nothing if these do not keep and forget as the platform does.

// partsWorker does with the Cache API and with KV what it is asked for, and answers with what came of it.
const partsWorker = `export default { async fetch(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  const name = searchParams.get("name");
  const key = "https://cache.test/" + encodeURIComponent(name);
  try {
    switch (pathname) {
      case "/cache/put":
        await caches.default.put(key, new Response(searchParams.get("body"), { headers: { "cache-control": searchParams.get("control"), "x-kept": "1" } }));
        return new Response("put");
      case "/cache/stream":
        await caches.default.put(key, new Response(new Blob([searchParams.get("body")]).stream(), { headers: { "cache-control": searchParams.get("control") } }));
        return new Response("put");
      case "/cache/match": {
        const found = await caches.default.match(key);
        return new Response(found ? found.headers.get("age") + " " + await found.text() : "none");
      }
      case "/cache/delete": return new Response(String(await caches.default.delete(key)));
      case "/kv/put":
        await env.KV.put(name, new TextEncoder().encode(searchParams.get("body")), { expirationTtl: Number(searchParams.get("ttl")) });
        return new Response("put");
      case "/kv/get": {
        const found = await env.KV.get(name, "arrayBuffer");
        return new Response(found === null ? "none" : "some " + new TextDecoder().decode(found));
      }
      case "/kv/delete": await env.KV.delete(name); return new Response("deleted");
    }
  } catch (error) {
    return new Response(String(error), { status: 500 });
  }
} };`

func startParts(t *testing.T, colo *harness.Colo, kv *harness.KV) *harness.Server {
	t.Helper()
	config := `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      compatibilityDate = "2026-11-01", cacheApiOutbound = "colo", bindings = [(name = "KV", kvNamespace = "kv")],
      modules = [(name = "main.mjs", esModule = embed "` + harness.TestFile(t, "parts.mjs", []byte(partsWorker)) + `")])),
    (name = "colo", external = (address = "` + colo.Addr + `", http = ())),
    (name = "kv", external = (address = "` + kv.Addr + `", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`
	return harness.ServeWorkerd(t, harness.Build+"/test/"+harness.TestFile(t, "workerd.capnp", []byte(config)), nil)
}

func TestPartsOfADataCentreKeepAndForget(t *testing.T) {
	t.Parallel()
	colo, kv := harness.NewColo(t), harness.NewKV(t)
	server := startParts(t, colo, kv)
	ask := func(target string) string {
		t.Helper()
		resp := request(t, http.MethodGet, server.URL+target, nil)
		return read(t, resp)
	}

	assert.Equal(t, "none", ask("/cache/match?name=a"))
	assert.Equal(t, "put", ask("/cache/put?name=a&body=one&control=max-age=1"))
	assert.Equal(t, "0 one", ask("/cache/match?name=a"))
	assert.Equal(t, "put", ask("/cache/stream?name=a/b%0Ac&body=two&control=max-age=60"))
	assert.Equal(t, "0 two", ask("/cache/match?name=a/b%0Ac"))
	assert.Equal(t, "put", ask("/cache/put?name=a&body=three&control=max-age=1"), "a later one takes its place")
	assert.Equal(t, "0 three", ask("/cache/match?name=a"))
	for _, control := range []string{"private,%20max-age=60", "no-store", "max-age=0", "public"} {
		assert.Equal(t, "put", ask("/cache/put?name=not&body=x&control="+control))
		assert.Equal(t, "none", ask("/cache/match?name=not"), control)
	}
	assert.Eventually(t, func() bool { return strings.HasPrefix(ask("/cache/match?name=a/b%0Ac"), "1 ") }, 5*time.Second, 20*time.Millisecond, "its Age is counted")
	assert.Eventually(t, func() bool { return ask("/cache/match?name=a") == "none" }, 5*time.Second, 20*time.Millisecond, "its time is over too, a second after it was put")
	assert.Equal(t, "true", ask("/cache/delete?name=a/b%0Ac"))
	assert.Equal(t, "false", ask("/cache/delete?name=a/b%0Ac"))
	assert.Equal(t, "none", ask("/cache/match?name=a/b%0Ac"))

	assert.Equal(t, "none", ask("/kv/get?name=a"))
	assert.Equal(t, "put", ask("/kv/put?name=a/b%0Ac&body=&ttl=60"))
	assert.Equal(t, "some ", ask("/kv/get?name=a/b%0Ac"))
	assert.Contains(t, ask("/kv/put?name=a&body=x&ttl=59"), "KV PUT failed: 400")
	assert.Equal(t, "none", ask("/kv/get?name=a"))
	kv.ShowAfter(time.Hour)
	assert.Equal(t, "put", ask("/kv/put?name=a/b%0Ac&body=new&ttl=60"))
	assert.Equal(t, "put", ask("/kv/put?name=a/b%0Ac&body=newer&ttl=60"))
	assert.Equal(t, "put", ask("/kv/put?name=late&body=new&ttl=60"))
	assert.Equal(t, "some ", ask("/kv/get?name=a/b%0Ac"), "what was there before a write shows on")
	assert.Equal(t, "none", ask("/kv/get?name=late"))
	assert.Equal(t, "deleted", ask("/kv/delete?name=a/b%0Ac"))
	assert.Equal(t, "none", ask("/kv/get?name=a/b%0Ac"))

	// Many at once hang nobody.
	kv.ShowAfter(0)
	large := strings.Repeat("x", 8<<10)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			for _, target := range []string{"/cache/put?name=m&control=max-age=9&body=", "/kv/put?name=m&ttl=60&body="} {
				_, err := http.Get(server.URL + target + large)
				assert.NoError(t, err)
			}
		})
	}
	wait.Wait()
	assert.Equal(t, "some "+large, ask("/kv/get?name=m"))
	require.Contains(t, colo.Entries(), " cache.test/m")
}
