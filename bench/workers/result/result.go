// Package result is what bench/workers measures and bench/report writes down.
package result

import (
	"encoding/json"
	"os"
)

// Results are one run. A part that was not run is empty.
type Results struct {
	Versions map[string]string `json:"versions"` // workerd, node, lru-cache, …
	Warm     *Warm             `json:"warm,omitempty"`
	Many     *Many             `json:"many,omitempty"`
	Cold     *Cold             `json:"cold,omitempty"`
	Stampede *Stampede         `json:"stampede,omitempty"`
	Start    *Start            `json:"start,omitempty"`
	Batches  *Batches          `json:"batches,omitempty"`
	Memory   *Memory           `json:"memory,omitempty"`
	Beyond   *Beyond           `json:"beyond,omitempty"`
}

// Warm is the same warm page from each Worker, all in one workerd, in alternating rounds.
type Warm struct {
	Processes   int          `json:"processes"` // workerds, one after another
	Connections int          `json:"connections"`
	Bytes       int          `json:"bytes"` // of the body
	Contestants []Contestant `json:"contestants"`
}

// Contestant is one Worker and its rounds.
type Contestant struct {
	Name     string  `json:"name"`
	What     string  `json:"what"`
	Fields   string  `json:"fields"`   // the header fields of its answers
	Requests int     `json:"requests"` // in a round
	Rounds   []Round `json:"rounds"`
}

// Round is what was measured in one.
type Round struct {
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
	CPU       float64 `json:"cpu_us"` // of workerd, a request
}

// Many is many different warm pages from each Worker, all in one workerd, in alternating rounds.
type Many struct {
	Processes   int    `json:"processes"` // workerds, one after another
	Connections int    `json:"connections"`
	Bytes       int    `json:"bytes"`  // of a body
	Budget      string `json:"budget"` // INLAY_MAX_BYTES
	Rows        []Row  `json:"rows"`
}

// Row is one load of many pages.
type Row struct {
	Name        string       `json:"name"`
	Requests    int          `json:"requests"` // in a round
	Contestants []Contestant `json:"contestants"`
	Fills       []float64    `json:"fills"` // at the origin, of 1,000 requests, by contestant: the most of any workerd
}

// Cold is a page none of whose fragments are there, asked for by one client at a time.
type Cold struct {
	Delays []int `json:"delays_ms"` // of the origin, for each fragment in the order of the shell
	Ways   []Way `json:"ways"`
}

// Way is one way in which a cold page leaves.
type Way struct {
	Name    string   `json:"name"`
	What    string   `json:"what"`
	Samples []Sample `json:"samples"`
}

// Sample is one cold page: when each piece of it was there, in milliseconds since the request was sent.
type Sample struct {
	FirstByte float64   `json:"first_byte_ms"`
	LastByte  float64   `json:"last_byte_ms"`
	Parts     []float64 `json:"parts_ms"`     // the shell's, before, between and behind its slots
	Fragments []float64 `json:"fragments_ms"` // in the order of the shell
}

// Stampede is many clients that ask at once for the same cold page, each Worker in a workerd of its own.
type Stampede struct {
	Clients int     `json:"clients"`
	Crowds  []Crowd `json:"crowds"`
}

// Crowd is one Worker's stampedes.
type Crowd struct {
	Name string     `json:"name"`
	What string     `json:"what"`
	Runs []CrowdRun `json:"runs"`
}

// CrowdRun is one stampede. Failed clients got no whole page.
type CrowdRun struct {
	Hits   int     `json:"origin_hits"`
	Failed int     `json:"failed"`
	P50    float64 `json:"p50_ms"` // to the last byte
	P99    float64 `json:"p99_ms"`
	CPU    float64 `json:"cpu_ms"` // of workerd, for all of it
	Before int     `json:"before_bytes"`
	Peak   int     `json:"peak_bytes"`
}

// Start is what comes before the first answer.
type Start struct {
	Files     []File     `json:"files"`
	Instances []Instance `json:"instances"`
	Processes []Process  `json:"processes"`
}

// File is something that a deployment uploads.
type File struct {
	Name    string `json:"name"`
	Raw     int    `json:"raw"`
	Gzipped int    `json:"gzipped"`
}

// Instance is a Wasm module and what making it ready takes, under Node.
type Instance struct {
	Name    string    `json:"name"`
	Compile []float64 `json:"compile_ms"`
	First   []float64 `json:"first_ms"` // the first instance of the compiled module
	Next    []float64 `json:"next_ms"`  // and the next
}

// Process is a Worker in a fresh workerd.
type Process struct {
	Name      string    `json:"name"`
	What      string    `json:"what"`
	Listen    []float64 `json:"listen_ms"`     // from the program's start until its port is open
	FirstByte []float64 `json:"first_byte_ms"` // of the first answer, from then
	Sum       []float64 `json:"sum_ms"`        // of both
	ListenCPU []float64 `json:"listen_cpu_ms"` // of all of workerd's threads, until its port is open
	FirstCPU  []float64 `json:"first_cpu_ms"`  // and from then to the first byte
	LastByte  []float64 `json:"last_byte_ms"`
}

// Batches are cold pages whose fragments handlers in app.wasm make.
type Batches struct {
	Pages int        `json:"pages"`   // in a round, one after another
	Burst int        `json:"burst"`   // at once
	Wait  float64    `json:"wait_ms"` // of one of the five fragments, in Waits
	Ways  []BatchWay `json:"ways"`
}

// BatchWay is one way in which a batch of fills gets to its handlers.
type BatchWay struct {
	Name     string     `json:"name"`
	What     string     `json:"what"`
	CPU      []float64  `json:"cpu_ms"`  // of workerd, a page; one of each round
	Last     []float64  `json:"last_ms"` // last byte, of each page
	SiteCPU  []float64  `json:"site_cpu_ms"`
	SiteLast []float64  `json:"site_last_ms"`
	Bursts   []BurstRun `json:"bursts"`
	Waits    []BurstRun `json:"waits"`
}

// BurstRun is many cold pages at once, each of its own. Failed ones came without a fragment.
type BurstRun struct {
	P50     float64 `json:"p50_ms"` // to the last byte
	P99     float64 `json:"p99_ms"`
	CPU     float64 `json:"cpu_ms"` // of workerd, for all of it
	Peak    int     `json:"peak_bytes"`
	Started int     `json:"started"` // instances, that of a page before included
	Failed  int     `json:"failed"`
}

// Beyond is what the purge log and what lies below the isolates cost.
type Beyond struct {
	Load  float64    `json:"load"` // of the machine when it began, by /proc/loadavg: of one minute
	Warm  *Warm      `json:"warm"` // the same page, with a log and without
	Away  *Away      `json:"away"`
	Below []Below    `json:"below"`
	Costs []Cost     `json:"costs"`
	Lease [2]float64 `json:"lease_s"` // INLAY_LEASE_SOFT and INLAY_LEASE
}

// Away is a warm page whose log cannot be reached, beside one whose log is there.
type Away struct {
	Connections int       `json:"connections"`
	Rows        []AwayRow `json:"rows"`
}

// AwayRow is one isolate.
type AwayRow struct {
	Contestant
	First   float64 `json:"first_ms"`   // the slowest while the log went away, until the first lease was over
	Slowest float64 `json:"slowest_ms"` // the slowest after that
	Fills   int     `json:"fills"`      // at the origin, in all rounds
}

// Below is one place from which the fragments of a cold page come.
type Below struct {
	Name  string    `json:"name"`
	What  string    `json:"what"`
	Pages int       `json:"pages"`   // in a batch
	CPU   []float64 `json:"cpu_ms"`  // of workerd, a page; one of each batch
	Last  []float64 `json:"last_ms"` // last byte, of each page
	Hits  int       `json:"origin_hits"`
}

// Cost is what one thing takes.
type Cost struct {
	Name  string    `json:"name"`
	What  string    `json:"what"`
	Count int       `json:"count"`      // in a batch
	CPU   []float64 `json:"cpu_ms"`     // of the isolate's workerd, each; one of each batch
	Log   []float64 `json:"log_cpu_ms"` // of the log's
	Wall  []float64 `json:"wall_ms"`    // until it was answered, of each; none: nobody waits for it
}

// Read reads what Write wrote.
func Read(path string) (*Results, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Results{}
	return r, json.Unmarshal(text, r)
}

// Write writes r to a file.
func (r *Results) Write(path string) error { return write(path, r) }

func write(path string, what any) error {
	text, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
