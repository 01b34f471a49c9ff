package shell

import (
	"html"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/route"
)

func TestDerivedInputsAreReadInTheirUsualSpelling(t *testing.T) {
	for vary, want := range map[string][]route.Input{
		"language:de,en,fr":                      {{Kind: route.Language, Name: "de,en,fr"}},
		"language:DE":                            {{Kind: route.Language, Name: "de"}},
		"language:zh-hant,ZH-HANS-cn,zh":         {{Kind: route.Language, Name: "zh-Hant,zh-Hans-CN,zh"}},
		"language:de-at-1996,es-419,sl-IT-nedis": {{Kind: route.Language, Name: "de-AT-1996,es-419,sl-IT-nedis"}},
		"language:zh-yue-HK,gsw,de-x-Leichte-A":  {{Kind: route.Language, Name: "zh-yue-HK,gsw,de-x-leichte-a"}},
		"language:de-u-co-phonebk-t-fr":          {{Kind: route.Language, Name: "de-u-co-phonebk-t-fr"}},
		"country":                                {{Kind: route.Country}},
		"country:de,AT":                          {{Kind: route.Country, Name: "DE,AT"}},
		"country:*,ch,t1,xk":                     {{Kind: route.Country, Name: "CH,T1,XK,*"}},
		"host":                                   {{Kind: route.Host}},
		"bucket:price/2":                         {{Kind: route.Bucket, Name: "price/2"}},
		"bucket:__Host-a.b~c/100":                {{Kind: route.Bucket, Name: "__Host-a.b~c/100"}},
		"host country language:de,en query:host bucket:ab/2 cookie:currency header:x bucket:cd/3": {
			{Kind: route.Host}, {Kind: route.Country}, {Kind: route.Language, Name: "de,en"}, {Kind: route.Query, Name: "host"},
			{Kind: route.Bucket, Name: "ab/2"}, {Kind: route.Cookie, Name: "currency"}, {Kind: route.Header, Name: "x"},
			{Kind: route.Bucket, Name: "cd/3"},
		},
	} {
		page, err := Parse("/", `<body><edge-slot name=s src=/s vary="`+vary+`"></edge-slot>`)
		require.NoError(t, err, vary)
		assert.Equal(t, want, page.Slots[0].Vary, vary)
	}
}

func TestWrongDerivedInputsAreRefused(t *testing.T) {
	long := strings.Repeat("de,", maxListed)
	for vary, want := range map[string]string{
		"language":                           `"language"; expected ` + languageForm,
		"language:":                          `"language:"; expected ` + languageForm,
		"language:de,,en":                    `"language:de,,en"; expected ` + languageForm,
		"language:de, en":                    `"language:de,"; expected ` + languageForm,
		"language:xx":                        `the unknown language "xx" in "language:xx"; expected a code of ISO 639 such as de, en or fr`,
		"language:en,jp":                     `the unknown language "jp" in "language:en,jp"; expected a code of ISO 639 such as de, en or fr`,
		"language:en-UK":                     `the unknown country "UK" of the language "en-UK" in "language:en-UK"; expected two letters as in ISO 3166-1`,
		"language:de_DE":                     `"de_DE" is no language tag in "language:de_DE"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:german":                    `"german" is no language tag in "language:german"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:*":                         `"*" is no language tag in "language:*"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:de;q=1":                    `"de;q=1" is no language tag in "language:de;q=1"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:de-x":                      `"de-x" is no language tag in "language:de-x"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:de-u-t-fr":                 `"de-u-t-fr" is no language tag in "language:de-u-t-fr"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:x-own":                     `"x-own" is no language tag in "language:x-own"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:i-klingon":                 `"i-klingon" is no language tag in "language:i-klingon"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:latn":                      `"latn" is no language tag in "language:latn"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:de-CH-Latn":                `"de-CH-Latn" is no language tag in "language:de-CH-Latn"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:de-":                       `"de-" is no language tag in "language:de-"; expected one such as de, de-CH or zh-Hant (RFC 5646)`,
		"language:de-CH,de-ch":               `"de-ch" again in "language:de-CH,de-ch"; expected each once`,
		"language:de language:de":            `"language:de" again; expected each input once`,
		"language:de,en language:de":         `"language:de" beside "language:de,en"; expected one of them: the handler finds both in accept-language`,
		"language:de header:Accept-Language": `"header:Accept-Language" beside "language:de"; expected one of them: the handler finds both in accept-language`,
		"country:":                           `"country:"; expected ` + countryForm,
		"country:DE,UK":                      `the unknown country "UK" in "country:DE,UK"; expected two letters as in ISO 3166-1, such as DE, GB or US, T1 for Tor, or * for all others`,
		"country:XX":                         `the unknown country "XX" in "country:XX"; expected two letters as in ISO 3166-1, such as DE, GB or US, T1 for Tor, or * for all others`,
		"country:Germany":                    `the unknown country "Germany" in "country:Germany"; expected two letters as in ISO 3166-1, such as DE, GB or US, T1 for Tor, or * for all others`,
		"country:DE,de":                      `"de" again in "country:DE,de"; expected each once`,
		"country:*,*":                        `"*" again in "country:*,*"; expected each once`,
		"country country:DE":                 `"country:DE" beside "country"; expected one of them: the handler finds both in cf-ipcountry`,
		"header:CF-IPCountry country":        `"country" beside "header:cf-ipcountry"; expected one of them: the handler finds both in cf-ipcountry`,
		"host:example.com":                   `"host:example.com"; expected host alone: the fragment is kept for each host that the site is asked for under`,
		"host:":                              `"host:"; expected host alone: the fragment is kept for each host that the site is asked for under`,
		"proto":                              `"proto"; expected ` + varyForm,
		"bucket":                             `"bucket"; expected ` + bucketForm,
		"bucket:":                            `"bucket:"; expected ` + bucketForm,
		"bucket:price":                       `"bucket:price"; expected ` + bucketForm,
		"bucket:price/":                      `"bucket:price/"; expected ` + bucketForm,
		"bucket:price/1":                     `"bucket:price/1"; expected ` + bucketForm,
		"bucket:price/101":                   `"bucket:price/101"; expected ` + bucketForm,
		"bucket:price/02":                    `"bucket:price/02"; expected ` + bucketForm,
		"bucket:price/2/3":                   `"bucket:price/2/3"; expected ` + bucketForm,
		"bucket:price/99999999999999999999":  `"bucket:price/99999999999999999999"; expected ` + bucketForm,
		"bucket:/2":                          `"bucket:/2"; expected ` + bucketForm,
		"bucket:a;b/2":                       `"a;b" is no name of a cookie; expected ` + nameForm,
		"bucket:a/2 bucket:a/3":              `"bucket:a/3"; expected bucket:a/2`,
		"bucket:a/2 cookie:a":                `"cookie:a"; expected bucket:a/2`,
		"cookie:a bucket:a/2":                `"bucket:a/2"; expected cookie:a alone, or a bucket of another name: the cookie a has one meaning in a page`,
		"language:" + long + "en":            `"de" again in "language:de,de,de,de,de,de,de,de,de,de,d…"; expected each once`,
	} {
		_, err := Parse("/", `<body><edge-slot name=s src=/s vary="`+vary+`"></edge-slot>`)
		require.Error(t, err, vary)
		_, text, _ := strings.Cut(err.Error(), ": vary: ")
		assert.Equal(t, want, text, vary)
		assert.Contains(t, err.Error(), "1:38: ")
	}
	codes := strings.Fields(countries)
	_, err := Parse("/", `<body><edge-slot name=s src=/s vary="country:`+strings.Join(codes[:maxListed+1], ",")+`"></edge-slot>`)
	assert.ErrorContains(t, err, `1:38: vary: more than 32 members of "country"; expected the few that there are fragments of their own for`)
	_, err = Parse("/", `<body><edge-slot name=s src=/s vary="country:`+strings.Join(codes[:maxListed], ",")+`"></edge-slot>`)
	assert.NoError(t, err)
}

func TestACookieHasOneMeaningInAPage(t *testing.T) {
	for _, c := range []struct{ first, second, want string }{
		{"bucket:a/2", "bucket:a/2", ""},
		{"bucket:a/2", "bucket:b/3 cookie:c", ""},
		{"bucket:a/2", "bucket:a/3", `2:38: vary: "bucket:a/3"; expected bucket:a/2, as in slot "x" in line 1`},
		{"bucket:a/2", "cookie:a", `2:38: vary: "cookie:a"; expected bucket:a/2, as in slot "x" in line 1`},
		{"cookie:a", "bucket:a/2", `2:38: vary: "bucket:a/2"; expected cookie:a alone, or a bucket of another name: the cookie a has one meaning in a page, as in slot "x" in line 1`},
		{"language:de,en", "language:de,fr header:x", ""}, // of the page; each slot has its own
	} {
		_, err := Parse("/", `<body><edge-slot name=x src=/s vary="`+c.first+`"></edge-slot>`+"\n      "+`<edge-slot name=y src=/y vary="`+c.second+`"></edge-slot>`)
		if c.want == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, c.want)
		}
	}
}

func TestCodesAreSortedAndEachOnce(t *testing.T) {
	for _, table := range []string{languages, countries} {
		codes := strings.Split(table, " ")
		assert.True(t, sort.StringsAreSorted(codes))
		for i, code := range codes {
			assert.Len(t, code, 2)
			assert.True(t, isCode(table, code))
			assert.True(t, i == 0 || codes[i-1] != code, code)
		}
	}
	assert.Len(t, strings.Split(countries, " "), 250, "ISO 3166-1 has 249")
	assert.False(t, isCode(countries, "UK"))
	assert.False(t, isCode(languages, "a "))
}

// FuzzVary: what is taken is read again as it was, and what is refused says what was expected.
func FuzzVary(f *testing.F) {
	for _, vary := range []string{
		"cookie:a header:b query:c", "language:de,en-GB,zh-Hant-TW country:DE,*,T1 host bucket:a/2", "language:de-u-co-phonebk,x", "country:UK", "bucket:a/02",
		"language:de,DE", "country country:*", "bucket:a/2 cookie:a", "language: , ,", "host:x",
	} {
		f.Add(vary)
	}
	f.Fuzz(func(t *testing.T, vary string) {
		read := func(vary string) ([]route.Input, error) {
			page, err := Parse("/", `<body><edge-slot name=s src=/s vary="`+html.EscapeString(vary)+`"></edge-slot>`)
			if err != nil {
				return nil, err
			}
			return page.Slots[0].Vary, nil
		}
		inputs, err := read(vary)
		if err != nil {
			require.Contains(t, err.Error(), "; expected ")
			return
		}
		var again []string
		for _, in := range inputs {
			again = append(again, asWritten(in))
		}
		same, err := read(strings.Join(again, " "))
		require.NoError(t, err)
		require.Equal(t, inputs, same)
	})
}
