package duration

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDurationsAreGosAndDays(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0":                            0,
		"0s":                           0,
		"30s":                          30 * time.Second,
		"5m":                           5 * time.Minute,
		"1h30m":                        90 * time.Minute,
		"1.5h":                         90 * time.Minute,
		"500ms":                        500 * time.Millisecond,
		"250us":                        250 * time.Microsecond,
		"250µs":                        250 * time.Microsecond,
		"7ns":                          7,
		"2d":                           48 * time.Hour,
		"1d12h":                        36 * time.Hour,
		"0.5d":                         12 * time.Hour,
		"3650d":                        Max,
		"0.000000s":                    0,
		"1.0000000000000000000000001s": time.Second,
	} {
		got, err := Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestDurationErrorsSayWhatWasFound(t *testing.T) {
	for text, want := range map[string]string{
		"":                         `an empty duration; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"-5s":                      `"-5s" has a sign; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"+5s":                      `"+5s" has a sign; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"5":                        `"5" has a number without a unit; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"5s3":                      `"5s3" has a number without a unit; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"5w":                       `"5w" has the unknown unit "w"; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"5 s":                      `"5 s" has the unknown unit " s"; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"s":                        `"s" is no duration; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"soon":                     `"soon" is no duration; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		".5s":                      `".5s" is no duration; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"5s\n":                     `"5s\n" has the unknown unit "s\n"; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d`,
		"3651d":                    `"3651d" is longer than ten years; expected at most 3650d`,
		"3650d1ns":                 `"3650d1ns" is longer than ten years; expected at most 3650d`,
		"99999999999999999999999h": `"99999999999999999999999h" is longer than ten years; expected at most 3650d`,
	} {
		_, err := Parse(text)
		assert.EqualError(t, err, want, text)
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"0", "1h30m", "2d", "1.5h", "0.3333333333333333333h", "9223372036854775807ns", "1µs"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text)
		oracle, oracleErr := time.ParseDuration(text)
		if err != nil {
			if oracleErr == nil && oracle >= 0 && oracle <= Max && text[0] != '.' && text[0] != '-' && text[0] != '+' &&
				!strings.Contains(text, "μ") && strings.IndexFunc(text, func(r rune) bool { return r == '.' }) < 0 {
				t.Fatalf("%q: %v, but time has %v", text, err, oracle)
			}
			return
		}
		if got < 0 || got > Max {
			t.Fatalf("%q is %v", text, got)
		}
		if oracleErr == nil && (got-oracle > 1 || oracle-got > 1) {
			t.Fatalf("%q is %v, but time has %v", text, got, oracle)
		}
	})
}
