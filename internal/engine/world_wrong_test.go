package engine

import (
	"inlay/internal/config"
)

// worldWrong makes the world, or the engines' hosts, as one of the designs would have them that do not keep the bound. The zero value is what stands.
type worldWrong struct {
	noIdentity  bool // a log that was lost has the name that it had
	noFloor     bool // a log that has forgotten purges does not say so
	ageless     bool // the age of a snapshot is not told
	marksFromKV bool // the log's marks are read from KV
	push        bool // the log tells of each purge, and nobody asks
	times       bool // purges are compared by times, and not by numbers

	configure func(c *config.Config)                         // of the engines, and not of what is promised
	rewrite   func(i *worldIsolate, bytes []byte) (b []byte) // of what is found below
}
