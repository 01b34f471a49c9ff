package overlay

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// served is a Host with one visit, and what it was asked to change.
func served(t *testing.T) (h *Host, id string, changed *[]string) {
	t.Helper()
	changed = new([]string)
	h = &Host{
		Book: new(Book), Names: func() []string { return []string{"shop.test"} },
		Look: func(context.Context, *Visit) (map[string]json.RawMessage, error) {
			return map[string]json.RawMessage{"/a": json.RawMessage(`{"hits":3}`)}, nil
		},
		Change: func(_ context.Context, keys []string, soft bool) error {
			for _, key := range keys {
				if soft {
					key = "~" + key
				}
				*changed = append(*changed, key)
			}
			return nil
		},
	}
	v := h.Book.Begin("GET", "/p", start)
	v.Shown(Shown{Slot: "a", Key: "/a", Status: "inlay/a;hit", To: 1})
	v.Shown(Shown{Slot: "b", Key: "/b\ncookie: x=1", Status: "inlay/b;fwd=miss", From: 1, To: 2})
	v.Wrote(2)
	v.Passes([]byte("AB"), start)
	return h, v.ID, changed
}

func ask(h *Host, method, host, path string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.Host = host
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheScriptIsToldOfItsVisit(t *testing.T) {
	h, id, changed := served(t)
	const host = "localhost:8787"
	w := ask(h, "GET", host, VisitPath+"?id="+id, "Inlay-Dev", "1")
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	var told Told
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &told))
	require.Len(t, told.Slots, 2)
	assert.JSONEq(t, `{"hits":3}`, string(told.Slots[0].Entry))
	assert.Equal(t, "null", string(told.Slots[1].Entry))

	w = ask(h, "GET", host, VisitPath+"/page?id="+id, "Inlay-Dev", "1")
	assert.Equal(t, "<!--inlay:0-->A<!--/inlay:0--><!--inlay:1-->B<!--/inlay:1-->", w.Body.String())
	assert.Equal(t, "default-src 'none'; sandbox", w.Header().Get("Content-Security-Policy"))

	assert.Equal(t, http.StatusNoContent, ask(h, "POST", host, VisitPath+"/purge?id="+id+"&slot=b", "Inlay-Dev", "1").Code)
	assert.Equal(t, http.StatusNoContent, ask(h, "POST", host, VisitPath+"/invalidate?id="+id, "Inlay-Dev", "1").Code)
	assert.Equal(t, []string{"/b\ncookie: x=1", "~/a", "~/b\ncookie: x=1"}, *changed)

	assert.Equal(t, http.StatusNotFound, ask(h, "POST", host, VisitPath+"/purge?id="+id+"&slot=c", "Inlay-Dev", "1").Code)
	assert.Equal(t, http.StatusMethodNotAllowed, ask(h, "GET", host, VisitPath+"/purge?id="+id, "Inlay-Dev", "1").Code)
	assert.Equal(t, http.StatusNotFound, ask(h, "GET", host, VisitPath+"?id=x", "Inlay-Dev", "1").Code)
	assert.Len(t, *changed, 3)
}

// A page of somebody else that is open in the same browser gets nothing, and changes nothing.
func TestOthersGetNothingAndChangeNothing(t *testing.T) {
	h, id, changed := served(t)
	for name, c := range map[string]struct {
		host   string
		fields []string
	}{
		"a host that points here":          {"evil.example", []string{"Inlay-Dev", "1"}},
		"one that looks like ours":         {"localhost.evil.example:8787", []string{"Inlay-Dev", "1"}},
		"another site":                     {"localhost:8787", []string{"Inlay-Dev", "1", "Sec-Fetch-Site", "cross-site"}},
		"another port of this machine":     {"localhost:8787", []string{"Inlay-Dev", "1", "Sec-Fetch-Site", "same-site"}},
		"an origin":                        {"localhost:8787", []string{"Inlay-Dev", "1", "Origin", "http://evil.example"}},
		"a sandboxed page":                 {"localhost:8787", []string{"Inlay-Dev", "1", "Origin", "null"}},
		"a form or a link, without a word": {"localhost:8787", nil},
	} {
		for _, path := range []string{VisitPath, VisitPath + "/page", VisitPath + "/purge", VisitPath + "/invalidate"} {
			for _, method := range []string{"GET", "POST"} {
				w := ask(h, method, c.host, path+"?id="+id, c.fields...)
				assert.Equal(t, http.StatusForbidden, w.Code, "%s: %s %s", name, method, path)
				assert.NotContains(t, w.Body.String(), "/a", name)
				assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"), name)
			}
		}
		if c.fields != nil {
			assert.Equal(t, http.StatusForbidden, ask(h, "GET", c.host, ScriptPath, c.fields...).Code, name)
		}
	}
	assert.Empty(t, *changed)
	assert.Equal(t, http.StatusOK, ask(h, "GET", "shop.test", VisitPath+"?id="+id, "Inlay-Dev", "1").Code, "a host that the site names")
}

func TestTheScriptHasItsStyleAndNoMarkup(t *testing.T) {
	assert.Contains(t, script, "all: initial", "the style is in it")
	text, err := os.ReadFile("overlay.js")
	require.NoError(t, err)
	source := string(text)
	for _, sink := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "setAttribute(\"style\"", "eval("} {
		assert.False(t, strings.Contains(source, sink+"(") || strings.Contains(source, sink+" ="), "no policy has to allow %s", sink)
	}
}
