package edge

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sfItem is an item of a structured field as a reader has it: a token, string, int64 or bool, with its parameters.
type sfItem struct {
	value  any
	params []sfParam
}

type sfParam struct {
	key   string
	value any
}

type sfToken string

// sfParser reads lists of items by the parsing algorithms of RFC 9651, section 4.2. It has nothing in common with the
// serialisation, so that each checks the other.
type sfParser struct{ in string }

var errSF = errors.New("no structured field")

func parseSFList(in string) (list []sfItem, err error) {
	p := &sfParser{strings.TrimLeft(in, " ")}
	for p.in != "" {
		item, err := p.item()
		if err != nil {
			return nil, err
		}
		list = append(list, item)
		p.in = strings.TrimLeft(p.in, " \t")
		if p.in == "" {
			return list, nil
		}
		if p.in[0] != ',' {
			return nil, errSF
		}
		if p.in = strings.TrimLeft(p.in[1:], " \t"); p.in == "" {
			return nil, errSF // a comma at the end
		}
	}
	return list, nil
}

func (p *sfParser) item() (item sfItem, err error) {
	if item.value, err = p.bare(); err != nil {
		return item, err
	}
	for strings.HasPrefix(p.in, ";") {
		p.in = strings.TrimLeft(p.in[1:], " ")
		n := 0
		for n < len(p.in) && (strings.IndexByte("abcdefghijklmnopqrstuvwxyz*", p.in[n]) >= 0 || n > 0 && strings.IndexByte("0123456789_-.", p.in[n]) >= 0) {
			n++
		}
		if n == 0 {
			return item, errSF
		}
		param := sfParam{p.in[:n], true}
		if p.in = p.in[n:]; strings.HasPrefix(p.in, "=") {
			p.in = p.in[1:]
			if param.value, err = p.bare(); err != nil {
				return item, err
			}
		}
		item.params = append(item.params, param)
	}
	return item, nil
}

func (p *sfParser) bare() (any, error) {
	if p.in == "" {
		return nil, errSF
	}
	switch c := p.in[0]; {
	case c == '"':
		var s strings.Builder
		for i := 1; i < len(p.in); i++ {
			switch c := p.in[i]; {
			case c == '\\':
				if i++; i == len(p.in) || p.in[i] != '"' && p.in[i] != '\\' {
					return nil, errSF
				}
				s.WriteByte(p.in[i])
			case c == '"':
				p.in = p.in[i+1:]
				return s.String(), nil
			case c < 0x20 || c >= 0x7f:
				return nil, errSF
			default:
				s.WriteByte(c)
			}
		}
		return nil, errSF
	case c == '-' || c >= '0' && c <= '9':
		n := 1
		for n < len(p.in) && p.in[n] >= '0' && p.in[n] <= '9' {
			n++
		}
		if n-strings.Count(p.in[:1], "-") > 15 {
			return nil, errSF
		}
		v, err := strconv.ParseInt(p.in[:n], 10, 64)
		p.in = p.in[n:]
		return v, err
	case c == '?':
		if len(p.in) < 2 || p.in[1] != '0' && p.in[1] != '1' {
			return nil, errSF
		}
		v := p.in[1] == '1'
		p.in = p.in[2:]
		return v, nil
	case c == '*' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		n := 1
		for n < len(p.in) && (p.in[n] > 0x20 && p.in[n] < 0x7f && strings.IndexByte(`"(),;<=>?@[\]{}`, p.in[n]) < 0) {
			n++
		}
		v := sfToken(p.in[:n])
		p.in = p.in[n:]
		return v, nil
	}
	return nil, errSF
}

func TestStructuredFieldTypesHoldWhatTheyCanAndRefuseTheRest(t *testing.T) {
	for token, ok := range map[string]bool{
		"a": true, "*": true, "A1:/!#$%&'*+-.^_`|~z": true, "inlay/price": true,
		"": false, "1a": false, "-a": false, "a b": false, "a,": false, "a=": false, "é": false, "a\x00": false, ":a": false, "/a": false, `a"`: false,
	} {
		got, err := appendSFVToken([]byte("x"), token)
		if ok {
			require.NoError(t, err)
			assert.Equal(t, "x"+token, string(got))
		} else {
			assert.ErrorIs(t, err, errSFVToken, "%q", token)
			assert.Equal(t, "x", string(got))
		}
	}
	for s, want := range map[string]string{"": `""`, "a b": `"a b"`, `"\`: `"\"\\"`, " ~": `" ~"`} {
		got, err := appendSFVString(nil, s)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	for _, s := range []string{"é", "\x7f", "\n", "\x00", "a\t"} {
		got, err := appendSFVString([]byte("x"), s)
		assert.ErrorIs(t, err, errSFVString, "%q", s)
		assert.Equal(t, "x", string(got))
	}
	for n, want := range map[int64]string{0: "0", -12: "-12", maxSFVInteger: "999999999999999", -maxSFVInteger: "-999999999999999"} {
		got, err := appendSFVInteger(nil, n)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	for _, n := range []int64{maxSFVInteger + 1, -maxSFVInteger - 1, 1<<63 - 1, -1 << 63} {
		_, err := appendSFVInteger(nil, n)
		assert.ErrorIs(t, err, errSFVInteger)
	}
}

func FuzzStructuredField(f *testing.F) {
	f.Add("inlay/price", "a \"b\" \\", int64(29))
	f.Add("é", "\x00", int64(-1<<63))
	f.Fuzz(func(t *testing.T, token, text string, n int64) {
		// What is written is read back as it was; what cannot be is not written.
		if b, err := appendSFVToken(nil, token); err == nil {
			list, err := parseSFList(string(b))
			require.NoError(t, err)
			require.Equal(t, []sfItem{{value: sfToken(token)}}, list)
		} else {
			require.Empty(t, b)
		}
		if b, err := appendSFVString(nil, text); err == nil {
			list, err := parseSFList(string(b))
			require.NoError(t, err)
			require.Equal(t, []sfItem{{value: text}}, list)
		}
		if b, err := appendSFVInteger(nil, n); err == nil {
			list, err := parseSFList(string(b))
			require.NoError(t, err)
			require.Equal(t, []sfItem{{value: n}}, list)
		}
	})
}
