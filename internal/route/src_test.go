package route

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSrcErrorsSayWhatWasExpected(t *testing.T) {
	for src, want := range map[string]string{
		"":                        "an empty src; " + srcForm,
		"price":                   `"price" is no src; ` + srcForm,
		"./price":                 `"./price" is no src; ` + srcForm,
		"ftp://x/y":               `"ftp://x/y" is no src; ` + srcForm,
		"{id}":                    `"{id}" is no src; ` + srcForm,
		"//example.com/x":         `"//example.com/x" has no scheme; ` + srcForm,
		"/a b":                    "a space in a src; expected %20",
		"/a\nb":                   "a space in a src; expected %20",
		"/a\x01b":                 "a control character in a src; " + srcForm,
		"/a\\b":                   `a \ in a src; expected / between segments (a literal \ is %5C)`,
		"/a#b":                    "a # in a src; expected none: an origin is not told what follows it (a literal # is %23)",
		"/a%":                     `malformed percent-encoding in "/a%"; expected % and two hexadecimal digits (a literal % is %25)`,
		"/a%{id}":                 `malformed percent-encoding in "/a%{id}"; expected % and two hexadecimal digits (a literal % is %25)`,
		"/a%2{id}":                `malformed percent-encoding in "/a%2{id}"; expected % and two hexadecimal digits (a literal % is %25)`,
		"/a/../b":                 `the segment ".." in a src; expected the path it leads to`,
		"/a/%2E":                  `the segment "%2E" in a src; expected the path it leads to`,
		"http://x/..":             `the segment ".." in a src; expected the path it leads to`,
		"/a/.{rest}":              `nothing but dots next to a parameter in ".{rest}"; expected other text or a slash between them`,
		"/a/{id}..":               `nothing but dots next to a parameter in "{id}.."; expected other text or a slash between them`,
		"/a/{nid}":                `the unknown parameter "{nid}"; did you mean {id}? The pattern has {id}, {rest}`,
		"/a/{rest...}":            `the unknown parameter "{rest...}"; did you mean {rest}? The pattern has {id}, {rest}`,
		"/a/{unheardof}":          `the unknown parameter "{unheardof}"; the pattern has {id}, {rest}`,
		"/a/{}":                   `the unknown parameter "{}"; the pattern has {id}, {rest}`,
		"/a/{id":                  `"/a/{id" has a brace without its other half; expected {name} (a literal brace is %7B or %7D)`,
		"/a/id}":                  `"/a/id}" has a brace without its other half; expected {name} (a literal brace is %7B or %7D)`,
		"/a/{{id}}":               `"/a/{{id}}" has a brace without its other half; expected {name} (a literal brace is %7B or %7D)`,
		"http://":                 `"" is no host; expected one such as example.com or 127.0.0.1:8080, without user and in ASCII`,
		"http:///x":               `"" is no host; expected one such as example.com or 127.0.0.1:8080, without user and in ASCII`,
		"https://u@h/x":           `"u@h" is no host; expected one such as example.com or 127.0.0.1:8080, without user and in ASCII`,
		"https://h:/x":            `"h:" is no host; expected one such as example.com or 127.0.0.1:8080, without user and in ASCII`,
		"https://h:x/":            `"h:x" is no host; expected one such as example.com or 127.0.0.1:8080, without user and in ASCII`,
		"https://ä.de/":           `"ä.de" is no host; expected one such as example.com or 127.0.0.1:8080, without user and in ASCII`,
		"https://[::1/":           `"[::1" is no host; expected one such as example.com or 127.0.0.1:8080, without user and in ASCII`,
		"https://{id}.example/":   `a parameter in the host of "https://{id}.example/"; expected parameters in path and query only`,
		"https://example.com{id}": `a parameter in the host of "https://example.com{id}"; expected parameters in path and query only`,
		"binding:/x":              `"binding:/x" names no binding with a path; expected binding:NAME/path, NAME in letters, digits, _ and $`,
		"binding:API":             `"binding:API" names no binding with a path; expected binding:NAME/path, NAME in letters, digits, _ and $`,
		"binding:{id}/x":          `"binding:{id}/x" names no binding with a path; expected binding:NAME/path, NAME in letters, digits, _ and $`,
	} {
		_, err := ParseSrc(src, []string{"id", "rest"})
		assert.EqualError(t, err, want, src)
	}
	_, err := ParseSrc("/{id}", nil)
	assert.EqualError(t, err, `the unknown parameter "{id}"; the page's pattern has no parameters`)
}
