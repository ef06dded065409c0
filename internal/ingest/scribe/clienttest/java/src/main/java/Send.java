import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.htrace.core.HTraceConfiguration;
import org.apache.htrace.core.SpanId;
import org.apache.htrace.core.SpanReceiver;
import org.apache.htrace.core.TraceScope;
import org.apache.htrace.core.Tracer;

/**
 * Sends spans with HTrace, over Scribe or into a file, and prints, as JSON, what it sent.
 *
 * <p>Usage: Send &lt;scribe|file&gt; &lt;host:port or path&gt;
 */
public final class Send {
  private static final List<String> SPANS = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    Map<String, String> conf = new HashMap<>();
    conf.put("sampler.classes", "AlwaysSampler");
    if (args[0].equals("scribe")) {
      int colon = args[1].lastIndexOf(':');
      conf.put("span.receiver.classes", "org.apache.htrace.impl.ZipkinSpanReceiver");
      conf.put("zipkin.transport.class", "org.apache.htrace.impl.ScribeTransport");
      conf.put("zipkin.scribe.hostname", args[1].substring(0, colon));
      conf.put("zipkin.scribe.port", args[1].substring(colon + 1));
    } else {
      conf.put("span.receiver.classes", "org.apache.htrace.core.LocalFileSpanReceiver");
      conf.put("local.file.span.receiver.path", args[1]);
    }
    long from = System.currentTimeMillis();
    try (Tracer tracer = new Tracer.Builder("NameNode").conf(HTraceConfiguration.fromMap(conf)).build()) {
      TraceScope root = tracer.newScope("getFileInfo");
      root.addKVAnnotation("path", "/data/žluť 🧵");
      root.addKVAnnotation("uri", "hdfs://nn/data?token=hunter2");
      root.addTimelineAnnotation("checked the lease");
      Thread.sleep(5);
      TraceScope child = tracer.newScope("readBlock");
      Thread.sleep(5);
      record(child, "readBlock", root.getSpanId(), "");
      child.close();
      record(root, "getFileInfo", null,
          ",\"attrs\":{\"path\":\"/data/žluť 🧵\"},\"events\":[{\"name\":\"checked the lease\"}]");
      root.close();
    }
    System.out.printf("{\"service\":\"NameNode\",\"from\":%d,\"to\":%d,\"spans\":[%s]}%n",
        from, System.currentTimeMillis() + 1, String.join(",", SPANS));
  }

  private static void record(TraceScope scope, String name, SpanId parent, String more) {
    SpanId id = scope.getSpanId();
    SPANS.add(String.format(
        "{\"trace\":\"%032x\",\"id\":\"%016x\",\"parent\":\"%s\",\"name\":\"%s\",\"kind\":\"internal\"%s}",
        id.getHigh(), id.getLow(), parent == null ? "" : String.format("%016x", parent.getLow()), name, more));
  }
}
