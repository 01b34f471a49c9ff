// Package terminal draws text that is refreshed in place.
//
//  1. How wide a text is, and how it is cut: width.go.
//  2. A screen: what was there before comes back at its end, however that comes. screen.go, with what differs between systems in
//     device_unix.go and device_other.go.
//
// What may not be in it: what is drawn.
package terminal
