import brave.Span;
import brave.Tracer;
import brave.Tracing;
import brave.handler.SpanHandler;
import brave.propagation.B3Propagation;
import brave.propagation.TraceContext;
import brave.propagation.TraceContextOrSamplingFlags;
import java.io.Closeable;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import zipkin2.reporter.AsyncReporter;
import zipkin2.reporter.Encoding;
import zipkin2.reporter.SpanBytesEncoder;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.brave.ZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/**
 * Sends spans with Brave and zipkin-reporter and prints, as JSON, what it sent.
 *
 * <p>Usage: Send &lt;json|proto|v1|thrift&gt; &lt;url&gt; &lt;token&gt;
 */
public final class Send {
  private static final List<String> SPANS = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    String mode = args[0];
    boolean one = mode.equals("v1") || mode.equals("thrift");
    // The sender has no place for headers.
    URLConnectionSender sender =
        URLConnectionSender.newBuilder()
            .endpoint(args[1] + (one ? "/api/v1/spans" : "/api/v2/spans") + "?token=" + args[2])
            .encoding(mode.equals("proto") ? Encoding.PROTO3 : mode.equals("thrift") ? Encoding.THRIFT : Encoding.JSON)
            .compressionEnabled(true)
            .build();
    SpanHandler handler;
    Runnable flush;
    Closeable close;
    if (one) {
      AsyncReporter<zipkin2.Span> reporter =
          AsyncReporter.builder(sender).build(mode.equals("v1") ? SpanBytesEncoder.JSON_V1 : SpanBytesEncoder.THRIFT);
      handler = ZipkinSpanHandler.create(reporter);
      flush = reporter::flush;
      close = reporter;
    } else {
      AsyncZipkinSpanHandler async = AsyncZipkinSpanHandler.create(sender);
      handler = async;
      flush = async::flush;
      close = async;
    }
    long from = System.currentTimeMillis();
    String injected;
    try (Tracing tracing =
        Tracing.newBuilder()
            .localServiceName("java-client")
            .localIp("10.0.0.7")
            .localPort(8080)
            .traceId128Bit(true)
            .addSpanHandler(handler)
            .propagationFactory(
                B3Propagation.newFactoryBuilder().injectFormat(Span.Kind.CLIENT, B3Propagation.Format.MULTI).build())
            .build()) {
      injected = send(tracing);
    }
    flush.run(); // or close waits for the reporter's interval
    close.close();
    sender.close();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.printf(
        "{\"service\":\"java-client\",\"from\":%d,\"to\":%d,\"spans\":[%s],\"injected\":%s}%n",
        from, System.currentTimeMillis() + 1, String.join(",", SPANS), injected);
  }

  private static String send(Tracing tracing) throws InterruptedException {
    Tracer tracer = tracing.tracer();
    Map<String, String> incoming =
        Map.of("X-B3-TraceId", "463ac35c9f6413ad48485a3953bb6124", "X-B3-SpanId", "0020000000000001", "X-B3-Sampled", "1");
    TraceContextOrSamplingFlags extracted =
        tracing.propagation().<Map<String, String>>extractor(Map::get).extract(incoming);

    // Brave's default: the server shares the caller's span id.
    Span root = tracer.joinSpan(extracted.context()).kind(Span.Kind.SERVER).name("post /new_post").start();
    root.remoteIpAndPort("2001:db8::1", 4711);
    root.tag("http.status_code", "200").tag("http.path", "/new_post?token=hunter2");
    record(
        root, "post /new_post", "server",
        "\"attrs\":{\"http.status_code\":\"200\",\"network.peer.address\":\"2001:db8::1\",\"network.peer.port\":{\"int\":4711}}");

    Span call = tracer.newChild(root.context()).kind(Span.Kind.CLIENT).name("get žluť 🧵").start();
    call.remoteServiceName("redis");
    call.remoteIpAndPort("10.1.2.3", 6379);
    call.tag("numeric", "42").annotate("an event").error(new IllegalStateException("it failed"));
    Map<String, String> headers = new LinkedHashMap<>();
    tracing.propagation().<Map<String, String>>injector(Map::put).inject(call.context(), headers);
    Thread.sleep(2);
    call.finish();
    record(
        call, "get žluť 🧵", "client",
        "\"status\":\"error\",\"message\":\"it failed\",\"events\":[{\"name\":\"an event\"}],\"attrs\":{\"numeric\":\"42\","
            + "\"error\":\"it failed\",\"peer.service\":\"redis\",\"network.peer.address\":\"10.1.2.3\",\"network.peer.port\":{\"int\":6379}}");

    Span message = tracer.newChild(root.context()).kind(Span.Kind.PRODUCER).name("send").start();
    message.remoteServiceName("kafka").tag("kafka.topic", "orders").finish();
    record(
        message, "send", "producer",
        "\"attrs\":{\"kafka.topic\":\"orders\",\"messaging.system\":\"kafka\",\"messaging.destination.name\":\"orders\",\"peer.service\":\"kafka\"}");

    Span late = tracer.newChild(root.context()).name("work").start();
    root.finish(); // before its child
    Thread.sleep(2);
    late.finish();
    record(late, "work", "internal", null);

    List<String> pairs = new ArrayList<>();
    headers.forEach((k, v) -> pairs.add("\"" + k + "\":\"" + v + "\""));
    return "{" + String.join(",", pairs) + "}";
  }

  private static void record(Span span, String name, String kind, String more) {
    TraceContext c = span.context();
    SPANS.add(
        String.format(
            "{\"trace\":\"%s\",\"id\":\"%s\",\"parent\":\"%s\",\"name\":\"%s\",\"kind\":\"%s\"%s}",
            c.traceIdString(), c.spanIdString(), c.parentIdString() == null ? "" : c.parentIdString(), name, kind,
            more == null ? "" : "," + more));
  }
}
