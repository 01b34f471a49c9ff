package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed all:files
var files embed.FS

// Options are what a site is to be.
type Options struct {
	// Dir is the site's folder. It is made if it is not there, and has to be empty, but for a .git.
	Dir string
	// NoGo makes a site without Go, whose fragments come from a server.
	NoGo bool
	// Module is the path of the Go module. Empty: as the Worker.
	Module string
	// Inlay is the checkout of inlay that go.mod names: as it is if it is absolute, else as seen from the working directory,
	// and written as seen from Dir. Empty: that of this program, with its whole path.
	Inlay string
}

// Made is what Make has made.
type Made struct {
	Dir    string // absolute
	Worker string // the Worker's name
	Module string // of Go; empty without
	Files  []string
}

// values are what templates know.
type values struct {
	Worker, Module, GoVersion string
	Go                        bool
	Checkout                  string // inlay's, as go.mod names it
}

// Make makes a site. Nothing is written if anything in the options is wrong.
func Make(o Options) (*Made, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := vacant(dir, o.Dir); err != nil {
		return nil, err
	}
	made := &Made{Dir: dir}
	if made.Worker, err = workerName(filepath.Base(dir)); err != nil {
		return nil, err
	}
	v := values{Worker: made.Worker, Go: !o.NoGo, GoVersion: "stable"}
	all := map[string][]byte{}
	from := []string{"files/any", "files/site"}
	switch {
	case o.NoGo && (o.Module != "" || o.Inlay != ""):
		return nil, errors.New("a site without Go has no module, and needs no checkout of inlay")
	case o.NoGo:
		from = append(from, "files/server")
	default:
		if made.Module, err = moduleName(o.Module, made.Worker); err != nil {
			return nil, err
		}
		checkout, err := findCheckout(o.Inlay, dir)
		if err != nil {
			return nil, err
		}
		v.Module, v.Checkout, v.GoVersion = made.Module, checkout.shown, checkout.goVersion
		all["go.mod"], all["go.sum"] = checkout.goMod(made.Module), checkout.goSum
	}
	for _, root := range from {
		if err := v.render(all, root); err != nil {
			return nil, err
		}
	}
	made.Files, err = write(dir, all)
	return made, err
}

// vacant says why a site cannot be made in a folder.
func vacant(dir, shown string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is a file; choose another folder", shown)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != ".git" {
			return fmt.Errorf("%s is not empty, there is %s in it; choose another folder, or empty it", shown, e.Name())
		}
	}
	return nil
}

// render adds the files of a folder of files/. A site without Go takes no Go from them.
func (v *values) render(all map[string][]byte, root string) error {
	return fs.WalkDir(files, root, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !v.Go && path.Ext(name) == ".go" {
			return err
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		segments := strings.Split(strings.TrimPrefix(name, root+"/"), "/")
		for i, s := range segments {
			if rest, ok := strings.CutPrefix(s, "dot."); ok {
				segments[i] = "." + rest
			}
		}
		target, isTemplate := strings.CutSuffix(strings.Join(segments, "/"), ".tmpl")
		if isTemplate {
			t, err := template.New(name).Delims("[[", "]]").Funcs(template.FuncMap{"shell": ShellQuote}).Parse(string(text))
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if err := t.Execute(&b, v); err != nil {
				return err
			}
			text = b.Bytes()
		}
		all[target] = text
		return nil
	})
}

// ShellQuote makes one word for a shell of a text.
func ShellQuote(s string) string {
	for _, c := range s {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./", c) {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return s
}
