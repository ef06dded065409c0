package issue

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction"
	"clew/internal/transaction/cause"
	"clew/internal/transaction/storytest"
)

// told is a transaction in lines of
//
//	ID PARENT SERVICE KIND NAME FROM-TO key=value…
//
// where a service that begins with λ is a function, and keys are error (message of
// the status), exception (Type: message) or an attribute's; _ stands for a space.
func told(t testing.TB, script string) []signal.Group {
	t.Helper()
	var groups []signal.Group
	for line := range strings.Lines(script) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		name := strings.TrimPrefix(f[2], "λ")
		resource := signal.Attrs{{Key: "service.name", Value: signal.Str(name)}, {Key: "service.version", Value: signal.Str("7")}}
		if name != f[2] {
			resource = append(resource, signal.Attr{Key: "faas.name", Value: signal.Str(name)}, signal.Attr{Key: "cloud.platform", Value: signal.Str("aws_lambda")})
		}
		s := signal.Span{Trace: signal.TraceID{15: 9}, ID: spanID(f[0]), Parent: spanID(f[1]), Kind: signal.ParseSpanKind(f[3]), Name: plain(f[4])}
		from, to, _ := strings.Cut(f[5], "-")
		s.Start = at(from)
		if to != "" {
			s.End = at(to)
		}
		for _, kv := range f[6:] {
			k, v, _ := strings.Cut(kv, "=")
			set(&s, k, plain(v))
		}
		groups = append(groups, signal.Group{Resource: resource, Spans: []signal.Span{s}})
	}
	return groups
}

func plain(s string) string { return strings.ReplaceAll(s, "_", " ") }

func spanID(s string) (id signal.SpanID) {
	n, _ := strconv.Atoi(s)
	id[7] = byte(n)
	return id
}

func at(ms string) signal.Time {
	n, _ := strconv.Atoi(ms)
	return storytest.Start.Add(time.Duration(n) * time.Millisecond)
}

func set(s *signal.Span, key, value string) {
	switch key {
	case "error":
		s.Status = signal.Status{Code: signal.StatusError, Message: value}
	case "exception":
		s.Status.Code = signal.StatusError
		typ, message, _ := strings.Cut(value, ": ")
		s.Events = append(s.Events, signal.Event{At: s.End, Name: "exception", Attrs: signal.Attrs{
			{Key: "exception.type", Value: signal.Str(typ)}, {Key: "exception.message", Value: signal.Str(message)},
		}})
	default:
		s.Attrs = append(s.Attrs, signal.Attr{Key: strings.ReplaceAll(key, " ", "_"), Value: signal.Str(value)})
	}
}

func found1(groups []signal.Group, report *cause.Report) []Occurrence {
	var b transaction.Builder
	var n Notes
	for i := range groups {
		batch := &signal.Batch{Groups: groups[i : i+1]}
		b.Add(batch)
		n.Add(batch)
	}
	return Find(b.Build(), &n, report)
}

func TestFind(t *testing.T) {
	f := func(name, script string, want ...string) {
		t.Helper()
		got := []string{}
		for _, o := range found1(told(t, script), &cause.Report{}) {
			got = append(got, fmt.Sprintf("%s %s ×%d", o.Type, o.Title, o.Times))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	f("nothing failed", `
		1 0 λstore server store 0-100
		2 1 λstore client GET 10-20 db.system=redis`)
	f("a function failed", `
		1 0 λstore server store 0-100 exception=KeyError:_'user'`,
		"error KeyError: 'user' in store ×1")
	f("callers that relay are told of once, where it began", `
		1 0 gateway server POST 0-100 http.response.status.code=502 error=
		2 1 gateway client invoke 5-95 error=
		3 2 λstore server store 10-90 exception=Error:_Request_failed_with_status_code_500
		4 3 λstore client POST 20-80 error=
		5 4 auth server POST 30-70 exception=IllegalStateException:_no_user`,
		"error IllegalStateException: no user in auth ×1")
	f("a caller with a fault of its own", `
		1 0 λstore server store 0-100 exception=TypeError:_x_is_not_a_function
		2 1 λstore client POST 20-80 error=
		3 2 auth server POST 30-70 exception=IllegalStateException:_no_user`,
		"error TypeError: x is not a function in store ×1", "error IllegalStateException: no user in auth ×1")
	f("a failed call that was taken well", `
		1 0 λstore server store 0-100
		2 1 λstore client POST 20-80 error=refused`)
	f("without words, by what was asked", `
		1 0 store server GET_/posts/17 0-100 error=`,
		"error Failed: GET /posts/… in store ×1")
	f("the call says why", `
		1 0 λstore server store 0-100 error=
		2 1 λstore client PutItem 20-80 db.system=dynamodb aws.dynamodb.table_names=posts error=ResourceNotFoundException:_no_table`,
		"error ResourceNotFoundException: no table in store ×1")
	f("a run that timed out, by what it waited for", `
		1 0 λstore server store 0-3000 clew.outcome=timeout error=Task_timed_out_after_3.00_seconds
		2 1 λstore client GET 20-30 db.system=postgresql
		3 1 λstore client GET 40- db.system=redis`,
		"timeout Timed out calling cache redis in store ×1")
	f("out of memory", `
		1 0 λstore server store 0-3000 error=Runtime_exited_with_error:_signal:_killed`,
		"oom Out of memory in store ×1")
	f("a crash", `
		1 0 λstore server store 0-3000 error=Runtime.ExitError:_RequestId:_8f5a1c2d-0000-4000-8000-000000000001_Error:_Runtime_exited_with_error:_exit_status_1`,
		"crash Crashed: Runtime.ExitError: RequestId: … Error: Runtime exited with error: exit status 1 in store ×1")
	f("throttled, though it came through", `
		1 0 λstore server store 0-100
		2 1 λstore client PutItem 20-30 db.system=dynamodb error=ThrottlingException:_slow_down
		3 1 λstore client PutItem 50-60 db.system=dynamodb`,
		"throttle Throttled: PutItem on table dynamodb in store ×1")
	f("throttled to death", `
		1 0 λstore server store 0-100 exception=ThrottlingException:_slow_down
		2 1 λstore client PutItem 20-30 db.system=dynamodb error=ThrottlingException:_slow_down`,
		"throttle Throttled: store in store ×1")
	f("a batch in part", `
		1 0 λstore consumer store 0-100 clew.outcome=partial error=2_of_10_failed`,
		"partial-batch Batch failed in part in store ×1")
	f("one fault many times", `
		1 0 λall server all 0-900
		2 1 λall producer send 10-20 messaging.system=aws_sqs messaging.destination.name=jobs
		3 2 λone consumer one 30-40 exception=ValueError:_bad_item_1
		4 2 λone consumer one 31-41 exception=ValueError:_bad_item_2
		5 2 λone consumer one 32-42`,
		"error ValueError: bad item … in one ×2")
	lap := `
		1 0 λworker consumer worker 0-10
		2 1 λworker producer send 2-4 messaging.system=aws_sqs messaging.destination.name=jobs
		3 2 λworker consumer worker 20-30
		4 3 λworker producer send 22-24 messaging.system=aws_sqs messaging.destination.name=jobs`
	f("two laps are no loop", lap)
	f("three are", lap+`
		5 4 λworker consumer worker 40-50
		6 5 λworker producer send 42-44 messaging.system=aws_sqs messaging.destination.name=jobs
		7 6 λworker consumer worker 60-70`,
		"loop Loop: jobs, worker ×1")
}

func TestFindReadsReports(t *testing.T) {
	groups := told(t, `
		1 0 λstore server store 0-100
		2 1 λstore client POST 20-80 error=
		3 2 auth server POST 30-70
		4 1 λstore producer send 80-90 messaging.system=aws_sns messaging.destination.name=posts
		5 4 λmail consumer mail 100-200`)
	f := func(s cause.Silent, want string) {
		t.Helper()
		got := found1(groups, &cause.Report{Silent: []cause.Silent{s}})
		if len(got) != 1 || string(got[0].Type)+" "+got[0].Title != want {
			t.Errorf("%+v: %+v, want %s", s, got, want)
		}
	}
	f(cause.Silent{Row: 0, Kind: cause.Swallowed, Text: "store swallowed a 401 from auth"}, "silent store swallowed a 401 from auth")
	f(cause.Silent{Row: 0, Kind: cause.ErrorBody, Text: "answered 200 with an error"}, "silent answered 200 with an error in store")
	f(cause.Silent{Row: 4, Kind: cause.PartialBatch, Text: "2 of 10"}, "partial-batch Batch failed in part in mail")
	f(cause.Silent{Row: 3, Kind: cause.AsyncDrop, Text: "nobody"}, "async-drop Sent and never taken by topic posts in store")
}

func TestPoisonMessages(t *testing.T) {
	script := `
		1 0 λstore server store 0-100
		2 1 λstore producer send 10-20 messaging.system=aws_sqs messaging.destination.name=jobs
		3 2 λworker consumer worker 30-40 exception=ValueError:_bad
		4 2 λworker consumer worker 130-140 exception=ValueError:_bad
		5 2 λworker consumer worker 230-240 exception=ValueError:_bad`
	var b transaction.Builder
	var n Notes
	batch := &signal.Batch{Groups: told(t, script)}
	b.Add(batch)
	n.Add(batch)
	tx := b.Build()
	f := func(m transaction.Message, want int) {
		t.Helper()
		tx.Messages = []transaction.Message{m}
		got := 0
		for _, o := range Find(tx, &n, &cause.Report{}) {
			if o.Type == Poison {
				got++
				if o.Title != "Poison message from queue jobs in worker" {
					t.Error(o.Title)
				}
			}
		}
		if got != want {
			t.Errorf("%+v: %d, want %d", m, got, want)
		}
	}
	f(transaction.Message{Sender: 1, Attempts: []int{2, 3, 4}, DLQ: -1, Fate: transaction.Retrying}, 1)
	f(transaction.Message{Sender: 1, Attempts: []int{2, 3}, DLQ: -1, Fate: transaction.Retrying}, 0)
	f(transaction.Message{Sender: 1, Attempts: []int{2, 3, 4}, DLQ: -1, Fate: transaction.Dead}, 1)
	f(transaction.Message{Sender: 1, Attempts: []int{0, 3, 4}, DLQ: -1, Fate: transaction.Delivered}, 0)
}

func TestOneOfSeveralAttemptsTellsTheCause(t *testing.T) {
	groups := told(t, `
		1 0 λstore server store 0-100
		2 1 λstore producer send 10-20 messaging.system=aws_sqs messaging.destination.name=jobs
		3 2 λworker consumer worker 30-40 exception=KeyError:_'user'
		4 2 λworker consumer worker 130-140 exception=KeyError:_'user'`)
	got := found1(groups, &cause.Report{Cause: &cause.Cause{Row: 0, Failure: 3, Rows: []int{0, 1, 3}, Nodes: []int{0, 1, 2}, Headline: "store swallowed a 401"}})
	if len(got) != 1 || got[0].Times != 2 || got[0].Row != 2 || got[0].Cause == nil || got[0].Cause.Resource.Name != "store" {
		t.Errorf("%+v", got)
	}
}

func TestTheBlogStory(t *testing.T) {
	var b transaction.Builder
	var n Notes
	blog := storytest.Blog()
	for i := range blog.Groups {
		kept := blog.Groups[i].Spans[:0:0]
		for _, s := range blog.Groups[i].Spans {
			if s.Trace == storytest.NewPost {
				kept = append(kept, s)
			}
		}
		blog.Groups[i].Spans = kept
	}
	b.Add(blog)
	n.Add(blog)
	tx := b.Build()
	got := Find(tx, &n, &cause.Report{Cause: &cause.Cause{Row: 2, Failure: tx.Failure, Headline: "request-processor swallowed a 401 from auth", Rows: []int{2, tx.Failure}, Nodes: []int{1, 5}}})
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	o := got[0]
	if o.Title != "KeyError: 'user' in post-analysis" || o.Type != Error || o.Span != tx.Rows[tx.Failure].ID || !strings.HasPrefix(o.Stack, "Traceback") || o.Cause.Resource.Name != "request-processor" {
		t.Errorf("%+v, cause %+v", o, o.Cause)
	}
}

// TestFindDoesNotDependOnOrder shuffles what arrives.
func TestFindDoesNotDependOnOrder(t *testing.T) {
	groups := told(t, `
		1 0 gateway server POST 0-100 error=
		2 1 gateway client invoke 5-95 error=
		3 2 λstore server store 10-90 exception=KeyError:_'user' enduser.id=ann
		4 3 λstore producer send 20-30 messaging.system=aws_sqs messaging.destination.name=jobs
		5 4 λworker consumer worker 30-40 exception=ValueError:_bad_item_1 enduser.id=bob
		6 4 λworker consumer worker 30-40 exception=ValueError:_bad_item_2
		7 4 λworker consumer worker 60-70 clew.outcome=timeout error=late`)
	want := found1(groups, &cause.Report{})
	if len(want) != 3 {
		t.Fatalf("%+v", want)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		r.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
		if got := found1(groups, &cause.Report{}); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestValues(t *testing.T) {
	f := func(payload, want string) {
		t.Helper()
		var got []string
		for _, v := range values(payload) {
			got = append(got, v.Path+"="+v.Text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", payload, got, want)
		}
	}
	f(``, "")
	f(`no JSON`, "")
	f(`{"b":1,"a":{"x":true,"y":null}}`, "$.a.x=true $.a.y=null $.b=1")
	f(`{"Records":[{"body":"{\"user\":7}"},{"body":"{\"user\":7}"},{"body":"{\"user\":8}"}]}`, "$.Records[].body.user=7 $.Records[].body.user=8")
	f(`{"long":"`+strings.Repeat("x", 65)+`"}`, "")
}
