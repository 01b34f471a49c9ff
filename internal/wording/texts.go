//go:build !tinygo || variables

package wording

import "strings"

// texts are the texts by their numbers. A ~ is a hole.
var texts = func() (all [count]string) {
	copy(all[:], namedTexts[:])
	copy(all[StatusIs:], strings.Split(strings.TrimSpace(answerTexts), "\n"))
	copy(all[FirstFault:], strings.Split(strings.TrimSpace(faultTexts), "\n"))
	return all
}()

var namedTexts = [named]string{
	WrongStatus:   "the origin answered with the wrong status",
	MayNotBeUsed:  "the answer may not be used as a fragment",
	NotClosed:     "the fragment's HTML is not closed",
	TooLarge:      "the fragment is larger than INLAY_MAX_FRAGMENT",
	TookTooLong:   "the origin took too long; make it faster, or raise the slot's timeout or INLAY_FILL_TIMEOUT",
	NotReached:    "the origin was not reached, or its answer broke off",
	LeaderEnded:   "the request that led the fill ended too early",
	UnknownReason: "for an unknown reason",
	FillFailed:    "edge: fill failed (~): ~",

	FaultIs: faultIs,

	NotHTTP:      "the URL does not begin with http:// or https://",
	HasUser:      "the URL must not have a user or password before its host",
	HasFragment:  "the URL must not have a fragment (#)",
	HasQuery:     "the URL must not have a query (?)",
	PathEscape:   "the URL's path has a % that two hexadecimal digits do not follow",
	PathByte:     "the URL's path has a character that must be percent-encoded",
	PathDots:     "the URL's path has . or .. in it",
	BracketOpen:  "the host's [ has no ]",
	NotIPv6:      "the host in brackets is not an IPv6 address",
	AfterBracket: "after ] comes a port or nothing",
	PortNumber:   "the port is not a number from 1 to 65535",
	PortZero:     "the port begins with 0",
	NoHost:       "the host is missing",
	LongHost:     "the host is longer than 253 bytes",
	HostLabel:    "a part of the host between dots is empty or longer than 63 bytes",
	HostHyphen:   "a part of the host begins or ends with a hyphen",
	HostByte:     "the host has a character that no host has (names that are not ASCII are written in their xn-- form)",
	NotIPv4:      "the host ends in a number but is not an IPv4 address of four numbers",

	ExpectedOrigin:     "~; expected an absolute URL such as https://origin.example.com or http://127.0.0.1:8080",
	ExpectedHosts:      "~; expected hosts with commas or spaces between, such as api.example.com, 127.0.0.1:8080",
	ExpectedPatterns:   "~; expected path patterns with spaces or commas between, such as /products/{id} /blog/",
	ExpectedFields:     "line ~: ~; expected lines such as User-Agent: shop/1.0",
	NoFieldName:        "no name of a field",
	NoFieldValue:       "~ has no value, or a control character in it",
	FieldIsSet:         "~ cannot be set",
	FieldAgain:         "~ comes again",
	ExpectedDuration:   "expected a duration, ~, such as 500ms, 90s or 1h30m",
	ExpectedBytes:      "expected bytes, ~, such as 512KiB, 8MiB or 1048576",
	ExpectedNumber:     "expected a whole number, ~",
	ExpectedBoolean:    "expected 1 or 0 (or true, false, yes, no, on, off)",
	ExpectedFactor:     "expected a number from 0 to 100 with at most two digits after the point, such as 2 or 1.5; 0 is never",
	ExpectedASCII:      "expected printable ASCII without spaces, such as the output of: openssl rand -hex 32",
	ExpectedLength:     "expected ~ bytes or more, found ~; make one with: openssl rand -hex 32",
	FragmentOverBudget: "a fragment cannot be larger than all of INLAY_MAX_BYTES",
	ExpectedFieldName:  "expected the name of one header field, such as Cache-Tag or Surrogate-Key",
	ValueIs:            "~ is ~: ~",
	From1MiBTo96MiB:    "from 1MiB to 96MiB",
	From1To8MiB:        "from 1 to 8MiB",
	From1ms:            "1ms or more",
	From0s:             "0s or more",
	From0sTo5m:         "from 0s to 5m",
	From10msTo25s:      "from 10ms to 25s",
	From0sTo1s:         "from 0s to 1s",
	From50msTo1h:       "from 50ms to 1h",
	From50msToLease:    "from 50ms to INLAY_LEASE",
	From0sTo7d:         "from 0s to 7d",
	From1To64:          "from 1 to 64",
	From0To8:           "from 0 to 8",

	BadEscape:        "the path has malformed percent-encoding",
	HasControl:       "the path has a control character",
	NotUTF8:          "the path is not UTF-8",
	HasBackslash:     "the path has a backslash",
	LongParameter:    "the parameter ~ is longer than 2 KiB",
	SlashInParameter: "the parameter ~ has an encoded slash",
	HasDots:          `the path has the segment "~"`,
	EmptySegment:     "the path has an empty segment",

	NoPath:      "the target is no path, or the Host field no host",
	HasHash:     "the target has a #",
	SegmentDots: "the path has a . or .. as a segment, or what an origin could take for one",
	NotThisHost: "this site is not served under that host",
	HostsLists:  "~; INLAY_HOSTS lists those that it is",

	HostNotAllowed:  "edge: page ~, line ~, slot ~: the host ~ of its src is not in INLAY_ALLOW_HOSTS; add it there",
	NoscriptDecides: noscriptDecides,
	CannotBeMended:  cannotBeMended,
	TooDeepInPage:   "it is nested more than 512 deep in the page",
	NoAttemptEnded:  "no attempt of the fill ended in time",
	ContextGone:     "the fill's context is gone",
	Other304:        other304,
	UTF16:           "the fragment begins with the byte order mark of UTF-16; a fragment is UTF-8",
	NestedTooDeep:   "the fragment is nested in more than five others",
	ContainsItself:  "the fragment contains itself",
	TooManySlots:    "with its slots the page would have more than 4096",
	HasNoSlots:      "the page has no slots that can be read",
	CannotBeShown:   "The page cannot be shown: a fragment that it requires failed.",
	PageAnd:         "~\n~: ~",

	SlotCannotBeShown: "The slot cannot be shown: its fragment failed.",
	NoSuchSlot:        "There is no such slot: inlay-slot names one slot of the page, once.",

	ElementNames:  elementNames,
	InputFields:   inputFields,
	FieldsNotKept: fieldsNotKept,
	ReadersOfText: readersOfText,
}
