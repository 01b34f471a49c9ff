package edge

// Mode is how a page leaves: see the constants.
type Mode uint8

const (
	// Auto lets the request decide.
	Auto Mode = iota
	// Stream sends the shell at once and late fragments as patches.
	Stream
	// Ordered sends each fragment in its place, waiting for it.
	Ordered
	// Complete waits for all fragments and sends one body.
	Complete
)
