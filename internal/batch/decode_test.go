package batch

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/field"
)

// frameDecoder reads frames from a stream that comes in any pieces. Make it with newFrameDecoder.
type frameDecoder struct {
	fills   int
	maxBody int
	seen    [maxFills]bool
	count   int
	err     error

	part  framePart
	buf   []byte // what there is of the part
	want  int    // bytes that the part has
	frame frame
	body  uint32 // length of the frame's body
}

type framePart uint8

const (
	partPrefix framePart = iota
	partHead
	partBody
	partSkipped // a body larger than maxBody
)

// newFrameDecoder is ready for the answer to a batch of that many fills. A body of more than maxBody bytes is passed over,
// and its frame comes as a failure: too-large.
func newFrameDecoder(fills, maxBody int) *frameDecoder {
	return &frameDecoder{fills: min(fills, maxFills), maxBody: maxBody, want: framePrefix}
}

// Push reads the next bytes and calls emit for each frame that is whole with them. An error is for good: the stream cannot
// be read on.
func (d *frameDecoder) Push(p []byte, emit func(*frame)) error {
	for d.err == nil {
		n := min(len(p), d.want)
		if d.part != partSkipped {
			d.buf = append(d.buf, p[:n]...)
		}
		p = p[n:]
		if d.want -= n; d.want > 0 {
			return nil
		}
		d.err = d.next(emit)
	}
	return d.err
}

// next is at the end of a part.
func (d *frameDecoder) next(emit func(*frame)) error {
	switch d.part {
	case partPrefix:
		if err := d.prefix(); err != nil {
			return err
		}
		d.part, d.buf = partHead, d.buf[:0]
		return nil
	case partHead:
		if err := parseFrameHead(d.buf, &d.frame); err != nil {
			return errors.New("edge: frame of fill " + strconv.Itoa(d.frame.Index) + ": " + err.Error())
		}
		// The buffer goes with the frame; it grows with what comes, not with what was announced.
		d.part, d.want, d.buf = partBody, int(d.body), nil
		if d.want > d.maxBody {
			d.part = partSkipped
		}
		return nil
	case partSkipped:
		text := "the body has " + strconv.Itoa(int(d.body)) + " bytes, the limit is " + strconv.Itoa(d.maxBody)
		d.frame.Answer.Status = 500
		d.frame.Failure, d.buf = failureTooLarge, []byte(text)
	}
	f := d.frame
	f.Body = d.buf
	f.Answer.Size = len(f.Body)
	d.part, d.buf, d.want = partPrefix, nil, framePrefix
	d.count++
	emit(&f)
	return nil
}

func (d *frameDecoder) prefix() error {
	index, head := readUint32(d.buf[4:]), readUint32(d.buf[8:])
	d.body = readUint32(d.buf[12:])
	switch {
	case string(d.buf[:4]) != frameMagic:
		return errors.New(`edge: a frame does not begin with "` + frameMagic + `": the stream is of another format or version`)
	case index >= uint32(d.fills):
		return errors.New("edge: a frame for fill " + strconv.FormatUint(uint64(index), 10) + " of " + strconv.Itoa(d.fills))
	case d.seen[index]:
		return errors.New("edge: a second frame for fill " + strconv.Itoa(int(index)))
	case head == 0 || head > maxFrameHead:
		return errors.New("edge: a frame's head has " + strconv.FormatUint(uint64(head), 10) + " bytes; it may have 1 to 16384")
	case d.body > maxFrameBody:
		return errors.New("edge: a frame's body has " + strconv.FormatUint(uint64(d.body), 10) + " bytes; it may have 8388608")
	}
	d.seen[index] = true
	d.frame = frame{Index: int(index)}
	d.want = int(head)
	return nil
}

// End tells, after the last byte, whether the stream was whole: an error if it ends within a frame or before each fill has
// its own.
func (d *frameDecoder) End() error {
	switch {
	case d.err != nil:
		return d.err
	case d.part != partPrefix || len(d.buf) > 0:
		return errors.New("edge: the stream of frames broke off within a frame")
	case d.count < d.fills:
		return errors.New("edge: the stream of frames ended with " + strconv.Itoa(d.count) + " of " + strconv.Itoa(d.fills) + " fills")
	}
	return nil
}

// parseFrameHead reads a frame's head.
func parseFrameHead(head []byte, f *frame) error {
	line, rest, ok := bytes.Cut(head, []byte{'\n'})
	status, isNumber := ascii.Digits(string(line))
	if !ok || !isNumber || len(line) != 3 || status < 200 {
		return errors.New("the head does not begin with a status from 200 to 999")
	}
	f.Answer.Status = status
	known := map[string]*string{"inlay-failure": &f.Failure, "location": &f.Location}
	for i, name := range answer.Fields {
		known[name] = f.Answer.Field(i)
	}
	names := map[string]bool{}
	for len(rest) > 0 {
		if line, rest, ok = bytes.Cut(rest, []byte{'\n'}); !ok {
			return errors.New("the head's last line has no end")
		}
		name, value, ok := strings.Cut(string(line), ": ")
		if !ok || !isFrameName(name) {
			return errors.New("a line of the head is not a name in lower case, a colon, a space and a value")
		}
		for i := 0; i < len(value); i++ {
			if !field.IsFieldByte(value[i]) {
				return errors.New("the head's " + name + " has a control character")
			}
		}
		if names[name] {
			return errors.New("the head has " + name + " twice")
		}
		names[name] = true
		if v := known[name]; v != nil {
			*v = value
		}
	}
	f.Answer.SetCookie = names["set-cookie"]
	return nil
}
