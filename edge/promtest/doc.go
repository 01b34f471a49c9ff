// Package promtest holds what a native server says to Prometheus to what that takes: its parser, the lint of promtool, and
// the dashboard in docs/deploy. It is a module of its own because of those libraries.
package promtest
