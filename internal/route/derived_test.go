package route

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLanguageIsLookedUp(t *testing.T) {
	for _, c := range []struct{ tags, header, want string }{
		{"de,en,fr", "", "de"},
		{"de,en,fr", "en", "en"},
		{"de,en,fr", "EN", "en"},
		{"de,en,fr", "en-GB,en;q=0.9,de;q=0.8", "en"},
		{"de,en,fr", "it,fr-CH;q=0.8,en;q=0.7", "fr"},
		{"de,en,fr", "it, es;q=0.5", "de"},
		{"de,en,fr", "de-CH", "de"},
		{"de,en,fr", "de-Latn-CH-1996", "de"},
		{"en,de-CH,de", "de-CH-1996", "de-CH"},
		{"en,de-CH,de", "de-AT", "de"},
		{"en,de-CH", "de", "en"}, // a range is cut down, never filled up
		{"en,de-CH", "de-AT", "en"},
		{"en,de", "den", "en"},
		{"en,zh-Hant,zh", "zh-Hant-CN-x-private1-private2", "zh-Hant"},
		{"en,zh-hant", "ZH-HANT-TW", "zh-hant"},

		// Weights.
		{"de,en,fr", "en;q=0.5,fr;q=0.9", "fr"},
		{"de,en,fr", "en;q=0.5,fr;q=0.5", "en"},
		{"de,en,fr", "en;q=0.501,fr;q=0.502", "fr"},
		{"de,en,fr", "en;q=0.9,de-CH", "de"},
		{"de,en,fr", "en ; Q=0.3 , fr\t;\tq=1.000", "fr"},
		{"de,en,fr", "en;q =0.3,fr;q=0.1", "fr"}, // as RFC 9110 has it
		{"de,en,fr", "en;level=1;q=0.3,fr;q=0.2;x=y", "de"},
		{"de,en,fr", "en;q=0.3333,fr;q=0.3", "en"},
		{"de,en,fr", "en;q=01,fr;q=0.3", "fr"},
		{"de,en,fr", "en;q=0.3.1,fr;q=0.1", "fr"},
		{"de,en,fr", "en;q=1.1,fr;q=0.1", "fr"}, // no weight, so no range
		{"de,en,fr", "en;q=,fr;q=0.1", "fr"},
		{"de,en,fr", "en;q=x,fr;q=0.1", "fr"},
		{"de,en,fr", "en;q=.9,fr;q=0.1", "fr"},
		{"de,en,fr", "en;q=-1,fr;q=0.1", "fr"},
		{"de,en,fr", "en;q=0.", "de"},
		{"de,en,fr", "en;q=1.", "en"},

		// *, which says nothing.
		{"de,en,fr", "*", "de"},
		{"de,en,fr", "*,en;q=0.1", "en"},
		{"de,en,fr", "it,*;q=0.5", "de"},
		{"de,en,fr", "*;q=0", "de"},
		{"de,en,fr", "en,*;q=0", "en"},
		{"de,en,fr", "*-CH,en;q=0.1", "en"},
		{"en,de-CH,de", "de-*-CH", "de"}, // no range in Accept-Language

		// What is not acceptable.
		{"de,en,fr", "de;q=0", "en"},
		{"de,en,fr", "de;q=0,en;q=0.0", "fr"},
		{"de,en,fr", "de;q=0,en;q=0,fr;q=0.000", "de"},
		{"de,en,fr", "de;q=0,*;q=0.5", "en"},
		{"de,en,fr", "de-CH,de;q=0", "en"}, // what it would be cut down to
		{"de,en,fr", "de-CH;q=0,de", "de"},
		{"en-GB,de", "en;q=0", "de"},
		{"en-GB,de", "en;q=0,en-GB;q=0.1", "en-GB"},
		{"en-GB,en,de", "en-GB;q=0,en;q=0.1", "en"},
		{"en-GB,en,de", "en-GB,en-GB;q=0", "en-GB"},

		// What is no range.
		{"de,en,fr", ",, ,;q=1,en;q=0.2,", "en"},
		{"de,en,fr", "-,en-,;;;", "en"},
		{"de,en,fr", "-en", "de"},
		{"de,en,fr", "e n,fr", "fr"},
		{"de,en,fr", "en_GB,fr;q=0.1", "fr"},
		{"de,en,fr", "\x00en\xff,fr;q=0.1", "fr"},
		{"de,en,fr", strings.Repeat("it,", maxRanges-1) + "en", "en"},
		{"de,en,fr", strings.Repeat("it,", maxRanges) + "en", "de"},
		{"de", "en", "de"},
	} {
		assert.Equal(t, c.want, languageOf(c.header, c.tags), "%s of %s", c.header, c.tags)
	}
}

func TestLookingUpALanguageAllocatesNothing(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(100, func() { languageOf("de-CH,de;q=0.9,en;q=0.8,*;q=0.1,it;q=0", "en,de,fr") }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = countryOf("DE", "") }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = countryOf("DE", "AT,DE,*") }))
}

// The longest header that a server takes must not cost more than it costs to read it.
func TestLookingUpALanguageIsBounded(t *testing.T) {
	tags := strings.TrimSuffix(strings.Repeat("de-CH,de-AT,de,en,", 8), ",")
	short, long := strings.Repeat("de-CH-1996;q=0.5,", maxRanges), strings.Repeat("de-CH-1996;q=0.5,", 60_000)
	took := func(header string) time.Duration {
		since := time.Now()
		for range 20 {
			languageOf(header, tags)
		}
		return time.Since(since)
	}
	took(short)
	assert.Less(t, took(long), 20*took(short), "60,000 ranges, of which 64 count")
}

// byTheBook does what RFC 4647, section 3.4, says, step by step.
func byTheBook(header, tags string) string {
	list := strings.Split(tags, ",")
	type ranged struct {
		subtags []string
		weight  int
	}
	var ranges []ranged
	for i, item := range strings.Split(header, ",") {
		if i == maxRanges {
			break
		}
		name, weight, weighed := strings.Cut(item, ";")
		r := ranged{weight: 1000}
		if weighed {
			r.weight = weightOf(strings.Trim(weight, " \t"))
		}
		name = strings.Trim(name, " \t")
		if name == "" || name[0] == '*' || r.weight < 0 {
			continue
		}
		r.subtags = strings.Split(strings.ToLower(name), "-")
		ranges = append(ranges, r)
	}
	acceptable := func(tag string) bool {
		longest, weight := 0, 1000
		for _, r := range ranges {
			if name := strings.Join(r.subtags, "-"); len(name) > longest && strings.HasPrefix(strings.ToLower(tag)+"-", name+"-") {
				longest, weight = len(name), r.weight
			}
		}
		return weight > 0
	}
	sorted := slices.Clone(ranges)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].weight > sorted[j].weight })
	for _, r := range sorted {
		if r.weight == 0 {
			continue
		}
		for subtags := r.subtags; len(subtags) > 0; {
			for _, tag := range list {
				if strings.EqualFold(tag, strings.Join(subtags, "-")) && acceptable(tag) {
					return tag
				}
			}
			if subtags = subtags[:len(subtags)-1]; len(subtags) > 0 && len(subtags[len(subtags)-1]) == 1 {
				subtags = subtags[:len(subtags)-1]
			}
		}
	}
	for _, tag := range list {
		if acceptable(tag) {
			return tag
		}
	}
	return list[0]
}

func FuzzLanguage(f *testing.F) {
	for _, header := range []string{"", "de-CH;q=0.5, en;q=0,*", "zh-Hant-CN-x-a-b,zh;q=0.001", "de-*-CH,de;q=0", "-,;q=1,,a-b-c"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, tags := range []string{"de,en,fr", "en,de-CH,de,zh-Hant,zh", "fr-CA,zh-Hant-CN-x-a1,zh", "a1"} {
			if got, want := languageOf(header, tags), byTheBook(header, tags); got != want {
				t.Fatalf("%q of %s is %s, by the book %s", header, tags, got, want)
			}
		}
	})
}

func TestCountryIsWhatThePlatformSays(t *testing.T) {
	for _, c := range []struct{ said, list, want string }{
		{"DE", "", "DE"},
		{"T1", "", "T1"},
		{"", "", ""},

		{"DE", "AT,DE", "DE"},
		{"AT", "AT,DE", "AT"},
		{"CH", "AT,DE", ""},
		{"", "AT,DE", ""},
		{"T1", "AT,DE", ""},
		{"T1", "AT,T1", "T1"},
		{",", "AT,DE", ""},

		{"DE", "AT,DE,*", "DE"},
		{"CH", "AT,DE,*", "*"},
		{"T1", "AT,DE,*", "*"},
		{"", "AT,DE,*", "*"},
		{"*", "AT,DE,*", "*"},
		{"CH", "*", "*"},
	} {
		assert.Equal(t, c.want, countryOf(c.said, c.list), "%q of %q", c.said, c.list)
	}
}

func TestSharesAreNumbersThatThereAre(t *testing.T) {
	for _, c := range []struct {
		cookies string
		n       int
		valid   bool
	}{
		{"b=1", 2, true},
		{"b=2", 2, true},
		{"a=1; b=2", 2, true},
		{"b=100", 100, true},
		{"b=3", 2, false},
		{"b=0", 2, false},
		{"b=00", 2, false},
		{"b=01", 2, false},
		{"b=-1", 2, false},
		{"b=+1", 2, false},
		{"b=", 2, false},
		{"b=1x", 2, false},
		{`b="1"`, 2, false},
		{"b=101", 100, false},
		{"b=1000", 100, false},
		{"b=18446744073709551617", 2, false},
		{"b=x; b=1", 2, false}, // the first counts, as for every cookie
		{"B=1", 2, false},
		{"", 2, false},
	} {
		var v Varying
		v.Add([]Input{{Kind: Bucket, Name: "b/" + strconv.Itoa(c.n)}})
		r := visitor{"cookie": c.cookies}
		key := string(v.AppendFields(nil, r))
		if c.valid {
			assert.Empty(t, v.Drawn(r), "%s of %d", c.cookies, c.n)
			assert.Contains(t, c.cookies, strings.TrimPrefix(key, "\ncookie: "))
		} else {
			assert.Equal(t, []string{"b=2"}, v.Drawn(r), "%s of %d", c.cookies, c.n)
			assert.Equal(t, "\ncookie: b=2", key)
		}
	}
}

// visitor has fields, no query, and the second share of each bucket.
type visitor map[string]string

func (visitor) RawQuery() string            { return "" }
func (v visitor) Header(name string) string { return v[name] }
func (visitor) Share(string, int) int       { return 2 }

func TestCachesInFrontAreToldWhatTheyCanKnow(t *testing.T) {
	for _, c := range []struct {
		inputs []Input
		want   []string
	}{
		{nil, nil},
		{[]Input{{Query, "q"}, {Host, ""}, {Proto, ""}}, nil},
		{[]Input{{Language, "de,en"}, {Header, "x"}, {Bucket, "a/2"}, {Cookie, "b"}, {Bucket, "c/3"}}, []string{"accept-language", "cookie", "x"}},
		{[]Input{{Language, "de,en"}, {Language, "de,fr"}, {Header, "accept-language"}, {Header, "accept"}}, []string{"accept", "accept-language"}},
		{[]Input{{Header, "cf-ipcountry"}}, []string{"cf-ipcountry"}},
		{[]Input{{Header, "a"}, {Country, ""}, {Header, "cf-ipcountry"}}, []string{"*"}},
		{[]Input{{Country, "DE,*"}, {Header, "x"}}, []string{"*"}},
	} {
		var v Varying
		v.Add(c.inputs)
		assert.Equal(t, c.want, v.Fields(), c.inputs)
	}
}

func TestFillsMayBringWhatIsDerivedAndNothingThatItIsDerivedFrom(t *testing.T) {
	for _, kind := range []InputKind{Language, Country, Bucket} {
		assert.True(t, MayFill((&Input{Kind: kind}).Field()), kind)
	}
	// The visitor's host comes in a place of its own.
	for _, kind := range []InputKind{Host, Proto} {
		assert.False(t, MayFill((&Input{Kind: kind}).Field()), kind)
	}
	for _, raw := range []string{AuthorityField, SchemeField, WhereField, "host", "forwarded", "x-forwarded-for"} {
		assert.False(t, MayFill(raw) && raw[0] != ':', raw)
	}
}

func TestSharesAreDrawnEvenlyWhateverTellsRequestsApart(t *testing.T) {
	const visitors = 100_000
	for _, n := range []int{2, 3, 10, 100} {
		for name, distance := range map[string]func(i uint64) uint64{
			"one after another": func(i uint64) uint64 { return i },
			"all over":          func(i uint64) uint64 { return i * 0xd1342543de82ef95 },
		} {
			counts, both := make([]int, n+1), 0
			for i := range uint64(visitors) {
				lot := Lot(42, distance(i))
				share := Draw(lot, "price", n)
				counts[share]++
				if share == Draw(lot, "prices", n) {
					both++
				}
				assert.Equal(t, share, Draw(lot, "price", n))
			}
			assert.Zero(t, counts[0])
			chi, want := 0.0, float64(visitors)/float64(n)
			for _, have := range append(counts[1:], both) {
				chi += (float64(have) - want) * (float64(have) - want) / want
			}
			// The seed is fixed, so the outcome is too: within six standard deviations of what is even.
			assert.Less(t, chi, float64(n)+6*math.Sqrt(2*float64(n)), "%d %s", n, name)
		}
	}
	same := 0
	for i := range uint64(1000) {
		if Draw(Lot(i, 7), "price", 2) == 1 {
			same++
		}
	}
	assert.InDelta(t, 500, same, 100, "another seed, another share")
}
