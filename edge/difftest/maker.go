package difftest

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// Maker makes cases from a seed. The same seed and number make the same case, so a failure can be made again alone.
type Maker struct {
	seed         uint64
	inputs, real []string
}

// NewMaker makes a maker. real are fragments of real pages, in addition to a few that it has.
func NewMaker(seed uint64, real []string) (*Maker, error) {
	inputs, err := HTML5Lib()
	return &Maker{seed: seed, inputs: inputs, real: append(real, pages...)}, err
}

// pages is real markup of the usual kinds.
var pages = []string{
	`<nav><ul><li><a href="/a">A</a><li><a href="/b">B</a></ul></nav>`,
	`<figure><picture><source srcset="a.webp"><img src="data:," alt=""></picture><figcaption>F</figcaption></figure>`,
	`<table class="t"><caption>C</caption><thead><tr><th scope=col>H</thead><tbody><tr><td>1<tr><td>2</table>`,
	`<form action="#s" method=get><label>Q <input name=q></label><select name=s><option value=1>One<option value=2>Two</select><button>Go</button></form>`,
	`<svg viewBox="0 0 20 20" aria-hidden="true"><defs><linearGradient id="a"><stop/></linearGradient></defs><path d="M0 0"/><text>t</text><foreignObject><p>x</p></foreignObject></svg>`,
	`<noscript><img src="data:," alt=""></noscript><p>Lorem <em>ipsum</em> &amp; <code>a &lt; b</code></p>`,
	`<math><mrow><mi>x</mi><mo>=</mo><mn>1</mn></mrow></math>`,
	`<x-card><template shadowrootmode="open"><slot></slot></template><h2 slot="t">T</h2></x-card>`,
	`<script type="application/ld+json">{"a":"</p>"}</script><style>.a>b{}</style>`,
}

// Case is the case of a number: five of six are fragments in a place, the sixth is a shell.
func (m *Maker) Case(n int) Case {
	r := rand.New(rand.NewPCG(m.seed, uint64(n)))
	if n%6 == 5 {
		return ShellCase(r)
	}
	place := &Places[n%len(Places)]
	kind, fragment := m.fragment(r, place)
	if r.IntN(5) == 0 {
		_, second := m.fragment(r, place)
		return place.in(r, kind, fragment, second)
	}
	return place.in(r, kind, fragment)
}

func (m *Maker) fragment(r *rand.Rand, place *Place) (kind, fragment string) {
	switch n := r.IntN(20); {
	case n < 9:
		return "grammar", Grammar(r)
	case n < 12:
		return "fit", pick(r, place.Fit) + pick(r, []string{"", " ", pick(r, place.Fit)})
	case n < 14:
		return "fit, mutated", Mutated(r, pick(r, place.Fit), m.inputs)
	case n < 16:
		return "html5lib", pick(r, m.inputs)
	case n < 18:
		return "html5lib, mutated", valid(Mutated(r, pick(r, m.inputs), m.inputs))
	default:
		return "real, mutated", valid(Mutated(r, pick(r, m.real), m.inputs))
	}
}

// valid is text as UTF-8, as mutations cut within characters never.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
