//go:build tinygo

package main

import (
	"strings"
	"time"
	"unsafe"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/engine"
	"inlay/internal/page"
	"inlay/internal/purgelog"
	"inlay/worker/core/heap"
)

// input is where JavaScript writes the texts of its next call, which says how long they are.
var input = make([]byte, 4096)

// request is told to the engine of each request; its buffers are used again.
var request = engine.Request{Fields: fields{}}

var methods = [...]string{"GET", "HEAD", "POST", "OTHER"}

//go:wasmexport input
func exportInput(size uint32) unsafe.Pointer {
	if int(size) > len(input) {
		input = make([]byte, size)
	}
	return bytesAt(input)
}

// pages takes the blob of pages.bin, which stays, before start; it answers with 1 if that is from another build.
//
//go:wasmexport pages
func exportPages(blob, size uint32) uint32 {
	pagesBlob = handle(blob)
	head := page.HeadSize(readPages(0, page.StartSize))
	if head == 0 || page.StartSize+head > int(size) {
		return 1
	}
	var err error
	// The entries keep pointing into it.
	if pages, err = page.DecodeHead(readPages(page.StartSize, head), int(size)); err != nil {
		return 1
	}
	return 0
}

// start takes what variables.wasm has read, and answers with the size of the text that says what
// is wrong with pages, to be read at error_text; zero if nothing is. crashes is how many instances before this one have trapped. has is
// what is bound: 1, the purge log; 2, the data centre's cache; 4, KV; 8, the fills of a region.
//
//go:wasmexport start
func exportStart(size, seedLow, seedHigh, crashes, has uint32) uint32 {
	err := newEngine(texts(size), uint64(seedHigh)<<32|uint64(seedLow), uint64(crashes), has)
	if err == nil {
		return 0
	}
	// By their types: an Error that is called through the interface brings in every error's of the standard library.
	switch err := err.(type) {
	case *config.Error:
		errorText = []byte(err.Error())
	default:
		errorText = []byte("edge: the pages cannot be served; build them again")
	}
	return uint32(len(errorText))
}

//go:wasmexport error_text
func exportErrorText() unsafe.Pointer { return bytesAt(errorText) }

// handle takes the request's target; method is its place in methods, and 4 more of a Visit; sent is how many writes an answer
// has had that another instance began, zero for a new request. It answers with the index of the page that answers it; -1: none does, -2: it is for
// one slot.
//
//go:wasmexport handle
func exportHandle(id, method, size, sent uint32, now float64) int32 {
	heap.Collect()
	request.ID = engine.RequestID(id)
	request.Method, request.Visit = methods[method%4], method >= 4
	request.Target = string(input[:size])
	request.Sent = int(sent)
	core.Handle(&request, at(now))
	verified()
	if request.Alone() {
		return -2
	}
	return int32(request.Page())
}

// repeated takes which pages were repeated, so many: of each its address, and how often; last is when the last answer was.
//
//go:wasmexport repeated
func exportRepeated(pages uint32, last float64) {
	core.Repeated(at(last))
	for i := range pages {
		said := (*[2]uint32)(unsafe.Pointer(&input[8*i]))
		core.Touch(*(*engine.Repeatable[handle])(unsafe.Pointer(&said[0])), int(said[1]))
	}
}

//go:wasmexport resume
func exportResume(id uint32, now float64) {
	heap.Collect()
	core.Resume(engine.RequestID(id), at(now))
	verified()
}

//go:wasmexport deadline
func exportDeadline(id uint32, now float64) {
	core.Deadline(engine.RequestID(id), at(now))
	verified()
}

//go:wasmexport leave
func exportLeave(id uint32, now float64) {
	core.Leave(engine.RequestID(id), at(now))
	verified()
}

// fill_end takes the body of an answer, whose head is for judge alone, and how long before it was asked for the fill had begun, in
// milliseconds. It answers with the size of error_text, which says why the answer is no fragment and should be looked at; 0: it need not be.
//
//go:wasmexport fill_end
func exportFillEnd(fill, blob, bytes uint32, before, now float64) uint32 {
	heap.Collect()
	a := answer.Answer{Size: int(bytes), Before: time.Duration(before) * time.Millisecond}
	failure := core.FillEnd(engine.FillID(fill), &a, handle(blob), at(now))
	verified()
	if failure == nil || !failure.Unusual() {
		return 0
	}
	errorText = []byte(strings.TrimPrefix(failure.Error(), "edge: fill failed "))
	return uint32(len(errorText))
}

// pass_head takes the target of a request that was passed on, the head of whose answer is for judge alone, and answers with what is to
// be read in it, as parse takes it; 0: it is not composed.
//
//go:wasmexport pass_head
func exportPassHead(id, method, size, sent uint32, now float64) uint32 {
	heap.Collect()
	request.ID, request.Method, request.Target, request.Sent = engine.RequestID(id), methods[method%4], string(input[:size]), int(sent)
	request.Visit = method >= 4
	p := core.PassHead(&request, &answer.Answer{}, at(now))
	verified()
	return readFlags(p)
}

// pass_part takes an outline, and the blob that it is of; done, 1, says that it was the last.
//
//go:wasmexport pass_part
func exportPassPart(id, size, blob, bytes, done uint32, now float64) {
	heap.Collect()
	core.PassPart(engine.RequestID(id), append([]byte(nil), input[:size]...), handle(blob), int(bytes), done != 0, at(now))
	verified()
}

//go:wasmexport pass_broken
func exportPassBroken(id uint32, now float64) {
	core.PassBroken(engine.RequestID(id), at(now))
	verified()
}

// reasons are the kinds of failure that a host finds out, by their number in fill_fail.
var reasons = [...]answer.Reason{answer.ConnectError, answer.TimeoutError, answer.TooLargeError, answer.RefusedError}

// fill_fail takes a text for people. Heads that came before are for judge. A reason past reasons is that the fill was held up.
//
//go:wasmexport fill_fail
func exportFillFail(fill, reason, size uint32, now float64) {
	heap.Collect()
	failure := &answer.FillError{Reason: answer.TimeoutError, Text: string(input[:size])}
	if int(reason) == len(reasons) {
		core.FillHeldUp(engine.FillID(fill), failure, at(now))
		verified()
		return
	}
	failure.Reason = reasons[reason]
	core.FillFail(engine.FillID(fill), failure, at(now))
	verified()
}

//go:wasmexport fill_lost
func exportFillLost(fill uint32, now float64) {
	core.FillLost(engine.FillID(fill), at(now))
	verified()
}

// polled takes what the purge log has said to the poll of an id. The texts are the log's identity NUL, then the number NUL subject NUL of
// each change. Where seq is negative it has said nothing. Age is in milliseconds.
//
//go:wasmexport polled
func exportPolled(id, size uint32, seq, floor, age, now float64) {
	heap.Collect()
	core.Polled(engine.PollID(id), said(texts(size), seq, floor, age), at(now))
	verified()
}

// told takes subjects, so many, and then, as polled does, what the purge log has said when it was told of them; asked is from the
// import purge. It answers with how many entries that reached.
//
//go:wasmexport told
func exportTold(subjects, size uint32, seq, floor, age float64, asked int64, now float64) uint32 {
	heap.Collect()
	t := texts(size)
	n := core.Told(t[:subjects], said(t[subjects:], seq, floor, age), asked, at(now))
	verified()
	return uint32(n)
}

// said is what the log has said, nil if it has said nothing.
func said(t []string, seq, floor, age float64) *purgelog.Answer {
	if seq < 0 {
		return nil
	}
	a := &purgelog.Answer{Log: t[0], Seq: uint64(seq), Floor: uint64(floor), Age: time.Duration(age) * time.Millisecond}
	for t = t[1:]; len(t) > 1; t = t[2:] {
		change := purgelog.Change{Subject: t[1]}
		for _, digit := range []byte(t[0]) {
			change.Seq = change.Seq*10 + uint64(digit-'0')
		}
		a.Changes = append(a.Changes, change)
	}
	return a
}

// change takes subjects that are to be purged, and answers with how many entries that reached, or with -1: then there is a log, which
// is to be told of them first (the import purge has been called, and told is to come).
//
//go:wasmexport change
func exportChange(size uint32, now float64) (n int32) {
	heap.Collect()
	subjects := texts(size)
	if !logged {
		n = int32(core.Told(subjects, nil, 0, at(now)))
	} else {
		log, seq, asked := core.View(at(now))
		host{}.Purge(0, engine.Purge{Log: log, Seq: seq, Asked: asked, Subjects: subjects})
		n = -1
	}
	verified()
	return n
}

// figures are the counters, 64 bits each, in the order of their names in figures.mjs.
//
//go:wasmexport figures
func exportFigures() unsafe.Pointer {
	core.Figures(&counted)
	return unsafe.Pointer(&counted)
}

var counted [engine.FiguresCount]int64

// entries goes on through what is cached, from a cursor on, 0 at the beginning: about n entries are told of by the import listed. It answers
// with the next cursor, 0 at the end.
//
//go:wasmexport entries
func exportEntries(cursor uint64, n uint32, now float64) uint64 {
	heap.Collect()
	next := core.Entries(cursor, int(n), at(now), tellListed)
	verified()
	return next
}

// all_flights tells of the fills in progress, by the import listed.
//
//go:wasmexport all_flights
func exportAllFlights(now float64) {
	heap.Collect()
	core.Flights(at(now), tellListed)
	verified()
}

func tellListed(l *engine.Listed) {
	block = block[:0]
	appendBlock(l.Key, l.Of, l.Slot)
	appendBlock(l.Tags...)
	listed(uint32(l.Kind), bytesAt(block), uint32(len(block)), unsafe.Pointer(&l.N))
}

// found takes what lies in a tier under the name of a fill; resident is for how many milliseconds it has, negative if that is
// not told. It answers with 1 if nothing more is to be looked for.
//
//go:wasmexport found
func exportFound(fill, tier uint32, resident float64, blob, bytes uint32, now float64) uint32 {
	heap.Collect()
	done := core.Found(engine.FillID(fill), config.Tiers(tier), time.Duration(resident)*time.Millisecond, handle(blob), int(bytes), at(now))
	verified()
	if done {
		return 1
	}
	return 0
}

//go:wasmexport not_found
func exportNotFound(fill uint32, now float64) {
	core.NotFound(engine.FillID(fill), at(now))
	verified()
}

// pass_end takes the tags that an answer's fields have named.
//
//go:wasmexport pass_end
func exportPassEnd(id, size uint32, now float64) {
	heap.Collect()
	core.PassEnd(engine.RequestID(id), texts(size), at(now))
	verified()
}

// texts are the texts of input, each ended by NUL.
func texts(size uint32) []string {
	var all []string
	start := 0
	for i, c := range input[:size] {
		if c == 0 {
			all = append(all, string(input[start:i]))
			start = i + 1
		}
	}
	return all
}

func at(millis float64) time.Time { return time.UnixMilli(int64(millis)) }
