package build

import (
	"regexp"
	"strings"

	"inlay/internal/project"
)

// exportsAll is an entry that hands on whatever inlay's has.
var exportsAll = regexp.MustCompile(`(?m)^\s*export\s*\*\s*from\s*["']\./worker\.mjs["']`)

// checkClasses tells of classes of inlay's that wrangler.toml binds and the Worker's entry does not export: the runtime would
// refuse the Worker, with a word that says nothing of why.
func checkClasses(p *project.Project, entry module, everywhere bool) error {
	var missing []string
	for _, class := range p.Wrangler.Classes(everywhere) {
		if !regexp.MustCompile(`\b`+class+`\b`).Match(entry.data) && !exportsAll.Match(entry.data) {
			missing = append(missing, class)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	names := strings.Join(missing, ", ")
	return Problems{{File: entry.from, Msg: "the entry of the Worker has to export " + names + `, for a Durable Object that is bound: export { default, ` + names + ` } from "./worker.mjs"`}}
}
