// Package secret is not for users.
package secret
