package histogram

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestFillsAreCountedBySlot(t *testing.T) {
	f := New([]Slot{{"/p/{id}", "price"}, {"/p/{id}", "stock"}, {"/q", "a \"b\" \\ \n\xff"}})
	f.Add(Slot{"/p/{id}", "price"}, 3*time.Millisecond, "")
	f.Add(Slot{"/p/{id}", "price"}, 5*time.Millisecond, "")
	f.Add(Slot{"/p/{id}", "price"}, time.Minute, "timeout")
	f.Add(Slot{"/p/{id}", "price"}, -time.Second, "connect")
	f.Add(Slot{"/p/{id}", "price"}, 200*time.Millisecond, "connect")
	text := string(f.Append([]byte("before\n")))
	assert.True(t, strings.HasPrefix(text, "before\n# HELP inlay_fill_duration_seconds "), text)
	for _, line := range []string{
		`inlay_fill_duration_seconds_bucket{page="/p/{id}",slot="price",le="0.001"} 1`,
		`inlay_fill_duration_seconds_bucket{page="/p/{id}",slot="price",le="0.005"} 3`,
		`inlay_fill_duration_seconds_bucket{page="/p/{id}",slot="price",le="0.1"} 3`,
		`inlay_fill_duration_seconds_bucket{page="/p/{id}",slot="price",le="0.25"} 4`,
		`inlay_fill_duration_seconds_bucket{page="/p/{id}",slot="price",le="25"} 4`,
		`inlay_fill_duration_seconds_bucket{page="/p/{id}",slot="price",le="+Inf"} 5`,
		`inlay_fill_duration_seconds_sum{page="/p/{id}",slot="price"} 60.208`,
		`inlay_fill_duration_seconds_count{page="/p/{id}",slot="price"} 5`,
		`inlay_fill_failures_total{page="/p/{id}",slot="price",reason="connect"} 2`,
		`inlay_fill_failures_total{page="/p/{id}",slot="price",reason="timeout"} 1`,
	} {
		assert.Contains(t, text, line+"\n")
	}
	assert.NotContains(t, text, "stock", "of which none was filled")

	f.Add(Slot{"/q", "a \"b\" \\ \n\xff"}, 0, "")
	assert.Contains(t, string(f.Append(nil)), `_count{page="/q",slot="a \"b\" \\ \n`+"\uFFFD"+`"} 1`)
}

// However many pages an origin has, and slots the fragments, labels are those of the build.
func TestLabelsAreBounded(t *testing.T) {
	f := New([]Slot{{"/p", "a"}})
	for i := range 1000 {
		f.Add(Slot{"", fmt.Sprint("s", i)}, time.Second, "status")
		f.Add(Slot{fmt.Sprint("/", i), "a"}, time.Second, "")
		f.Add(Slot{"/p", fmt.Sprint("a.", i)}, time.Second, "")
	}
	text := string(f.Append(nil))
	assert.Equal(t, 2, strings.Count(text, "_count{"))
	assert.Contains(t, text, `inlay_fill_duration_seconds_count{page="other",slot="other"} 2000`+"\n")
	assert.Contains(t, text, `inlay_fill_duration_seconds_count{page="/p",slot="other"} 1000`+"\n")
	assert.Contains(t, text, `inlay_fill_failures_total{page="other",slot="other",reason="status"} 1000`+"\n")
}

func TestFillsMayBeCountedAtOnce(t *testing.T) {
	f := New([]Slot{{"/p", "a"}})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				f.Add(Slot{"/p", "a"}, time.Millisecond, "lost")
				f.Append(nil)
			}
		})
	}
	all.Wait()
	assert.Contains(t, string(f.Append(nil)), `_count{page="/p",slot="a"} 800`)
}
