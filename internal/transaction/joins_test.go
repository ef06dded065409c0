package transaction

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/signal"
)

// lives prints the messages of a story, one a line.
func lives(tx *Transaction) string {
	var b strings.Builder
	for _, m := range tx.Messages {
		key := m.Key.Value
		if key == "" {
			key = "-"
		}
		b.WriteString(key + ":")
		switch {
		case m.Sender >= 0:
			b.WriteString(" " + tx.Rows[m.Sender].Name)
		case !m.Trace.IsZero():
			fmt.Fprintf(&b, " trace %d", m.Trace[0])
		}
		b.WriteString(" ->")
		for _, r := range m.Attempts {
			b.WriteString(" " + tx.Rows[r].Name)
			if tx.Rows[r].Flags&FlagError != 0 {
				b.WriteString("✕")
			}
		}
		if m.Batch > 1 {
			fmt.Fprintf(&b, " of %d", m.Batch)
		}
		if m.DLQ >= 0 {
			b.WriteString(" dlq " + tx.Nodes[m.DLQ].Name)
		}
		if m.Redriven {
			b.WriteString(" redriven")
		}
		b.WriteString(" " + string(m.Fate) + "\n")
	}
	return b.String()
}

// tree prints the rows as an indented tree with their traces and flags.
func family(tx *Transaction) string {
	var b strings.Builder
	depth := make([]int, len(tx.Rows))
	for r := range tx.Rows {
		row := &tx.Rows[r]
		if row.Parent >= 0 {
			depth[r] = depth[row.Parent] + 1
		}
		fmt.Fprintf(&b, "%s%s", strings.Repeat(" ", depth[r]), row.Name)
		if row.Wait > 0 {
			fmt.Fprintf(&b, " waited %v", row.Wait)
		}
		for i, mark := range []string{"✕", "open", "cold", "", "missing", "shifted", "timeout", "shared", "ambiguous", "again", "twin"} {
			if row.Flags&(1<<i) != 0 && mark != "" {
				b.WriteString(" " + mark)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestJoins(t *testing.T) {
	f := func(name, story, want string) {
		t.Helper()
		want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", "")
		tx := tell(t, story)
		if got := family(tx) + draw(tx) + lives(tx); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
	f("a topic, known by the message alone", `
	web client 2<1 10-20 publish key=sns:n1 messaging.system=aws_sns messaging.destination.name=news
	web server 1<- 0-30 POST
	fn consumer 1<- 50-60 !work trace=2 key=sns:n1 faas.name=fn messaging.system=aws_sns messaging.destination.name=news
	fn client 2<1 52-53 get trace=2 faas.name=fn db.system=redis`, `
	POST
	 publish
	  work waited 30ms ✕
	   get
	service web calls=1
	topic news calls=1
	function fn calls=1 errors=1 async error: error
	cache redis calls=1
	web -> news calls=1 total=10ms
	news ~> fn calls=1 errors=1 total=10ms wait=30ms
	fn -> redis calls=1 total=1ms
	n1: publish -> work✕ retrying
	`)
	f("through a queue, with the time it was sent and what it passed", `
	web client 1<- 10-20 publish key=sns:n1 messaging.system=aws_sns messaging.destination.name=news
	fn server 1<- 50-60 work trace=2 faas.name=fn record=sqs:m1;sns:n1;sent:15;n:1;from:queue/jobs;via:topic/news`, `
	publish
	 work waited 35ms
	service web calls=1
	topic news calls=1
	function fn calls=1 async
	queue jobs calls=0
	web -> news calls=1 total=10ms
	news ~> jobs calls=1 total=0s
	jobs ~> fn calls=1 total=10ms wait=35ms
	m1: publish -> work delivered
	`)
	f("retries, dead letters, a redrive", `
	web client 1<- 0-10 send key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	fn server 1<- 50-60 !work trace=2 record=sqs:m1;sent:5;n:1;from:queue/jobs
	fn server 1<- 90-99 !work trace=3 record=sqs:m1;sent:5;n:2;from:queue/jobs
	dn server 1<- 120-130 bury trace=4 record=sqs:m1;sent:5;from:queue/jobs-dlq
	fn server 1<- 220-230 work trace=5 record=sqs:m1;sent:5;from:queue/jobs`, `
	send
	 work waited 45ms ✕
	 work waited 85ms ✕ again
	 bury waited 115ms again
	 work waited 215ms again
	service web calls=1
	queue jobs calls=1
	service fn calls=3 errors=2 async error: error
	service dn calls=1 async
	queue jobs-dlq calls=0
	web -> jobs calls=1 total=10ms
	jobs ~> fn calls=3 errors=2 total=29ms wait=45ms attempt 4 after 215ms retries=2
	jobs ~> jobs-dlq calls=1 total=0s
	jobs-dlq ~> dn calls=1 total=10ms attempt 3 after 115ms retries=1
	m1: send -> work✕ work✕ bury work dlq jobs-dlq redriven delivered
	`)
	f("a dead letter that says where it died", `
	dn server 1<- 120-130 bury record=sqs:m1;sent:5;n:1;from:queue/jobs-dlq;dead:queue/jobs`, `
	bury waited 115ms
	service dn calls=1 async
	queue jobs calls=0
	queue jobs-dlq calls=0
	jobs ~> jobs-dlq calls=1 total=0s
	jobs-dlq ~> dn calls=1 total=10ms wait=115ms
	m1: -> bury dlq jobs-dlq dead
	`)
	f("of a batch that failed in part only that part comes again", `
	web client 1<- 0-10 send key=sqs:m1 key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs
	fn consumer 1<- 50-60 work trace=2 key=sqs:m1 key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs faas.response={"batchItemFailures":[{"itemIdentifier":"m2"}]}
	fn consumer 1<- 90-95 work trace=3 key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs`, `
	send
	 work waited 40ms shared
	 work waited 80ms again
	service web calls=1
	queue jobs calls=1
	service fn calls=2 async partial: 1 of 2 records failed
	web -> jobs calls=1 total=10ms
	jobs ~> fn calls=2 total=15ms wait=80ms attempt 2 after 80ms retries=1
	m1: send -> work of 2 delivered
	m2: send -> work work of 2 delivered
	`)
	f("an asynchronous invocation is tried again under its request id", `
	web client 1<- 0-10 invoke key=req:r1 faas.invoked_name=fn
	fn server 1<- 50-60 !work trace=2 key=req:r1 faas.name=fn
	fn server 1<- 90-95 !work trace=3 key=req:r1 faas.name=fn
	fn server 1<- 190-195 !work trace=4 key=req:r1 faas.name=fn`, `
	invoke
	 work waited 40ms ✕
	 work waited 80ms ✕ again
	 work waited 180ms ✕ again
	service web calls=1
	function fn calls=3 errors=3 async error: error
	web ~> fn calls=3 errors=3 total=20ms wait=40ms attempt 3 after 180ms retries=2
	r1: invoke -> work✕ work✕ work✕ dropped
	`)
	f("a call that waited is no message", `
	web client 1<- 0-60 invoke key=req:r1 faas.invoked_name=fn
	fn server 1<- 50-55 work trace=2 key=req:r1 faas.name=fn`, `
	invoke
	 work
	service web calls=1
	function fn calls=1
	web -> fn calls=1 total=60ms
	`)
	f("keys beat a parent that never came, whose placeholder goes", `
	web client 1<- 0-10 send key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	fn consumer 1<9 50-60 work trace=2 key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs`, `
	send
	 work waited 40ms
	service web calls=1
	queue jobs calls=1
	service fn calls=1 async
	web -> jobs calls=1 total=10ms
	jobs ~> fn calls=1 total=10ms wait=40ms
	m1: send -> work delivered
	`)
	f("its own parent beats keys", `
	web producer 1<- 0-10 send messaging.system=aws_sqs messaging.destination.name=jobs
	old client 1<- 0-10 other trace=2 key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	fn consumer 2<1 50-60 work key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs`, `
	send
	 work waited 40ms
	other
	service web calls=1
	queue jobs calls=2
	service old calls=1
	service fn calls=1 async
	web -> jobs calls=1 total=10ms
	jobs ~> fn calls=1 total=10ms wait=40ms
	old -> jobs calls=1 total=10ms
	m1: send -> work delivered
	`)
	f("a strong key beats a weak one, and weak ones that fit twice join nothing", `
	web client 1<- 0-10 put1 key=item:h db.system=dynamodb aws.dynamodb.table_names=posts
	web client 1<- 1-12 put2 trace=2 key=item:h db.system=dynamodb aws.dynamodb.table_names=posts
	web client 1<- 2-12 put3 trace=3 key=item:i key=event:e db.system=dynamodb aws.dynamodb.table_names=posts
	fn server 1<- 50-60 first trace=4 record=item:h;from:table/posts
	fn server 1<- 50-60 second trace=5 record=item:h;event:e;from:table/posts
	fn server 1<- 50-60 third trace=6 record=item:i;from:table/posts`, `
	put1
	put2
	put3
	 second waited 38ms
	 third waited 38ms
	first ambiguous
	service web calls=3
	table posts calls=3
	service fn calls=3 async
	web -> posts calls=3 total=31ms
	posts ~> fn calls=3 total=30ms wait=76ms
	e: put3 -> second delivered
	i: put3 -> third delivered
	h: -> first delivered
	`)
	f("one invocation as two tracers tell it", `
	web client 1<- 0-10 send key=sns:n1 messaging.system=aws_sns messaging.destination.name=news
	fn server 1<- 49-61 xray trace=2 key=req:r1 faas.name=fn
	fn consumer 1<- 50-60 epsagon trace=3 key=req:r1 key=sns:n1 faas.name=fn messaging.system=aws_sns messaging.destination.name=news`, `
	send
	 xray waited 39ms
	  epsagon twin
	service web calls=1
	topic news calls=1
	function fn calls=1 async
	web -> news calls=1 total=10ms
	news ~> fn calls=1 total=12ms wait=39ms
	n1: send -> xray delivered
	`)
	f("a topic to several, one of them not seen", `
	web client 1<- 0-10 publish key=sns:n1 messaging.system=aws_sns messaging.destination.name=news
	web client 2<- 11-12 publish key=sns:n2 messaging.system=aws_sns messaging.destination.name=news
	fn consumer 1<- 50-60 f trace=2 key=sns:n1 messaging.system=aws_sns messaging.destination.name=news
	gn consumer 1<- 50-60 g trace=3 key=sns:n1 messaging.system=aws_sns messaging.destination.name=news`, `
	publish
	 f waited 40ms
	 g waited 40ms
	publish
	service web calls=2
	topic news calls=2
	service fn calls=1 async
	service gn calls=1 async
	web -> news calls=2 total=11ms
	news ~> fn calls=1 total=10ms wait=40ms
	news ~> gn calls=1 total=10ms wait=40ms
	n2: publish -> unknown
	n1: publish -> f delivered
	n1: publish -> g delivered
	`)
	f("a step function: tasks below the start, one of them tried twice", `
	web client 1<- 0-10 start key=exec:x
	a server 1<- 20-30 prepare trace=2 record=exec:x;sent:15;n:1;from:service/flow
	b server 1<- 40-50 !charge trace=3 record=exec:x;sent:35;n:1;from:service/flow
	b server 1<- 60-70 charge trace=4 record=exec:x;sent:35;n:2;from:service/flow`, `
	start
	 prepare waited 5ms
	 charge waited 5ms ✕
	 charge waited 25ms again
	service web calls=1
	service a calls=1 async
	service flow calls=0
	service b calls=2 errors=1 async error: error
	web ~> flow calls=1 total=0s
	flow ~> a calls=1 total=10ms wait=5ms
	flow ~> b calls=2 errors=1 total=20ms wait=5ms attempt 2 after 25ms retries=1
	x: start -> prepare delivered
	x: start -> charge✕ charge delivered
	`)
	f("links from the sender count the same", `
	web client 1<- 0-10 send link=2:1 messaging.system=aws_sqs messaging.destination.name=jobs
	fn consumer 1<- 50-60 work trace=2 messaging.system=aws_sqs messaging.destination.name=jobs`, `
	send
	 work waited 40ms
	service web calls=1
	queue jobs calls=1
	service fn calls=1 async
	web -> jobs calls=1 total=10ms
	jobs ~> fn calls=1 total=10ms wait=40ms
	-: send -> work delivered
	`)
	f("a poll and what works on its messages", `
	web client 1<- 0-10 send key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	w internal 1<- 20-90 loop trace=2
	w client 2<1 30-50 poll trace=2 key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs messaging.operation.type=receive
	w consumer 3<1 51-60 work trace=2 key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs`, `
	send
	loop
	 poll
	 work waited 41ms
	service web calls=1
	queue jobs calls=1
	service w calls=1
	web -> jobs calls=1 total=10ms
	jobs ~> w calls=1 total=9ms wait=41ms
	m1: send -> work delivered
	`)
	f("a long batch, of which the first records alone are told", `
	fn server 1<- 50-60 work record=sqs:m1;sent:5;from:queue/jobs record=sqs:m2;sent:6;from:queue/jobs key=req:r1 key=sqs:m1 key=sqs:m2 key=sqs:m3 key=sqs:m4`, `
	work waited 45ms shared
	service fn calls=1 async
	queue jobs calls=0
	jobs ~> fn calls=1 total=10ms wait=89ms
	m1: -> work of 4 delivered
	m2: -> work of 4 delivered
	m3: -> work of 4 delivered
	m4: -> work of 4 delivered
	`)
	f("three laps of a loop", `
	a server 1<- 0-30 lap0
	a client 2<1 10-20 send key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	a consumer 1<- 40-70 lap1 trace=2 key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	a client 2<1 50-60 send trace=2 key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs
	a consumer 1<- 80-99 lap2 trace=3 key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs
	a client 2<1 90-95 send trace=3 key=sqs:m3 messaging.system=aws_sqs messaging.destination.name=jobs
	a consumer 1<- 100-110 lap3 trace=4 key=sqs:m3 messaging.system=aws_sqs messaging.destination.name=jobs`, `
	lap0
	 send
	  lap1 waited 20ms
	   send
	    lap2 waited 20ms
	     send
	      lap3 waited 5ms
	service a calls=4 3 laps
	queue jobs calls=3
	a -> jobs calls=3 total=25ms
	jobs ~> a calls=3 total=59ms wait=45ms 3 laps
	m1: send -> lap1 delivered
	m2: send -> lap2 delivered
	m3: send -> lap3 delivered
	`)
}

// A batch whose function went on with the trace of its first message, as some
// tracers do: the story of each message is its own all the same.
func TestAboutABatchInTheTraceOfItsFirst(t *testing.T) {
	story := `
	web client 1<- 0-10 send1 trace=1 key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	web client 1<- 1-11 send2 trace=2 key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs
	fn consumer 2<1 50-90 work trace=1 key=sqs:m1 key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs
	fn internal 3<2 53-60 one trace=1 key=sqs:m1
	fn internal 4<2 61-70 two trace=1 key=sqs:m2
	fn internal 5<2 71-80 both trace=1`
	f := func(about byte, want string) {
		t.Helper()
		want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", "")
		tx := tellAbout(t, signal.TraceID{about}, story)
		if got := family(tx) + lives(tx); got != want || tx.ID != (signal.TraceID{about}) {
			t.Errorf("%d: got %v\n%swant\n%s", about, tx.ID, got, want)
		}
	}
	f(1, `
	send1
	 work waited 40ms shared
	  one
	  both shared
	m1: send1 -> work of 2 delivered
	m2: trace 2 -> work of 2 delivered
	`)
	f(2, `
	send2
	 work waited 39ms shared
	  two
	  both shared
	m1: trace 1 -> work of 2 delivered
	m2: send2 -> work of 2 delivered
	`)
}

func TestAbout(t *testing.T) {
	story := `
	web client 1<- 0-10 send1 trace=1 key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	web client 1<- 1-11 send2 trace=2 key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs
	web client 1<- 2-12 send3 trace=3 key=sqs:m3 messaging.system=aws_sqs messaging.destination.name=jobs
	fn consumer 1<- 50-90 work trace=9 key=sqs:m1 key=sqs:m2 key=sqs:m3 messaging.system=aws_sqs messaging.destination.name=jobs
	fn client 2<1 51-52 config trace=9 db.system=redis
	fn internal 3<1 53-60 one trace=9 key=sqs:m1
	fn client 4<3 54-55 out1 trace=9 key=sqs:o1 messaging.system=aws_sqs messaging.destination.name=out
	fn internal 5<1 61-70 !two trace=9 link=2:1
	fn client 6<1 71-75 all trace=9 key=sqs:o9 messaging.system=aws_sqs messaging.destination.name=out
	gn consumer 1<- 80-85 out trace=8 key=sqs:o1 messaging.system=aws_sqs messaging.destination.name=out
	hn consumer 1<- 80-85 outall trace=7 key=sqs:o9 messaging.system=aws_sqs messaging.destination.name=out`
	f := func(about byte, want string) {
		t.Helper()
		want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", "")
		var id signal.TraceID
		if about > 0 {
			id = signal.TraceID{about}
		}
		tx := tellAbout(t, id, story)
		if got := family(tx) + lives(tx); got != want {
			t.Errorf("%d: got\n%swant\n%s", about, got, want)
		}
	}
	f(0, `
	send1
	 work waited 40ms shared
	  config shared
	  one
	   out1
	    out waited 25ms
	  two ✕
	  all shared
	   outall waited 5ms shared
	send2
	send3
	m1: send1 -> work of 3 delivered
	m2: send2 -> work of 3 delivered
	m3: send3 -> work of 3 delivered
	o1: out1 -> out delivered
	o9: all -> outall delivered
	`)
	one := `
	send1
	 work waited 40ms shared
	  config shared
	  one
	   out1
	    out waited 25ms
	  all shared
	   outall waited 5ms shared
	m1: send1 -> work of 3 delivered
	m2: trace 2 -> work of 3 delivered
	m3: trace 3 -> work of 3 delivered
	o1: out1 -> out delivered
	o9: all -> outall delivered
	`
	f(1, one)
	f(8, one) // what only one record led to is of that record's story
	f(2, `
	send2
	 work waited 39ms shared
	  config shared
	  two ✕
	  all shared
	   outall waited 5ms shared
	m1: trace 1 -> work of 3 delivered
	m2: send2 -> work of 3 delivered
	m3: trace 3 -> work of 3 delivered
	o9: all -> outall delivered
	`)
	batch := `
	work shared
	 config shared
	 one
	  out1
	   out waited 25ms
	 two ✕
	 all shared
	  outall waited 5ms shared
	m1: trace 1 -> work of 3 delivered
	m2: trace 2 -> work of 3 delivered
	m3: trace 3 -> work of 3 delivered
	o1: out1 -> out delivered
	o9: all -> outall delivered
	`
	f(9, batch)
	f(7, batch) // what all led to
}

// Clocks of several accounts: what was received before it was sent moves, with
// all that its clock tells; no wait is ever less than nothing.
func TestClocksOverMessages(t *testing.T) {
	f := func(name, story, want string) {
		t.Helper()
		want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", "")
		if got := outline(tell(t, story)); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
	f("the receiver is 300 ms slow, its other run too", `
	web server 1<- 400-500 POST
	web client 2<1 410-420 send key=sqs:m1 messaging.system=aws_sqs messaging.destination.name=jobs
	web client 3<1 430-440 send key=sqs:m2 messaging.system=aws_sqs messaging.destination.name=jobs
	fn consumer 1<- 115-125 work1 trace=2 key=sqs:m1
	fn internal 2<1 116-120 inside1 trace=2
	fn consumer 1<- 440-445 work2 trace=3 key=sqs:m2`, `
	POST @400ms+100ms
	 send @410ms+10ms
	  work1 async shifted @410ms+10ms
	   inside1 shifted @411ms+4ms
	 send @430ms+10ms
	  work2 async shifted @735ms+5ms
	`)
	f("the sender is slow, which only an answer shows", `
	a client 1<- 0-10 ask key=sqs:m1
	b consumer 1<- 310-320 serve trace=2 key=sqs:m1
	b client 2<1 315-318 answer trace=2 key=sqs:m2
	a consumer 1<- 30-40 answered trace=3 key=sqs:m2`, `
	ask shifted @285ms+10ms
	 serve async @310ms+10ms
	  answer @315ms+3ms
	   answered async shifted @315ms+10ms
	`)
	f("one host of several", `
	web client 1<- 400-410 send key=sqs:m1
	fn consumer 1<- 100-110 slow trace=2 key=sqs:m1 host.name=x
	web client 2<- 400-410 send key=sqs:m2
	fn consumer 1<- 450-460 right trace=3 key=sqs:m2 host.name=y`, `
	send @400ms+10ms
	 slow async shifted @400ms+10ms
	send @400ms+10ms
	 right async @450ms+10ms
	`)
	f("a call that a key joins is set into the call", `
	a client 1<- 100-200 call key=api:g1
	b server 1<- 300-340 serve trace=2 key=api:g1`, "call @100ms+100ms\n serve shifted @130ms+40ms\n")
	f("the receipt came after the message", `
	a client 1<- 100-200 send key=sqs:m1
	b consumer 1<- 150-160 work trace=2 key=sqs:m1`, "send @100ms+100ms\n work async @150ms+10ms\n")
}
