package cause

import (
	"testing"

	"clew/internal/transaction"
	"clew/internal/transaction/storytest"
)

func TestBlogHasACause(t *testing.T) {
	var b transaction.Builder
	var e Evidence
	b.Add(storytest.Blog())
	e.Add(storytest.Blog())
	r := Find(b.Build(), &e)
	if r.Cause == nil || r.Cause.Failure < 0 || len(r.Cause.Rows) == 0 {
		t.Fatalf("the blog story has the cause %+v", r.Cause)
	}
}
