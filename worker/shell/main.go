//go:build tinygo

// Command shell is shell.wasm: it judges answers, reads fragments, and finds the slots in them and in pages of the origin, called from
// worker/shell.mjs. It is built
// by TinyGo as worker/core is, and imports nothing. It keeps nothing but the outlines that are being made.
//
// JavaScript writes texts and bytes to input, and reads an outline at out, in the form of [page.EncodeOutline], and what was
// refused at refused, each line ended by NUL. main never runs.
package main

import (
	"unsafe"

	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/shell"
	"inlay/worker/core/heap"
)

// input is where JavaScript writes the bytes of its next call.
var input []byte

// out and refused are what the last call has to say.
var out, refused []byte

// from and to are the bytes that the outline in out is of, counted from the beginning of what was written.
var from, to uint32

// stream is one that is being read: its outliner, and up to where its bytes have been given out.
type stream struct {
	outliner *shell.Outliner
	written  uint32
	to       uint32
}

// streams are those that are open, by their numbers; nil: none.
var streams []*stream

func main() {}

//go:wasmexport input
func exportInput(size uint32) unsafe.Pointer {
	heap.Collect()
	if int(size) > cap(input) {
		input = make([]byte, size)
	}
	input = input[:size]
	return bytesAt(input)
}

// Flags of what is read.
const (
	document = 1 << iota
	edgeSlots
	esi
)

// options takes the base off the front of the input.
func options(flags, baseSize uint32) shell.OutlineOptions {
	return shell.OutlineOptions{
		Document: flags&document != 0, EdgeSlots: flags&edgeSlots != 0, ESI: flags&esi != 0, Base: string(input[:baseSize]),
	}
}

// whole reads bytes at once, which follow the base; it answers with the size of the outline, 0 if there is none: a fragment has
// nothing in it that is no text as it stands, or it was refused.
//
//go:wasmexport whole
func exportWhole(flags, baseSize, size uint32) uint32 {
	o := options(flags, baseSize)
	outline, told, err := shell.OutlineKept(input[baseSize:baseSize+size], o)
	tell(told)
	out = nil
	if err != nil {
		tell(append(told, err.Error()))
		return 0
	}
	if !o.Document && outline.Plain(int(size)) {
		return 0
	}
	out = page.EncodeOutline(&outline)
	return uint32(len(out))
}

// record is what is said of a fragment, as worker/core reads it.
type record struct {
	sum              [16]byte
	size             uint32 // of the bytes that are kept
	conflicts, depth uint32
	is               uint32 // 1: it has slots; 2: it was mended; 4: it is loose
	fault            uint32 // bytes of the text
}

// inspected is what the last call of inspect found, and mended the bytes that are kept, if they are others.
var (
	inspected record
	mended    []byte
	fragment  *markup.Fragment // scratch
)

// inspect reads bytes as a fragment: flags are 1 for a lenient reading, 2 for its sum alone. It answers with a record; the fault's text is
// at out, and the bytes that are kept at mended, if they are others.
//
//go:wasmexport inspect
func exportInspect(flags, watch, size uint32) unsafe.Pointer {
	if fragment == nil {
		fragment = new(markup.Fragment)
	}
	o := markup.InspectOptions{Watch: markup.Mask(watch), Lenient: flags&1 != 0, Sum: flags&2 != 0}
	found, kept := fragment.Inspect(input[:size], o)
	out, mended = []byte(found.Fault), nil
	inspected = record{
		sum: found.Sum, size: uint32(found.Size), conflicts: uint32(found.Conflicts), depth: uint32(found.Depth), fault: uint32(len(out)),
	}
	for i, is := range [...]bool{found.Slots, found.Mended, found.Loose} {
		if is {
			inspected.is |= 1 << i
		}
	}
	if found.Mended {
		mended = kept
	}
	return unsafe.Pointer(&inspected)
}

//go:wasmexport mended
func exportMended() unsafe.Pointer { return bytesAt(mended) }

// judge takes a question and then what is told of the answer: see [answer.ReadQuestion] and [answer.ReadAnswer]. It answers with the size of
// the verdict at out.
//
//go:wasmexport judge
func exportJudge(asked, told uint32) uint32 {
	q, size := answer.ReadQuestion(input[:asked])
	v := answer.Judge(&q, answer.ReadAnswer(input[asked:asked+told], size))
	out = v.Append(nil)
	return uint32(len(out))
}

// purged takes a Cache-Group-Invalidation field NUL, the name NUL and the value NUL of the site's own one, and answers with the size of the
// tags at out that they name, each ended by NUL.
//
//go:wasmexport purged
func exportPurged(size uint32) uint32 {
	groups, rest, _ := ascii.Cut(string(input[:size]), "\x00")
	name, value, _ := ascii.Cut(rest, "\x00")
	value, _, _ = ascii.Cut(value, "\x00")
	out = nil
	for _, tag := range answer.Purged(groups, name, value) {
		out = append(append(out, tag...), 0)
	}
	return uint32(len(out))
}

// plain makes an outline that says of bytes that they are text, and answers with its size.
//
//go:wasmexport plain
func exportPlain(size uint32) uint32 {
	o := page.Outline{}
	if size > 0 {
		o.Pieces = []page.Piece{{Kind: page.TextPiece, To: int(size)}}
	}
	out = page.EncodeOutline(&o)
	return uint32(len(out))
}

// open begins to read what comes in pieces, and answers with its number.
//
//go:wasmexport open
func exportOpen(flags, baseSize uint32) uint32 {
	s := &stream{outliner: shell.NewOutliner(options(flags, baseSize))}
	for i := range streams {
		if streams[i] == nil {
			streams[i] = s
			return uint32(i)
		}
	}
	streams = append(streams, s)
	return uint32(len(streams) - 1)
}

// write reads the next bytes. It answers with the size of an outline of what is sure with them, 0 if nothing more is; its ranges count
// from the byte that from says.
//
//go:wasmexport write
func exportWrite(id, size uint32) uint32 {
	s := streams[id]
	s.written += size
	outline, told := s.outliner.Write(input[:size])
	return s.say(&outline, told, false)
}

// end says that there is no more, and closes.
//
//go:wasmexport end
func exportEnd(id uint32) uint32 {
	s := streams[id]
	streams[id] = nil
	outline, told := s.outliner.End()
	return s.say(&outline, told, true)
}

// allow makes of a Content-Security-Policy of a page one that allows the fallback script too, and answers with its size.
//
//go:wasmexport allow
func exportAllow(size uint32) uint32 {
	out = []byte(patch.AllowFallback(string(input[:size])))
	return uint32(len(out))
}

//go:wasmexport close
func exportClose(id uint32) { streams[id] = nil }

// say gives out a part of an outline.
func (s *stream) say(o *page.Outline, told []string, last bool) uint32 {
	tell(told)
	out, from, to = nil, s.to, s.to
	if len(o.Pieces) == 0 && len(o.Slots) == 0 && len(o.Links) == 0 && !last {
		return 0
	}
	s.reach(o.Pieces)
	for i := range o.Slots {
		s.reach(o.Slots[i].Group)
	}
	if last {
		s.to = s.written
	}
	to = s.to
	count(o.Pieces, from)
	for i := range o.Slots {
		count(o.Slots[i].Group, from)
	}
	out = page.EncodeOutline(o)
	return uint32(len(out))
}

// reach notes up to where pieces go.
func (s *stream) reach(pieces []page.Piece) {
	for i := range pieces {
		if pieces[i].Kind == page.TextPiece {
			s.to = max(s.to, uint32(pieces[i].To))
		}
	}
}

// count has pieces count from a byte on.
func count(pieces []page.Piece, from uint32) {
	for i := range pieces {
		if pieces[i].Kind == page.TextPiece {
			pieces[i].From -= int(from)
			pieces[i].To -= int(from)
		}
	}
}

func tell(texts []string) {
	refused = nil
	for _, t := range texts {
		refused = append(append(refused, t...), 0)
	}
}

//go:wasmexport out
func exportOut() unsafe.Pointer { return bytesAt(out) }

//go:wasmexport refused
func exportRefused() unsafe.Pointer { return bytesAt(refused) }

//go:wasmexport refused_size
func exportRefusedSize() uint32 { return uint32(len(refused)) }

//go:wasmexport from
func exportFrom() uint32 { return from }

//go:wasmexport to
func exportTo() uint32 { return to }

func bytesAt(p []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p)) }
