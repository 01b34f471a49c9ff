// Package old is old.
//
// Deprecated: use shelf.
package old

import _ "shelf"
