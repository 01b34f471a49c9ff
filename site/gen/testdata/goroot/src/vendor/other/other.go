// Package other is not part of the library.
package other
