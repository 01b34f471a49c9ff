package compress_test

import (
	"fmt"
	"net/http"

	"inlay/edge"
	"inlay/edge/compress"
)

// compressed gives a site's server more than gzip.
func compressed(o *edge.Options) error {
	o.Codings = []edge.Coding{compress.Brotli(), compress.Zstd(), compress.Gzip()}
	return nil
}

// The order is that of preference where a browser takes several.
func ExampleBrotli() {
	options := edge.Options{Origin: http.NotFoundHandler(), Config: edge.Config{Compress: edge.CompressPages}}
	if err := compressed(&options); err != nil {
		fmt.Println(err)
		return
	}
	h, err := edge.NewHandler(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer h.Close()
	for _, coding := range options.Codings {
		fmt.Println(coding.Name())
	}
	// Output:
	// br
	// zstd
	// gzip
}
