package edge

import (
	"context"
	"time"

	"inlay/internal/purgelog"
)

// PurgeLog is the one place that all processes of a site ask what has been purged since they last asked: behind it is
// whatever they share. It is given to [Options].Log; [inlay/edge/redis] is one, and [inlay/edge/edgetest] holds any other
// to what is said here.
//
// What is purged are subjects: texts, which the log stores and compares and does not read. The log numbers its purges from 1
// on, and a subject's mark is the number of its last one. It has an identity, a text chosen at random when the log was made.
// A log that has lost anything that it had answered for must take a new identity, and may then begin again at 0: all who
// know the old one forget what they have, so nothing outdated is served. It need not keep every subject: of more than it
// likes to keep (4096 is a good number) it forgets those with the least marks, and says up to which mark in
// LogAnswer.Floor.
//
// Both methods are called from goroutines of their own, at most one poll at a time and process, besides purges. They must
// return soon after ctx has ended. What they return as an error is logged, and counts as: the log cannot be reached.
type PurgeLog interface {
	// Since tells what was purged after number since of the log that is called id: each subject with a greater mark, once, in any
	// order. If the log is called otherwise, or since is less than its floor, it tells all that it has. If since is greater
	// than the number of its last purge it was put back to an older state: then it must take a new identity first. The empty
	// id is of one who knows nothing.
	Since(ctx context.Context, id string, since uint64) (LogAnswer, error)
	// Purge gives subjects, one or more and none of them empty, the next number as their mark, all of them or none, and answers as
	// Since does once that is as durable as it will be. If it fails the subjects may have got it or not, and it may be
	// called again.
	Purge(ctx context.Context, id string, since uint64, subjects []string) (LogAnswer, error)
}

// LogAnswer is what a [PurgeLog] says.
type LogAnswer struct {
	// ID is the log's identity. It is never empty.
	ID string
	// Seq is the number of its last purge, 0 before the first.
	Seq uint64
	// Floor is the greatest mark of a subject that it has forgotten, 0 if it has forgotten none.
	Floor uint64
	// Age is how old the answer is, for a log that answers with copies of what it said to others: the time since that was asked for.
	// Zero: the answer was made after the question.
	Age time.Duration
	// Changes are the marks asked for.
	Changes []LogChange
}

// LogChange is a subject's mark.
type LogChange struct {
	Seq     uint64
	Subject string
}

// Tier is where fragments lie that all processes of a site share, below the memory of each: what one has filled the others need
// not ask the origin for. It is given to [Options].Lower; [inlay/edge/redis] is one, and [inlay/edge/edgetest] holds any
// other to what is said here. It may forget whatever it likes, and may give back what is damaged, which is noticed. It may
// not give what was put under another name.
//
// The methods are called from many goroutines at once, and must return soon after ctx has ended. An error is logged; a
// fragment that cannot be got is asked of its origin.
type Tier interface {
	// Get gives the bytes that were last put under a name, and how long ago that was, by the clock of the store; negative if it
	// cannot tell, and then those who fill and those who use need clocks that agree. The bytes are nil and the error is too if
	// there are none, or their time is over. The caller leaves the bytes as they are.
	Get(ctx context.Context, name string) (bytes []byte, age time.Duration, err error)
	// Put keeps bytes under a name for some time, at least a millisecond, in place of what was there. Names are of
	// letters, digits and colons, and at most 100 bytes. It must not keep a hold of the slice.
	Put(ctx context.Context, name string, bytes []byte, keep time.Duration) error
}

func (a *LogAnswer) inner() *purgelog.Answer {
	return &purgelog.Answer{
		Log: a.ID, Seq: a.Seq, Floor: a.Floor, Age: max(a.Age, 0),
		Changes: mapped(a.Changes, func(c LogChange) purgelog.Change { return purgelog.Change(c) }),
	}
}
