package route

// Paths are the paths that one or more of some patterns match, whichever. The zero value is none.
type Paths struct{ router Router }

// Add adds the paths of a pattern in which [PatternTrouble] finds nothing.
func (p *Paths) Add(pattern string) {
	p.router.pages = append(p.router.pages, readPattern(pattern))
	p.router.root.add(&p.router.pages[len(p.router.pages)-1], len(p.router.pages))
}

// Has tells whether a path is one of them: the still percent-encoded path of a request's target. One that could be read in
// two ways is none, see [Router.Match].
func (p *Paths) Has(path string) bool {
	page, _, err := p.router.Match(path, nil)
	return page >= 0 && err == nil
}
