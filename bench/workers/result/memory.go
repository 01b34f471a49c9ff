package result

// Memory is how many pages are kept whole in a budget, and what that takes.
type Memory struct {
	Budget int    `json:"budget"`
	Rows   []Kept `json:"rows"`
}

// Kept is what was there after so many pages had been asked for twice each.
type Kept struct {
	Pages   int   `json:"pages"`
	Whole   int   `json:"whole"` // of which all fragments are there
	Charged int   `json:"charged"`
	Before  int   `json:"before_bytes"` // workerd's VmRSS with one page
	After   int   `json:"after_bytes"`
	Node    Taken `json:"node"`
}

// Taken is the same under Node, after collections.
type Taken struct {
	Whole   int `json:"whole"`
	Entries int `json:"entries"`
	Charged int `json:"charged"`
	Wasm    int `json:"wasm"`  // core.wasm's memory
	Taken   int `json:"taken"` // by all of it, JavaScript's heap and buffers too, beyond what one page takes
}
