package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// names are the slots that fills were begun for, and their pages.
func (s *script) names() (names [][2]string) {
	for _, f := range s.asked {
		names = append(names, [2]string{f.Slot, f.PagePattern})
	}
	return names
}

func TestFillsHaveTheNamesOfTheirSlotAndPage(t *testing.T) {
	s := newScript(t,
		pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="1m"></edge-slot><edge-slot name="b" src="/alone" ttl="0"></edge-slot></body>`),
		pageOf(t, "/q/{id}", `<body><edge-slot name="c" src="/f/{id}" ttl="1m"></edge-slot></body>`))
	s.get(1, "/p/7")
	s.get(2, "/q/7")
	assert.Equal(t, [][2]string{{"b", "/p/{id}"}, {"a", "/p/{id}"}}, s.names(), "who joins a fill did not begin it")
	s.get(3, "/q/8")
	assert.Equal(t, [2]string{"c", "/q/{id}"}, s.names()[2])
}

func TestFillsOfAnOriginsPageNameNoPage(t *testing.T) {
	s := kept(t, `<body><esi:include src="/f"/></body>`, map[string]string{"/f": `<i><edge-slot name="b" src="/b"></edge-slot></i>`, "/b": "b"})
	names := s.names()
	require.Len(t, names, 3)
	assert.Equal(t, [2]string{"shell", ""}, names[0])
	assert.Equal(t, [2]string{names[1][0] + ".b", ""}, names[2], "one in another has the names of both")
}
