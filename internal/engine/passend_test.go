package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
)

// An origin that has changed something says what is over: here at once, and everywhere if there is a purge log. RFC 9875.
func TestAnswerToAChangePurgesWhatItSaysIsOver(t *testing.T) {
	for name, c := range map[string]struct {
		field, groups, tags string
		purged              bool
		subjects            []string
	}{
		"its groups":           {"", `"shop", "news";x=1`, "", true, []string{"tag:shop", "tag:news"}},
		"a field of its own":   {"x-purge", "", "news shop", true, []string{"tag:news", "tag:shop"}},
		"both":                 {"cache-tag", `"shop"`, "a b, news", true, []string{"tag:shop", "tag:a b", "tag:news"}},
		"others":               {"", `"news"`, "", false, []string{"tag:news"}},
		"what is no such list": {"", `shop`, "", false, nil},
		"nothing":              {"x-purge", "", "", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, log := range []bool{false, true} {
				s := newScriptWith(t, func(o *config.Config) { o.PurgeField, o.Log = c.field, log },
					pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="1h"></edge-slot></body>`))
				s.get(1, "/p")
				s.fill(0, "old", func(a *answer.Answer) { a.CacheGroups = `"shop"` })
				s.engine.Resume(1, s.now)
				s.take()
				fills := len(s.fills)
				s.passEnd(2, c.groups, c.tags)
				var told []string
				for _, ask := range s.take() {
					if strings.HasPrefix(ask, "purge ") {
						told = append(told, ask)
					}
				}
				if !log || c.subjects == nil {
					assert.Empty(t, told)
				} else {
					require.Len(t, told, 1)
					for _, subject := range c.subjects {
						assert.Contains(t, told[0], subject)
					}
				}
				_, there := s.engine.fragments.Stored("/f")
				assert.Equal(t, !c.purged, there)
				assert.Len(t, s.fills, fills)
			}
		})
	}
}
