package cause_test

import (
	"os"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/epsagon"
	"clew/internal/signal"
	"clew/internal/transaction"
	"clew/internal/transaction/cause"
)

// TestStoryOfRealClients: the blog story as Epsagon's clients sent it. No trace id
// travels, and the exception names no field; the line that threw does.
func TestStoryOfRealClients(t *testing.T) {
	var b transaction.Builder
	var e cause.Evidence
	for _, name := range []string{"post_analysis", "request_processor"} {
		body, err := os.ReadFile("../../ingest/epsagon/testdata/story/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var batch signal.Batch
		if err := epsagon.Receiver.Routes[0].Decode(&batch, body, ingest.Header{}); err != nil {
			t.Fatal(err)
		}
		b.Add(&batch)
		e.Add(&batch)
	}
	c := cause.Find(b.Build(), &e).Cause
	const want = "request-processor swallowed a 401 from 127.0.0.1 and published a message without `user`; SNS blog-new-posts; post-analysis failed on `$.user`, 2 hops later"
	if c == nil || c.Headline != want || c.Confidence != cause.High {
		t.Errorf("the cause is %+v, want %s", c, want)
	}
}
