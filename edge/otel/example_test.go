package otel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"inlay/edge"
	"inlay/edge/otel"
)

// traced has pages and fills told to an exporter: one visit of ten, or as whoever asks has decided. The provider is shut down after the
// handler.
func traced(o *edge.Options, exporter sdk.SpanExporter) *sdk.TracerProvider {
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(0.1))),
	)
	o.Tracer = otel.New(otel.Options{Provider: provider})
	return provider
}

func Example() {
	page, err := edge.ParsePage("/p/{id}", `<p><edge-slot src="/price/{id}" name="price" ttl="1m"></edge-slot></p>`)
	if err != nil {
		fmt.Println(err)
		return
	}
	exporter := tracetest.NewInMemoryExporter()
	options := edge.Options{
		Pages:  []edge.Page{page},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<b>7</b>") }),
	}
	provider := traced(&options, exporter)
	handler, err := edge.NewHandler(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodGet, "/p/7", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	if err := handler.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	if err := provider.ForceFlush(context.Background()); err != nil {
		fmt.Println(err)
	}
	for _, s := range exporter.GetSpans() {
		if !strings.HasPrefix(s.Name, "inlay.") || s.Name == "inlay.fill" {
			fmt.Println(s.Name)
		}
	}
	// Output:
	// inlay.fill
	// GET /p/{id}
}
