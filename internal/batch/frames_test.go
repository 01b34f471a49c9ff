package batch

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
)

var updateFrames = flag.Bool("update-frames", false, "write testdata/frames afresh")

// sampleFrames are frames with a bit of everything.
func sampleFrames() []frame {
	return []frame{
		{Index: 2, Answer: answer.Answer{Status: 200, ContentType: "text/html; charset=utf-8", Size: 12}, Body: []byte("<p>€ 12</p>"[:12])},
		{Index: 0, Answer: answer.Answer{
			Status: 200, ContentType: "text/html", CacheControl: "s-maxage=60, stale-while-revalidate=300", Vary: "Cookie",
			RetryAfter: "120", Age: "7", ContentEncoding: "identity", CDNCacheControl: "max-age=9", Expires: "0",
			Date: "Sun, 06 Nov 1994 08:49:37 GMT", Pragma: "x", ETag: `W/"a"`, LastModified: "Sun, 06 Nov 1994 08:49:36 GMT",
			CacheTag: "a,b", SurrogateKey: "c d", CacheGroups: `"e"`, SetCookie: true, Size: 3,
		}, Body: []byte{0, 0xff, '\n'}},
		{Index: 1, Answer: answer.Answer{Status: 404}},
		{Index: 3, Failure: failurePanic, Answer: answer.Answer{Status: 500, ContentType: "text/plain", Size: 22}, Body: []byte("the handler panicked;\n")},
	}
}

func encodeFrames(t testing.TB, frames []frame) []byte {
	t.Helper()
	var stream []byte
	for i := range frames {
		var err error
		stream, err = appendFramePrefix(stream, &frames[i])
		require.NoError(t, err)
		stream = append(stream, frames[i].Body...)
	}
	return stream
}

// decodeFrames pushes the stream in pieces of n bytes.
func decodeFrames(d *frameDecoder, stream []byte, n int) (frames []frame, err error) {
	for len(stream) > 0 && err == nil {
		n = min(n, len(stream))
		err = d.Push(stream[:n], func(f *frame) { frames = append(frames, *f) })
		stream = stream[n:]
	}
	return frames, err
}

func TestFramesComeBackAsTheyWentInAnyPieces(t *testing.T) {
	want := sampleFrames()
	stream := encodeFrames(t, want)
	for n := 1; n <= len(stream); n++ {
		d := newFrameDecoder(len(want), 1<<10)
		got, err := decodeFrames(d, stream, n)
		require.NoError(t, err)
		require.NoError(t, d.End())
		require.Len(t, got, len(want))
		for i := range want {
			assert.Equal(t, want[i].Index, got[i].Index)
			assert.Equal(t, want[i].Failure, got[i].Failure)
			assert.Equal(t, want[i].Answer, got[i].Answer)
			assert.Equal(t, string(want[i].Body), string(got[i].Body))
		}
	}
}

func TestFrameIsAsItsDefinitionSays(t *testing.T) {
	f := frame{Index: 0x0102, Answer: answer.Answer{Status: 200, Age: "1\r\n2", Vary: "é\x00\t"}, Body: []byte("body")}
	stream := encodeFrames(t, []frame{f})
	assert.Equal(t, "ILF1\x00\x00\x01\x02\x00\x00\x00\x19\x00\x00\x00\x04"+"200\nvary: é \t\nage: 1  2\n"+"body", string(stream))
}

func TestBrokenStreamOfFramesIsRefusedForGood(t *testing.T) {
	head := "200\n"
	prefix := func(magic string, index, head, body int) string {
		b := appendUint32([]byte(magic), index)
		return string(appendUint32(appendUint32(b, head), body))
	}
	one := func(head, body string) string { return prefix(frameMagic, 0, len(head), len(body)) + head + body }
	for _, c := range []struct{ stream, message string }{
		{prefix("ILF2", 0, 4, 0), "does not begin with"},
		{"<!doctype html><p>", "does not begin with"},
		{prefix(frameMagic, 2, 4, 0), "a frame for fill 2 of 2"},
		{prefix(frameMagic, -1, 4, 0), "a frame for fill 4294967295 of 2"},
		{one(head, "") + one(head, ""), "a second frame for fill 0"},
		{prefix(frameMagic, 0, 0, 0), "head has 0 bytes"},
		{prefix(frameMagic, 0, maxFrameHead+1, 0), "head has 16385 bytes"},
		{prefix(frameMagic, 0, 4, maxFrameBody+1), "body has 8388609 bytes"},
		{prefix(frameMagic, 0, 4, -1), "body has 4294967295 bytes"},
		{one("200", ""), "status"},
		{one("20\n", ""), "status"},
		{one("0200\n", ""), "status"},
		{one("199\n", ""), "status"},
		{one("2x0\n", ""), "status"},
		{one("200\nage: 1", ""), "last line has no end"},
		{one("200\nage:1\n", ""), "a line of the head"},
		{one("200\nAge: 1\n", ""), "a line of the head"},
		{one("200\n: 1\n", ""), "a line of the head"},
		{one("200\n\n", ""), "a line of the head"},
		{one("200\nage: 1\r\n", ""), "control character"},
		{one("200\nage: 1\nage: 2\n", ""), "age twice"},
		{one("200\nx: 1\nx: 2\n", ""), "x twice"},
	} {
		d := newFrameDecoder(2, 1<<10)
		_, err := decodeFrames(d, []byte(c.stream), len(c.stream))
		if assert.Error(t, err, "%q", c.stream) {
			assert.Contains(t, err.Error(), c.message, "%q", c.stream)
		}
		assert.Equal(t, err, d.Push([]byte(one(head, "")), nil), "%q", c.stream)
		assert.Equal(t, err, d.End(), "%q", c.stream)
	}
}

func TestUnknownNamesInAFrameArePassedOver(t *testing.T) {
	stream := appendUint32([]byte(frameMagic), 0)
	head := "200\nx-later: whatever\nage: 3\n"
	stream = append(appendUint32(appendUint32(stream, len(head)), 0), head...)
	frames, err := decodeFrames(newFrameDecoder(1, 0), stream, 7)
	require.NoError(t, err)
	require.Len(t, frames, 1)
	assert.Equal(t, answer.Answer{Status: 200, Age: "3"}, frames[0].Answer)
}

func TestTruncatedStreamOfFramesIsToldFromAWholeOne(t *testing.T) {
	want := sampleFrames()
	stream := encodeFrames(t, want)
	for n := range stream {
		d := newFrameDecoder(len(want), 1<<10)
		_, err := decodeFrames(d, stream[:n], 5)
		require.NoError(t, err)
		assert.Error(t, d.End(), "cut at %d", n)
	}
}

func TestBodyOverTheReadersLimitFailsItsOwnFillOnly(t *testing.T) {
	frames := []frame{
		{Index: 0, Answer: answer.Answer{Status: 200}, Body: []byte(strings.Repeat("x", 101))},
		{Index: 1, Answer: answer.Answer{Status: 200}, Body: []byte(strings.Repeat("y", 100))},
	}
	stream := encodeFrames(t, frames)
	d := newFrameDecoder(2, 100)
	got, err := decodeFrames(d, stream, 9)
	require.NoError(t, err)
	require.NoError(t, d.End())
	require.Len(t, got, 2)
	assert.Equal(t, failureTooLarge, got[0].Failure)
	assert.Equal(t, 500, got[0].Answer.Status)
	assert.Equal(t, "the body has 101 bytes, the limit is 100", string(got[0].Body))
	assert.Equal(t, frames[1].Body, got[1].Body)
}

func TestFrameWithoutRoomIsAnErrorAndWritesNothing(t *testing.T) {
	dst, err := appendFramePrefix([]byte("before"), &frame{Answer: answer.Answer{Status: 200, Vary: strings.Repeat("v", maxFrameHead)}})
	require.ErrorIs(t, err, errFrameHead)
	assert.Equal(t, "before", string(dst))
	_, err = appendFramePrefix(nil, &frame{Answer: answer.Answer{Status: 200}, Body: make([]byte, maxFrameBody+1)})
	require.ErrorIs(t, err, errFrameBody)
}

// TestFixturesForTheOtherReader keeps testdata/frames as worker/frames.test.mjs reads it.
func TestFixturesForTheOtherReader(t *testing.T) {
	stream := encodeFrames(t, sampleFrames())
	for name, want := range map[string][]byte{
		"whole.bin":     stream,
		"truncated.bin": stream[:len(stream)-5],
		"failure.bin":   encodeFrames(t, sampleFrames()[3:]),
		"twice.bin":     append(bytes.Clone(stream), stream...),
	} {
		path := filepath.Join("testdata", "frames", name)
		if *updateFrames {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, want, 0o644))
		}
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, want, got, "%s: write it afresh with -update-frames", name)
	}
}

func FuzzFrameDecoder(f *testing.F) {
	stream := encodeFrames(f, sampleFrames())
	f.Add(stream, 3)
	f.Add(stream[:40], 1)
	f.Add([]byte(frameMagic), 2)
	f.Fuzz(func(t *testing.T, stream []byte, n int) {
		// Whatever comes, pieces make no difference, and what is read can be written and read again.
		whole, pieces := newFrameDecoder(4, 64), newFrameDecoder(4, 64)
		frames, err := decodeFrames(whole, stream, max(1, len(stream)))
		inPieces, err2 := decodeFrames(pieces, stream, 1+int(uint(n)%64))
		require.Equal(t, err, err2)
		require.Equal(t, whole.End(), pieces.End())
		require.Equal(t, frames, inPieces)
		again, err := decodeFrames(newFrameDecoder(4, 64), encodeFrames(t, frames), 1<<20)
		require.NoError(t, err)
		require.Len(t, again, len(frames))
		for i := range frames {
			require.Equal(t, string(frames[i].Body), string(again[i].Body))
			require.Equal(t, frames[i].Answer, again[i].Answer)
		}
	})
}

func FuzzFrameEncoder(f *testing.F) {
	f.Add(200, "text/html", "max-age=1", "", "é\r\nx: y", []byte("body"), true)
	f.Fuzz(func(t *testing.T, status int, contentType, cacheControl, vary, retryAfter string, body []byte, setCookie bool) {
		in := frame{Index: 1, Body: body, Answer: answer.Answer{
			Status: 200 + int(uint(status)%800), ContentType: contentType, CacheControl: cacheControl, Vary: vary,
			RetryAfter: retryAfter, SetCookie: setCookie,
		}}
		stream, err := appendFramePrefix(nil, &in)
		if err != nil {
			require.ErrorIs(t, err, errFrameHead)
			return
		}
		d := newFrameDecoder(2, len(body))
		got, err := decodeFrames(d, append(stream, body...), 11)
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, in.Answer.Status, got[0].Answer.Status)
		require.Equal(t, len(contentType), len(got[0].Answer.ContentType))
		require.Equal(t, setCookie, got[0].Answer.SetCookie)
		require.Equal(t, string(body), string(got[0].Body))
		require.Empty(t, got[0].Failure)
	})
}
