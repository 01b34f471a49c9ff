package edge

import "inlay/internal/patch"

// FallbackScript is the text of the script element that a streamed page carries in its head, byte for byte. It does for
// browsers without the HTML standard's declarative partial updates (whatwg/html PR 11818) what the others do by
// themselves; in these it ends at its first test. docs/wire-format.md says how the two were compared.
//
// It is constant, so a content security policy allows it by [FallbackCSPHash], and no cached byte has a nonce in it. It
// makes no HTML from text, so require-trusted-types-for does not concern it.
const FallbackScript = patch.Script

// FallbackCSPHash is the source expression that allows [FallbackScript] in a Content-Security-Policy's script-src
// (CSP Level 3, section 2.3.1), with its quotes. Without it, where script-src is set, browsers with the standard's
// patches lose nothing and others stay with the skeletons.
const FallbackCSPHash = `'sha256-u73YOKpx/N19EyGwpUFkAEMG3jE5iJNLQSs5v4l++NY='`
