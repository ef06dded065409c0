package signal

import "testing"

func TestSide(t *testing.T) {
	f := func(kind string, of SpanKind, wantKind string, wantSends bool) {
		t.Helper()
		if k, sends := (JoinKey{Kind: kind}).Side(of); k != wantKind || sends != wantSends {
			t.Errorf("%s on a %s span: %s %v, want %s %v", kind, of, k, sends, wantKind, wantSends)
		}
	}
	f(KeySNSMessage, Producer, KeySNSMessage, true)
	f(KeySNSMessage, Consumer, KeySNSMessage, false)
	f(KeyRequest, Client, KeyRequest, true)
	f(KeyRequest, Server, KeyRequest, false)
	f(KeyStep, Client, KeyStep, true)
	f(KeyStep, Consumer, KeyStep, false)
	f(KeyStepDone, Server, KeyStep, true)
}
