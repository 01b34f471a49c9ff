package field

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/field/sfvtest"
)

func TestCacheStatusMemberSaysWhatBecameOfAFragment(t *testing.T) {
	for want, status := range map[string]Status{
		"inlay/price":                                    {Slot: "price"},
		"inlay/price;hit;ttl=29":                         {Slot: "price", Hit: true, TTL: 29, HasTTL: true},
		"inlay/price;hit;ttl=-412":                       {Slot: "price", Hit: true, TTL: -412, HasTTL: true},
		"inlay/price;hit;ttl=0":                          {Slot: "price", Hit: true, HasTTL: true},
		"inlay/price;fwd=miss":                           {Slot: "price", Fwd: "miss"},
		"inlay/price;fwd=uri-miss;fwd-status=200;stored": {Slot: "price", Fwd: "uri-miss", FwdStatus: 200, Stored: true},
		"inlay/price;fwd=miss;collapsed":                 {Slot: "price", Fwd: "miss", Collapsed: true},
		"inlay/price;fwd=stale;fwd-status=503;ttl=-5;detail=status": {
			Slot: "price", Fwd: "stale", FwdStatus: 503, TTL: -5, HasTTL: true, Detail: "status"},
		"inlay/price;fwd=bypass": {Slot: "price", Fwd: "bypass"},

		// hit excludes fwd, and without fwd its companions say nothing.
		"inlay/a;hit":          {Slot: "a", Hit: true, Fwd: "miss", FwdStatus: 200, Stored: true, Collapsed: true},
		"inlay/a;detail=x":     {Slot: "a", FwdStatus: 200, Stored: true, Collapsed: true, Detail: "x"},
		"inlay/b":              {Slot: "b", Fwd: "not a token", FwdStatus: 200},
		"inlay/c;fwd=miss":     {Slot: "c", Fwd: "miss", TTL: 7},
		`inlay/d;detail="a b"`: {Slot: "d", Detail: "a b"},
		`inlay/e;detail="1"`:   {Slot: "e", Detail: "1"},

		// Names are tokens where they can be, strings where they must.
		`inlay/`:             {},
		`inlay/a.b:c/d`:      {Slot: "a.b:c/d"},
		`"inlay/the price"`:  {Slot: "the price"},
		`"inlay/a\"b\\c"`:    {Slot: `a"b\c`},
		`inlay/caf%c3%a9`:    {Slot: "café"},
		`"inlay/%c3%a9 %25"`: {Slot: "é %"},
		`inlay/%0d%0ax:`:     {Slot: "\r\nx:"},

		// Integers have 15 digits.
		"inlay/f;hit;ttl=999999999999999":           {Slot: "f", Hit: true, TTL: 1<<63 - 1, HasTTL: true},
		"inlay/g;fwd=miss;fwd-status=-999999999999": {Slot: "g", Fwd: "miss", FwdStatus: -999999999999},
		"inlay/h;ttl=-999999999999999":              {Slot: "h", TTL: -1 << 63, HasTTL: true},
	} {
		got := string(status.Append([]byte("before, ")))
		assert.Equal(t, "before, "+want, got)
		list, err := sfvtest.ParseList(got)
		require.NoError(t, err, "%s", got)
		require.Len(t, list, 2)
	}
}

func TestCacheStatusOfManyFragmentsIsOneList(t *testing.T) {
	statuses := []Status{
		{Slot: "price", Hit: true, TTL: 29, HasTTL: true},
		{Slot: "the reviews", Fwd: "miss", Collapsed: true},
		{Slot: "é", Fwd: "stale", FwdStatus: 500, Detail: "status"},
	}
	var value []byte
	for i := range statuses {
		if i > 0 {
			value = append(value, ", "...)
		}
		value = statuses[i].Append(value)
	}
	list, err := sfvtest.ParseList(string(value))
	require.NoError(t, err)
	assert.Equal(t, []sfvtest.Item{
		{Value: sfvtest.Token("inlay/price"), Params: []sfvtest.Param{{Key: "hit", Value: true}, {Key: "ttl", Value: int64(29)}}},
		{Value: "inlay/the reviews", Params: []sfvtest.Param{{Key: "fwd", Value: sfvtest.Token("miss")}, {Key: "collapsed", Value: true}}},
		{Value: sfvtest.Token("inlay/%c3%a9"), Params: []sfvtest.Param{{Key: "fwd", Value: sfvtest.Token("stale")}, {Key: "fwd-status", Value: int64(500)}, {Key: "detail", Value: sfvtest.Token("status")}}},
	}, list)
}

func TestCacheStatusOfAnOrdinaryFragmentAllocatesNothing(t *testing.T) {
	f := Status{Slot: "price", Hit: true, TTL: 29, HasTTL: true}
	buf := make([]byte, 0, 256)
	assert.Zero(t, testing.AllocsPerRun(100, func() { buf = f.Append(buf[:0]) }))
}

func FuzzCacheStatus(f *testing.F) {
	f.Add("price", true, "", 0, int64(29), true, "")
	f.Add("the \"price\"", false, "uri-miss", 200, int64(-1), false, "a b")
	f.Add("é\x00%", false, "Ünlikely", -5, int64(1<<62), true, "%41\n")
	f.Fuzz(func(t *testing.T, slot string, hit bool, fwd string, fwdStatus int, ttl int64, flag bool, detail string) {
		status := Status{
			Slot: slot, Hit: hit, Fwd: fwd, FwdStatus: fwdStatus, Stored: flag, Collapsed: !flag,
			TTL: ttl, HasTTL: flag, Detail: detail,
		}
		value := status.Append(nil)
		list, err := sfvtest.ParseList(string(value))
		require.NoError(t, err, "%q", value)
		require.Len(t, list, 1)
		require.Equal(t, "inlay/"+slot, sfText(t, list[0].Value), "%q", value)

		// Each parameter is of the type that RFC 9211 gives it, comes once, and only with what it needs.
		params := map[string]any{}
		for _, p := range list[0].Params {
			require.NotContains(t, params, p.Key)
			params[p.Key] = p.Value
		}
		_, hasFwd := params["fwd"].(sfvtest.Token)
		require.Equal(t, hit, params["hit"] == true)
		require.False(t, hit && hasFwd)
		for key, value := range params {
			switch key {
			case "hit":
				require.Equal(t, true, value)
			case "fwd":
				require.Equal(t, sfvtest.Token(fwd), value)
			case "fwd-status":
				require.True(t, hasFwd)
				require.IsType(t, int64(0), value)
			case "stored", "collapsed":
				require.True(t, hasFwd)
				require.Equal(t, true, value)
			case "ttl":
				require.IsType(t, int64(0), value)
			case "detail":
				require.Equal(t, detail, sfText(t, value))
			default:
				t.Fatalf("unknown parameter %q", key)
			}
		}
	})
}

// sfText is the text that a token or a string stands for.
func sfText(t *testing.T, v any) string {
	t.Helper()
	s, ok := v.(string)
	if token, isToken := v.(sfvtest.Token); isToken {
		s, ok = string(token), true
	}
	require.True(t, ok, "%v is neither token nor string", v)
	text, err := url.PathUnescape(strings.ReplaceAll(s, "+", "%2B"))
	require.NoError(t, err)
	return text
}
