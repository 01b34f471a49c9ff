package edge

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Administration of a process says that it is one, where a Worker's speaks for an isolate of many; nobody else is told.
func TestAdministrationTellsThatItIsAProcess(t *testing.T) {
	p, err := ParsePage("/", oneSlotShell)
	require.NoError(t, err)
	origin := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Inlay-Reach", "origin") })
	for _, token := range []string{"", secret} {
		handler, err := NewHandler(Options{Pages: []Page{p}, Origin: origin, Config: Config{Token: token}})
		require.NoError(t, err)
		want := map[string]string{"/_inlay/stats": "process", "/_inlay/other": "process", "/_inlayx": "", "/x": "", "/": ""}
		if token == "" {
			want = map[string]string{"/_inlay/stats": "", "/x": "", "/": ""}
		}
		for target, reach := range want {
			r := httptest.NewRequest(http.MethodGet, target, nil)
			r.Header.Set("Authorization", "Bearer "+secret)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			assert.Equal(t, reach, w.Header().Get("Inlay-Reach"), "%q %s", token, target)
		}
	}
}

const oneSlotShell = `<body><edge-slot name="a" src="/a"></edge-slot>`
