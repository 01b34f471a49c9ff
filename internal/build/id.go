package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inlay/edge"
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
	rehearsed, err := rehearsed(p)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "// Made by inlay build: which build this is, and the page that is rehearsed.\n\nexport const build = %q;\nexport const rehearsed = %q;\n",
		hex.EncodeToString(digest.Sum(nil)[:8]), rehearsed), nil
}

// rehearsed is a path that the first of the site's pages with slots answers; "/" if none has. What it is called in place of
// parameters, nothing sees but an engine that is thrown away.
func rehearsed(p *project.Project) (string, error) {
	data, err := os.ReadFile(filepath.Join(p.Build(), "pages.bin"))
	if err != nil {
		return "", err
	}
	pages, err := edge.DecodePages(data)
	if err != nil {
		return "", err
	}
	for _, page := range pages {
		if len(page.Slots) > 0 {
			return pathOf(page.Pattern), nil
		}
	}
	return "/", nil
}

// pathOf gives a path for a pattern.
func pathOf(pattern string) string {
	segments := strings.Split(pattern, "/")
	for i, segment := range segments {
		switch {
		case segment == "{$}":
			segments[i] = ""
		case strings.HasPrefix(segment, "{"):
			segments[i] = "x"
		}
	}
	return (&url.URL{Path: strings.Join(segments, "/")}).EscapedPath()
}
