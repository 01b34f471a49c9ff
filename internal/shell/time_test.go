package shell

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// heavy are shells that a reader could take longer for than their length says: each is made of a beginning, a piece that is
// repeated, and an end. What is refused is refused for the reason given.
var heavy = []struct {
	name              string
	begin, piece, end string
	refused           string
}{
	{"comments", "<body>", "<!-- a -->", "SLOT", ""},
	{"comments with other ends", "<body>", "<!-- a --!>", "SLOT", ""},
	{"comments full of hyphens", "<body><!--", "-- - ", "-->SLOT", ""},
	{"comments that are open", "<body>SLOT", "<!--", "", "a comment that the shell does not end"},
	{"instructions", "<body>", "<?x>", "SLOT", ""},
	{"instructions that are open", "<body>SLOT", "<?", "", "a processing instruction that the shell does not end"},
	{"declarations that are open", "<body>SLOT", "<!", "", "a comment that the shell does not end"},
	{"end tags that are open", "<body>SLOT", "</", "", "a comment that the shell does not end"},
	{"end tags that are bogus", "<body>SLOT", "</ >", "", ""},
	{"tags that are open", "<body>SLOT", "<a ", "", "a tag that the shell does not end"},
	{"less-than signs", "<body>SLOT", "<", "", ""},
	{"ampersands", "<body>", "&", "SLOT", ""},
	{"references", "<body>", "&a", "SLOT", ""},
	{"digits of a reference", "<body>&#", "1", "SLOT", ""},
	{"text", "<body>", "x ", "SLOT", ""},
	{"lines", "<body>", "\r\n", "SLOT", ""},
	{"attributes", "<body><p", " a=b", ">SLOT", ""},
	{"attributes that differ", "<body><b", " aN=b", ">SLOT", ""},
	{"attributes without a value", "<body><b", " =", ">SLOT", ""},
	{"spans, 500 open", "<body>" + strings.Repeat("<span>", 500), "<span></span>", "", ""},
	{"paragraphs in 500 spans", "<body><p>" + strings.Repeat("<span>", 500), "<table></table>", "", ""},
	{"items in 500 spans", "<body><ul><li>" + strings.Repeat("<span>", 500), "<hr>", "", ""},
	{"items in 300 divs", "<body><ul><li>" + strings.Repeat("<div>", 300), "<p>x</span>", "", ""},
	{"templates in 400 divs", "<body>" + strings.Repeat("<div>", 400), "<template></template>", "", ""},
	{"stray end tags in 500 spans", "<body>" + strings.Repeat("<span>", 500), "</i></x></li></form>", "", ""},
	{"elements 513 deep", "<body>", "<div>", "SLOT", "elements open 513 deep"},
	{"elements 513 deep, later", "<body>" + strings.Repeat("<div></div>", 10000), "<i>", "SLOT", "elements open 513 deep"},
	{"formatting that is left open", "<body>", "<p><b>x</p>", "SLOT", ""},
	{"formatting that is left open, each of its own", "<body>", "<p><b id=N>x</p>", "SLOT", "elements open 513 deep"},
	{"formatting in cells", "<table><tr>", "<td><b id=N>x", "", ""},
	{"formatting between rows", "<table>", "<b id=N><tr>", "", "elements open 513 deep"},
	{"formatting around blocks", "<body>", "<b><i><div></b></i></div>", "", ""},
	{"links in links", "<body>", "<a href=x><div>", "</div>", "elements open 513 deep"},
	{"markers", "<body>", "<div><object></object></div>", "", ""},
	{"markers that are left", "<body>", "<div><object><button></object><b></div></button>", "", ""},
	{"cells that leave markers", "<body>", "<template><td></template>", "", "more than 4096 elements such as <b>"},
	{"forms", "<body>", "<form></form>", "SLOT", ""},
	{"tables in tables", "<body>", "<table><tr>", "", ""},
	{"tables one in another", "<body>", "<table><td>", "", "elements open 513 deep"},
	{"text moved out of a table", "<body><table>", "x<tr>", "", ""},
	{"selects", "<body>", "<select><option>x<select>", "SLOT", ""},
	{"options", "<body><select>", "<option>x", "</select>SLOT", ""},
	{"options in 500 spans", "<body><select>" + strings.Repeat("<span>", 500), "<option>", "", ""},
	{"ends of the body", "<body>" + strings.Repeat("<span>", 500) + "SLOT", "</body>", "", ""},
	{"ends of the body, each after a slot", "SLOT", "</body>x", "", "<edge-slot> before the body"},
	{"scripts", "<body>", "<script></script>", "SLOT", ""},
	{"a script full of tags", "<body><script><!--", "<script></script", "--></script>SLOT", ""},
	{"a title full of tags", "<title>", "</titl", "</title>SLOT", ""},
	{"noscript", "<body>SLOT", "<noscript><div></noscript>", "", "elements open 513 deep"},
	{"svg", "<body>", "<svg><p>", "SLOT", ""},
	{"CDATA", "<body><svg>", "<![CDATA[ ]]>", "</svg>SLOT", ""},
	{"CDATA that is open", "<body>SLOT<svg>", "<![CDATA[", "", "a CDATA section that the shell does not end"},
	{"links", "<head>", "<link rel=stylesheet href=N>", "", ""},
	{"patches of the shell's own", "<body>SLOT", "<template for=N></template>", "", ""},
	{"markers of the shell's own", "<body>SLOT", "<?start name=N>", "", ""},
	{"names in vary", `<body><edge-slot name=s src=/s vary="`, "query:N ", `"></edge-slot>`, "more than 64 inputs"},
	{"tags", `<body><edge-slot name=s src=/s tags="`, "tN ", `"></edge-slot>`, "more than 64 tags"},
	{"parameters in a src", `<body><edge-slot name=s src="/`, "{id}", `"></edge-slot>`, "src: a src of"},
	{"bytes in a src", `<body><edge-slot name=s src="/`, "x", `"></edge-slot>`, "src: a src of"},
	{"bytes in a duration", `<body><edge-slot name=s src=/ ttl="`, "1s", `"></edge-slot>`, ""},
	{"attributes of a slot", `<body><edge-slot`, " aN", `></edge-slot>`, "unknown attribute"},
	{"a skeleton", "<body><edge-slot name=s src=/s>", "<p>x</p>", "</edge-slot>", ""},
	{"a skeleton of formatting", "<body><edge-slot name=s src=/s>", "<b><i>x</i></b>", "</edge-slot>", ""},
	{"the end of a skeleton", "<body><edge-slot name=s src=/s>", "&a", "</edge-slot>", ""},
}

// shellOfSize makes a heavy shell of about n bytes.
func shellOfSize(i, n int) string {
	h := &heavy[i]
	var b strings.Builder
	b.WriteString(h.begin)
	for k := 0; b.Len() < n; k++ {
		b.WriteString(strings.ReplaceAll(h.piece, "N", strconv.Itoa(k)))
	}
	b.WriteString(h.end)
	return slotted(b.String())
}

// TestHeavyShellsAreRead is a test of what comes out; the time is in BenchmarkHeavyShells. (At 2 µs a byte, which is
// twenty times the slowest, a shell of 4 MiB takes eight seconds.)
func TestHeavyShellsAreRead(t *testing.T) {
	for i := range heavy {
		h := &heavy[i]
		_, err := Parse("/{id}", shellOfSize(i, 256<<10))
		if h.refused == "" {
			assert.NoError(t, err, h.name)
		} else {
			assert.ErrorContains(t, err, h.refused, h.name)
		}
	}
}

// BenchmarkHeavyShells shows whether time grows with length alone: MB/s at 256 KB and at 1 MB are to be about the same.
func BenchmarkHeavyShells(b *testing.B) {
	for i := range heavy {
		for _, n := range []int{256 << 10, 1 << 20} {
			b.Run(strings.ReplaceAll(heavy[i].name, " ", "-")+"/"+strconv.Itoa(n>>10)+"KB", func(b *testing.B) {
				shell := shellOfSize(i, n)
				b.SetBytes(int64(len(shell)))
				for b.Loop() {
					_, _ = Parse("/{id}", shell) // some are refused
				}
			})
		}
	}
}
