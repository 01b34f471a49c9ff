// Package glue is not for users.
package glue

// Glue sticks.
type Glue struct{}
