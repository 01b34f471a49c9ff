package page

// Mode is how a page with cold fragments leaves. A page whose fragments are all there leaves as one body in every mode.
type Mode uint8

const (
	// Auto lets the request decide, by the rule that internal/engine has at modeOf.
	Auto Mode = iota
	// Stream sends the shell at once, with skeletons, and late fragments as patches on the same answer.
	Stream
	// Ordered sends each fragment in its place and waits for it there: for readers that run nothing and do not know the
	// HTML standard's patches.
	Ordered
	// Complete waits for all fragments and sends one body with a Content-Length.
	Complete
)

var modeNames = [...]string{"auto", "stream", "ordered", "complete"}

// String is the mode's name as ?inlay= takes it.
func (m Mode) String() string { return modeNames[m] }

// ModeNamed is the mode of that name, Auto if there is none.
func ModeNamed(name string) Mode {
	for m := Stream; m <= Complete; m++ {
		if modeNames[m] == name {
			return m
		}
	}
	return Auto
}
