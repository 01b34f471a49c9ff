package markup

import (
	"strings"

	"inlay/internal/ascii"
)

// isQuirky tells whether a doctype, from its < to its >, puts a document into quirks mode, in which a table does not end the
// paragraph that it stands in (HTML standard, sections 13.2.5.53 to 13.2.5.67 for how it is read, 13.2.6.4.1 for what it
// means).
func isQuirky(doctype string) bool {
	name, public, system, forced := readDoctype(doctype)
	switch {
	case forced, name != "html":
		return true
	case public != nil:
		id := ascii.ToLower(*public)
		switch id {
		case "-//w3o//dtd w3 html strict 3.0//en//", "-/w3c/dtd html 4.0 transitional/en", "html":
			return true
		}
		for _, prefix := range quirkyPublic {
			if strings.HasPrefix(id, prefix) {
				return true
			}
		}
		if system == nil && (strings.HasPrefix(id, "-//w3c//dtd html 4.01 frameset//") || strings.HasPrefix(id, "-//w3c//dtd html 4.01 transitional//")) {
			return true
		}
	}
	return system != nil && ascii.ToLower(*system) == "http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd"
}

// quirkyPublic are how the public identifiers begin that mean quirks mode, in lower case.
var quirkyPublic = []string{
	"+//silmaril//dtd html pro v0r11 19970101//",
	"-//as//dtd html 3.0 aswedit + extensions//",
	"-//advasoft ltd//dtd html 3.0 aswedit + extensions//",
	"-//ietf//dtd html 2.0 level 1//",
	"-//ietf//dtd html 2.0 level 2//",
	"-//ietf//dtd html 2.0 strict level 1//",
	"-//ietf//dtd html 2.0 strict level 2//",
	"-//ietf//dtd html 2.0 strict//",
	"-//ietf//dtd html 2.0//",
	"-//ietf//dtd html 2.1e//",
	"-//ietf//dtd html 3.0//",
	"-//ietf//dtd html 3.2 final//",
	"-//ietf//dtd html 3.2//",
	"-//ietf//dtd html 3//",
	"-//ietf//dtd html level 0//",
	"-//ietf//dtd html level 1//",
	"-//ietf//dtd html level 2//",
	"-//ietf//dtd html level 3//",
	"-//ietf//dtd html strict level 0//",
	"-//ietf//dtd html strict level 1//",
	"-//ietf//dtd html strict level 2//",
	"-//ietf//dtd html strict level 3//",
	"-//ietf//dtd html strict//",
	"-//ietf//dtd html//",
	"-//metrius//dtd metrius presentational//",
	"-//microsoft//dtd internet explorer 2.0 html strict//",
	"-//microsoft//dtd internet explorer 2.0 html//",
	"-//microsoft//dtd internet explorer 2.0 tables//",
	"-//microsoft//dtd internet explorer 3.0 html strict//",
	"-//microsoft//dtd internet explorer 3.0 html//",
	"-//microsoft//dtd internet explorer 3.0 tables//",
	"-//netscape comm. corp.//dtd html//",
	"-//netscape comm. corp.//dtd strict html//",
	"-//o'reilly and associates//dtd html 2.0//",
	"-//o'reilly and associates//dtd html extended 1.0//",
	"-//o'reilly and associates//dtd html extended relaxed 1.0//",
	"-//sq//dtd html 2.0 hotmetal + extensions//",
	"-//softquad software//dtd hotmetal pro 6.0::19990601::extensions to html 4.0//",
	"-//softquad//dtd hotmetal pro 4.0::19971010::extensions to html 4.0//",
	"-//spyglass//dtd html 2.0 extended//",
	"-//sun microsystems corp.//dtd hotjava html//",
	"-//sun microsystems corp.//dtd hotjava strict html//",
	"-//w3c//dtd html 3 1995-03-24//",
	"-//w3c//dtd html 3.2 draft//",
	"-//w3c//dtd html 3.2 final//",
	"-//w3c//dtd html 3.2//",
	"-//w3c//dtd html 3.2s draft//",
	"-//w3c//dtd html 4.0 frameset//",
	"-//w3c//dtd html 4.0 transitional//",
	"-//w3c//dtd html experimental 19960712//",
	"-//w3c//dtd html experimental 970421//",
	"-//w3c//dtd w3 html//",
	"-//w3o//dtd w3 html 3.0//",
	"-//webtechs//dtd mozilla html 2.0//",
	"-//webtechs//dtd mozilla html//",
}

// readDoctype takes a doctype apart. An identifier that is missing is nil; forced: it is so broken that it means quirks mode.
func readDoctype(doctype string) (name string, public, system *string, forced bool) {
	const begin = "<!doctype"
	s := doctype[len(begin) : len(doctype)-1]
	s = trimHTMLSpace(s)
	n := 0
	for n < len(s) && !isSpace(s[n]) {
		n++
	}
	name = ascii.ToLower(s[:n])
	if name == "" {
		return name, nil, nil, true
	}
	s = trimHTMLSpace(s[n:])
	switch {
	case s == "":
	case hasPrefixFold(s, "public"):
		if public, s = doctypeIdentifier(s[len("public"):]); public == nil || s == unclosedIdentifier {
			return name, public, nil, true
		}
		if s = trimHTMLSpace(s); s == "" {
			return name, public, nil, false
		}
		if system, s = doctypeIdentifier(s); system == nil || s == unclosedIdentifier {
			return name, public, system, true
		}
	case hasPrefixFold(s, "system"):
		if system, s = doctypeIdentifier(s[len("system"):]); system == nil || s == unclosedIdentifier {
			return name, nil, system, true
		}
	default:
		return name, nil, nil, true
	}
	return name, public, system, false // what follows the system identifier does not matter
}

// unclosedIdentifier stands for what follows an identifier without its second quote: its > ends the doctype.
const unclosedIdentifier = "\x00"

// doctypeIdentifier reads an identifier in quotes; nil: there is none.
func doctypeIdentifier(s string) (id *string, rest string) {
	s = trimHTMLSpace(s)
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return nil, s
	}
	text, rest, closed := strings.Cut(s[1:], s[:1])
	if !closed {
		return &text, unclosedIdentifier
	}
	return &text, rest
}

func trimHTMLSpace(s string) string { return strings.TrimLeft(s, " \t\n\f\r") }
