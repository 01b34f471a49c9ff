package purgelog

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSubjectsSayWhatTheyName(t *testing.T) {
	for _, c := range []struct {
		subject string
		kind    Kind
		name    string
		soft    bool
	}{
		{All, KindAll, "", false},
		{Soft(All), KindAll, "", true},
		{Tag("product:5"), KindTag, "product:5", false},
		{Soft(Tag("~x")), KindTag, "~x", true},
		{Key("/a\ncookie: b=c"), KindKey, "/a\ncookie: b=c", false},
		{Soft(Key("")), KindKey, "", true},
		{"page:/x", Unknown, "page:/x", false},
		{"", Unknown, "", false},
	} {
		kind, name, soft := Read(c.subject)
		assert.Equal(t, c, struct {
			subject string
			kind    Kind
			name    string
			soft    bool
		}{c.subject, kind, name, soft})
	}
}

// told is a view of the log "L" at 10, with a tag purged at 7, a key at 8 and another tag invalidated at 9.
func told() *View {
	v := new(View)
	v.Apply(&Answer{Log: "L", Seq: 10, Floor: 3, Changes: []Change{{7, Tag("a")}, {8, Key("/k")}, {9, Soft(Tag("b"))}}})
	return v
}

func TestFragmentIsAllowedFromTheMarksOfItsSubjectsOn(t *testing.T) {
	for _, c := range []struct {
		name     string
		log      string
		stamp    uint64
		key      string
		tags     []string
		ok, soft bool
	}{
		{"of nothing that was purged", "L", 3, "/x", []string{"c"}, true, false},
		{"stamped with the mark itself", "L", 7, "/x", []string{"c", "a"}, true, false},
		{"stamped before its tag's", "L", 6, "/x", []string{"c", "a"}, false, false},
		{"stamped before its key's", "L", 7, "/k", nil, false, false},
		{"stamped before the soft mark of a tag", "L", 8, "/x", []string{"b"}, true, true},
		{"with the soft mark", "L", 9, "/x", []string{"b"}, true, false},
		{"below the floor", "L", 2, "/x", nil, false, false},
		{"of another log", "M", 10, "/x", nil, false, false},
		{"of no log", "", 10, "/x", nil, false, false},
		{"by one who knew more", "L", 11, "/k", []string{"a", "b"}, true, false},
	} {
		ok, soft := told().Allows(c.log, c.stamp, c.key, c.tags)
		assert.Equal(t, c.ok, ok, c.name)
		assert.Equal(t, c.soft, soft && ok, c.name)
	}
	ok, _ := new(View).Allows("", 0, "/x", nil)
	assert.False(t, ok, "a view of nothing allows nothing")
}

func TestPurgeOfAllIsAMarkOfEverything(t *testing.T) {
	v := told()
	v.Apply(&Answer{Log: "L", Seq: 12, Changes: []Change{{11, Soft(All)}, {12, All}}})
	ok, _ := v.Allows("L", 11, "/x", nil)
	assert.False(t, ok)
	ok, soft := v.Allows("L", 12, "/x", nil)
	assert.True(t, ok)
	assert.False(t, soft)
}

func TestAnswerGivesItsNewsOnce(t *testing.T) {
	v := told()
	a := &Answer{Log: "L", Seq: 12, Changes: []Change{{12, Tag("c")}, {11, Tag("a")}, {7, Tag("old")}}}
	news, reset := v.Apply(a)
	assert.Equal(t, []Change{{12, Tag("c")}, {11, Tag("a")}}, news)
	assert.False(t, reset)
	news, reset = v.Apply(a)
	assert.Empty(t, news, "it came twice")
	assert.False(t, reset)
	news, reset = v.Apply(&Answer{Log: "L", Seq: 11, Changes: []Change{{11, Tag("a")}}})
	assert.Empty(t, news, "it is older")
	assert.False(t, reset)
	assert.EqualValues(t, 12, v.Seq())
}

func TestPurgeThatTheLogHasNotConfirmedCountsHere(t *testing.T) {
	v := told()
	v.Mark(Tag("c"))
	ok, _ := v.Allows("L", 10, "/x", []string{"c"})
	assert.False(t, ok)
	ok, _ = v.Allows("L", 10, "/x", []string{"d"})
	assert.True(t, ok)
	news, _ := v.Apply(&Answer{Log: "L", Seq: 11, Changes: []Change{{11, Tag("c")}}})
	assert.Len(t, news, 1, "the log's word is news all the same")
	ok, _ = v.Allows("L", 11, "/x", []string{"c"})
	assert.True(t, ok, "filled after it")
}

func TestViewBeginsAnewWhereItCannotTellWhatItMissed(t *testing.T) {
	v := told()
	_, reset := v.Apply(&Answer{Log: "M", Seq: 4})
	assert.True(t, reset, "another log")
	assert.EqualValues(t, 4, v.Seq())
	ok, _ := v.Allows("M", 0, "/k", []string{"a"})
	assert.True(t, ok, "the marks were the other log's")

	v = told()
	_, reset = v.Apply(&Answer{Log: "L", Seq: 90, Floor: 11, Changes: []Change{{90, Tag("z")}}})
	assert.True(t, reset, "purges were forgotten that it has not heard of")
	ok, _ = v.Allows("L", 10, "/x", nil)
	assert.False(t, ok)

	_, reset = told().Apply(&Answer{Log: "L", Seq: 11, Floor: 10})
	assert.False(t, reset, "all that was forgotten it has heard of")
}

func TestViewOfVeryManySubjectsIsBounded(t *testing.T) {
	v := new(View)
	for n := uint64(1); n <= 3*maxMarks; n++ {
		v.Apply(&Answer{Log: "L", Seq: n, Changes: []Change{{n, Tag(strconv.FormatUint(n, 10))}}})
		ok, _ := v.Allows("L", n, "/x", []string{strconv.FormatUint(n, 10)})
		assert.True(t, ok)
		ok, _ = v.Allows("L", n-1, "/x", []string{strconv.FormatUint(n, 10)})
		assert.False(t, ok)
	}
	assert.LessOrEqual(t, len(v.marks.slots), 4*maxMarks)
	ok, _ := v.Allows("L", 5, "/x", []string{"1"})
	assert.False(t, ok, "of what it has forgotten it allows nothing")
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{All, Soft(All), Tag("a"), Key("b"), "~", "key", "tag:", "~~all"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		kind, name, soft := Read(subject)
		again := name
		switch kind {
		case KindAll:
			again = All
		case KindKey:
			again = Key(name)
		case KindTag:
			again = Tag(name)
		}
		if soft {
			again = Soft(again)
		}
		assert.Equal(t, subject, again)
		assert.True(t, soft == strings.HasPrefix(subject, "~"))
	})
}
