package edge_test

import (
	"fmt"

	"inlay/edge"
)

func ExampleParsePage() {
	page, err := edge.ParsePage("/products/{id}", `<!doctype html>
<html><head><title>Product</title></head><body>
<h1>Product</h1>
<edge-slot name="price" src="/fragments/price/{id}" ttl="30s" swr="5m" tags="product:{id}" vary="cookie:currency">
  <p>…</p>
  <edge-error><p>Price unavailable</p></edge-error>
</edge-slot>
</body></html>`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, slot := range page.Slots {
		fmt.Println(slot.Name, slot.Src, slot.TTL, slot.StaleWhileRevalidate, slot.Tags, slot.Line)
		fmt.Println(slot.Error)
	}
	// Output:
	// price /fragments/price/{id} 30s 5m0s [product:{id}] 4
	// <p>Price unavailable</p>
}

func ExampleParsePage_error() {
	for _, shell := range []string{
		"<body>\n<edge-slot name=price src=/price ttl=30>",
		"<body>\n<edge-slot name=price src=/price/{sku}>",
		"<body>\n<edge-slot name=price sorce=/price>",
		"<body>\n<edge-slot name=price src=/price><p>…</edge-slot>",
	} {
		_, err := edge.ParsePage("/products/{id}", shell)
		fmt.Println(err)
	}
	// Output:
	// 2:38: ttl: "30" has a number without a unit; expected a duration such as 30s, 5m, 1h30m, 500ms or 2d
	// 2:27: src: the unknown parameter "{sku}"; the pattern has {id}
	// 2:23: unknown attribute "sorce" of <edge-slot>; did you mean src? expected name, src, ttl, swr, sie, tags, vary, timeout, share, early or required
	// 2:34: <p> that is not closed in slot "price"; expected </p> before </edge-slot>
}
