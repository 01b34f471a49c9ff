package admin

import (
	"strconv"
	"strings"
	"time"

	"inlay/internal/ascii"
	"inlay/internal/purgelog"
	"inlay/internal/route"
)

// maxSubject is how long a tag or key may be that is purged, in bytes: no tag and no key is longer. What would be a part of
// another subject on its way, or be refused by the log for ever, is not understood.
const maxSubject = 8<<10 - 8

// ParsePurge reads the query of a purge, or, soft, of an invalidation: the subjects that each of its parameters names. One that is not
// understood leaves everything as it is: then problem says what it is, and there are no subjects.
func ParsePurge(query string, soft bool) (subjects []string, problem string) {
	for _, pair := range strings.Split(query, "&") {
		if pair == "" {
			continue
		}
		encodedName, encodedValue, _ := strings.Cut(pair, "=")
		name, _ := route.DecodeQuery(encodedName)
		value, ok := route.DecodeQuery(encodedValue)
		subject := ""
		switch {
		case !ok || value == "" || len(value) > maxSubject || strings.Contains(value, "\x00"):
		case name == "tag":
			subject = purgelog.Tag(value)
		case name == "key":
			subject = purgelog.Key(value)
		case name == "all" && value == "1":
			subject = purgelog.All
		}
		if subject == "" {
			return nil, "the parameter " + quoted(pair) + " was not understood"
		}
		if soft {
			subject = purgelog.Soft(subject)
		}
		subjects = append(subjects, subject)
	}
	if subjects == nil {
		return nil, "the query names nothing"
	}
	return subjects, ""
}

// quoted is a text as it stands in one of JSON: in ASCII, without what would have to be escaped.
func quoted(text string) string {
	return strings.ReplaceAll(strings.Trim(ascii.Quote(text), `"`), `\`, "?")
}

// changed is the name of the member that says how many entries a purge or an invalidation has reached.
func changed(soft bool) string {
	if soft {
		return "invalidated"
	}
	return "purged"
}

// NothingPurged answers a query that was not understood.
func NothingPurged(soft bool, problem string) Answer {
	return JSON(400, `{"`+changed(soft)+`":0,"error":"`+problem+`; expected tag=…, key=… or all=1"}`+"\n")
}

// Purged answers that so many entries were reached, where there is no purge log.
func Purged(soft bool, n int) Answer {
	return JSON(200, `{"`+changed(soft)+`":`+strconv.Itoa(n)+"}\n")
}

// PurgedWithin answers that so many entries were reached here, and all others will be within a time; seq is the purge's number in the log.
func PurgedWithin(soft bool, n int, within time.Duration, seq uint64) Answer {
	ms, unit := within.Milliseconds(), "ms"
	if ms%1000 == 0 {
		ms, unit = ms/1000, "s"
	}
	return JSON(200, `{"`+changed(soft)+`":`+strconv.Itoa(n)+`,"isolates":"within `+strconv.FormatInt(ms, 10)+unit+`","log":`+strconv.FormatUint(seq, 10)+"}\n")
}

// NotPurged answers that the log is not known to have it: it may have been lost on the way there, or its answer was on the way back.
func NotPurged(soft bool, reason string) Answer {
	return JSON(503, `{"`+changed(soft)+`":0,"error":"the purge log has not confirmed it, so it may hold nowhere; try again: `+quoted(reason)+`"}`+"\n")
}
