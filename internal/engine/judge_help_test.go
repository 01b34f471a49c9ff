package engine

import (
	"reflect"

	"inlay/internal/answer"
	"inlay/internal/answer/answertest"
)

// judge judges an answer as a native host does, and as a Worker does: both have to come to the same.
func judge(q *answer.Question, a *answer.Answer) answer.Verdict {
	v := answer.Judge(q, a)
	if across := answertest.Across(q, a); !reflect.DeepEqual(v, across) {
		panic("a Worker judges otherwise")
	}
	return v
}

// passEnd tells what an answer's fields purge, and whether they name anything.
func (s *script) passEnd(id RequestID, groups, tags string) bool {
	over := answer.Purged(groups, s.engine.config.PurgeField, tags)
	s.engine.PassEnd(id, over, s.now)
	return len(over) > 0
}
