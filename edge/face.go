package edge

import (
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/route"
	"inlay/internal/shell"
)

// The names of the rooms below that this package is known by.

type (
	Page         = page.Page
	Slot         = page.Slot
	Mode         = page.Mode
	Input        = route.Input
	InputKind    = route.InputKind
	Field        = field.Field
	ParseError   = shell.Error
	RequestError = route.RequestError
	FillRequest  = page.FillRequest
)

const (
	Auto     = page.Auto
	Stream   = page.Stream
	Ordered  = page.Ordered
	Complete = page.Complete

	Cookie = route.Cookie
	Header = route.Header
	Query  = route.Query

	Unset = duration.Unset

	FallbackScript  = patch.Script
	FallbackCSPHash = patch.CSPHash
)

// ParsePage reads a shell.
func ParsePage(pattern, html string) (Page, error) { return shell.Parse(pattern, html) }

// EncodePages writes pages for DecodePages.
func EncodePages(pages []Page) []byte { return page.Encode(pages) }

// DecodePages reads what EncodePages wrote.
func DecodePages(data []byte) ([]Page, error) { return page.Decode(data) }

// Hosts are the hosts that absolute sources of pages name.
func Hosts(pages []Page) []string { return page.Hosts(pages) }
