package transaction

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction/storytest"
)

// tell reads a small story: one span a line, as
//
//	service kind id<parent from-to name key=value …
//
// with times in ms, "!" before the name for status error and "…" for no end. Some
// keys say what attributes cannot:
//
//	trace=2                  the trace, else the first
//	key=sqs:m1               a join key, by the short names below
//	link=2:5                 a link to span 5 of trace 2
//	record=sqs:m1;sent:20;n:2;from:queue/jobs;via:topic/news;dead:queue/jobs;ctx:2:5
//	faas.name=f, host.name=h of the resource
func tell(t *testing.T, story string) *Transaction {
	t.Helper()
	return tellAbout(t, signal.TraceID{}, story)
}

// tellAbout is tell as seen from one trace.
func tellAbout(t *testing.T, about signal.TraceID, story string) *Transaction {
	t.Helper()
	var b Builder
	for line := range strings.Lines(strings.TrimSpace(story)) {
		f := strings.Fields(line)
		var id, parent byte
		var from, to float64
		s := signal.Span{Trace: signal.TraceID{1}, Kind: signal.ParseSpanKind(f[1])}
		id, parent = f[2][0], f[2][2]
		s.ID = signal.SpanID{7: id}
		if parent != '-' {
			s.Parent = signal.SpanID{7: parent}
		}
		from, to = readTimes(t, f[3])
		if s.Start = storytest.At(from); to >= 0 {
			s.End = storytest.At(to)
		}
		name, failed := strings.CutPrefix(f[4], "!")
		if s.Name = name; failed {
			s.Status.Code = signal.StatusError
		}
		resource := signal.Attrs{{Key: "service.name", Value: signal.Str(f[0])}}
		for _, kv := range f[5:] {
			k, v, _ := strings.Cut(kv, "=")
			switch k {
			case "message":
				s.Status.Message = strings.ReplaceAll(v, "_", " ")
			case "trace":
				s.Trace = signal.TraceID{v[0] - '0'}
			case "key":
				s.Keys = append(s.Keys, shortKey(t, v))
			case "link":
				s.Links = append(s.Links, shortLink(v))
			case "record":
				s.Events = append(s.Events, shortRecord(t, v))
			case "faas.name", "host.name":
				resource = append(resource, signal.Attr{Key: k, Value: signal.Str(v)})
			default:
				s.Attrs = append(s.Attrs, signal.Attr{Key: k, Value: signal.Str(v)})
			}
		}
		b.Add(&signal.Batch{Groups: []signal.Group{{Resource: resource, Spans: []signal.Span{s}}}})
	}
	b.About(about)
	tx := b.Build()
	if about.IsZero() {
		check(t, tx, strings.Count(strings.TrimSpace(story), "\n")+1)
	} else {
		check(t, tx, tx.Spans)
	}
	return tx
}

var shortKinds = map[string]string{
	"sqs": signal.KeySQSMessage, "sns": signal.KeySNSMessage, "event": signal.KeyEvent, "req": signal.KeyRequest, "exec": signal.KeyExecution,
	"item": signal.KeyDynamoDBItem, "xray": signal.KeyXRayTrace, "kinesis": signal.KeyKinesisRecord, "api": signal.KeyGatewayRequest, "obj": signal.KeyS3Object,
	"done": signal.KeyStepDone, "step": signal.KeyStep,
}

func shortKey(t *testing.T, s string) signal.JoinKey {
	t.Helper()
	kind, value, _ := strings.Cut(s, ":")
	if shortKinds[kind] == "" {
		t.Fatalf("no key %q", kind)
	}
	return signal.JoinKey{Kind: shortKinds[kind], Value: value}
}

func shortLink(s string) signal.Link {
	return signal.Link{Trace: signal.TraceID{s[0] - '0'}, Span: signal.SpanID{7: s[2]}}
}

func shortRecord(t *testing.T, s string) signal.Event {
	t.Helper()
	var r signal.Record
	resource := func(s string) signal.Resource {
		kind, name, _ := strings.Cut(s, "/")
		return signal.Resource{Kind: signal.ResourceKind(kind), Name: name}
	}
	for _, part := range strings.Split(s, ";") {
		k, v, _ := strings.Cut(part, ":")
		switch k {
		case "sent":
			r.Sent = storytest.At(atof(t, v))
		case "n":
			r.Attempts = int(atof(t, v))
		case "from":
			r.From = resource(v)
		case "via":
			r.Via = append(r.Via, resource(v))
		case "dead":
			r.DeadFrom = resource(v)
		case "ctx":
			r.Parent = shortLink(v)
		default:
			r.Keys = append(r.Keys, shortKey(t, part))
		}
	}
	return r.Event()
}

func readTimes(t *testing.T, s string) (from, to float64) {
	t.Helper()
	a, b, _ := strings.Cut(s, "-")
	from = atof(t, a)
	if b == "…" {
		return from, -1
	}
	return from, atof(t, b)
}

func atof(t *testing.T, s string) (f float64) {
	t.Helper()
	for _, c := range s {
		if c < '0' || c > '9' {
			t.Fatalf("bad number %q", s)
		}
		f = f*10 + float64(c-'0')
	}
	return f
}

// outline prints the rows as an indented tree with times and flags.
func outline(tx *Transaction) string {
	var b strings.Builder
	depth := make([]int, len(tx.Rows))
	for r := range tx.Rows {
		row := &tx.Rows[r]
		if row.Parent >= 0 {
			depth[r] = depth[row.Parent] + 1
		}
		b.WriteString(strings.Repeat(" ", depth[r]))
		b.WriteString(row.Name)
		for i, mark := range []string{"✕", "open", "cold", "async", "missing", "shifted", "timeout", "shared", "ambiguous", "again", "twin"} {
			if row.Flags&(1<<i) != 0 {
				b.WriteString(" " + mark)
			}
		}
		b.WriteString(" @" + row.Start.Sub(storytest.Start).String() + "+" + row.Dur.String() + "\n")
	}
	return b.String()
}

func TestTrees(t *testing.T) {
	f := func(story, want string) {
		t.Helper()
		want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", "")
		if got := outline(tell(t, story)); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	f("a server 1<- 10-20 one", "one @10ms+10ms\n")
	// A parent that never arrived holds its children together.
	f("a internal 2<9 10-20 x\na internal 3<9 5-30 y", "missing parent missing @5ms+25ms\n y @5ms+25ms\n x @10ms+10ms\n")
	// Itself, and each other, as parent.
	f("a internal 1<1 10-20 x", "x @10ms+10ms\n")
	f("a internal 1<2 10-20 x\na internal 2<3 11-20 y\na internal 3<1 12-20 z", "x @10ms+10ms\n z @12ms+8ms\n  y @11ms+9ms\n")
	// Zipkin's client and server share an id; the server's child is below the server.
	f("a client 1<- 10-50 call\nb server 1<- 20-40 serve\nb client 2<1 25-30 db\na internal 3<1 45-48 local",
		"call @10ms+40ms\n serve @20ms+20ms\n  db @25ms+5ms\n local @45ms+3ms\n")
	// So do proxies on the way, which pass the id on: the innermost that encloses the service calls it.
	f("a client 1<- 10-50 call\nc server 1<- 25-30 serve\np server 1<- 20-40 inner\ne server 1<- 15-45 outer\nc internal 2<1 26-27 work",
		"call @10ms+40ms\n outer @15ms+30ms\n  inner @20ms+20ms\n   serve @25ms+5ms\n    work @26ms+1ms\n")
	f("p server 1<9 10-40 proxy\nc server 1<9 10-40 serve", "missing parent missing @10ms+30ms\n serve @10ms+30ms\n  proxy @10ms+30ms\n")
	// Two servers one after the other are two attempts of the caller.
	f("a client 1<- 10-50 call\nb server 1<- 20-25 !first\nc server 1<- 30-40 second", "call @10ms+40ms\n first ✕ @20ms+5ms\n second @30ms+10ms\n")
	// Another clock: the server is set into the middle of its call, its own spans follow.
	f("a client 1<- 100-200 call\nb server 2<1 20-60 serve\nb internal 3<2 30-40 work",
		"call @100ms+100ms\n serve shifted @130ms+40ms\n  work shifted @140ms+10ms\n")
	f("a client 1<- 100-200 call\nb server 2<1 300-340 serve", "call @100ms+100ms\n serve shifted @130ms+40ms\n")
	// Longer than its caller waited: only the start is repaired, nothing is clamped.
	f("a client 1<- 100-120 call\nb server 2<1 50-150 serve", "call @100ms+20ms\n serve shifted @100ms+100ms\n")
	f("a client 1<- 100-120 call\nb server 2<1 110-500 serve", "call @100ms+20ms\n serve @110ms+390ms\n")
	// A caller that gave up proves nothing about clocks; a service's own odd times stay as told.
	f("a client 1<- 100-200 !call\nb server 2<1 300-340 serve", "call ✕ @100ms+100ms\n serve @300ms+40ms\n")
	f("a internal 1<- 100-200 x\na internal 2<1 50-60 y", "x @100ms+100ms\n y @50ms+10ms\n")
	// Not ended: drawn until the last end.
	f("a server 1<- 10-… x\na internal 2<1 20-90 y", "x open @10ms+80ms\n y @20ms+70ms\n")
	f("a server 1<- 50-20 x", "x @50ms+0s\n")
}

func TestGraphs(t *testing.T) {
	f := func(story, want string) {
		t.Helper()
		want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", "")
		if got := draw(tell(t, story)); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	f("web server 1<- 0-100 GET\nweb client 2<1 10-20 GET db.system=postgresql db.name=blog\nweb client 3<1 15-30 GET db.system.name=postgresql db.namespace=blog", `
	service web calls=1
	database blog calls=2
	web -> blog calls=2 total=25ms
	`)
	f("web server 1<- 0-100 GET\nweb client 2<1 10-20 !GET http.method=GET http.url=https://api.example.com/x http.status_code=503", `
	service web calls=1
	http api.example.com calls=1 errors=1 error: HTTP 503
	web -> api.example.com calls=1 errors=1 total=10ms
	`)
	f("web server 1<- 0-100 GET\nweb client 2<1 10-20 Put rpc.system=aws-api aws.s3.bucket=pics", `
	service web calls=1
	bucket pics calls=1
	web -> pics calls=1 total=10ms
	`)
	// Topic to queue to function: both brokers are seen, the wait is counted once.
	f(`web producer 1<- 0-10 send messaging.system=aws.sns messaging.destination=news
	fn consumer 2<1 50-60 work faas.name=fn messaging.system=aws_sqs messaging.destination.name=jobs`, `
	service web calls=1
	topic news calls=1
	function fn calls=1 async
	queue jobs calls=0
	web -> news calls=1 total=10ms
	news ~> jobs calls=1 total=0s
	jobs ~> fn calls=1 total=10ms wait=40ms
	`)
	// Sender and receiver name the same topic, one with its place.
	f("web producer 1<- 0-10 send messaging.system=aws_sns messaging.destination.name=news aws.sns.topic.arn=arn:aws:sns:eu-west-1:1:news\nfn consumer 2<1 50-60 work messaging.system=aws_sns messaging.destination.name=news", `
	service web calls=1
	topic news calls=1
	service fn calls=1 async
	web -> news calls=1 total=10ms
	news ~> fn calls=1 total=10ms wait=40ms
	`)
	// A function that died before it could report is known from its caller; what it sent before is its.
	f("web client 1<- 0-50 !invoke faas.invoked_name=fn message=Task_timed_out\nfn client 3<2 10-20 get faas.name=fn db.system=redis", `
	service web calls=1 errors=1 timeout: Task timed out
	function fn calls=1 errors=1 timeout: Task timed out
	cache redis calls=1
	web -> fn calls=1 errors=1 total=50ms
	fn -> redis calls=1 total=10ms
	`)
	// One side names no more than the system: the other side's name holds for both.
	f(`web producer 1<- 0-10 send messaging.system=aws_sns messaging.destination.name=news
	fn consumer 2<1 50-60 work messaging.system=aws_sns`, `
	service web calls=1
	topic news calls=1
	service fn calls=1 async
	web -> news calls=1 total=10ms
	news ~> fn calls=1 total=10ms wait=40ms
	`)
	f(`web producer 1<- 0-10 send messaging.system=aws_sns messaging.destination.name=news
	web client 2<1 1-9 POST http.method=POST server.address=sns.amazonaws.com
	fn consumer 3<2 50-60 work messaging.system=AWS_SNS`, `
	service web calls=1
	topic news calls=1
	service fn calls=1 async
	web -> news calls=1 total=10ms
	news ~> fn calls=1 total=10ms wait=40ms
	`)
	f(`web producer 1<- 0-10 send messaging.system=aws_sqs
	fn consumer 2<1 50-60 work messaging.system=aws_sqs messaging.destination.name=jobs`, `
	service web calls=1
	queue jobs calls=1
	service fn calls=1 async
	web -> jobs calls=1 total=10ms
	jobs ~> fn calls=1 total=10ms wait=40ms
	`)
	// A queue without a name takes the producer's; with none on either side the system stands.
	f(`web producer 1<- 0-10 send messaging.system=aws_sns messaging.destination.name=news
	fn consumer 2<1 50-60 work messaging.system=aws_sqs`, `
	service web calls=1
	topic news calls=1
	service fn calls=1 async
	web -> news calls=1 total=10ms
	news ~> fn calls=1 total=10ms wait=40ms
	`)
	f(`web producer 1<- 0-10 send messaging.system=nats
	fn consumer 2<1 50-60 work messaging.system=nats`, `
	service web calls=1
	queue nats calls=1
	service fn calls=1 async
	web -> nats calls=1 total=10ms
	nats ~> fn calls=1 total=10ms wait=40ms
	`)
	// Attempts at one message: the wait is the first one's.
	f(`web producer 1<- 0-10 send messaging.system=aws_sns messaging.destination.name=news
	fn consumer 2<1 50-60 !work messaging.system=aws_sns
	fn consumer 3<1 90-100 !work messaging.system=aws_sns
	fn consumer 4<1 160-170 work messaging.system=aws_sns`, `
	service web calls=1
	topic news calls=1
	service fn calls=3 errors=2 async error: error
	web -> news calls=1 total=10ms
	news ~> fn calls=3 errors=2 total=30ms wait=40ms attempt 3 after 150ms retries=2
	`)
	// Several messages of one sending are no attempts.
	f(`web producer 1<- 0-10 send messaging.system=aws_sns messaging.destination.name=news
	fn consumer 2<1 50-60 work messaging.system=aws_sns
	fn consumer 3<1 55-70 !work messaging.system=aws_sns
	fn consumer 4<1 60-80 work messaging.system=aws_sns`, `
	service web calls=1
	topic news calls=1
	service fn calls=3 errors=1 async error: error
	web -> news calls=1 total=10ms
	news ~> fn calls=3 errors=1 total=45ms wait=135ms
	`)
	// Received before the sender had its receipt: no negative wait.
	f("web producer 1<- 0-30 send messaging.system=kafka messaging.destination.name=log\nw consumer 2<1 20-60 work", `
	service web calls=1
	stream log calls=1
	service w calls=1 async
	web -> log calls=1 total=30ms
	log ~> w calls=1 total=40ms
	`)
	// A consumer alone still shows where its message came from.
	f("w consumer 2<- 50-60 work messaging.system=rabbitmq messaging.destination.name=jobs messaging.message.timestamp=1795251600020", `
	service w calls=1 async
	queue jobs calls=0
	jobs ~> w calls=1 total=10ms wait=30ms
	`)
	// Retries are separate calls; a shared SDK span over HTTP spans is one.
	f("a internal 1<- 0-100 x\na client 2<1 0-10 !try http.method=GET server.address=b\nb server 3<2 1-9 !serve\na client 4<1 20-30 try http.method=GET\nb server 5<4 21-29 serve", `
	service a calls=1
	service b calls=2 errors=1 error: error
	a -> b calls=2 errors=1 total=20ms
	`)
	f("a internal 1<- 0-100 x\nb internal 2<1 10-20 y", "service a calls=1\nservice b calls=1\na -> b calls=1 total=10ms\n")
}

// TestQueueWait: the time while a message waited counts once, however many did.
func TestQueueWait(t *testing.T) {
	tx := tell(t, `web producer 1<- 0-10 send messaging.system=aws_sns messaging.destination.name=news
	fn consumer 2<1 50-60 !work
	fn consumer 3<1 90-100 work
	gn consumer 4<1 20-30 work
	web producer 5<- 200-210 send messaging.system=aws_sns messaging.destination.name=news
	fn consumer 6<5 215-220 work`)
	if want := 85 * time.Millisecond; tx.QueueWait != want || tx.QueueWait > tx.Duration() {
		t.Errorf("%v in queues, want %v", tx.QueueWait, want)
	}
}

func TestOutcomes(t *testing.T) {
	f := func(story string, outcome Outcome, line string) {
		t.Helper()
		tx := tell(t, story)
		if tx.Outcome != outcome || tx.Error != line {
			t.Errorf("%s\ngot %q %q, want %q %q", story, tx.Outcome, tx.Error, outcome, line)
		}
	}
	f("a server 1<- 0-10 x", OK, "")
	f("a server 1<- 0-… x", Running, "")
	f("a server 1<- 0-10 !x", Failed, "error")
	f("a server 1<- 0-10 !x message=boom", Failed, "boom")
	f("a server 1<- 0-10 !x http.response.status_code=429", Throttled, "HTTP 429")
	f("a server 1<- 0-10 !x message=Task_timed_out_after_3.00_seconds", Timeout, "timed out after 3.00 s")
	f("a server 1<- 0-10 !x message=Sandbox.Timedout:_RequestId:_0a4a-1_Error:_Task_timed_out_after_3.00_seconds", Timeout, "timed out after 3.00 s")
	f("a server 1<- 0-10 !x message=2026-11-21T10:00:00Z_0a4a_Task_timed_out_after_900.10_seconds", Timeout, "timed out after 900.10 s")
	f("a server 1<- 0-10 !x message=Task_timed_out_after_a_while", Timeout, "Task timed out after a while")
	f("a server 1<- 0-10 !x message=Runtime.ExitError", Crash, "Runtime.ExitError")
	f("a server 1<- 0-10 !x message=JavaScript_heap_out_of_memory", OOM, "JavaScript heap out of memory")
	f("a server 1<- 0-10 !x exception.type=KeyError exception.message=user", Failed, "KeyError: user")
	f("a server 1<- 0-10 !x clew.outcome=oom message=gone", OOM, "gone")
	// Where the entry says only a status, the failed call below it tells why.
	f("a server 1<- 0-10 !x http.status_code=504\na client 2<1 1-9 !y message=Task_timed_out_after_3.00_seconds", Timeout, "timed out after 3.00 s")
	f("a server 1<- 0-10 !x http.status_code=500\na internal 2<1 1-9 !y\na client 3<2 2-3 !z message=one\na client 4<2 4-5 !z message=two", Failed, "two")
	f("a server 1<- 0-10 !x http.status_code=500\na client 2<1 1-9 y", Failed, "HTTP 500")
	// A failed call that its caller survives is not the transaction's failure; a failed function is.
	f("a server 1<- 0-10 x\na client 2<1 1-2 !y", OK, "")
	f("a server 1<- 0-10 x\nb server 2<1 1-2 !y", OK, "")
	f("a server 1<- 0-10 x\nb server 2<1 1-2 !y faas.name=b message=one\nc server 3<1 3-4 !y faas.name=c message=two", Failed, "two")
}

func FuzzBuild(f *testing.F) {
	f.Add([]byte{1, 0, 2, 0, 9, 1, 2, 1, 3, 1, 8, 0})
	f.Add([]byte{1, 1, 2, 0, 9, 1, 1, 1, 3, 5, 0, 0, 1, 2, 3, 4, 5, 6})
	f.Fuzz(func(t *testing.T, in []byte) {
		var b Builder
		seen := map[[3]byte]bool{}
		for ; len(in) >= 6; in = in[6:] {
			s := signal.Span{Trace: signal.TraceID{1}, ID: signal.SpanID{7: in[0] % 8}, Parent: signal.SpanID{7: in[1] % 8}, Kind: signal.SpanKind(in[2] % 6)}
			s.Start = signal.Time(binary.BigEndian.Uint16([]byte{in[3], 0}))
			s.End = signal.Time(in[4]) << (in[4] % 56)
			if in[5]&1 != 0 {
				s.Attrs = signal.Attrs{{Key: "messaging.system", Value: signal.Str("sqs")}}
			}
			if in[5]&2 != 0 {
				s.Links = []signal.Link{{Trace: s.Trace, Span: signal.SpanID{7: in[5] % 8}}}
			}
			service := in[5] >> 6
			seen[[3]byte{s.ID[7], byte(s.Kind), service}] = true
			b.Add(&signal.Batch{Groups: []signal.Group{{
				Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(string('a' + rune(service)))}}, Spans: []signal.Span{s},
			}}})
		}
		check(t, b.Build(), len(seen))
	})
}
