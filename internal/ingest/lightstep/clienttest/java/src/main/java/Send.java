import com.lightstep.tracer.grpc.KeyValue;
import com.lightstep.tracer.grpc.Log;
import com.lightstep.tracer.grpc.Span.Builder;
import com.lightstep.tracer.jre.JRETracer;
import com.lightstep.tracer.shared.Options;
import com.lightstep.tracer.shared.Span;
import com.lightstep.tracer.shared.SpanContext;
import io.opentracing.propagation.Format;
import io.opentracing.propagation.TextMapAdapter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reports spans with the published tracer and prints, as JSON, what they must be where they arrive.
 * Usage: Send (http|grpc) host:port token
 */
public class Send {
  public static void main(String[] args) throws Exception {
    String host = args[1].split(":")[0];
    int port = Integer.parseInt(args[1].split(":")[1]);
    JRETracer tracer =
        new JRETracer(
            new Options.OptionsBuilder()
                .withAccessToken(args[2])
                .withComponentName("java-orders")
                .withServiceVersion("1.2.3")
                .withCollectorProtocol("http")
                .withCollectorHost(host)
                .withCollectorPort(port)
                .withCollectorClient(args[0].equals("grpc") ? Options.CollectorClient.GRPC : Options.CollectorClient.HTTP)
                .withDropSpansOnFailure(false) // by default what was refused once is lost
                .withDisableReportingLoop(true)
                .withDisableMetricsReporting(true)
                .withVerbosity(0)
                .build());
    Span root =
        (Span) tracer.buildSpan("POST /orders").withTag("span.kind", "server").withTag("http.status_code", 200)
            .withTag("express", true).withTag("ratio", 2.5).withTag("db.password", "hunter2").start();
    root.setBaggageItem("customer", "c-17");
    Span call = (Span) tracer.buildSpan("reserve žluť 🧵").asChildOf(root).withTag("span.kind", "client").withTag("peer.service", "stock").start();
    Map<String, String> headers = new LinkedHashMap<>();
    tracer.inject(call.context(), Format.Builtin.HTTP_HEADERS, new TextMapAdapter(headers));
    call.setTag("error", true);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("event", "error");
    fields.put("message", "stock did not answer");
    fields.put("attempt", 2);
    call.log(fields);
    Span late = (Span) tracer.buildSpan("send mail").addReference("follows_from", root.context()).addReference("child_of", root.context()).start();
    call.finish();
    root.finish();
    late.finish(); // after its parent

    boolean taken = false;
    int refused = 0;
    for (int i = 0; i < 3 && !taken; i++) {
      taken = tracer.flush(5000);
      if (!taken) refused++;
    }
    StringBuilder errors = new StringBuilder();
    for (int i = 0; i < refused; i++) errors.append(i > 0 ? "," : "").append("\"flush ").append(i + 1).append(" failed\"");
    SpanContext to = root.context();
    String link = "{\"trace\":" + quote(hex(to.getTraceId(), 32)) + ",\"span\":" + quote(hex(to.getSpanId(), 16)) + ",\"attrs\":{\"opentracing.ref_type\":\"follows_from\"}}";
    System.out.println(
        "{\"service\":\"java-orders\",\"language\":\"java\",\"errors\":[" + errors + "],\"headers\":" + texts(headers) + ",\"spans\":["
            + span(root, null, "\"kind\":\"server\"") + "," + span(call, root, "\"kind\":\"client\",\"status\":\"error\"") + ","
            + span(late, root, "\"links\":[" + link + "]") + "]}");
    System.exit(0); // the gRPC client keeps threads
  }

  static String span(Span s, Span parent, String more) {
    Builder b = s.getGrpcSpan();
    long start = b.getStartTimestamp().getSeconds() * 1000000000L + b.getStartTimestamp().getNanos();
    List<String> events = new ArrayList<>();
    for (Log l : b.getLogsList()) {
      String name = "";
      List<KeyValue> rest = new ArrayList<>();
      for (KeyValue f : l.getFieldsList()) {
        if (f.getKey().equals("event")) name = f.getStringValue();
        else rest.add(f);
      }
      long at = l.getTimestamp().getSeconds() * 1000000000L + l.getTimestamp().getNanos();
      events.add("{\"at\":\"" + at + "\",\"name\":" + quote(name) + ",\"attrs\":" + values(rest) + "}");
    }
    return "{\"trace\":" + quote(hex(b.getSpanContext().getTraceId(), 32)) + ",\"id\":" + quote(hex(b.getSpanContext().getSpanId(), 16))
        + (parent == null ? "" : ",\"parent\":" + quote(hex(parent.context().getSpanId(), 16)))
        + ",\"name\":" + quote(b.getOperationName()) + ",\"start\":\"" + start + "\",\"end\":\"" + (start + b.getDurationMicros() * 1000) + "\""
        + ",\"attrs\":" + values(b.getTagsList()) + ",\"events\":[" + String.join(",", events) + "]," + more + "}";
  }

  static String values(List<KeyValue> tags) {
    List<String> out = new ArrayList<>();
    for (KeyValue t : tags) {
      String v = switch (t.getValueCase()) {
        case INT_VALUE -> "{\"int\":" + t.getIntValue() + "}";
        case DOUBLE_VALUE -> "{\"double\":" + t.getDoubleValue() + "}";
        case BOOL_VALUE -> "{\"bool\":" + t.getBoolValue() + "}";
        default -> quote(t.getKey().equals("db.password") ? "***" : t.getStringValue());
      };
      out.add(quote(t.getKey()) + ":" + v);
    }
    return "{" + String.join(",", out) + "}";
  }

  static String texts(Map<String, String> m) {
    List<String> out = new ArrayList<>();
    m.forEach((k, v) -> out.add(quote(k) + ":" + quote(v)));
    return "{" + String.join(",", out) + "}";
  }

  static String hex(long id, int digits) {
    return "0".repeat(digits - 16) + String.format("%016x", id);
  }

  static String quote(String s) {
    return "\"" + s.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
