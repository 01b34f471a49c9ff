package engine

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Histories of the engine as text: testdata/*.txt, told in testdata/README.md. Each is replayed here, event by event, and
// what the engine asks of its host has to be what stands there.
//
//	go test ./internal/engine -run Transcripts -update    # writes it anew; commit what you understand

var update = flag.Bool("update", false, "write the asks of testdata/*.txt anew")

func TestTranscriptsAreWhatTheEngineAsks(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			told, err := readTranscript(string(text))
			require.NoError(t, err, path)
			got := told.replay(t)
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
				return
			}
			assert.Equal(t, string(text), got, "%s; -update writes it anew", path)
		})
	}
}

// replay has the engine live through a transcript, and gives the same transcript with what it asked.
func (told *transcript) replay(t *testing.T) string {
	on := newTranscriptHost(t, told)
	var out strings.Builder
	for _, l := range told.lines {
		if l.event == nil {
			out.WriteString(l.text + "\n")
			continue
		}
		out.WriteString("> " + l.text + "\n")
		on.live(l)
		for _, ask := range on.take() {
			out.WriteString("  " + ask + "\n")
		}
	}
	on.end()
	return out.String()
}

func TestTranscriptsThatCannotBeReadSayWhere(t *testing.T) {
	for text, says := range map[string]string{
		"# x\n\nnothing":                 "line 3: what is this?: nothing",
		"> ":                             "line 1: no event",
		"> @1s":                          "line 1: no event",
		"> leave 1 @1s\n> leave 2 @10ms": "line 2: time goes back",
		"> leave 1 @soon":                "line 1: time: invalid duration",
		"page /a depth=1\n  <body>":      "line 1: a page has no depth",
		"\npage /a\n  <body><edge-slot></edge-slot>": "line 2: 1:7: <edge-slot> without a name",
	} {
		_, err := readTranscript(text)
		assert.ErrorContains(t, err, says, text)
	}
}

func FuzzTranscript(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.txt")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		told, err := readTranscript(text)
		if err != nil {
			return
		}
		kept := 0
		for _, l := range told.lines {
			kept += 1 + strings.Count(l.text, "\n")
			if l.event != nil {
				assert.NotEmpty(t, l.event)
				_, _, _ = transcriptAnswer(l.event)
			}
		}
		assert.LessOrEqual(t, kept, 1+strings.Count(text, "\n"), "nothing comes from nowhere")
	})
}
