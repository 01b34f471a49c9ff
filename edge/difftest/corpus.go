package difftest

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	_ "golang.org/x/net/html" // for the data beside it
)

// HTML5Lib are the inputs of html5lib-tests (https://github.com/html5lib/html5lib-tests, MIT licence), as the module
// golang.org/x/net has them beside its parser: of the tree construction and of the tokenizer. Nothing of them is in this
// repository.
func HTML5Lib() ([]string, error) {
	dir, err := moduleDir("golang.org/x/net")
	if err != nil {
		return nil, err
	}
	var all []string
	root := filepath.Join(dir, "html/testdata")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch filepath.Ext(path) {
		case ".dat":
			all = append(all, treeInputs(string(text))...)
		case ".test":
			inputs, err := tokenInputs(text)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			all = append(all, inputs...)
		}
		return nil
	})
	if err == nil && len(all) < 5000 {
		err = fmt.Errorf("%s has %d inputs of html5lib; there used to be more than 5000", root, len(all))
	}
	return all, err
}

func moduleDir(module string) (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
		return dir, nil
	}
	return "", fmt.Errorf("go list -m %s: %w", module, err)
}

// treeInputs are the #data of a file of tree construction tests.
func treeInputs(text string) (all []string) {
	for _, test := range strings.Split("\n"+text, "\n#data\n")[1:] {
		if data, _, ok := strings.Cut(test, "\n#errors"); ok {
			all = append(all, data)
		}
	}
	return all
}

// tokenInputs are the inputs of a file of tokenizer tests.
func tokenInputs(text []byte) ([]string, error) {
	var file struct {
		Tests, XMLViolationTests []struct {
			Input         string
			DoubleEscaped bool
			LastStartTag  string
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	var all []string
	for _, test := range append(file.Tests, file.XMLViolationTests...) {
		input := test.Input
		if test.DoubleEscaped {
			unescaped, err := strconv.Unquote(`"` + strings.ReplaceAll(input, `"`, `\"`) + `"`)
			if err != nil {
				continue // half a surrogate pair, which UTF-8 does not have
			}
			input = unescaped
		}
		if test.LastStartTag != "" {
			input = "<" + test.LastStartTag + ">" + input
		}
		if utf8.ValidString(input) {
			all = append(all, input)
		}
	}
	return all, nil
}

// ofTemplate is what a template of html/template has in it, which is no HTML.
var ofTemplate = regexp.MustCompile(`\{\{-?\s*(define|template|block|if|range|with|end|\.|\$)`)

// Documents are real pages that every machine with Go and this project's modules has: the language's specification and
// its like in GOROOT, the pages of Go's tools, and golang.org/x/net's copy of go1.html. With dirs, all of their HTML files,
// up to limit.
func Documents(limit int, dirs ...string) ([]string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	net, err := moduleDir("golang.org/x/net")
	if err != nil {
		return nil, err
	}
	goroot := strings.TrimSpace(string(out))
	dirs = append([]string{filepath.Join(goroot, "doc"), filepath.Join(goroot, "misc"), filepath.Join(goroot, "src/cmd/vendor"), filepath.Join(net, "html/testdata/go1.html")}, dirs...)
	var all []string
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".html" || len(all) >= limit {
				return err
			}
			text, err := os.ReadFile(path)
			if err == nil && utf8.Valid(text) && !ofTemplate.Match(text) {
				all = append(all, string(text))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Cut is an element of a real page as a case: the element is the fragment, and its place is that in the page.
func Cut(document string, s Subtree) Case {
	units := utf16.Encode([]rune(document))
	var b strings.Builder
	b.WriteString("<!doctype html>")
	for _, name := range s.Around {
		b.WriteString("<" + name + ">")
		if name == "html" {
			b.WriteString("<head><title>t</title></head>")
		}
	}
	b.WriteString(slotOf("sa", "/0", ""))
	for i := len(s.Around) - 1; i >= 0; i-- {
		b.WriteString("</" + s.Around[i] + ">")
	}
	shell := b.String()
	if len(s.Around) > 1 && s.Around[1] == "head" {
		shell = "<!doctype html><html><head>" + slotOf("sa", "/0", "") + "</head><body></body></html>"
	}
	return Case{
		Kind: "real markup", Place: "real: " + s.Around[len(s.Around)-1],
		Shell: shell, Fragments: []string{string(utf16.Decode(units[s.From:s.To]))},
	}
}

// Mutated is a fragment with a few pieces left out, doubled, exchanged or put in from another.
func Mutated(r *rand.Rand, fragment string, from []string) string {
	all := pieces.FindAllString(fragment, -1)
	for range 1 + r.IntN(4) {
		if len(all) == 0 {
			break
		}
		at := r.IntN(len(all))
		switch r.IntN(5) {
		case 0:
			all = append(all[:at:at], all[at+1:]...)
		case 1:
			all = append(all[:at+1:at+1], all[at:]...)
		case 2:
			other := r.IntN(len(all))
			all[at], all[other] = all[other], all[at]
		default:
			donor := pieces.FindAllString(pick(r, from), -1)
			if len(donor) == 0 {
				continue
			}
			start := r.IntN(len(donor))
			end := min(len(donor), start+1+r.IntN(3))
			all = append(all[:at:at], append(append([]string(nil), donor[start:end]...), all[at:]...)...)
		}
	}
	return strings.Join(all, "")
}
