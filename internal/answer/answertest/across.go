// Package answertest judges answers as a Worker does: question, answer and verdict go from one Wasm instance to another as bytes.
package answertest

import (
	"strconv"

	"inlay/internal/answer"
)

// Across is answer.Judge by way of those bytes.
func Across(q *answer.Question, a *answer.Answer) answer.Verdict {
	read, size := answer.ReadQuestion(q.Append(nil, a.Size))
	v := answer.Judge(&read, answer.ReadAnswer(Texts(a), size))
	return answer.ReadVerdict(v.Append(nil))
}

// Texts are what worker/core.mjs tells of an answer.
func Texts(a *answer.Answer) (p []byte) {
	text := func(texts ...string) {
		for _, t := range texts {
			p = append(append(p, t...), 0)
		}
	}
	head := func(a *answer.Answer) {
		cookie := ""
		if a.SetCookie {
			cookie = "1"
		}
		text(strconv.Itoa(a.Status), cookie)
		for i := range answer.Fields {
			text(*a.Field(i))
		}
	}
	text(strconv.Itoa(len(a.Redirects) + 1))
	for i := range a.Redirects {
		head(&a.Redirects[i])
	}
	head(a)
	text(a.Location)
	for _, f := range a.Header {
		text(f.Name, f.Value)
	}
	return p
}
