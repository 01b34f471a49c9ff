package folder

import (
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"inlay/internal/ascii"
	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/shell"
)

// Read reads a folder of pages, as [inlay/edge.ReadPages] tells. The error is [Errors], or that of the file system if the
// folder itself cannot be read.
func Read(fsys fs.FS) ([]page.Page, error) {
	root := Root(fsys)
	if _, err := fs.ReadDir(fsys, root); err != nil {
		return nil, errors.New("the folder of pages cannot be read: " + err.Error())
	}
	d := directory{fsys: fsys, root: root}
	d.folder(root)
	d.applyHeaders()
	d.conflicts()
	d.buckets()
	if len(d.errors) > 0 {
		return nil, d.inOrder()
	}
	pages := make([]page.Page, len(d.pages))
	for i := range d.pages {
		pages[i] = d.pages[i].page
	}
	for i := range d.shown {
		pages = append(pages, d.shown[i].page)
	}
	return pages, nil
}

// directory is a folder of pages that is being read.
type directory struct {
	fsys    fs.FS
	root    string
	pages   []filePage
	shown   []filePage // with a status: 404.html, 5xx.html
	errors  Errors
	files   []string // in the order in which they were read
	headers []headerRule
	// headersFile is where they are from.
	headersFile string
}

// filePage is a page, and where it is from.
type filePage struct {
	file    string
	page    page.Page
	pattern route.Pattern
	text    string // the file's
	at      int    // where in it the pattern stands; -1: its name says it
	control bool   // it says its own Cache-Control
}

func (d *directory) fail(file, found, expected string) {
	d.errors = append(d.errors, &Error{File: file, Msg: found + "; expected " + expected})
}

// inOrder gives the errors in the order of the files, and by line in each.
func (d *directory) inOrder() Errors {
	sorted := make(Errors, 0, len(d.errors))
	for _, file := range d.files {
		from := len(sorted)
		for _, e := range d.errors {
			if e.File != file {
				continue
			}
			at := len(sorted)
			for at > from && (sorted[at-1].Line > e.Line || sorted[at-1].Line == e.Line && sorted[at-1].Col > e.Col) {
				at--
			}
			sorted = append(sorted, nil)
			copy(sorted[at+1:], sorted[at:])
			sorted[at] = e
		}
	}
	return sorted
}

// folder reads a folder and those in it, in the order of their names.
func (d *directory) folder(name string) {
	entries, err := fs.ReadDir(d.fsys, name)
	if err != nil {
		d.fail(name, "a folder that cannot be read ("+reason(err)+")", "one that can, or none")
		return
	}
	for _, entry := range entries {
		d.entry(path.Join(name, entry.Name()), entry)
	}
}

// reason is an error of the file system without the name, which stands before it.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return err.Error()
}

func (d *directory) entry(file string, entry fs.DirEntry) {
	name := entry.Name()
	lower := strings.ToLower(name)
	isPage := strings.HasSuffix(lower, ".html")
	d.files = append(d.files, file)
	switch hidden := name[0] == '.' || name[0] == '_'; {
	case name == HeadersFile && !entry.IsDir():
		if path.Dir(file) != d.root {
			d.fail(file, "a _headers that is not directly in the folder of pages", "one file for all pages, in which /"+path.Base(path.Dir(file))+"/* stands for those here")
			return
		}
	case strings.HasPrefix(lower, "_header"), lower == "_redirects":
		expected := "the name _headers for header fields"
		if lower == "_redirects" {
			expected = "redirects in a handler, or in _redirects of the static files"
		}
		d.fail(file, "a file that nothing reads", expected)
		return
	case hidden:
		return
	case lower == ".htm" || strings.HasSuffix(lower, ".htm"), strings.HasSuffix(lower, ".xhtml"):
		d.fail(file, "a page by another name", "one that ends in .html")
		return
	case entry.Type()&fs.ModeSymlink != 0:
		if isPage || d.isFolder(file) {
			d.fail(file, "a symbolic link, which go:embed leaves out", "the file itself")
		}
		return
	case !isPage && !entry.IsDir():
		return
	}
	if why := notEmbedded(name); why != "" {
		d.fail(file, "a name with "+why+", which go:embed leaves out", "another name; a first line such as <!-- inlay: /path --> gives any pattern")
		return
	}
	switch {
	case entry.IsDir():
		d.folder(file)
	case !entry.Type().IsRegular():
		d.fail(file, "neither a file nor a folder", "a file")
	default:
		d.file(file)
	}
}

func (d *directory) isFolder(file string) bool {
	info, err := fs.Stat(d.fsys, file)
	return err == nil && info.IsDir()
}

// file reads a page or _headers.
func (d *directory) file(file string) {
	data, err := fs.ReadFile(d.fsys, file)
	if err != nil {
		d.fail(file, "a file that cannot be read ("+reason(err)+")", "one that can")
		return
	}
	text := string(data)
	switch found := notText(text); {
	case found != "":
		d.fail(file, found, "text in UTF-8")
	case file == path.Join(d.root, HeadersFile):
		d.readHeaders(file, text)
	default:
		d.readPage(file, text)
	}
}

// notText says what else than UTF-8 a file begins with, by its byte order mark.
func notText(s string) string {
	for _, mark := range [...]string{"\xFF\xFE", "\xFE\xFF"} {
		if strings.HasPrefix(s, mark) {
			return "text in UTF-16"
		}
	}
	return ""
}

// readPage reads a shell and what its first line says.
func (d *directory) readPage(file, text string) {
	line, errs := readPageLine(text)
	for _, e := range errs {
		e.File = file
		d.errors = append(d.errors, e)
	}
	if len(errs) > 0 {
		return // the shell depends on the pattern
	}
	p := filePage{file: file, control: line.control != "", at: line.at}
	if line.pattern == "" {
		relative := strings.TrimPrefix(file, d.root+"/")
		if status := StatusOf(relative); status != "" {
			d.readShown(file, status, text, &line)
			return
		}
		switch name := strings.ToLower(path.Base(file)); name {
		case NotFoundFile, "4xx.html", "5xx.html":
			d.fail(file, "a "+name+" that is not directly in the folder of pages", "one for all, or a pattern in its first line")
			return
		}
		line.pattern, p.at = patternOfFile(relative), -1
	}
	p.text = text
	var err error
	if p.pattern, err = route.ParsePattern(line.pattern); err != nil {
		d.errorAt(&p, err.Error())
		return
	}
	if isEmptyShell(text[line.end:]) {
		d.fail(file, "an empty file", "the HTML of the page "+ascii.Shorten(line.pattern))
		return
	}
	if p.page, err = parseFrom(line.pattern, text, line.end); err != nil {
		found := &shell.Error{Msg: err.Error()}
		errors.As(err, &found)
		d.errors = append(d.errors, &Error{File: file, Line: found.Line, Col: found.Col, Msg: found.Msg})
		return
	}
	p.page.Mode, p.page.Patience, p.page.Preload, p.page.CacheControl = line.mode, line.patience, line.preload, line.control
	d.pages = append(d.pages, p)
}

// errorAt is an error about the pattern of a page: where it stands, or of the file whose name it is.
func (d *directory) errorAt(p *filePage, msg string) {
	e := errorIn(p.text, p.at, msg)
	e.File = p.file
	d.errors = append(d.errors, e)
}

// readShown checks what is shown with a status: a shell without slots, since nothing fills them.
func (d *directory) readShown(file, status, text string, line *pageLine) {
	name := strings.ToLower(path.Base(file))
	if line.mode != page.Auto || line.patience != 0 || line.preload || line.control != "" {
		d.fail(file, "a policy in the first line of "+name, "none: it is sent as it is, and nobody may store it")
		return
	}
	if isEmptyShell(text[line.end:]) {
		when := "where there is no page"
		if status != page.NotFound {
			when = "with " + status
		}
		d.fail(file, "an empty file", "the HTML of what is shown "+when)
		return
	}
	parsed, err := parseFrom(status, text, line.end)
	if err != nil {
		found := &shell.Error{Msg: err.Error()}
		errors.As(err, &found)
		d.errors = append(d.errors, &Error{File: file, Line: found.Line, Col: found.Col, Msg: found.Msg})
		return
	}
	d.shown = append(d.shown, filePage{file: file, page: parsed})
}

func isEmptyShell(s string) bool { return strings.Trim(s, "\uFEFF \t\r\n\f") == "" }

// parseFrom parses the shell that begins at an offset of a file. Lines and columns are those of the file.
func parseFrom(pattern, text string, begin int) (page.Page, error) {
	parsed, err := shell.Parse(pattern, text[begin:])
	if begin == 0 {
		return parsed, err
	}
	if err != nil {
		// The same again, with white space in place of what stands before: browsers pass over it, so the error is the same
		// one, and all positions in it are right.
		blank := []byte(text[:begin])
		for i, c := range blank {
			if c != '\n' && c != '\r' {
				blank[i] = ' '
			}
		}
		if _, again := shell.Parse(pattern, string(blank)+text[begin:]); again != nil {
			err = again
		}
		return parsed, err
	}
	line, _ := lineOf(text, begin)
	for i := range parsed.Slots {
		parsed.Slots[i].Line += line - 1
	}
	return parsed, nil
}

// patternOfFile is the pattern of a page by the name of its file.
func patternOfFile(file string) string {
	segments := strings.Split(file[:len(file)-len(".html")], "/")
	out := ""
	for i, s := range segments {
		if i == len(segments)-1 && strings.EqualFold(s, "index") {
			s = "{$}"
		}
		out += "/" + escapeSegment(s)
	}
	return out
}

// escapeSegment encodes what cannot stand as it is in a pattern. Braces stay, and what they mean.
func escapeSegment(s string) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case ascii.IsControl(c), ascii.InSet(c, "%?# "):
			out = append(out, '%', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// notEmbedded says what of a file's name go:embed does not take; empty if it does. The rule is that of
// golang.org/x/mod/module's CheckFilePath.
func notEmbedded(name string) string {
	if !utf8.ValidString(name) {
		return "bytes that are not UTF-8"
	}
	for _, r := range name {
		switch {
		case r < utf8.RuneSelf && (ascii.IsControl(byte(r)) || ascii.InSet(byte(r), "\"'*<>?`|/\\:;")):
			return ascii.Shorten(string(r))
		case r >= utf8.RuneSelf && !unicode.IsLetter(r):
			return "the character " + strconv.QuoteRuneToASCII(r)
		}
	}
	if name[len(name)-1] == '.' {
		return "a dot at its end"
	}
	short, _, _ := strings.Cut(name, ".")
	if isDevice(short) {
		return "what Windows takes for a device"
	}
	return ""
}

func isDevice(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	port, digit := name[:max(0, len(name)-1)], name[max(0, len(name)-1):]
	return (port == "com" || port == "lpt") && digit >= "1" && digit <= "9"
}

// conflicts refuses pages that the same path would match, neither of them more specific.
func (d *directory) conflicts() {
	for i := range d.pages {
		for j := range d.pages[:i] {
			p, q := &d.pages[i], &d.pages[j]
			if why := p.pattern.Conflict(&q.pattern); why != "" {
				d.errorAt(p, "the patterns of this page and of "+q.file+" conflict: "+why)
			}
		}
	}
}

// buckets refuses pages that share the visitors of a bucket out in different numbers: each would draw a visitor's share anew that
// another has set.
func (d *directory) buckets() {
	type bucket struct{ input, file string }
	seen := map[string]bucket{}
	for i := range d.pages {
		p := &d.pages[i]
		for j := range p.page.Slots {
			slot := &p.page.Slots[j]
			for _, in := range slot.Vary {
				if in.Kind != route.Bucket {
					continue
				}
				name, _ := route.BucketOf(in.Name)
				first, ok := seen[name]
				if !ok {
					seen[name] = bucket{in.Name, p.file}
				} else if first.input != in.Name {
					d.errorAt(p, "bucket:"+in.Name+" of slot "+ascii.Shorten(slot.Name)+" in line "+strconv.Itoa(slot.Line)+" beside bucket:"+first.input+
						" of "+first.file+"; expected the same number: a visitor has one cookie of a name")
				}
			}
		}
	}
}
