package page_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/shell"
)

// fakeInputs is a request's query and header fields.
type fakeInputs struct {
	query  string
	fields map[string]string
	share  int
}

func (f fakeInputs) RawQuery() string          { return f.query }
func (f fakeInputs) Header(name string) string { return f.fields[name] }
func (f fakeInputs) Share(_ string, n int) int { return min(max(f.share, 1), n) }

func slotFrom(t testing.TB, src, vary string, params ...string) *page.Slot {
	t.Helper()
	pattern := "/"
	for i, p := range params {
		if i > 0 {
			pattern += "/"
		}
		pattern += "{" + p + "}"
	}
	page, err := shell.Parse(pattern, `<body><edge-slot name="s" src="`+src+`" vary="`+vary+`"></edge-slot>`)
	require.NoError(t, err)
	return &page.Slots[0]
}

func TestKeyIsTheCanonicalSrcAndTheDeclaredInputs(t *testing.T) {
	request := fakeInputs{
		query: "b=2&a=1&c=3&q=x+y%2fz&q=&bad=%zz&%61%62=%7e&plain&=v",
		fields: map[string]string{
			"cookie":          `sid=secret; currency=EUR ; theme="dark"; currency=USD; broken; empty=`,
			"accept-language": " de, en;q=0.5 ",
			"x-odd":           "a\nb",
			"zone":            "eu",
			"authorization":   "Bearer secret",
		},
	}
	for _, c := range []struct {
		src, vary string
		key       string
	}{
		{"/f", "", "/f"},
		{"/f/{id}", "", "/f/a%20%3F%26%C3%A4"},
		{"/f/{rest}", "", "/f/x%3Ay/z"},
		{"/f?id={id}", "", "/f?id=a%20%3F%26%C3%A4"},
		{"/f?id={rest}", "", "/f?id=x%3Ay%2Fz"},
		{"/f/{id}/g/{rest}?again={id}", "", "/f/a%20%3F%26%C3%A4/g/x%3Ay/z?again=a%20%3F%26%C3%A4"},
		{"/%7euser/%2f%C3%a4ä", "", "/~user/%2F%C3%A4%C3%A4"},
		{"/it's!$&amp;()*+,;=:@", "", "/it's!$&()*+,;=:@"},
		{"/a|b^`<>", "", "/a%7Cb%5E%60%3C%3E"},
		{"HTTPS://Example.COM:8443/A", "", "https://example.com:8443/A"},
		{"http://example.com", "", "http://example.com/"},
		{"http://example.com?x={id}", "", "http://example.com/?x=a%20%3F%26%C3%A4"},
		{"http://[::1]:8080/x", "", "http://[::1]:8080/x"},
		{"binding:API_1/price/{id}", "", "binding:API_1/price/a%20%3F%26%C3%A4"},

		{"/f", "query:c query:a", "/f?a=1&c=3"},
		{"/f?x=0", "query:c query:a", "/f?x=0&a=1&c=3"},
		{"/f", "query:q", "/f?q=x%20y%2Fz&q="},
		{"/f", "query:bad query:none", "/f"},
		{"/f", "query:ab", "/f?ab=~"},
		{"/f", "query:plain", "/f?plain="},

		{"/f", "header:Zone header:Accept-Language", "/f\naccept-language: de, en;q=0.5\nzone: eu"},
		{"/f", "header:x-odd header:absent", "/f"},
		{"/f", "cookie:theme cookie:currency", "/f\ncookie: currency=EUR; theme=\"dark\""},
		{"/f", "cookie:empty cookie:broken cookie:absent", "/f\ncookie: empty="},
		{"/f", "cookie:absent", "/f"},
		{"/f", "header:zone cookie:theme query:a header:accept-language",
			"/f?a=1\naccept-language: de, en;q=0.5\ncookie: theme=\"dark\"\nzone: eu"},
	} {
		page, err := shell.Parse("/{id}/{rest...}", `<body><edge-slot name=s src="`+c.src+`" vary="`+c.vary+`"></edge-slot>`)
		require.NoError(t, err, c.src)
		key, err := page.Slots[0].AppendKey([]byte("before "), []string{"a ?&\u00e4", "x:y/z"}, request)
		require.NoError(t, err)
		assert.Equal(t, "before "+c.key, string(key), "%s vary %s", c.src, c.vary)
	}
}

func TestKeysHaveWhatIsDerivedAndNothingThatItIsDerivedFrom(t *testing.T) {
	const raw = "de-CH-secret,de;q=0.9"
	request := fakeInputs{fields: map[string]string{
		"accept-language": raw, ":country": "CH", ":authority": "shop.example:8443", ":scheme": "https",
		"cookie": "ab=2; cd=secret; session=secret", "host": "secret", "x-forwarded-host": "secret", "cf-ipcountry": "secret",
	}, share: 3}
	for _, c := range []struct{ vary, key, page string }{
		{"language:en,de,fr", "/f\naccept-language: de", "\naccept-language: de"},
		{"language:fr,en", "/f\naccept-language: fr", "\naccept-language: fr"},
		{"country", "/f\ncf-ipcountry: CH", "\ncf-ipcountry: CH"},
		{"country:de,ch", "/f\ncf-ipcountry: CH", "\ncf-ipcountry: CH"},
		{"country:*,de", "/f\ncf-ipcountry: *", "\ncf-ipcountry: *"},
		{"country:de", "/f", ""},
		{"host", "/f\nx-forwarded-host: shop.example:8443", "\nx-forwarded-host: shop.example:8443"},
		{"bucket:ab/2", "/f\ncookie: ab=2", "cookie: ab=2"},
		{"bucket:cd/4", "/f\ncookie: cd=3", "cookie: cd=3"},
		{"bucket:ef/100 cookie:zz bucket:ab/2", "/f\ncookie: ab=2; ef=3", "cookie: ab=2; ef=3"},
		{"host bucket:cd/3 country language:de", "/f\naccept-language: de\ncf-ipcountry: CH\ncookie: cd=3\nx-forwarded-host: shop.example:8443",
			"\naccept-language: de\n\ncf-ipcountry: CH\ncookie: cd=3\n\nx-forwarded-host: shop.example:8443"},
	} {
		parsed, err := shell.Parse("/", `<body><edge-slot name=s src="/f" vary="`+c.vary+`"></edge-slot>`)
		require.NoError(t, err, c.vary)
		key, err := parsed.Slots[0].AppendKey(nil, nil, request)
		require.NoError(t, err)
		assert.Equal(t, c.key, string(key), c.vary)
		key, err = parsed.AppendKey(nil, 1, nil, parsed.Varies(), request)
		require.NoError(t, err)
		if c.page != "" {
			c.page = "\n" + c.page
		}
		assert.Equal(t, "page:1\n"+c.page, string(key), c.vary)
	}
}

// Two slots may put different things into one field: the page's key must still tell all of their visitors apart.
func TestPageKeysTellApartWhatSlotsDerive(t *testing.T) {
	parsed, err := shell.Parse("/", `<body><edge-slot name=a src=/a vary="header:cf-ipcountry language:de,en"></edge-slot>`+
		`<edge-slot name=b src=/b vary="country:DE,AT language:fr,de"></edge-slot><edge-slot name=c src=/c vary="country:AT,*"></edge-slot>`+
		`<edge-slot name=d src=/d vary="header:accept-language"></edge-slot>`)
	require.NoError(t, err)
	slotsOf := map[string]string{}
	for _, country := range []string{"", "DE", "AT", "CH", "XX", "*"} {
		for _, field := range []string{"", "DE", "AT", "CH", "*"} {
			for _, language := range []string{"", "de", "en", "fr", "it"} {
				in := fakeInputs{fields: map[string]string{":country": country, "cf-ipcountry": field, "accept-language": language}}
				key, err := parsed.AppendKey(nil, 0, nil, parsed.Varies(), in)
				require.NoError(t, err)
				var slots []byte
				for i := range parsed.Slots {
					slots, err = parsed.Slots[i].AppendKey(append(slots, '|'), nil, in)
					require.NoError(t, err)
				}
				if have, ok := slotsOf[string(key)]; ok {
					assert.Equal(t, have, string(slots), "%q", key)
				}
				slotsOf[string(key)] = string(slots)
			}
		}
	}
}

func TestFillRequestIsReadFromTheKey(t *testing.T) {
	assert.Equal(t, page.FillRequest{Src: "/f?a=1"}, page.ReadKey("/f?a=1"))
	assert.Equal(t, page.FillRequest{
		Src:    "binding:API/f",
		Fields: []field.Field{{Name: "accept-language", Value: "de: en"}, {Name: "cookie", Value: "a=1; b=2"}},
	}, page.ReadKey("binding:API/f\naccept-language: de: en\ncookie: a=1; b=2"))
}

func TestUndeclaredInputsAreInNoKey(t *testing.T) {
	s := slotFrom(t, "/f", "header:accept-language cookie:a query:q")
	key, err := s.AppendKey(nil, nil, fakeInputs{
		query:  "secret=1",
		fields: map[string]string{"authorization": "secret", "cookie": "sid=secret; aa=secret; A=secret", "x": "secret"},
	})
	require.NoError(t, err)
	assert.Equal(t, "/f", string(key))
}

func TestKeysAreBounded(t *testing.T) {
	s := slotFrom(t, "/f", "header:x")
	p := page.Page{Slots: []page.Slot{*s}}
	p.Settle()
	fits := fakeInputs{fields: map[string]string{"x": strings.Repeat("x", keyLimit-len("/f\nx: "))}}
	key, err := s.AppendKey(nil, nil, fits)
	require.NoError(t, err)
	assert.Len(t, key, keyLimit)

	tooLong := fakeInputs{fields: map[string]string{"x": strings.Repeat("x", keyLimit-len("/f\nx: ")+1)}}
	var refused *route.RequestError
	key, err = s.AppendKey([]byte("before"), nil, tooLong)
	require.ErrorAs(t, err, &refused)
	assert.EqualError(t, err, "edge: what the page depends on in the request is longer than 8 KiB")
	assert.Equal(t, "before", string(key))
	_, err = p.AppendKey(nil, 1, nil, p.Varies(), tooLong)
	require.ErrorAs(t, err, &refused)
}

func TestPageKeyIsItsParametersAndTheInputsOfAllSlots(t *testing.T) {
	page, err := shell.Parse("/{a}/{b...}", `<body>
		<edge-slot name=1 src=/1 vary="cookie:c query:q"></edge-slot>
		<edge-slot name=2 src=/2 vary="header:x cookie:a query:p query:q"></edge-slot>`)
	require.NoError(t, err)
	in := fakeInputs{query: "q=1&p=%41&z=0", fields: map[string]string{"x": "y", "cookie": "c=1; a=2; b=3"}}

	key, err := page.AppendKey(nil, 3, []string{"1", "2/3"}, page.Varies(), in)

	require.NoError(t, err)
	assert.Equal(t, "page:3\n1\n2/3\n?p=A&q=1\ncookie: a=2; c=1\nx: y", string(key))
}

func TestPageKeyWithoutVaryAllocatesNothing(t *testing.T) {
	page, err := shell.Parse("/{id}", `<body><edge-slot name=a src="/a/{id}"></edge-slot>`)
	require.NoError(t, err)
	buf, params := make([]byte, 0, 256), []string{"1"}
	var in route.Inputs = fakeInputs{query: "a=1"}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		buf, _ = page.AppendKey(buf[:0], 1, params, page.Varies(), in)
	}))
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		buf, _ = page.Slots[0].AppendKey(buf[:0], params, in)
	}))
}

func TestTagsHaveTheParametersAsTheyAre(t *testing.T) {
	page, err := shell.Parse("/{id}/{rest...}", `<body><edge-slot name=a src="/a" tags="all product:{id}
		{rest}/{id}"></edge-slot><edge-slot name=b src=/b></edge-slot>`)
	require.NoError(t, err)
	assert.Equal(t, []string{"all", "product:1 ä", "x/y/1 ä"}, page.Slots[0].ExpandTags([]string{"1 ä", "x/y"}))
	assert.Nil(t, page.Slots[1].ExpandTags([]string{"1 ä", "x/y"}))
}

// FuzzKeys: a key reads back as the request it was made of, whatever the request holds.
func FuzzKeys(f *testing.F) {
	f.Add("/f/{id}?x={rest}", "query:a header:x cookie:c", "1", "a/b", "a=1&a=%20", "v", "c=1; d=2")
	f.Add("http://h/{rest}.html", "cookie:c cookie:d", "\n", "a\nx: y", "a\n", "v\nw: x", "c=\n")
	f.Add("/{id}.{rest}", "query:a%20b query:ä", ".a", "b", "a+b=1&%C3%A4=%zz&%C3%A4=2", "", "")
	f.Add("binding:B/{id}", "header:cookie2", "..a", "", "", "", "")
	f.Fuzz(func(t *testing.T, src, vary, id, rest, query, header, cookies string) {
		parsed, err := shell.Parse("/{id}/{rest...}", `<body><edge-slot name=s src="`+src+`" vary="`+vary+`"></edge-slot>`)
		if err != nil || len(parsed.Slots) != 1 || slices.ContainsFunc(parsed.Slots[0].Vary, func(in route.Input) bool { return in.Kind > route.Query }) {
			return // what is derived has a test of its own
		}
		// Only what the router lets through.
		path := "/" + url.PathEscape(id) + "/" + strings.ReplaceAll(url.PathEscape(rest), "%2F", "/")
		r := new(route.Router)
		if err := r.Add(parsed.Pattern); err != nil {
			t.Fatal(err)
		}
		n, params, err := r.Match(path, nil)
		if n < 0 || err != nil {
			return
		}
		in := fakeInputs{query: query, fields: map[string]string{"cookie": cookies}}
		s := &parsed.Slots[0]
		for _, v := range s.Vary {
			if v.Kind == route.Header {
				in.fields[v.Name] = header
			}
		}

		key, err := s.AppendKey(nil, params, in)
		if err != nil {
			if len(src)+3*(len(id)+len(rest)+len(query)+len(vary))+(len(vary)+1)*(len(header)+len(cookies)) < keyLimit/8 {
				t.Fatal(err)
			}
			return
		}

		fill := page.ReadKey(string(key))
		if rebuilt := keyOf(fill); rebuilt != string(key) {
			t.Fatalf("%q reads back as %q", key, rebuilt)
		}
		u, err := url.Parse(fill.Src)
		if err != nil {
			t.Fatalf("%q: %v", fill.Src, err)
		}
		for _, seg := range strings.Split(u.Path, "/") {
			if u.Opaque == "" && route.IsDots(seg) {
				t.Fatalf("%q goes up", fill.Src)
			}
		}
		want := expectedFields(s, in)
		if !slices.Equal(fill.Fields, want) {
			t.Fatalf("fields %q, want %q", fill.Fields, want)
		}
		if u.Opaque == "" {
			checkQuery(t, s, u, query)
		}
	})
}

// FuzzDerivedKeys: whatever visitors send, a fill has what the slot lists and nothing else.
func FuzzDerivedKeys(f *testing.F) {
	f.Add("de-CH, en;q=0.5", "DE", "shop.example", "ab=2", 1)
	f.Add("en\r\ncookie: x", "de", "a\nb", "ab=3; ab=1", 2)
	f.Add("*;q=0", "XX", "", "ab=\n", 0)
	f.Fuzz(func(t *testing.T, language, country, host, cookies string, share int) {
		in := fakeInputs{share: share, fields: map[string]string{
			"accept-language": language, ":country": country, ":authority": host, "cookie": cookies, "host": "secret", "cf-ipcountry": "secret",
		}}
		allowed := map[string]map[string]bool{
			"accept-language": {"de": true, "en-GB": true, "fr": true},
			"cf-ipcountry":    {"DE": true, "AT": true, "*": true},
			"cookie":          {"ab=1": true, "ab=2": true},
		}
		s := slotFrom(t, "/f", "language:de,en-GB,fr country:*,DE,AT bucket:ab/2 host")
		key, err := s.AppendKey(nil, nil, in)
		if err != nil {
			require.Greater(t, len(host), keyLimit/2)
			return
		}
		fill := page.ReadKey(string(key))
		require.Equal(t, string(key), keyOf(fill))
		seen := map[string]bool{}
		for _, field := range fill.Fields {
			require.False(t, seen[field.Name], "%q", key)
			seen[field.Name] = true
			if field.Name == "x-forwarded-host" {
				require.Equal(t, strings.Trim(host, " \t"), field.Value)
				continue
			}
			require.True(t, allowed[field.Name][field.Value], "%q", key)
		}
		require.True(t, seen["accept-language"] && seen["cf-ipcountry"] && seen["cookie"], "%q", key)
	})
}

func keyOf(f page.FillRequest) string {
	key := f.Src
	for _, field := range f.Fields {
		key += "\n" + field.Name + ": " + field.Value
	}
	return key
}

func expectedFields(s *page.Slot, in fakeInputs) []field.Field {
	var fields []field.Field
	var crumbs []string
	for _, v := range s.Vary {
		switch value := strings.Trim(in.fields[v.Name], " \t"); {
		case v.Kind == route.Header && value != "" && !ascii.HasControl(value):
			fields = append(fields, field.Field{Name: v.Name, Value: value})
		case v.Kind == route.Cookie:
			for _, pair := range strings.Split(in.fields["cookie"], ";") {
				name, value, ok := strings.Cut(pair, "=")
				if value = strings.Trim(value, " \t"); ok && strings.Trim(name, " \t") == v.Name {
					if !ascii.HasControl(value) {
						crumbs = append(crumbs, v.Name+"="+value)
					}
					break
				}
			}
		}
	}
	if crumbs != nil {
		slices.SortFunc(crumbs, func(a, b string) int {
			return strings.Compare(a[:strings.Index(a, "=")], b[:strings.Index(b, "=")])
		})
		fields = append(fields, field.Field{Name: "cookie", Value: strings.Join(crumbs, "; ")})
	}
	slices.SortFunc(fields, func(a, b field.Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// checkQuery compares the declared parameters with those that net/url finds.
func checkQuery(t *testing.T, s *page.Slot, u *url.URL, query string) {
	if strings.Contains(query, ";") || strings.Contains(s.Src, ";") || strings.Contains(s.Src, "?") {
		return // net/url refuses semicolons; a src's own query may have the same names.
	}
	given, _ := url.ParseQuery(query)
	got, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		t.Fatalf("%q: %v", u.RawQuery, err)
	}
	for name, values := range got {
		if !slices.Contains(s.Vary, route.Input{Kind: route.Query, Name: name}) {
			t.Fatalf("%q has the undeclared %q", u.RawQuery, name)
		}
		if !slices.Equal(values, given[name]) {
			t.Fatalf("%q is %q, the request has %q", name, values, given[name])
		}
	}
	for _, v := range s.Vary {
		if v.Kind == route.Query && !slices.Equal(got[v.Name], given[v.Name]) {
			t.Fatalf("%q is %q, the request has %q", v.Name, got[v.Name], given[v.Name])
		}
	}
}

func BenchmarkSlotKey(b *testing.B) {
	s := slotFrom(b, "/fragments/price/{id}", "cookie:currency", "id")
	in := route.Inputs(fakeInputs{fields: map[string]string{"cookie": "sid=0123456789abcdef; currency=EUR"}})
	params := []string{"1234"}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = s.AppendKey(buf[:0], params, in)
	}
}

// keyLimit is how many bytes a key may have.
const keyLimit = 8 << 10
