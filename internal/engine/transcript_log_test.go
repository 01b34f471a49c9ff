package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"inlay/internal/config"
	"inlay/internal/purgelog"
)

// The events and asks of a history that are about the purge log and about what lies below the isolate.

// transcriptTiers are the names of tiers, in the order of their bits.
var transcriptTiers = [...]string{"data-center", "kv"}

func tierNamed(names string) (tiers config.Tiers, ok bool) {
	for _, name := range strings.Split(names, ",") {
		i := slices.Index(transcriptTiers[:], name)
		if i < 0 {
			return 0, false
		}
		tiers |= 1 << i
	}
	return tiers, true
}

func tierList(tiers config.Tiers) string {
	var names []string
	for i, name := range transcriptTiers {
		if tiers>>i&1 != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " and ")
}

// below sets what a history says of the log and of the tiers: the host sets them, not a variable.
func (h *transcriptHost) below(c *config.Config) {
	_, c.Log = h.told.variables["log"]
	if names, ok := h.told.variables["tiers"]; ok {
		c.Tiers, ok = tierNamed(names)
		require.True(h.t, ok, "%s are no tiers", names)
	}
}

// begin lets the isolate be replaced by another, which knows nothing.
func (h *transcriptHost) begin() {
	h.end()
	*h = transcriptHost{
		t: h.t, told: h.told, line: h.line, puts: h.puts, alive: map[*transcriptBlob]bool{}, ids: map[RequestID]bool{}, fills: map[FillID]bool{},
		queued: map[FillID]bool{}, passed: map[RequestID]*transcriptPass{},
	}
	h.start()
}

// answers reads what the log says, after its identity and number: floor:2 age:1s 3=tag:x. Nothing is that it says nothing.
func (h *transcriptHost) answers(words []string) *purgelog.Answer {
	if len(words) < 2 {
		return nil
	}
	number := func(s string) uint64 {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(h.t, err, "line %d: %s", h.line.number, h.line.text)
		return n
	}
	a := &purgelog.Answer{Log: words[0], Seq: number(words[1])}
	for _, word := range words[2:] {
		switch seq, subject, isChange := strings.Cut(word, "="); {
		case isChange:
			a.Changes = append(a.Changes, purgelog.Change{Seq: number(seq), Subject: subject})
		case strings.HasPrefix(word, "floor:"):
			a.Floor = number(word[len("floor:"):])
		case strings.HasPrefix(word, "age:"):
			var err error
			a.Age, err = time.ParseDuration(word[len("age:"):])
			require.NoError(h.t, err, "line %d: %s", h.line.number, h.line.text)
		default:
			h.what()
		}
	}
	return a
}

// found lets something be found for a fill, which was put there before, or nothing: put 1 in data-center for 3s.
func (h *transcriptHost) found(id FillID, words []string, now time.Time) {
	if len(words) == 1 && words[0] == "nothing" {
		h.engine.NotFound(id, now)
		return
	}
	require.Len(h.t, words, 6, "line %d: %s", h.line.number, h.line.text)
	n, err := strconv.Atoi(words[1])
	require.NoError(h.t, err, "line %d: %s", h.line.number, h.line.text)
	require.True(h.t, n > 0 && n <= len(h.puts), "line %d: there is no put %d", h.line.number, n)
	in, ok := tierNamed(words[3])
	resident, err := time.ParseDuration(words[5])
	require.True(h.t, ok && err == nil, "line %d: %s", h.line.number, h.line.text)
	if in == config.KV {
		resident = -1 // it does not tell
	}
	if taken := h.engine.Found(id, in, resident, h.NewBlob([]byte(h.puts[n-1])), len(h.puts[n-1]), now); taken {
		delete(h.fills, id)
		h.ask("taken")
	} else {
		h.ask("not taken")
	}
}

func (h *transcriptHost) Poll(id RequestID, poll PollID, log string, seq uint64) {
	if log == "" {
		h.ask("poll %d, by %d", poll, id)
		return
	}
	h.ask("poll %d of log %s since %d, by %d", poll, log, seq, id)
}
func (h *transcriptHost) Purge(id RequestID, p Purge) {
	h.asked = p.Asked
	h.ask("purge %s, by %d", strings.Join(p.Subjects, " "), id)
}
func (h *transcriptHost) Find(id RequestID, fill FillID, f Find) {
	h.fills[fill] = true
	what := "find fill " + strconv.Itoa(int(fill))
	if f.AwaitView {
		what += " after the poll"
	}
	if f.Tiers != 0 {
		what += " in " + tierList(f.Tiers)
	}
	h.ask("%s, led by %d", what, id)
}
func (h *transcriptHost) Put(fill FillID, p Put[*transcriptBlob]) {
	h.puts = append(h.puts, h.bytesOf(p.Blob))
	h.ask("put %d: of fill %d, in %s, for %v", len(h.puts), fill, tierList(p.Tiers), p.Keep)
}
