package shell

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/markup"
	"inlay/internal/page"
)

// urlAttributes hold a URL, or several.
const urlAttributes = " href src action formaction poster cite data background longdesc ping manifest srcset imagesrcset usemap lowsrc dynsrc codebase" +
	" classid archive profile icon hx-get hx-post hx-put hx-patch hx-delete "

// animations are elements of SVG that can give another one its href.
const animations = " set animate animatetransform animatemotion animatecolor "

// placeOf says how a parameter is written in an attribute's value in quotes, or why none may stand there: the value is code, or
// decides how something else is read.
func placeOf(t *markup.Token, name string) (why string, as page.InsertAs) {
	has := func(list, name string) bool { return strings.Contains(list, " "+name+" ") }
	switch {
	case strings.HasPrefix(name, "on"), strings.HasPrefix(name, "hx-on"), strings.HasPrefix(name, "@"), strings.HasPrefix(name, ":"),
		strings.HasPrefix(name, "v-"), strings.HasPrefix(name, "x-"), strings.HasPrefix(name, "ng-"), name == "hx-vars", name == "hx-vals":
		return "in " + name + ", which is code", 0
	case name == "style":
		return "in style, which is code", 0
	case name == "srcdoc":
		return "in srcdoc, which is a page of its own", 0
	case name == "type" && (t.Name == "script" || t.Name == "input"), name == "is",
		t.Name == "template", t.Name == "annotation-xml", t.Name == "meta" && (name == "charset" || name == "http-equiv"):
		return "in " + name + ", which decides what the element is", 0
	case t.Name == "meta" && name == "content":
		if _, ok := t.Attr("http-equiv"); ok {
			return "in what a <meta http-equiv> says", 0
		}
	case has(urlAttributes, name), strings.HasSuffix(name, ":href"),
		has(animations, t.Name) && has(" to from by values ", name):
		return "", page.AsURL
	}
	return "", page.AsValue
}

// urlTrouble says where in a URL a parameter may not stand, of which before and after are the rest of the attribute; empty if it
// may. It must not decide which scheme the URL has, nor which host. Percent-encoded as it is, it cannot bring a colon or a slash
// of its own.
func urlTrouble(attribute, before, after string) string {
	before, unknown := markup.DecodeReferences(before)
	after, _ = markup.DecodeReferences(after)
	if unknown != "" {
		return "behind the character reference " + ascii.Shorten(unknown) + " in a URL"
	}
	const space = " \t\r\n\f"
	switch {
	case strings.HasSuffix(attribute, "srcset"):
		before = before[strings.LastIndexAny(before, space+",")+1:]
	case attribute == "ping" || attribute == "archive":
		before = before[strings.LastIndexAny(before, space)+1:]
	case attribute == "values":
		before = before[strings.LastIndexByte(before, ';')+1:]
	}
	before = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(before) // so do browsers
	before = strings.TrimLeftFunc(before, func(r rune) bool { return r <= ' ' })
	end := strings.IndexAny(before, ":/?#\\")
	switch {
	case end >= 0 && before[end] == ':':
		scheme := ascii.ToLower(before[:end])
		rest := before[end+1:]
		switch scheme {
		case "mailto", "tel", "sms":
			return ""
		case "javascript", "vbscript", "data", "blob", "about", "view-source":
			return "in a URL of " + scheme + ":"
		}
		return hostTrouble(rest)
	case end < 0:
		if i := strings.IndexAny(after, ":/?#\\"); i >= 0 && after[i] == ':' {
			return "in the scheme of a URL"
		}
	case strings.Trim(before[:min(2, len(before))], `/\`) == "" && len(before) > 1:
		return hostTrouble(before)
	}
	return ""
}

// hostTrouble is about what stands behind the scheme of a URL.
func hostTrouble(s string) string {
	host := strings.TrimLeft(s, `/\`)
	if host == "" || !strings.ContainsAny(host, `/\?#`) {
		return "in the host of a URL"
	}
	return ""
}
