package signal

import (
	"reflect"
	"testing"
)

func TestRecords(t *testing.T) {
	f := func(want Record) {
		t.Helper()
		e := want.Event()
		if got, ok := ReadRecord(&e); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	f(Record{})
	f(Record{Sent: 5, Attempts: 3, Parent: Link{Trace: TraceID{1}, Span: SpanID{2}}})
	queue := Resource{Kind: Queue, Name: "a b\"c", Account: "1", Region: "eu-west-1"}
	f(Record{
		Keys: []JoinKey{{Kind: KeySQSMessage, Value: "m"}, {Kind: KeySNSMessage, Value: "n"}},
		From: queue, Via: []Resource{{Kind: Topic, Name: "news"}, {Kind: Bucket}}, DeadFrom: queue,
	})
	if _, ok := ReadRecord(&Event{Name: "exception"}); ok {
		t.Error("an exception is no record")
	}
	bad := Event{Name: RecordEvent, Attrs: Attrs{{recordParent, Str("x-y")}, {recordFrom, Str("queue eu")}, {recordAttempts, Int(-1)}}}
	if got, ok := ReadRecord(&bad); !ok || !reflect.DeepEqual(got, Record{}) {
		t.Errorf("got %+v", got)
	}
}
