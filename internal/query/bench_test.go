package query

import "testing"

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(`service:(checkout OR cart) status:error duration:>500ms "connection reset" -healthcheck`); err != nil {
			b.Fatal(err)
		}
	}
}
