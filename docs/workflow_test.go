package docs_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"inlay/worker/e2e/harness"
)

// docs/deploy/ci.yml: what it runs there is, and what can run here does.

type workflow struct {
	On   map[string]any
	Jobs map[string]workflowJob
}

type workflowJob struct {
	If             string
	Needs          []string
	TimeoutMinutes int `yaml:"timeout-minutes"`
	Environment    string
	Env            map[string]string
	Steps          []workflowStep
}

type workflowStep struct {
	Name, Uses, Run string
	With            map[string]string
	Env             map[string]string
}

func readWorkflow(t *testing.T) workflow {
	t.Helper()
	file, err := os.Open("docs/deploy/ci.yml")
	require.NoError(t, err)
	defer file.Close()
	var w workflow
	require.NoError(t, yaml.NewDecoder(file).Decode(&w))
	return w
}

func TestWorkflowRunsWhatThereIs(t *testing.T) {
	t.Parallel()
	path, err := program()
	require.NoError(t, err)
	w := readWorkflow(t)
	for name, job := range w.Jobs {
		assert.NotZero(t, job.TimeoutMinutes, name)
		for _, needed := range job.Needs {
			assert.Contains(t, w.Jobs, needed)
		}
		for _, step := range job.Steps {
			if step.Uses != "" {
				assert.Regexp(t, `^actions/(checkout|setup-go|setup-node)@v\d+$`, step.Uses)
				continue
			}
			assert.NotContains(t, step.Run, "${{", "what comes from outside is a variable, or it is run as a part of the script")
			for line := range strings.Lines(step.Run) {
				line = regexp.MustCompile(`\s*>\S+$`).ReplaceAllString(strings.TrimSpace(line), "")
				words := strings.Fields(line)
				switch {
				case strings.HasPrefix(line, "npx wrangler "):
					wranglerTakes(t, regexp.MustCompile(`"[^"]*"`).ReplaceAllString(line, "X"))
					assert.True(t, has(job, step, "CLOUDFLARE_API_TOKEN") && has(job, step, "CLOUDFLARE_ACCOUNT_ID"), line)
				case strings.HasPrefix(line, "go tool inlay "):
					help, err := exec.Command(path, "help", words[3]).Output()
					require.NoError(t, err, line)
					for _, word := range words[4:] {
						if strings.HasPrefix(word, "--") {
							assert.Contains(t, string(help), word, line)
						}
					}
					dry := slices.Contains(words, "--dry-run")
					assert.Equal(t, words[3] == "deploy" && !dry, has(job, step, "CLOUDFLARE_API_TOKEN") && job.Env == nil, line)
					assert.Equal(t, slices.Contains([]string{"purge", "stats"}, words[3]), has(job, step, "INLAY_TOKEN"), line)
				default:
					assert.Contains(t, []string{"npm", "git", "url=$(jq", "gh"}, words[0], "%s", line)
				}
			}
		}
	}
	for _, name := range []string{"deploy", "purge"} {
		assert.Equal(t, "production", w.Jobs[name].Environment, "%s has production's secrets", name)
	}
	for _, name := range []string{"preview", "closed"} {
		assert.Contains(t, w.Jobs[name].If, "github.event.pull_request.head.repo.full_name == github.repository", "a fork gets no secrets")
	}
}

func has(job workflowJob, step workflowStep, name string) bool {
	return job.Env[name] != "" || step.Env[name] != ""
}

// The job that tests, as it runs there, on a new site; of what it uploads, only the dry run.
func TestWorkflowsStepsRun(t *testing.T) {
	t.Parallel()
	shop := newSite(t, "--inlay", mustAbs(t, "."))
	output := ""
	for _, step := range readWorkflow(t).Jobs["test"].Steps {
		if strings.HasPrefix(step.Run, "go tool inlay ") {
			cmd := exec.Command("sh", "-ec", step.Run)
			cmd.Dir = shop
			cmd.Env = append(harness.Environ(), "CI=true", "GOFLAGS=", "GOPROXY=off", "PATH="+mustAbs(t, "node_modules/node/bin")+":"+os.Getenv("PATH"))
			said, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s\n%s", step.Run, said)
			output += string(said)
		}
	}
	assert.Contains(t, output, "go vet")
	assert.Contains(t, output, "app.wasm")
	assert.Contains(t, output, `env.INLAY_SIE ("1d")`, "the environment's variables")
	assert.NotContains(t, output, "WARNING")
	assert.NotContains(t, output, "Multiple environments")
}

// A site that inlay new made has the command as a tool of its module.
func TestSiteHasTheTool(t *testing.T) {
	t.Parallel()
	runIn(t, newSite(t, "--inlay", mustAbs(t, ".")), "go tool inlay version", "GOFLAGS=", "GOPROXY=off")
}
