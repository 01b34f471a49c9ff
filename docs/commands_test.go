package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// Every command line that the documentation names, in a block of sh or in a sentence, is in commands, which says how it
// is run.

// commands are command lines without what differs from one reader to the next.
var commands = map[string]func(t *testing.T, line string){
	"./build.sh build":    runs(nil, "core.wasm", "gzipped"),
	"./build.sh core":     by("TestSameToolsMakeTheSameModules"),
	"tools/first-page.sh": runs([]string{"--warm"}, "s from git clone to the first page"),
	"./build.sh help":     runs(nil, "usage: ./build.sh"),
	"./build.sh dev":      by("TestDevAnswersAsTheDocumentationSays"),
	"./build.sh dev --var INLAY_TOKEN:" + adminToken: by("TestDevAnswersAsTheDocumentationSays"),
	"inlay dev":                      by("TestASiteThatIsBeingWritten"),
	"inlay dev --native":             by("TestASiteThatIsBeingWritten"),
	"go tool inlay dev":              by("TestASiteThatIsBeingWritten"),
	"php -S localhost:3000 shop.php": by("TestWalkInFrontOfASite"),
	"node shop.mjs":                  by("TestWalkInFrontOfASite"),
	"inlay test":                     by("TestWalkInFrontOfASite"),
	"inlay deploy --dry-run":         by("TestWalkInFrontOfASite"),
	"inlay deploy":                   by("TestWalkInFrontOfASite"),
	"curl -N -H 'Sec-Fetch-Dest: document' localhost:8787/": by("TestWalkInFrontOfASite"),
	"curl -sI localhost:8787/":                              by("TestWalkInFrontOfASite"),
	"npm install --save-dev wrangler@latest node@22":        wranglerHas("deploy"),
	"./build.sh serve":                                      by("TestServeAnswersAsTheDocumentationSays"),
	"INLAY_DEV=1 ./build.sh serve":                          by("TestServeAnswersAsTheDocumentationSays"),
	"./build.sh test":                                       by("TestTestCommandRunsTheseTests"),
	"./build.sh deploy":                                     by("TestDryRunOfADeploymentUploadsTheWholeWorker"),
	"./build.sh deploy --dry-run":                           by("TestDryRunOfADeploymentUploadsTheWholeWorker"),
	"./build.sh bench":                                      by("TestShortBenchmarksRun"),
	"./build.sh bench -short":                               by("TestShortBenchmarksRun"),
	"bench/run.sh -parts native":                            by("TestShortBenchmarksRun"),
	"bench/run.sh -parts servers":                           by("TestShortBenchmarksRun"),
	"bench/run.sh -parts workers":                           by("TestShortBenchmarksRun"),
	"bench/run.sh -parts beyond":                            by("TestShortBenchmarksRun"),
	"go -C bench run ./hitratio -traces traces -summary":    by("TestShortBenchmarksRun"),
	"cd bench && go run ./hitratio":                         by("TestShortBenchmarksRun"),
	"go test ./edge -run '^$' -bench WarmPage -cpu 1,2":     runs([]string{"-benchtime", "10x"}, "BenchmarkWarmPage-2"),
	"go test ./edge -bench WarmPage":                        runs([]string{"-run", "^$", "-benchtime", "10x"}, "BenchmarkWarmPage"),
	"go test ./edge -run CasesOfCacheTests -v":              runs(nil, "passed: required 118 of 118"),
	"go test ./internal":                                    runs([]string{"-v"}, "TestTheMapOfTheRoomsIsTrue"),
	"go test -bench 'ParsePage|ReadFragment' ./internal/shell ./internal/markup":           runs([]string{"-run", "^$", "-benchtime", "1x"}, "BenchmarkParsePage", "BenchmarkReadFragment"),
	"go test -bench HeavyShells ./internal/shell":                                          runs([]string{"-run", "^$", "-benchtime", "1x"}, "BenchmarkHeavyShells"),
	"cd edge/difftest && go test -run 'TestShells(KeepTheirSlots|InGo)' -shellcases 60000": by("TestShellsKeepTheirSlots"),
	"cd edge/browsertest && go test ./...":                                                 step("go test: edge/browsertest"),
	"cd edge/browsertest && go run ./screenshots":                                          by("TestPicturesDifferInTheLateFragmentOnly"),
	"go -C edge/difftest test -run Differential -cases 200000 -seed 1":                     runs([]string{"-cases", "60", "-v"}, "60 cases of seed 1"),
	"go -C edge/browsertest test -run WarmAndCold -timeout 60m -cases 10000 -seed 1":       step("go test: edge/browsertest"),
	"go test ./internal/engine -run Transcripts -update":                                   by("TestTranscriptsAreWhatTheEngineAsks"),
	"go test ./worker/e2e -run ListingStalls -v":                                           by("TestListingStallsNoVisitor"),
	"cd edge/otel && go test -run '^$' -bench Warm .":                                      by("BenchmarkWarmPage"),
	"go test ./worker/e2e -run 'Kept|Instance'":                                            by("TestAtMostEightInstancesRunAtOnce"),
	"go test ./internal/engine -run TestEarlyRenewalPays -early.table -v":                  by("TestEarlyRenewalPays"),
	"go test ./internal/engine -run TestWhatExpiresTogether -v":                            by("TestWhatExpiresTogetherIsRenewedApart"),
	"go test .":             by("TestColdPageStreamsAndWarmPageIsWhole"),
	"go -C site test ./...": runs([]string{"-run", "TestNone"}, "inlay/site"),
	"go test ./docs -run ReadmesFigures -update-figures": by("TestReadmesFiguresAreThoseOfResults"),
	"go install ./cmd/inlay":                             by("TestNewSiteIsMadeEditedBuiltServedTestedAndDeployed"),
	"inlay new shop":                                     by("TestNewSiteIsMadeEditedBuiltServedTestedAndDeployed"),
	"cd shop":                                            by("TestNewSiteIsMadeEditedBuiltServedTestedAndDeployed"),
	"openssl rand -hex 32":                               makesToken,
	"npx wrangler login":                                 wranglerHas("login"),
	"npx wrangler secret put INLAY_TOKEN":                wranglerHas("secret", "put"),
	"npx wrangler secret put INLAY_FILL_FIELDS":          wranglerHas("secret", "put"),
	"npx wrangler tail":                                  wranglerHas("tail"),

	"go -C bench test ./native -run TestLoadersInTrouble":    by("TestLoadersInTrouble"),
	"go -C bench test ./native -run '^$' -bench Load":        runs([]string{"-benchtime", "10x"}, "cache=otter/op=miss"),
	"go -C bench test ./native -run '^$' -bench Collect":     runs([]string{"-benchtime", "1x", "-args", "-smoke"}, "cache=freecache"),
	"go test ./cache -run '^$' -bench InvalidateAll":         runs([]string{"-benchtime", "1x"}, "ns/entry"),
	"cd edge/redis && go test -race ./...":                   step("go test -race: $module"),
	"cd edge/redis && go test -run '^$' -bench .":            by("TestStoreIsAPurgeLog"),
	"cd edge/compress && go test -run '^$' -bench Codings .": by("TestCodingsGiveWhatTheyGot"),
	"go test -bench 'BenchmarkOutline' ./internal/shell":     runs([]string{"-run", "^$", "-benchtime", "1x"}, "ns/op"),
	"go test ./cache -run '^$' -bench All":                   runs([]string{"-benchtime", "1x"}, "stall"),

	"go test ./edge/varnishtest -run TestColdPage -args -samples 9 -picture ../../docs/images/esi.svg": by("TestColdPage"),
}

var (
	remark = regexp.MustCompile(`\s+# .*$`)
	// command is how a command begins that stands in a sentence.
	command = regexp.MustCompile(`^(\./build\.sh|php |bench/run\.sh|tools/|npx |node |go (run|test|build|vet|tool|-C)|cd |curl |openssl |[A-Z_]+=\S+ \./build)`)
)

// commandLines are the command lines of a document.
func commandLines(d document) (lines []string) {
	for _, b := range d.blocks {
		if b.language != "sh" {
			continue
		}
		for _, line := range strings.Split(b.text, "\n") {
			if line = strings.TrimSpace(remark.ReplaceAllString(line, "")); line != "" {
				lines = append(lines, line)
			}
		}
	}
	for _, code := range inlineCode.FindAllString(d.prose, -1) {
		if line := strings.Trim(code, "`"); command.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestEveryCommandOfTheDocumentationRuns(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range documents(t) {
		for _, line := range commandLines(d) {
			if seen[line] {
				continue
			}
			seen[line] = true
			if strings.HasPrefix(line, "curl ") && commands[line] == nil {
				assert.Contains(t, curls, line, "%s: what does it claim?", d.path)
				continue
			}
			if name := namedTest.FindStringSubmatch(line); name != nil {
				assert.Regexp(t, `(?m)^func `+name[1], testSources(t), d.path)
				continue
			}
			run := commands[line]
			if !assert.NotNil(t, run, "%s: nothing says how to run %q", d.path, line) {
				continue
			}
			t.Run(line, func(t *testing.T) {
				t.Parallel()
				run(t, line)
			})
		}
	}
	for line := range commands {
		assert.True(t, seen[line], "no document has %q any more", line)
	}
}

// namedTest is a command that runs tests of the Worker by name.
var namedTest = regexp.MustCompile(`^go test \./worker/e2e -run (Test\w+) -v$`)

// runs runs a line with arguments that make it short, and holds that it prints each of what it claims.
func runs(more []string, claims ...string) func(*testing.T, string) {
	return func(t *testing.T, line string) {
		output := harness.Shell(t, line+" "+quoted(more))
		for _, claim := range claims {
			assert.Contains(t, output, claim)
		}
	}
}

func quoted(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return "'" + strings.Join(args, "' '") + "'"
}

// by says that a test runs the line.
func by(name string) func(*testing.T, string) {
	return func(t *testing.T, _ string) { assert.Contains(t, testSources(t), "\nfunc "+name+"(") }
}

// step says that the line is a step of ./build.sh test, under a label.
func step(label string) func(*testing.T, string) {
	return func(t *testing.T, _ string) {
		steps, err := os.ReadFile("tools/test.sh")
		require.NoError(t, err)
		assert.Contains(t, string(steps), `check "`+label+`"`)
	}
}

// testSources are all tests of the project.
func testSources(t *testing.T) string {
	t.Helper()
	var all bytes.Buffer
	for _, path := range harness.Files(t, "_test.go") {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		all.Write(source)
	}
	return all.String()
}

func makesToken(t *testing.T, line string) {
	token := strings.TrimSpace(harness.Shell(t, line))
	config, err := harness.ParseConfig(map[string]string{"INLAY_TOKEN": token})
	require.NoError(t, err)
	assert.Equal(t, token, config.Token)
}

// wranglerHas holds that wrangler has a command, which itself needs an account. As npx does, it puts the programs that npm
// brought first.
func wranglerHas(names ...string) func(*testing.T, string) {
	return func(t *testing.T, _ string) {
		bin, err := filepath.Abs("node_modules/.bin")
		require.NoError(t, err)
		output := harness.Shell(t, "PATH="+bin+":$PATH WRANGLER_SEND_METRICS=false wrangler "+strings.Join(names, " ")+" --help")
		assert.Contains(t, output, "wrangler "+strings.Join(names, " "))
	}
}

func TestCommandsOfBuildAreInItsHelp(t *testing.T) {
	help := harness.Shell(t, "./build.sh help")
	for line := range commands {
		if name := regexp.MustCompile(`\./build\.sh ([a-z]+)`).FindStringSubmatch(line); name != nil {
			assert.Regexp(t, `(?m)^  `+name[1]+`\b`, help)
		}
	}
}

// ./build.sh test cannot be run by what it runs.
func TestTestCommandRunsTheseTests(t *testing.T) {
	for path, want := range map[string]string{
		".ci/run":       "exec ./build.sh test\n",
		"build.sh":      "\ntest) test_all ;;\n",
		"tools/test.sh": "go test -race -timeout 30m -count=1 -p 1 . ./docs ./worker/e2e\n",
	} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Contains(t, string(text), want)
	}
}

func TestDryRunOfADeploymentUploadsTheWholeWorker(t *testing.T) {
	t.Parallel()
	output := harness.Shell(t, "./build.sh deploy --dry-run")
	for _, module := range []string{"core.wasm", "app.wasm", "pages.bin", "exchange.mjs"} {
		assert.Contains(t, output, module)
	}
}

// Not beside others: what it runs takes all cores, and other tests measure time.
func TestShortBenchmarksRun(t *testing.T) {
	before, err := os.ReadFile("bench/RESULTS.md")
	require.NoError(t, err)
	output := harness.Shell(t, "./build.sh bench -short")
	for _, part := range []string{"mean sized", "op=get", "B/entry", "BenchmarkWarmPage-2", "BenchmarkFirstByteOfAColdPage", "beside nginx", "stampede: ", "beyond: ", "BenchmarkPurgeThroughLog"} {
		assert.Contains(t, output, part)
	}
	after, err := os.ReadFile("bench/RESULTS.md")
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after), "the results stay as they are")
}
