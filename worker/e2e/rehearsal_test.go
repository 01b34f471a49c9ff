package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/worker/e2e/harness"
)

// What a Worker does while it is loaded, workerd lets it do: a page's shell is served.
func TestAPageIsRehearsedWhileTheWorkerIsLoaded(t *testing.T) {
	t.Parallel()
	server := harness.StartChanged(t, func(config string) string {
		const main = `(name = "main.mjs", esModule = embed "../main.mjs")`
		return strings.Replace(config, main, `(name = "entry.mjs", esModule = "import { rehearse } from './rehearsal.mjs'; const asked = rehearse().join();`+
			` export default { fetch: () => new Response(asked) }; export { PurgeLog, RegionFill } from './worker.mjs';"), `+main, 1)
	}, nil)
	assert.Equal(t, "respond", read(t, request(t, http.MethodGet, server.URL+"/", nil)))
}
