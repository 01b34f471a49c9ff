package shell

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What browsers do not agree on among themselves, or with the standard, is refused whoever is right.
func TestShellsThatBrowsersReadDifferentlyAreRefused(t *testing.T) {
	const slot = `<edge-slot name="a" src="/a">s</edge-slot>`
	for shell, want := range map[string]string{
		"<!doctype html><body><div>" + slot + "</div><span><search><a href=1>go</span>yy</search></body>": "1:101: </span> stands within <search>, which some browsers do not know; expected </search> before it",
		"<x-y>" + slot + "<search><u></x-y></u><div><i>x":                                                 "1:59: </x-y> stands within <search>, which some browsers do not know; expected </search> before it",
		"<body><search><b><em><search></b></search></b>" + slot + "<p>":                                   "1:30: </b> stands within <search>, which some browsers do not know; expected </search> before it",
		"<html><head>\x00" + slot + "</head><body>x":                                                      "1:13: a NUL character; expected a shell without any",
		"<!doctype html><body>" + slot + "<table><colgroup>\x00</table>":                                  "1:81: a NUL character; expected a shell without any",
		`<body><p><!--?start name="a"-->intro</p><p>` + slot + "</p>z":                                    `1:10: a marker or patch for "a", which is a slot's name; expected another name`,
	} {
		_, err := Parse("/", shell)
		assert.EqualError(t, err, want, shell)
	}
	for _, shell := range []string{
		"<body><search><form><input></form></search>" + slot,
		"<body><div><search><span>a</span></search></div>" + slot,
		`<body><!--?start name="b"-->` + slot,
		`<body><!-- ?start name="a" -->` + slot,
	} {
		_, err := Parse("/", shell)
		assert.NoError(t, err, shell)
	}
}
