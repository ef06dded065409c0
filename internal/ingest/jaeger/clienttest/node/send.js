// Sends the scenario of clienttest_test.go with jaeger-client and prints what it sent.
// Arguments: udp HOST:PORT | http URL, then TOKEN, and SAMPLING HOST:PORT for the client's default sampler.
const { initTracer } = require('jaeger-client');
const { FORMAT_HTTP_HEADERS, FORMAT_TEXT_MAP, REFERENCE_CHILD_OF, REFERENCE_FOLLOWS_FROM, Reference, Tags } = require('opentracing');

const [transport, to, token, sampling] = process.argv.slice(2);
const port = (addr) => Number(addr.slice(addr.lastIndexOf(':') + 1));
const reporter = { flushIntervalMs: 100 };
if (transport === 'udp') {
  reporter.agentHost = '127.0.0.1';
  reporter.agentPort = port(to);
} else {
  Object.assign(reporter, { collectorEndpoint: to, username: 'clew', password: token });
}
const sampler = sampling ? { host: '127.0.0.1', port: port(sampling), refreshIntervalMs: 100 } : { type: 'const', param: 1 };
const errors = [];
const logger = { info() {}, error: (m) => errors.push(m) };
const tracer = initTracer({ serviceName: 'shop-node', sampler: sampling ? { type: 'remote', param: 0, ...sampler } : sampler, reporter },
  { traceId128bit: true, logger, tags: { 'service.version': '1.2.3' } });

const base = 1700000000000;
const out = { service: 'shop-node', spans: {}, headers: {}, errors };
const note = (name, span) => {
  const c = span.context();
  out.spans[name] = { trace: c.traceIdStr, id: c.spanIdStr, parent: c.parentIdStr || '' };
};

function scenario() {
  const root = tracer.startSpan('GET /orders', { startTime: base, tags: {
    [Tags.SPAN_KIND]: 'server', 'http.method': 'GET', 'http.url': 'http://shop/orders', 'http.status_code': 200, ratio: 1.5, cached: true,
  } });
  const charge = tracer.startSpan('charge', { childOf: root, startTime: base + 10, tags: {
    [Tags.SPAN_KIND]: 'client', 'peer.service': 'payments', 'peer.hostname': 'pay.internal', 'peer.port': 8443, error: true,
  } });
  charge.log({ event: 'error', 'error.kind': 'Declined', message: 'card declined', stack: 'at charge' }, base + 30);
  tracer.inject(charge, FORMAT_HTTP_HEADERS, out.headers);
  charge.finish(base + 40);
  const far = tracer.extract(FORMAT_TEXT_MAP, { 'uber-trace-id': 'abc:def:0:1' });
  const audit = tracer.startSpan('audit', { startTime: base + 50, references: [new Reference(REFERENCE_CHILD_OF, root.context()), new Reference(REFERENCE_FOLLOWS_FROM, far)] });
  audit.finish(base + 60);
  const publish = tracer.startSpan('publish', { childOf: root, startTime: base + 90, tags: {
    [Tags.SPAN_KIND]: 'producer', component: 'kafka', 'message_bus.destination': 'orders', authorization: 'Bearer hush-hush',
  } });
  publish.log({ event: 'sent', size: 3 }, base + 95);
  root.finish(base + 100);
  publish.finish(base + 150); // after its parent
  Object.entries({ 'GET /orders': root, charge, audit, publish }).forEach(([name, span]) => note(name, span));
}

function end() {
  tracer.close(() => {
    // the reporter of HTTP is called back by the answer
    process.stdout.write(JSON.stringify(out));
  });
}

// The default sampler starts at one in a thousand and asks at once for its strategy.
function sampledThen(f) {
  const probe = tracer.startSpan('probe');
  const yes = probe.context().isSampled();
  if (yes) f();
  else setTimeout(sampledThen, 20, f);
}

if (sampling) sampledThen(() => { scenario(); end(); });
else { scenario(); end(); }
