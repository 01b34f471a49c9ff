package otel

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	global "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"inlay/edge"
)

// Options are what [New] takes. The zero value is the program's own provider, without keys.
type Options struct {
	// Provider makes the spans. Nil: that of the program, as otel.SetTracerProvider has it.
	Provider trace.TracerProvider
	// Keys has each inlay.fill tell its key, as inlay.key. That has as many values as there are fragments, and what visitors wrote into
	// URLs; values of Cookie and Authorization are left out. False: page and slot are told.
	Keys bool
}

// name is what these spans are found under.
const name = "inlay/edge/otel"

// New gives what goes into [edge.Options].
func New(o Options) edge.Tracer {
	if o.Provider == nil {
		o.Provider = global.GetTracerProvider()
	}
	return &tracer{o.Provider.Tracer(name), o.Keys}
}

type tracer struct {
	of   trace.Tracer
	keys bool
}

// standard is how traces go from one service to the next: what inlay's own fields are, whatever else a program speaks.
var standard propagation.TraceContext

func (t *tracer) Request(r *http.Request, at time.Time) edge.Span {
	ctx, kind := r.Context(), trace.SpanKindInternal
	if !trace.SpanContextFromContext(ctx).IsValid() { // else it is in that of a middleware
		ctx, kind = standard.Extract(ctx, propagation.HeaderCarrier(r.Header)), trace.SpanKindServer
	}
	_, of := t.of.Start(ctx, r.Method, trace.WithTimestamp(at), trace.WithSpanKind(kind))
	return &span{t, of}
}

type span struct {
	t  *tracer
	of trace.Span
}

func (s *span) Recording() bool { return s.of.IsRecording() }

func (s *span) Child(name string, at time.Time, attributes ...slog.Attr) edge.Span {
	_, of := s.t.of.Start(trace.ContextWithSpan(context.Background(), s.of), name, trace.WithTimestamp(at),
		trace.WithSpanKind(trace.SpanKindInternal), trace.WithAttributes(s.t.attributes(attributes)...))
	return &span{s.t, of}
}

func (s *span) Link(to edge.Span) {
	if other, ok := to.(*span); ok {
		s.of.AddLink(trace.Link{SpanContext: other.of.SpanContext()})
	}
}

func (s *span) Name(name string) { s.of.SetName(name) }

func (s *span) In(ctx context.Context) context.Context { return trace.ContextWithSpan(ctx, s.of) }

func (s *span) Fields() (traceparent, tracestate string) {
	fields := propagation.MapCarrier{}
	standard.Inject(trace.ContextWithSpan(context.Background(), s.of), fields)
	return fields["traceparent"], fields["tracestate"]
}

func (s *span) End(at time.Time, failure string, attributes ...slog.Attr) {
	if s.of.IsRecording() {
		s.of.SetAttributes(s.t.attributes(attributes)...)
		if failure != "" {
			s.of.SetStatus(codes.Error, failure)
			s.of.SetAttributes(attribute.String("error.type", failure))
		}
	}
	s.of.End(trace.WithTimestamp(at))
}

// attributes are those of a span that say something.
func (t *tracer) attributes(all []slog.Attr) []attribute.KeyValue {
	out := make([]attribute.KeyValue, 0, len(all))
	for _, a := range all {
		switch a.Value.Kind() {
		case slog.KindBool:
			out = append(out, attribute.Bool(a.Key, a.Value.Bool()))
		case slog.KindInt64:
			out = append(out, attribute.Int64(a.Key, a.Value.Int64()))
		default:
			if text := a.Value.String(); text != "" && (t.keys || a.Key != "inlay.key") {
				out = append(out, attribute.String(a.Key, text))
			}
		}
	}
	return out
}
