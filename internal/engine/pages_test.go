package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/page"
)

func TestAPageIsReadWhenItIsFirstAskedFor(t *testing.T) {
	// given a site of two pages, one of which is of another build
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots), pageOf(t, "/q", "<body>q"))
	require.Len(t, s.blobs, s.engine.keeps(), "nothing was made of them")
	opened := []int{}
	open := s.engine.pages.Open
	s.engine.pages.Open = func(i int) (*page.Page, *page.Layout, int) {
		if opened = append(opened, i); i == 1 {
			return nil, nil, 0
		}
		return open(i)
	}

	// when the first is asked for several times, by Warm first, which makes nothing
	_, warm := s.engine.Warm(&Request{ID: 9, Method: "GET", Target: "/p/7", Fields: s}, s.now)
	assert.False(t, warm)
	assert.Empty(t, opened)
	s.fields = browser
	s.get(1, "/p/7")
	s.get(2, "/p/8?q=1")
	s.get(3, "/elsewhere")

	// then it was read once
	assert.Equal(t, []int{0}, opened)
	assert.Contains(t, s.takeBody(), "<body>")

	// and the other, which cannot be, ends itself alone
	s.take()
	s.get(4, "/q")
	assert.Equal(t, []string{"send 4 500"}, s.take())
	s.get(5, "/p/7")
	assert.Equal(t, []int{0, 1}, opened)
}
