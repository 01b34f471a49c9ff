package shell

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slotted puts a slot where SLOT stands.
func slotted(shell string) string {
	return strings.Replace(shell, "SLOT", "<edge-slot name=s src=/s></edge-slot>", 1)
}

func TestDoctypesMeanQuirksModeAsInTheStandard(t *testing.T) {
	const quirks, none = true, false
	for doctype, want := range map[string]bool{
		"":                                             quirks,
		"x<!doctype html>":                             quirks,
		"<html><!doctype html>":                        quirks,
		"<!doctype html>":                              none,
		"<!DOCTYPE HTML>":                              none,
		"<!doctypehtml>":                               none,
		"<!doctype\thtml\n>":                           none,
		" \n<!-- c --><!doctype html>":                 none,
		"<?xml version='1.0'?><!doctype html>":         none,
		"\uFEFF<!doctype html>":                        none,
		"<!doctype>":                                   quirks,
		"<!doctype  >":                                 quirks,
		"<!doctype svg>":                               quirks,
		"<!doctype html5>":                             quirks,
		"<!doctype html x>":                            quirks,
		"<!doctype html public>":                       quirks,
		"<!doctype html public x>":                     quirks,
		"<!doctype html public ''>":                    none,
		"<!doctype html public '' ''>":                 none,
		"<!doctype html public 'x>":                    quirks,
		"<!doctype html public 'x'y>":                  quirks,
		"<!doctype html public 'x' 'y>":                quirks,
		"<!doctype html public'x'\"y\" z>":             none,
		"<!doctype html public 'html'>":                quirks,
		"<!doctype html public 'HTML' 'x'>":            quirks,
		"<!doctype html public 'htm'>":                 none,
		"<!doctype html system>":                       quirks,
		"<!doctype html system ''>":                    none,
		"<!doctype html system 'x' y>":                 none,
		"<!doctype html system 'x>":                    quirks,
		"<!doctype html system 'about:legacy-compat'>": none,
		"<!doctype html system 'http://www.IBM.com/data/dtd/v11/ibmxhtml1-transitional.dtd'>":            quirks,
		"<!doctype html public 'x' 'http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd'>":        quirks,
		"<!doctype html public '-//W3C//DTD HTML 4.01//EN' 'http://www.w3.org/TR/html4/strict.dtd'>":     none,
		"<!doctype html public '-//W3C//DTD HTML 4.01//EN'>":                                             none,
		"<!doctype html public '-//W3C//DTD HTML 4.01 Transitional//EN'>":                                quirks,
		"<!doctype html public '-//W3C//DTD HTML 4.01 Transitional//EN' ''>":                             none,
		"<!doctype html public '-//W3C//DTD HTML 4.01 Transitional//EN' 'http://www.w3.org/x.dtd'>":      none,
		"<!doctype html public '-//W3C//DTD HTML 4.01 Frameset//EN'>":                                    quirks,
		"<!doctype html public '-//W3C//DTD HTML 4.01 Frameset//EN' 'x'>":                                none,
		"<!doctype html public '-//W3C//DTD XHTML 1.0 Transitional//EN'>":                                none,
		"<!doctype html public '-//W3C//DTD XHTML 1.0 Strict//EN' 'x'>":                                  none,
		"<!doctype html public '-//W3C//DTD HTML 4.0//EN'>":                                              none,
		"<!doctype html public '-//W3C//DTD HTML 4.0 Transitional//EN' 'x'>":                             quirks,
		"<!doctype html public '-//w3c//dtd html 3.2//en'>":                                              quirks,
		"<!doctype html public '-//W3C//DTD HTML 3.2 Final//EN' 'x'>":                                    quirks,
		"<!doctype html public '-//IETF//DTD HTML//EN'>":                                                 quirks,
		"<!doctype html public '-//IETF//DTD HTML 2.0//EN'>":                                             quirks,
		"<!doctype html public '-//W3O//DTD W3 HTML Strict 3.0//EN//'>":                                  quirks,
		"<!doctype html public '-//W3O//DTD W3 HTML Strict 3.0//EN//x'>":                                 none,
		"<!doctype html public '-/W3C/DTD HTML 4.0 Transitional/EN'>":                                    quirks,
		"<!doctype html public \"-//O'Reilly and Associates//DTD HTML Extended Relaxed 1.0//EN\">":       quirks,
		"<!doctype html public '+//Silmaril//DTD HTML Pro v0r11 19970101//'>":                            quirks,
		"<!doctype html public '-//W3C//DTD HTML 4.01//EN'><!doctype html public '-//IETF//DTD HTML//'>": none,
	} {
		page, err := Parse("/", doctype+slotted("<body>SLOT<p>a<table><tr><td>x</table>"))
		require.NoError(t, err, doctype)
		closers := ""
		if want == quirks {
			closers = "</p>"
		}
		assert.Equal(t, closers, page.Closers, doctype)
	}
}

func TestSkeletonsThatBrowsersMoveAreRefused(t *testing.T) {
	const move = "which browsers move out of the table; expected a row or a cell around it"
	const form = "which browsers close at once; expected the form around the table, or in a cell"
	for _, c := range []struct{ around, skeleton, want string }{
		{"<table>", "<form></form>", `<form> in slot "s" directly in <table>, ` + form},
		{"<table><tbody>", "<form>", `<form> in slot "s" directly in <tbody>, ` + form},
		{"<table><tr>", "<form></form>", `<form> in slot "s" directly in <tr>, ` + form},
		{"<table>", "<input>", `<input> in slot "s" directly in <table>, ` + move},
		{"<table><thead>", "<input type=text>", `<input> in slot "s" directly in <thead>, ` + move},
		{"<table><tr>", "<input type=hiddenx>", `<input> in slot "s" directly in <tr>, ` + move},
		{"<table>", "text", `text in slot "s" directly in <table>, ` + move},
		{"<table><tfoot>", " text", `text in slot "s" directly in <tfoot>, ` + move},
		{"<table><tr>", "&nbsp;", `text in slot "s" directly in <tr>, ` + move},
		{"<table>", "<select></select>", `<select> in slot "s" directly in <table>, ` + move},
		{"<table><tr>", "<div>x</div>", `<div> in slot "s" directly in <tr>, ` + move},
		{"<table><tr>", "<b></b>", `<b> in slot "s" directly in <tr>, ` + move},
		{"<table><tr>", "<svg></svg>", `<svg> in slot "s" directly in <tr>, ` + move},
		{"<table><tr>", "<svg/>", `<svg> in slot "s" directly in <tr>, ` + move},
		{"<table><tr>", "<br>", `<br> in slot "s" directly in <tr>, ` + move},
		{"<table><tr>", "<textarea></textarea>", `<textarea> in slot "s" directly in <tr>, ` + move},
		{"<table><tr>", "</br>", `</br> in slot "s" directly in <tr>, ` + move},
		{"<table><colgroup>", "x", `text in slot "s" closes the <colgroup> around it; expected a skeleton or error that closes only what it opens`},
		{"<table><colgroup>", "<form></form>", `<form> in slot "s" closes the <colgroup> around it; expected a skeleton or error that closes only what it opens`},
		{"<table><colgroup>", "<input type=hidden>", `<input> in slot "s" closes the <colgroup> around it; expected a skeleton or error that closes only what it opens`},
		{"<table><colgroup>", "<tr></tr>", `<tr> in slot "s" closes the <colgroup> around it; expected a skeleton or error that closes only what it opens`},
		{"<table><caption>", "<tr></tr>", `<tr> in slot "s" closes the <caption> around it; expected a skeleton or error that closes only what it opens`},
		{"<table>", "<col>", `<col> in slot "s" directly in <table> opens a <colgroup>, which stays open; expected <colgroup> around it, or around the slot`},
		{"<table>", "<table></table>", `<table> in slot "s" closes the <table> around it; expected a skeleton or error that closes only what it opens`},
		{"<select>", "<select></select>", `<select> in slot "s" within another, which it closes; expected </select> before it`},
		{"<select>", "<input>", `<input> in slot "s" closes the <select> around it; expected a skeleton or error that closes only what it opens`},
		{"<select>", "<textarea></textarea>", `<textarea> in slot "s" closes the <select> around it; expected a skeleton or error that closes only what it opens (as browsers with the older rules for <select> read it)`},
		{"<select>", "<edge-error><div>x</div></edge-error>", `the <edge-error> of slot "s" in which <div> at byte 0 cannot stand directly in <select>, where the slot is; begin with <option>; expected markup that every browser reads the same, wherever it stands`},
		{"<select><option>", "<option>x</option>", `<option> in slot "s" closes the <option> around it; expected a skeleton or error that closes only what it opens`},
		{"<select><optgroup>", "<optgroup></optgroup>", `<optgroup> in slot "s" closes the <optgroup> around it; expected a skeleton or error that closes only what it opens`},
		{"<a href=x>", "<a href=y>z</a>", `<a> in slot "s" closes the <a> around it; expected a skeleton or error that closes only what it opens`},
		{"<nobr>", "<nobr></nobr>", `<nobr> in slot "s" closes the <nobr> around it; expected a skeleton or error that closes only what it opens`},
		{"<button>", "<button></button>", `<button> in slot "s" closes the <button> around it; expected a skeleton or error that closes only what it opens`},
		{"<form>", "</form>", `</form> in slot "s" closes the <form> around it; expected a skeleton or error that closes only what it opens`},
		{"<form><div></form>", "<form></form>", ""},
		{"<form></div></form>", "<form></form>", ""},
		{"<h1>", "<h2></h2>", `<h2> in slot "s" closes the <h1> around it; expected a skeleton or error that closes only what it opens`},
		{"<dl><dt>", "<dd>", `<dd> in slot "s" closes the <dt> around it; expected a skeleton or error that closes only what it opens`},
		{"<ruby><rt>", "<rp>x</rp>", `<rp> in slot "s" closes the <rt> around it; expected a skeleton or error that closes only what it opens`},
		{"<ul><li><search>", "<li></li>", `<li> in slot "s" closes the <li> around it in browsers that do not know <search>; expected a list around it`},
		{"<b><b><b>", "<b></b>", `<b> in slot "s" is the fourth of its kind within each other, of which browsers forget the first; expected fewer of them around it`},
		{"", "<!doctype html>", `<!doctype> in slot "s"; expected none within a slot`},

		// What stays where it is.
		{"<table>", "<input type=HIDDEN>", ""},
		{"<table><tr>", "<input type='hidden'><td>x</td>", ""},
		{"<table>", " \n<!-- c -->", ""},
		{"<table><tbody>", "<script>x</script><template>y</template><style></style>", ""},
		{"<table><colgroup>", "<col> <col><template></template>", ""},
		{"<table><caption>", "<p>x</p><table></table>", ""},
		{"<table><tr><td>", "<form><input></form>", ""},
		{"<select>", "<option>x<option>y</option>", ""},
		{"<select>", "<option><img> x</option><edge-error></edge-error>", ""},
		{"<table>", "&#32;&#x0a;&Tab;&NewLine;</>", ""},
		{"<table>", "&#32;&#160;", `text in slot "s" directly in <table>, ` + move},
		{"<select>", "<optgroup><option>x</optgroup><hr>", ""},
		{"<select><optgroup>", "<option>x</option>", ""},
		{"<select><option>", "x", ""},
		{"<ul>", "<li>x</li>", ""},
		{"<ruby>", "<rb>x<rt>y</rt>", ""},
		{"<object>", "<a href=x>y</a>", ""},
		{"<a href=x><object>", "<a href=y>z</a>", ""},
		{"<b><b><b>", "<b class=x></b>", ""},
	} {
		inPatch := map[string]string{
			"<textarea></textarea>":           "<textarea> at byte 0 cannot stand directly in <select>",
			"<div>x</div>":                    "<div> at byte 0 cannot stand directly in <select>",
			"<input type='hidden'><td>x</td>": "text at byte 25 cannot stand directly in <tr>",
			"<rb>x<rt>y</rt>":                 "<rt> at byte 5 would end the <ruby> around the slot",
			"&#32;&#x0a;&Tab;&NewLine;</>":    "text at byte 0 cannot stand directly in <table>",
			"<b class=x></b>":                 "<b> at byte 0 is one of more than three alike",
		}
		if c.around != "<select>" {
			delete(inPatch, "<textarea></textarea>")
			delete(inPatch, "<div>x</div>")
		}
		for _, inError := range []bool{false, true} {
			skeleton := c.skeleton
			if strings.Contains(skeleton, "<edge-error>") && inError {
				continue
			}
			if inError {
				skeleton = "<edge-error>" + skeleton + "</edge-error>"
			}
			_, err := Parse("/", "<!doctype html><body>"+c.around+"<edge-slot name=s src=/s>"+skeleton+"</edge-slot>")
			if want := inPatch[c.skeleton]; inError && want != "" {
				// An error also comes in a patch, and has to be the same there.
				assert.ErrorContains(t, err, "the <edge-error> of slot \"s\" in which "+want, "%s in %s", skeleton, c.around)
				continue
			}
			if c.want == "" {
				assert.NoError(t, err, "%s in %s", skeleton, c.around)
				continue
			}
			if !assert.Error(t, err, "%s in %s", skeleton, c.around) {
				continue
			}
			_, msg, _ := strings.Cut(err.Error(), ": ")
			// Where a rule closes an element that has no end tag, the error may be told of as open.
			assert.Equal(t, c.want, msg, "%s in %s", skeleton, c.around)
		}
	}
}

func TestPlacesWithoutAWayForPatchesAreRefused(t *testing.T) {
	for shell, want := range map[string]string{
		"<frameset>SLOT</frameset>":                          `1:11: <edge-slot> in a page of frames, which has no body for patches; expected a page with <body>`,
		"<frameset></frameset>SLOT":                          `1:22: <edge-slot> in a page of frames, which has no body for patches; expected a page with <body>`,
		"<head>SLOT</head><frameset>":                        `1:51: <frameset>, which leaves no body for patches; expected a page with <body>`,
		"<div>SLOT</div><frameset>":                          `1:49: <frameset>, which leaves no body for patches; expected a page with <body>`,
		"<p>x<frameset>SLOT":                                 ``,
		"<table><b>SLOT":                                     `1:8: <b> with a slot in it directly in a table, which browsers move out of the table; expected a cell around it`,
		"<table><tr><p>SLOT":                                 `1:12: <p> with a slot in it directly in a table, which browsers move out of the table; expected a cell around it`,
		"<table><svg><foreignObject>SLOT":                    `1:13: <foreignobject> with a slot in it directly in a table, which browsers move out of the table; expected a cell around it`,
		"<table><select>SLOT":                                `1:8: <select> with a slot in it directly in a table, which browsers move out of the table; expected a cell around it`,
		"<table>x SLOT":                                      `1:10: text right before <edge-slot> in <table>, which browsers move out of the table; expected a cell around the text, or a comment between it and the slot`,
		"<table>SLOT x":                                      `1:45: text right after </edge-slot> in <table>, which browsers move out of the table; expected a cell around the text, or a comment between it and the slot`,
		"<table>x</>SLOT":                                    `1:12: text right before <edge-slot> in <table>, which browsers move out of the table; expected a cell around the text, or a comment between it and the slot`,
		"<table>SLOT</>x":                                    `1:48: text right after </edge-slot> in <table>, which browsers move out of the table; expected a cell around the text, or a comment between it and the slot`,
		"<head>&#32;SLOT":                                    ``,
		"<table>x<!-- -->SLOT<!-- -->x":                      ``,
		"<template shadowrootmode=open><p>SLOT":              `1:34: <edge-slot> in <template>, where no patch can reach it; expected a slot around the whole template`,
		"<div><template shadowrootmode=closed>SLOT":          `1:38: <edge-slot> in <template>, where no patch can reach it; expected a slot around the whole template`,
		"<noscript>SLOT</noscript>":                          `1:11: <edge-slot> in <noscript>, which is text to browsers that run scripts; expected the slot outside of it`,
		"<noscript><table></noscript>SLOT":                   ``,
		"<noscript><div></noscript>SLOT":                     ``,
		"<head><noscript><img></noscript>SLOT</head><body>":  ``,
		"<form><table><td></form><form>SLOT":                 `1:1: <form> that no end tag closes at the end of the body, so that no patch can go there; expected </form> where the elements in it are closed`,
		"<div><form><table><td></form><form>SLOT":            ``,
		"<div><form><table><td></form>SLOT</table></div>":    ``,
		"<form><table><td>SLOT</form></table>":               `1:1: <form> that no end tag closes at the end of the body, so that no patch can go there; expected </form> where the elements in it are closed`,
		"<em><form><table></form>SLOT":                       `1:5: <form> that no end tag closes at the end of the body, so that no patch can go there; expected </form> where the elements in it are closed`,
		"<svg><foreignObject><b>SLOT</foreignObject>x":       ``,
		"<svg><foreignObject><b><p>SLOT":                     ``,
		"<b><svg><foreignObject></b>SLOT":                    ``,
		"<select><optgroup><optgroup>SLOT":                   ``,
		"<select><optgroup><option>a<optgroup>SLOT</select>": ``,
		"<select><option>SLOT":                               ``,
		"<select><div><option>SLOT</select>x":                ``,
		"<select><title>SLOT</title></select><edge-slot name=t src=/></edge-slot>": `1:16: <edge-slot> that is one only as browsers with the older rules for <select> read it; expected end tags for what is open before it`,
		"<table><colgroup>SLOT</colgroup></table>":                                 ``,
		"<table><caption>SLOT</caption></table>":                                   ``,
		"<object><b>SLOT</object>":                                                 ``,
		"<body></body>SLOT":                                                        `1:14: <edge-slot> after the body; expected </body> after it`,
		"</html>SLOT":                                                              `1:8: <edge-slot> after the body; expected </body> after it`,
		"<html>SLOT":                                                               `1:7: <edge-slot> before the body; expected <body> before it, or <head> around it`,
		"<head></head>SLOT<body>":                                                  `1:14: <edge-slot> before the body; expected <body> before it, or <head> around it`,
	} {
		_, err := Parse("/", slotted(shell))
		if want == "" {
			assert.NoError(t, err, shell)
		} else {
			assert.EqualError(t, err, want, shell)
		}
	}
}

func TestPatchesAreChildrenOfBody(t *testing.T) {
	for shell, want := range map[string]string{
		"<p>a<table><tr><td>x</table>":         "</p>", // quirks: there is no doctype
		"<!doctype html><p>a<table>":           "</table>",
		"<p><b>x</p>":                          "",
		"<p><b>x</p>y":                         "</b>",
		"<p><b><i>x</b>y":                      "</i></p>",
		"<b><p>x</b>":                          "</p>",
		"<a href=x><div>":                      "</div></a>",
		"<a href=x><div></a>":                  "</div>",
		"<table><tr><td><b><caption>":          "</caption></table>",
		"<table><b><tr>":                       "</tr></tbody></table>",
		"<table><b>":                           "</b></table>",
		"<table><select><option>":              "</option></select></table>",
		"<select><option>":                     "</option></select>",
		"<select><optgroup><optgroup><option>": "</option></optgroup></select>",
		"<select><div>":                        "</div></select>",
		"<svg><foreignObject><b><svg><desc>":   "</desc></svg></b></foreignobject></svg>",
		"<math><mi><p>":                        "</p></mi></math>",
		"<template><table><tr><td><p>":         "</p></td></tr></tbody></table></template>",
		"<template><tr><td>":                   "</td></tr></template>",
		"<form><table><form><tr><td><form>":    "</td></tr></tbody></table></form>",
		"<object><b></object>":                 "",
		"<div><object><b></div>x":              "</b></object></div>",
		"<ruby><rtc><rt>":                      "</rt></rtc></ruby>",
		"<dl><dt><div>":                        "</div></dt></dl>",
		"<button><p><button>":                  "</button>",
		"<x-y><z>":                             "</z></x-y>",
		"<noscript><div></noscript>":           "</div></noscript>",
		"<noscript><div>x</noscript><section>": "</section></div></noscript>",
		"<i>1<i>2<i>3<i>4</i></i></i></i>":     "",
		"<p><i>1<i>2<i>3<i>4</p>5":             "</i></i></i>",
	} {
		rest, strict := strings.CutPrefix(shell, "<!doctype html>")
		doctype := ""
		if strict {
			doctype = "<!doctype html>"
		}
		page, err := Parse("/", doctype+slotted("<body>SLOT"+rest))
		require.NoError(t, err, shell)
		assert.Equal(t, want, page.Closers, shell)
	}
}

func TestPatchesGoWhereNothingThatFollowsIsMoved(t *testing.T) {
	for in, want := range map[string]string{
		"<body>~</body></html>\n":                        "|<body>~[]</body></html>\n",
		"<body>~<p>x</body></html>":                      "|<body>~<p>x[</p>]</body></html>",
		"<body>~<p>x</body>\n</html>\n":                  "|<body>~<p>x</body>\n</html>\n[</p>]",
		"<body>~<p>x</body><!-- c -->":                   "|<body>~<p>x</body><!-- c -->[</p>]",
		"<body>~<p>x</body>y":                            "|<body>~<p>x</body>y[</p>]",
		"<body>~<table><td>x</body>y</table></html>":     "|<body>~<table><td>x</body>y</table></html>[]",
		"<body>~x</body>y":                               "|<body>~x[]</body>y",
		"<body>~x</":                                     "|<body>~x&lt;/[]",
		"<!doctype html>\n<!-- c -->\n<title>x</title>~": "<!doctype html>\n<!-- c -->\n|<title>x</title>~[<body>]",
		"<!doctype html> \n x<p>~":                       "<!doctype html> \n |x<p>~[</p>]",
		"<html>\n<title>x</title><head>~":                "<html>\n|<title>x</title><head>~[<body>]",
		"<html></head><body>~":                           "<html>|</head><body>~[]",
		"</p></br>~":                                     "</p>|</br>~[]",
	} {
		in = strings.Replace(in, "~", "<edge-slot name=a src=/></edge-slot>", 1)
		page, err := Parse("/", in)
		require.NoError(t, err, in)
		assert.Equal(t, want, cuts(&page), in)
	}
}

func TestSlotsAreTakenWhereTheirPlaceIsSound(t *testing.T) {
	for _, shell := range []string{
		"<title>x</title>SLOT",
		"<!doctype html><title>x</title>SLOT<meta name=a>",
		"<meta charset=utf-8>\nSLOT",
		"<html><link rel=x>SLOT<body>",
		"<p><b>x</p>SLOT",
		"<p><b>x</p><p>SLOT",
		"<p><a href=x><i>y</p>SLOT</i>",
		"<table><b><tr>SLOT",
		"<table><tr><td><b>x<td>SLOT",
		"<b><b><b><b>SLOT",
		"<a href=x><div>SLOT</div></a>",
		"<pre>SLOT</pre>",
		"<body>" + strings.Repeat("<div>", 300) + "SLOT",
	} {
		_, err := Parse("/", slotted(shell))
		assert.NoError(t, err, shell)
	}
	// Where an element goes on into a slot, what it stands in is told, and where it begins.
	_, err := Parse("/", "<body>\n<p>\n<b>x</p>\n<table><tr><td><p><i><svg><foreignObject><td></table>\n"+slotted("SLOT"))
	assert.NoError(t, err)
}

func TestWhatBrowsersOpenAgainIsOpenedBeforeASlot(t *testing.T) {
	for in, want := range map[string]string{
		"<p><b>x</p>~":                 "<p><b>x</p></b><b>",
		"<p><b class=y>x</p> ~":        "<p><b class=y>x</p> ",
		"<p><a href='/?a>b'><I>x</p>~": "<p><a href='/?a>b'><I>x</p></i></a><a href='/?a>b'><I>",
		"<p><i>1<i>2</p>~":             "<p><i>1<i>2</p></i></i><i><i>",
		"<p><b>x</p><table><tr>~":      "<p><b>x</p><table><tr>",
		"<p><b>x</p><table><tr><td>~":  "<p><b>x</p><table><tr><td>",
		"<p><b>x</p>y</b>~":            "<p><b>x</p>y</b>",
		"<p><b>&am</p>&am~":            "<p><b>&am</p>&amp;am",
	} {
		page, err := Parse("/", "<!doctype html>"+strings.Replace(in, "~", "<edge-slot name=a src=/></edge-slot>", 1))
		require.NoError(t, err, in)
		assert.Equal(t, "<!doctype html>"+want, page.Static[0], in)
	}
}

func TestSeamsKeepTheirTextApart(t *testing.T) {
	for in, want := range map[string]string{
		"a":           "a",
		"a &":         "a &amp;",
		"a &b":        "a &amp;b",
		"&amp":        "&amp;",
		"&ampx":       "&amp;x",
		"&am":         "&amp;am",
		"&amp;":       "&amp;",
		"&co":         "&amp;co",
		"&copy":       "&copy;",
		"&copys":      "&copy;s",
		"&noti":       "&not;i",
		"&notin;":     "&notin;",
		"&#":          "&amp;#",
		"&#x":         "&amp;#x",
		"&#X":         "&amp;#X",
		"&#1":         "&#1;",
		"&#12":        "&#12;",
		"&#x1":        "&#x1;",
		"&#xFf":       "&#xFf;",
		"&#xg":        "&amp;#xg",
		"&#12z":       "&#12z",
		"&#1;":        "&#1;",
		"& a":         "& a",
		"&a b":        "&a b",
		"&é":          "&é",
		"&frac14":     "&frac14;",
		"&frac1":      "&amp;frac1",
		"&GT":         "&GT;",
		"&gtx<b>&lt":  "&gtx<b>&lt;",
		"x\r":         "x\n",
		"x\r\n":       "x\r\n",
		"x\n":         "x\n",
		"<pre>":       "<pre>\n",
		"<pre>\n":     "<pre>\n",
		"<pre></>":    "<pre></>\n",
		"<pre>&#10;":  "<pre>&#10;",
		"&a</>":       "&a</>",
		"x\r</>":      "x\r</>",
		"<listing>":   "<listing>\n",
		"<pre><!--->": "<pre><!--->",
		"<pre></pre>": "<pre></pre>",
		"<svg><pre>":  "<svg><pre>\n",
	} {
		page, err := Parse("/", "<!doctype html><body>"+in+"<edge-slot name=a src=/></edge-slot>"+in+"<edge-slot name=b src=/></edge-slot>")
		require.NoError(t, err, in)
		assert.Equal(t, "<!doctype html><body>"+want, page.Static[0], in)
		assert.Equal(t, want, page.Static[1], in)
	}
	page, err := Parse("/", "<body><edge-slot name=a src=/>a &<edge-error>b &#6</edge-error>amp;c\r</edge-slot>\ncopy;")
	require.NoError(t, err)
	assert.Equal(t, "a &amp;amp;c\n", page.Slots[0].Skeleton)
	assert.Equal(t, "b &#6;", page.Slots[0].Error)
}
