package folder

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// NotFound is 404.html of a folder of pages without its first line; empty if there is none, or if it is the page of a
// pattern that its first line says.
func NotFound(fsys fs.FS) (string, error) {
	root := Root(fsys)
	entries, err := fs.ReadDir(fsys, root)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if !strings.EqualFold(e.Name(), NotFoundFile) || !e.Type().IsRegular() {
			continue
		}
		data, err := fs.ReadFile(fsys, path.Join(root, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		text := string(data)
		c, found := Line(text)
		switch {
		case err != nil:
			return "", err
		case !found || c.End < 0:
			return text, nil
		case strings.Trim(text[min(c.From+len(Word), c.To):c.To], Space) != "":
			return "", nil
		}
		return text[Shell(text, c):], nil
	}
	return "", nil
}
