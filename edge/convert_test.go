package edge

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/page"
	"inlay/internal/route"
)

// filled sets every field of v, exported or embedded, to something that is not its zero value.
func filled(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				filled(t, v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(t, v.Index(1))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(2)
	default:
		require.Fail(t, "a field of a kind that this test does not know", "%v", v.Type())
	}
}

// TestNoFieldIsForgotten: whatever a page or a configuration says goes through to the engine, and comes back.
func TestNoFieldIsForgotten(t *testing.T) {
	var p page.Page
	filled(t, reflect.ValueOf(&p).Elem())
	for i := range p.Slots {
		p.Slots[i].Origins = page.Origins{} // of slots that no shell of a site's own can have
	}
	assert.Equal(t, p, fromPage(p).inner())
	var own Page
	filled(t, reflect.ValueOf(&own).Elem())
	assert.Equal(t, own, fromPage(own.inner()))

	var c config.Config
	filled(t, reflect.ValueOf(&c).Elem())
	assert.Equal(t, c, fromConfig(c).inner())
	var mine Config
	filled(t, reflect.ValueOf(&mine).Elem())
	assert.Equal(t, mine, fromConfig(mine.inner()))
}

// TestNumbersAreTheSameOnBothSides: of what goes from here to the rooms below as a number.
func TestNumbersAreTheSameOnBothSides(t *testing.T) {
	assert.Equal(t, []Mode{Auto, Stream, Ordered, Complete}, []Mode{Mode(page.Auto), Mode(page.Stream), Mode(page.Ordered), Mode(page.Complete)})
	assert.Equal(t, []InputKind{Cookie, Header, Query, Host, Language, Country, Bucket}, mapped([]route.InputKind{
		route.Cookie, route.Header, route.Query, route.Host, route.Language, route.Country, route.Bucket,
	}, func(k route.InputKind) InputKind { return InputKind(k) }))
	assert.Equal(t, []Reason{StatusError, RefusedError, MarkupError, TooLargeError, TimeoutError, ConnectError, LostError}, []Reason{
		Reason(answer.StatusError), Reason(answer.RefusedError), Reason(answer.MarkupError), Reason(answer.TooLargeError),
		Reason(answer.TimeoutError), Reason(answer.ConnectError), Reason(answer.LostError),
	})
}

func TestListsOfErrorsAreALineForEach(t *testing.T) {
	_, err := ParseConfig(vars(map[string]string{"INLAY_TTL": "x", "INLAY_DEV": "x"}))
	var all ConfigErrors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 2)
	assert.Equal(t, all[0].Error()+"\n"+all[1].Error(), err.Error())
	var one *ConfigError
	require.ErrorAs(t, err, &one)
	assert.Same(t, all[0], one)
	assert.Empty(t, ConfigErrors{}.Error())
	assert.Empty(t, PageErrors{}.Error())
}

// TestPagesAreMadeByParsePage: what nobody has read cannot be served, and says so.
func TestPagesAreMadeByParsePage(t *testing.T) {
	parsed := pageOf(t, "/p/{id}", twoSlots)
	parsed.Slots = parsed.Slots[:1]
	for _, p := range []Page{{Pattern: "/"}, parsed} {
		_, err := NewHandler(Options{Pages: []Page{p}, Origin: newGate()})
		assert.ErrorContains(t, err, "make pages with ParsePage")
	}
}

// TestPolicyOfAParsedPageMayBeChanged: what a site sets on a page or a slot after it was parsed holds.
func TestPolicyOfAParsedPageMayBeChanged(t *testing.T) {
	p := pageOf(t, "/p/{id}", twoSlots)
	p.Mode, p.CacheControl, p.Slots[0].TTL, p.Slots[0].HasError = Complete, "public", 0, false
	again, err := DecodePages(EncodePages([]Page{p}))
	require.NoError(t, err)
	assert.Equal(t, []Page{p}, again)
	assert.Equal(t, "public", p.inner().CacheControl)
	assert.Zero(t, p.inner().Slots[0].TTL)
}
