package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"inlay/internal/project"
)

// IDModule is the module that says which build the Worker is of: what one
// build has put into a data centre's cache or into KV, no other finds there.
const IDModule = "build-id.mjs"

// idModule makes IDModule: a digest of all other modules, by name and content,
// so that a build that uploads the same is the same.
func idModule(p *project.Project, all []module) ([]byte, error) {
	names := make([]string, len(all))
	data := map[string][]byte{}
	for i, m := range all {
		names[i], data[m.name] = m.name, m.data
	}
	slices.Sort(names)
	digest := sha256.New()
	for _, name := range names {
		if name == IDModule {
			continue
		}
		content := data[name]
		if content == nil { // another step has made it
			var err error
			if content, err = os.ReadFile(filepath.Join(p.Build(), name)); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(digest, "%s\x00%d\x00", name, len(content))
		digest.Write(content)
	}
	return fmt.Appendf(nil, "// Made by inlay build: which build this is.\n\nexport const build = %q;\n", hex.EncodeToString(digest.Sum(nil)[:8])), nil
}
