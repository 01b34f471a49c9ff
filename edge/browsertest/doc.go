// Package browsertest shows in a real browser that a streamed page becomes what it should: the skeleton first, the
// fragment in its place when it comes, with and without the HTML standard's declarative partial updates, with and without
// JavaScript, under content security policies, and however the network cuts the bytes.
//
// It is a module of its own, so that the browsers' drivers are no dependency of inlay. It needs Chromium 150 or later on
// the PATH as chromium, or where CHROMIUM says, Firefox as firefox-esr, or where FIREFOX says, and WebKitGTK's MiniBrowser
// and WebKitWebDriver with an X server, Xvfb. ./build.sh test installs Debian's. htmx and Turbo, which slot_test.go runs, npm brings.
//
//	cd edge/browsertest && go test ./...
//
// With INLAY_SCREENSHOTS=dir the tests leave there what they saw as PNG files.
//
// browser_test.go has the browsers: Chromium as it is, Chromium that is told to forget the standard's patches, Firefox and
// WebKit, which have not learned them yet. chromium_test.go, firefox_test.go and webkit_test.go start and drive one each,
// process_test.go ends what was started. stage_test.go is a server whose test decides when each
// chunk leaves. placement_test.go, scripts_test.go and split_test.go stream pages by hand; handler_test.go does it with
// [inlay/edge.Handler], whose origin answers when the test lets it.
package browsertest
