import io.jaegertracing.Configuration;
import io.jaegertracing.Configuration.ReporterConfiguration;
import io.jaegertracing.Configuration.SamplerConfiguration;
import io.jaegertracing.Configuration.SenderConfiguration;
import io.jaegertracing.internal.JaegerSpan;
import io.jaegertracing.internal.JaegerSpanContext;
import io.jaegertracing.internal.JaegerTracer;
import io.opentracing.References;
import io.opentracing.Span;
import io.opentracing.SpanContext;
import io.opentracing.Tracer;
import io.opentracing.propagation.Format;
import io.opentracing.propagation.TextMapAdapter;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Sends the scenario of clienttest_test.go with jaeger-client and prints what it sent.
 * Arguments: udp HOST:PORT | http URL, then TOKEN, and the address of a sampling server for the client's default sampler.
 */
public class Send {
  static final long BASE = 1_700_000_000_000_000L; // microseconds

  static long at(long ms) {
    return BASE + ms * 1000;
  }

  static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  public static void main(String[] args) throws Exception {
    SenderConfiguration sender = new SenderConfiguration();
    if (args[0].equals("udp")) {
      sender.withAgentHost("127.0.0.1").withAgentPort(port(args[1]));
    } else {
      sender.withEndpoint(args[1]).withAuthToken(args[2]);
    }
    Configuration config = new Configuration("shop-java")
        .withTraceId128Bit(true)
        .withTracerTags(Map.of("service.version", "1.2.3"))
        .withReporter(new ReporterConfiguration().withFlushInterval(100).withSender(sender));
    boolean remote = args.length > 3;
    if (remote) {
      config.withSampler(new SamplerConfiguration().withManagerHostPort(args[3])); // the type is the default one
    } else {
      config.withSampler(new SamplerConfiguration().withType("const").withParam(1));
    }
    JaegerTracer tracer = config.getTracer();
    // The default sampler starts at one in a thousand and asks at once for its strategy.
    while (remote && !tracer.buildSpan("probe").start().context().isSampled()) {
      Thread.sleep(20);
    }
    Map<String, String> headers = new HashMap<>();
    Map<String, Span> spans = scenario(tracer, headers);
    tracer.close();
    System.out.println("{\"service\":\"shop-java\",\"spans\":" + object(spans, Send::ids) + ",\"headers\":" + object(headers, v -> "\"" + v + "\"") + "}");
  }

  static Map<String, Span> scenario(Tracer tracer, Map<String, String> headers) {
    Span root = tracer.buildSpan("GET /orders").withStartTimestamp(at(0)).withTag("span.kind", "server").withTag("http.method", "GET")
        .withTag("http.url", "http://shop/orders").withTag("http.status_code", 200).withTag("ratio", 1.5).withTag("cached", true).start();
    Span charge = tracer.buildSpan("charge").asChildOf(root).withStartTimestamp(at(10)).withTag("span.kind", "client")
        .withTag("peer.service", "payments").withTag("peer.hostname", "pay.internal").withTag("peer.port", 8443).withTag("error", true).start();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("event", "error");
    fields.put("error.kind", "Declined");
    fields.put("message", "card declined");
    fields.put("stack", "at charge");
    charge.log(at(30), fields);
    tracer.inject(charge.context(), Format.Builtin.HTTP_HEADERS, new TextMapAdapter(headers));
    charge.finish(at(40));
    SpanContext far = tracer.extract(Format.Builtin.TEXT_MAP, new TextMapAdapter(Map.of("uber-trace-id", "abc:def:0:1")));
    Span audit = tracer.buildSpan("audit").withStartTimestamp(at(50)).asChildOf(root).addReference(References.FOLLOWS_FROM, far).start();
    audit.finish(at(60));
    Span publish = tracer.buildSpan("publish").asChildOf(root).withStartTimestamp(at(90)).withTag("span.kind", "producer")
        .withTag("component", "kafka").withTag("message_bus.destination", "orders").withTag("authorization", "Bearer hush-hush").start();
    Map<String, Object> sent = new LinkedHashMap<>();
    sent.put("event", "sent");
    sent.put("size", 3);
    publish.log(at(95), sent);
    root.finish(at(100));
    publish.finish(at(150)); // after its parent
    return Map.of("GET /orders", root, "charge", charge, "audit", audit, "publish", publish);
  }

  static String ids(Span span) {
    JaegerSpanContext c = ((JaegerSpan) span).context();
    String parent = c.getParentId() == 0 ? "" : String.format("%016x", c.getParentId());
    return String.format("{\"trace\":\"%s\",\"id\":\"%s\",\"parent\":\"%s\"}", c.getTraceId(), c.toSpanId(), parent);
  }

  static <T> String object(Map<String, T> members, java.util.function.Function<T, String> value) {
    return members.entrySet().stream().map(e -> "\"" + e.getKey() + "\":" + value.apply(e.getValue())).collect(Collectors.joining(",", "{", "}"));
  }
}
