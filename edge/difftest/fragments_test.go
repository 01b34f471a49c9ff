package difftest

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// fragmentInGo is a case of a fragment in a place, with nothing at its seams.
func fragmentInGo(fragment string, place uint8) Case {
	p := &Places[int(place)%len(Places)]
	return Case{Kind: "fuzz", Place: p.Name, Shell: p.Before + slotOf("sa", "/0", "") + p.After, Fragments: []string{fragment}}
}

// otherInGo tells whether golang.org/x/net/html v0.60.0 reads a fragment otherwise than the standard says: where a script's text
// is escaped twice, where a slash ends the unquoted value of an attribute that the tag has before, and where more than three
// elements are open in a formatting element that an end tag closes.
func otherInGo(fragment string) bool {
	if escapedTwice.MatchString(fragment) || slashInValue.MatchString(fragment) {
		return true
	}
	var open []string
	for _, tag := range anyTag.FindAllStringSubmatch(strings.ToLower(fragment), -1) {
		if tag[1] == "" {
			open = append(open, tag[2])
			continue
		}
		for i := len(open) - 1; i >= 0; i-- {
			if open[i] == tag[2] {
				if len(open)-i > 4 {
					return true
				}
				open = append(open[:i], open[i+1:]...)
				break
			}
		}
	}
	return false
}

var (
	escapedTwice = regexp.MustCompile(`(?is)<!--.*<script`)
	slashInValue = regexp.MustCompile(`=\s*[^\s"'>][^\s>]*/>`)
	anyTag       = regexp.MustCompile(`<(/?)([a-zA-Z][^\s/>]*)`)
)

// FuzzFragment: a fragment is refused, or the page is the same page composed and streamed to golang.org/x/net/html, with
// scripts and without.
func FuzzFragment(f *testing.F) {
	m := maker(f)
	for n := range 400 {
		r := rand.New(rand.NewPCG(11, uint64(n)))
		_, fragment := m.fragment(r, &Places[n%len(Places)])
		f.Add(fragment, uint8(n))
	}
	for n, e := range examples {
		f.Add(e.fragment, uint8(n))
	}
	f.Fuzz(func(t *testing.T, fragment string, place uint8) {
		if otherInGo(fragment) {
			return
		}
		c := fragmentInGo(fragment, place)
		if problem := SameInGo(c); problem != nil {
			t.Fatalf("%s\n%v", c, problem)
		}
	})
}

// TestFragmentsInGo is FuzzFragment over random fragments.
func TestFragmentsInGo(t *testing.T) {
	m := maker(t)
	failed, other := 0, 0
	for n := range *shellCases {
		r := rand.New(rand.NewPCG(*seed+4, uint64(n)))
		_, fragment := m.fragment(r, &Places[n%len(Places)])
		c := fragmentInGo(fragment, uint8(n%len(Places)))
		if otherInGo(fragment) {
			other++
			continue
		}
		if SameInGo(c) == nil {
			continue
		}
		failed++
		if failed > *show {
			continue
		}
		c = Shrink(c, 2000, func(c Case) bool { return SameInGo(c) != nil })
		assert.NoError(t, SameInGo(c), "case %d of seed %d, made small: %s", n, *seed, c)
	}
	assert.Zero(t, failed)
	assert.Less(t, other, *shellCases/4)
	t.Logf("%d of %d were left out", other, *shellCases)
}
