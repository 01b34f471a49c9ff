//go:build tinygo

package main

import (
	"strings"
	"time"
	"unsafe"

	"inlay/internal/answer"
	"inlay/internal/engine"
	"inlay/internal/field"
	"inlay/internal/markup"
)

// handle names a blob that JavaScript holds. A fragment's bytes are never copied into this module, save in passing, to
// be read once.
type handle uint32

// The imports are the whole of the host interface. A pointer and a length name bytes of this module's memory, which the
// host copies before it returns.

//go:wasmimport inlay new_blob
func newBlob(p unsafe.Pointer, size uint32) handle

// newHead takes the fields as name NUL value NUL …
//
//go:wasmimport inlay new_head
func newHead(status uint32, p unsafe.Pointer, size uint32) handle

//go:wasmimport inlay join
func join(handles unsafe.Pointer, count uint32) handle

//go:wasmimport inlay slice
func slice(b handle, from, to uint32) handle

// parse reads a blob for slots: flags are 1 for a document, 2 for <edge-slot>, 4 for ESI. It answers with the size of the outline,
// which parsed then copies to p; 0: there is none.
//
//go:wasmimport inlay parse
func parse(b handle, flags uint32, base unsafe.Pointer, size uint32) uint32

//go:wasmimport inlay parsed
func parsed(p unsafe.Pointer)

// inspect reads a blob as a fragment: flags are 1 for a lenient reading, 2 for its sum alone, watch are places. What was found is copied
// to p as [record] has it; its text is for parsed. It answers with the blob of the bytes that are kept, if they are others.
//
//go:wasmimport inlay inspect
func inspect(b handle, flags, watch uint32, p unsafe.Pointer) handle

// judge takes a question, as [answer.Question] writes it, about the head of the answer of the event in progress, and answers with the size of
// the verdict, for parsed; 0: there was nothing to judge. declared, 0, says that there is nothing of a visitor's answer which does not say itself
// that it has slots.
//
//go:wasmimport inlay judge
func judge(p unsafe.Pointer, size, declared uint32) uint32

// (break is a word of Go's.)
//
//go:wasmimport inlay break
func breakOff(id uint32)

//go:wasmimport inlay read
func read(b handle, off uint32, p unsafe.Pointer, size uint32) uint32

//go:wasmimport inlay drop
func drop(b handle)

//go:wasmimport inlay send
func send(id uint32, head, body handle)

//go:wasmimport inlay send_head
func sendHead(id uint32, head handle)

// repeat takes milliseconds since 1970, the addresses of a page, for repeated, and of the numbers that it holds for, and what it varies on as
// [route.Varying.AppendSources] has it: nothing if on nothing.
//
//go:wasmimport inlay repeat
func repeat(id uint32, head, body handle, until float64, page uint32, parts unsafe.Pointer, count uint32, varies unsafe.Pointer, size uint32)

//go:wasmimport inlay end_repeats
func endRepeats()

//go:wasmimport inlay respond
func respond(id uint32, head handle)

//go:wasmimport inlay write
func write(id uint32, b handle)

//go:wasmimport inlay finish
func finish(id uint32)

// pass takes host NUL target; shell is 1 for a URL whose answer is known to be composed.
//
//go:wasmimport inlay pass
func pass(id uint32, p unsafe.Pointer, size, shell uint32)

// listed takes an engine.Listed: its texts, NUL after each, and its numbers, 64 bits each.
//
//go:wasmimport inlay listed
func listed(kind uint32, p unsafe.Pointer, size uint32, numbers unsafe.Pointer)

//go:wasmimport inlay admin
func admin(id uint32)

// wait takes milliseconds since 1970.
//
//go:wasmimport inlay wait
func wait(id uint32, until float64)

// watch answers with 1 if the fill had not begun and is the request's now.
//
//go:wasmimport inlay watch
func watch(id, fill uint32) uint32

//go:wasmimport inlay wake
func wake(id uint32)

// report takes src NUL text NUL.
//
//go:wasmimport inlay report
func report(p unsafe.Pointer, size uint32)

// fill takes src NUL url NUL binding NUL log NUL slot NUL its page's pattern NUL name NUL value NUL …, then the same for the constant fields and for those that vouch,
// each list after an empty name and value. The log, maxAge and stamp are those of its Share; maxAge is negative if there is none.
// kind has bits: 1, of a document, all of whose header fields are wanted; 2, of a fragment that a page requires
// (see engine.Fill, Page).
//
//go:wasmimport inlay fill
func fill(id, fill uint32, p unsafe.Pointer, size, timeoutMillis, maxBytes uint32, maxAgeMillis, stamp float64, kind uint32)

//go:wasmimport inlay stop
func stop(fill uint32)

// shown takes slot NUL key NUL status NUL failure NUL. kind has bits: 1, of a placeholder; 2, of what stands
// in a text.
//
//go:wasmimport inlay shown
func shown(id uint32, p unsafe.Pointer, size, kind uint32, from, to int32)

// poll takes the log's identity NUL. Numbers of purges are whole and below 2^53, as the log has them.
//
//go:wasmimport inlay poll
func poll(id, poll uint32, p unsafe.Pointer, size uint32, seq float64)

// purge takes the log's identity NUL subject NUL …; asked is for told.
//
//go:wasmimport inlay purge
func purge(id uint32, p unsafe.Pointer, size uint32, seq float64, asked int64)

// find takes the name NUL slot NUL its page's pattern NUL.
//
//go:wasmimport inlay find
func find(id, fill uint32, p unsafe.Pointer, size, tiers, awaitView uint32)

// put takes the name NUL.
//
//go:wasmimport inlay put
func put(fill uint32, p unsafe.Pointer, size uint32, b handle, tiers uint32, keepMillis float64)

// name registers the name of a header field and answers with its number, for readField.
//
//go:wasmimport inlay name
func name(p unsafe.Pointer, size uint32) uint32

// readField writes a header field's value to p and answers with its size; a size over capacity has written nothing. Zero:
// there is none.
//
//go:wasmimport inlay field
func readField(name uint32, p unsafe.Pointer, capacity uint32) uint32

type host struct{}

func (host) NewBlob(p []byte) handle { return newBlob(bytesAt(p), uint32(len(p))) }

func (host) NewHead(status int, fields []field.Field) handle {
	block = block[:0]
	for _, f := range fields {
		appendBlock(f.Name, f.Value)
	}
	return newHead(uint32(status), bytesAt(block), uint32(len(block)))
}

func (host) Join(parts []handle) handle {
	return join(unsafe.Pointer(unsafe.SliceData(parts)), uint32(len(parts)))
}

func (host) Slice(b handle, from, to int) handle { return slice(b, uint32(from), uint32(to)) }

func (host) Parse(b handle, p engine.Parse) []byte {
	return take(parse(b, readFlags(p), unsafe.Pointer(unsafe.StringData(p.Base)), uint32(len(p.Base))))
}

// take has the bytes that the host holds ready; nil for none.
func take(size uint32) []byte {
	if size == 0 {
		return nil
	}
	p := make([]byte, size)
	parsed(bytesAt(p))
	return p
}

// Judge gives of the answer what the host has not got.
func (host) Judge(q *answer.Question, a *answer.Answer) (v answer.Verdict) {
	block = q.Append(block[:0], a.Size)
	if said := take(judge(bytesAt(block), uint32(len(block)), number(q.Declared))); said != nil {
		v = answer.ReadVerdict(said)
	}
	return v
}

// record is what the host says of a fragment, as worker/shell writes it.
type record struct {
	sum              [16]byte
	size             uint32
	conflicts, depth uint32
	is               uint32 // 1: it has slots; 2: it was mended; 4: it is loose
	fault            uint32 // bytes of the text
}

func (host) Inspect(b handle, o markup.InspectOptions) (markup.Inspection, handle) {
	var flags uint32
	if o.Lenient {
		flags |= 1
	}
	if o.Sum {
		flags |= 2
	}
	var r record
	mended := inspect(b, flags, uint32(o.Watch), unsafe.Pointer(&r))
	found := markup.Inspection{
		Sum: r.sum, Size: int(r.size), Conflicts: markup.Mask(r.conflicts), Depth: int(r.depth),
		Slots: r.is&1 != 0, Mended: r.is&2 != 0, Loose: r.is&4 != 0,
	}
	found.Fault = string(take(r.fault))
	return found, mended
}

// readFlags are what is to be read, as a number; 0: nothing.
func readFlags(p engine.Parse) (flags uint32) {
	for i, is := range [...]bool{p.Document, p.EdgeSlots, p.ESI} {
		if is {
			flags |= 1 << i
		}
	}
	return flags
}

func (host) Break(id engine.RequestID) { breakOff(uint32(id)) }

func (host) Read(b handle, off int, p []byte) int {
	return int(read(b, uint32(off), bytesAt(p), uint32(len(p))))
}

func (host) Drop(b handle)                               { drop(b) }
func (host) Send(id engine.RequestID, head, body handle) { send(uint32(id), head, body) }
func (host) SendHead(id engine.RequestID, head handle)   { sendHead(uint32(id), head) }
func (host) Repeat(id engine.RequestID, r *engine.Repeat[handle]) {
	page := *(*uint32)(unsafe.Pointer(&r.Page)) // which is a pointer
	block = block[:0]
	if r.Varies != nil {
		block = r.Varies.AppendSources(block)
	}
	repeat(uint32(id), r.Head, r.Body, float64(r.Until.UnixMilli()), page, unsafe.Pointer(unsafe.SliceData(r.Parts)), uint32(len(r.Parts)), bytesAt(block), uint32(len(block)))
}

func (host) EndRepeats()                              { endRepeats() }
func (host) Respond(id engine.RequestID, head handle) { respond(uint32(id), head) }
func (host) Write(id engine.RequestID, b handle)      { write(uint32(id), b) }
func (host) Finish(id engine.RequestID)               { finish(uint32(id)) }
func (host) Pass(id engine.RequestID, visitors, target string, shell bool) {
	visitors += "\x00" + target
	pass(uint32(id), unsafe.Pointer(unsafe.StringData(visitors)), uint32(len(visitors)), number(shell))
}

func number(is bool) uint32 {
	if is {
		return 1
	}
	return 0
}

func (host) Admin(id engine.RequestID) { admin(uint32(id)) }

func (host) Wake(id engine.RequestID) { wake(uint32(id)) }
func (host) Watch(id engine.RequestID, f engine.FillID) bool {
	return watch(uint32(id), uint32(f)) != 0
}
func (host) Wait(id engine.RequestID, until time.Time) { wait(uint32(id), float64(until.UnixMilli())) }

func (host) Report(src string, failure *answer.FillError) {
	block = block[:0]
	appendBlock(src, strings.TrimPrefix(failure.Error(), "edge: fill failed "))
	report(bytesAt(block), uint32(len(block)))
}

func (host) Fill(id engine.RequestID, attempt engine.FillID, f engine.Fill) {
	block = block[:0]
	maxAge := float64(-1)
	if f.Share.Region {
		maxAge = float64(f.Share.MaxAge.Milliseconds())
	}
	appendBlock(f.Src, f.URL, f.Binding, f.Share.Log, f.Slot, f.PagePattern)
	for _, field := range f.Fields {
		appendBlock(field.Name, field.Value)
	}
	for _, field := range f.Conditions {
		appendBlock(field.Name, field.Value)
	}
	for _, more := range [...][]field.Field{f.Constant, f.Vouching} {
		appendBlock("", "")
		for _, field := range more {
			appendBlock(field.Name, field.Value)
		}
	}
	fill(uint32(id), uint32(attempt), bytesAt(block), uint32(len(block)), uint32(f.Timeout.Milliseconds()), uint32(f.MaxBytes), maxAge, float64(f.Share.Stamp), number(f.Document)|number(f.Page)<<1)
}

func (host) Shown(id engine.RequestID, s *engine.Shown) {
	block = block[:0]
	appendBlock(s.Slot, s.Key, s.Status, s.Failure)
	shown(uint32(id), bytesAt(block), uint32(len(block)), number(s.Pending)|number(s.InPlace)<<1, int32(s.From), int32(s.To))
}

func (host) Stop(f engine.FillID) { stop(uint32(f)) }

func (host) Poll(id engine.RequestID, p engine.PollID, log string, seq uint64) {
	block = block[:0]
	appendBlock(log)
	poll(uint32(id), uint32(p), bytesAt(block), uint32(len(block)), float64(seq))
}

func (host) Purge(id engine.RequestID, p engine.Purge) {
	block = block[:0]
	appendBlock(p.Log)
	appendBlock(p.Subjects...)
	purge(uint32(id), bytesAt(block), uint32(len(block)), float64(p.Seq), p.Asked)
}

func (host) Find(id engine.RequestID, attempt engine.FillID, f engine.Find) {
	block = block[:0]
	appendBlock(f.Name, f.Slot, f.PagePattern)
	awaitView := uint32(0)
	if f.AwaitView {
		awaitView = 1
	}
	find(uint32(id), uint32(attempt), bytesAt(block), uint32(len(block)), uint32(f.Tiers), awaitView)
}

func (host) Put(attempt engine.FillID, p engine.Put[handle]) {
	block = block[:0]
	appendBlock(p.Name)
	put(uint32(attempt), bytesAt(block), uint32(len(block)), p.Blob, uint32(p.Tiers), float64(p.Keep.Milliseconds()))
}

// block is where texts are put together for the host, which copies them.
var block []byte

func appendBlock(texts ...string) {
	for _, t := range texts {
		block = append(block, t...)
		block = append(block, 0)
	}
}

func bytesAt(p []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p)) }

// fields reads the header of the request whose event is in progress; the engine reads no other's.
type fields struct{}

// names are the registered field names; the number of each is its place.
var names []string

// value is where the host writes a field's value.
var value = make([]byte, 512)

func (fields) Field(n string) string {
	number := -1
	for i := range names {
		if names[i] == n {
			number = i
			break
		}
	}
	if number < 0 {
		number = int(name(bytesAt([]byte(n)), uint32(len(n))))
		names = append(names, n)
	}
	size := int(readField(uint32(number), bytesAt(value), uint32(len(value))))
	if size > len(value) {
		value = make([]byte, size)
		size = int(readField(uint32(number), bytesAt(value), uint32(len(value))))
	}
	if size == 0 {
		return ""
	}
	return string(value[:size])
}
