package field

import (
	"slices"
	"strconv"
	"strings"
)

// Server-Timing, which browsers' tools show: https://www.w3.org/TR/server-timing/. A Worker makes the same in worker/timing.mjs, so that
// core.wasm need not be able to: testdata/server-timing holds both to the same bytes.

// timingModes are how a page leaves, by the digit that a raw field begins with: that of page.Mode.
var timingModes = [...]string{"auto", "stream", "ordered", "complete"}

// ServerTiming is the field of a page whose slots a Cache-Status of the engine's tells of, such as
//
//	inlay;dur=31.2, mode;desc=stream, inlay-price;desc=miss;dur=30.9, inlay-stock;desc=hit
//
// Each slot has a metric of its name, with what became of it and, if the answer waited for a fill of it, the milliseconds that this took. Names
// are tokens: what cannot be in one is percent-encoded.
//
// raw is what the engine says besides: a digit for the mode, and numbers with spaces between: of the page so far, then of each slot. Each is
// microseconds and one more, 0 where nothing was waited for, -1 where a stale fragment was there. Empty: the page is kept composed.
//
// What is not to fit into room bytes is summed up in inlay-more: first hits, then what was waited for least. There are at least the page's own
// metrics.
func ServerTiming(raw, cacheStatus string, room int) string {
	value, took := "inlay;desc=warm", []string(nil)
	if len(raw) > 1 {
		took = strings.Split(raw[1:], " ")
		whole, _ := strconv.ParseInt(took[0], 10, 64)
		value = "inlay;dur=" + milliseconds(whole)
		if mode := int(raw[0]) - '0'; mode >= 0 && mode < len(timingModes) {
			value += ", mode;desc=" + timingModes[mode]
		}
		took = took[1:]
	}
	slots, more := timings(cacheStatus, took)
	size := len(value)
	for i := range slots {
		size += len(slots[i].text)
	}
	if more > 0 || size > room {
		more += leaveOut(slots, room-len(value)-len(`, inlay-more;desc="4096 more slots"`))
	}
	for i := range slots {
		value += slots[i].text
	}
	if more > 0 {
		value += `, inlay-more;desc="` + strconv.Itoa(more) + ` more slots"`
	}
	return value
}

// timing is a slot's metric. One without a text is left out.
type timing struct {
	text string
	hit  bool
	took int64
}

// timings are the metrics of a Cache-Status's members, and how many slots it sums up.
func timings(cacheStatus string, took []string) (slots []timing, more int) {
	tier := ""
	for rest := cacheStatus; rest != ""; {
		var member string
		member, rest = cutOutside(rest, ',')
		id, parameters := cutOutside(strings.Trim(member, " \t"), ';')
		where, name, has := strings.Cut(unquoted(id), "/")
		switch {
		case !has:
			more += summedUp(parameters)
			continue
		case where != "inlay":
			tier = strings.TrimPrefix(where, "inlay-")
			continue
		}
		word := becameOf(parameters)
		if tier != "" && isToken(tier) {
			word = tier
		}
		tier = ""
		s := timing{text: ", inlay-" + tokenOf(name)}
		if n := len(slots); n < len(took) {
			s.took, _ = strconv.ParseInt(took[n], 10, 64)
		}
		if word == "hit" && s.took < 0 {
			word = "stale"
		}
		if s.hit = word == "hit"; word != "" {
			s.text += ";desc=" + word
		}
		if s.took > 0 {
			s.text += ";dur=" + milliseconds(s.took)
		}
		slots = append(slots, s)
	}
	return slots, more
}

// leaveOut empties metrics for which there is no room, and says how many.
func leaveOut(slots []timing, room int) (out int) {
	order := make([]int, len(slots))
	for i := range order {
		order[i] = i
	}
	rank := func(s *timing) int64 {
		if s.hit {
			return -1
		}
		return max(s.took, 0)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := rank(&slots[a]), rank(&slots[b]); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for _, i := range order {
		if room -= len(slots[i].text); room < 0 {
			slots[i].text, room = "", 0
			out++
		}
	}
	return out
}

// becameOf is what the parameters of a member say in a word.
func becameOf(parameters string) (word string) {
	stale, failed, collapsed := false, false, false
	for rest := parameters; rest != ""; {
		var one string
		one, rest = cutOutside(rest, ';')
		name, value, _ := strings.Cut(one, "=")
		switch name {
		case "hit":
			word = "hit"
		case "fwd":
			word = value
		case "ttl":
			stale = strings.HasPrefix(value, "-")
		case "collapsed":
			collapsed = true
		case "detail":
			failed = value != "early"
		}
	}
	switch {
	case failed && word != "stale": // which stands in for what has failed
		return "failed"
	case word == "hit" && stale:
		return "stale"
	case collapsed && word == "miss":
		return "collapsed"
	case !isToken(word):
		return ""
	}
	return word
}

// summedUp is how many slots a member is for that has no name of one.
func summedUp(parameters string) int {
	for rest := parameters; rest != ""; {
		var one string
		one, rest = cutOutside(rest, ';')
		if text, ok := strings.CutPrefix(one, `detail="`); ok {
			number, _, _ := strings.Cut(text, " ")
			n, err := strconv.Atoi(number)
			if err == nil && n > 0 && n <= 4096 {
				return n
			}
		}
	}
	return 0
}

// milliseconds is a number of microseconds and one more, with at most two places.
func milliseconds(n int64) string {
	hundredths := max(n-1, 0) / 10
	text := strconv.FormatInt(hundredths/100, 10)
	if rest := hundredths % 100; rest > 0 {
		text += "." + strings.TrimSuffix(strconv.FormatInt(100+rest, 10)[1:], "0")
	}
	return text
}

// cutOutside cuts at a byte that is in no string of a structured field.
func cutOutside(s string, at byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == at && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// unquoted is what a token or string of a structured field says.
func unquoted(s string) string {
	if len(s) < 2 || s[0] != '"' {
		return s
	}
	text := make([]byte, 0, len(s))
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i < len(s)-2 {
			i++
		}
		text = append(text, s[i])
	}
	return string(text)
}

// tokenOf makes a token of a name that Cache-Status has, where what is no printable ASCII is percent-encoded already.
func tokenOf(name string) string {
	const hex = "0123456789abcdef"
	text := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		if c := name[i]; IsTokenChar(c) {
			text = append(text, c)
		} else {
			text = append(text, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(text)
}

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !IsTokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}
