package columnar

import (
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
	"clew/internal/store/storetest"
)

// A search for a value that few rows have opens few pages, and finds them all;
// a filter that cannot be read hides nothing.
func TestFilters(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir()})
	c := storetest.NewCorpus(acme, 1, someDay)
	type place struct {
		key   string
		value signal.Value
	}
	var unique []place
	for range 60 {
		b := c.Next(480)
		if err := s.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"faas.invocation_id", "aws.request.id"} {
			if v, ok := b.Groups[0].Spans[0].Attrs.Find(key); ok {
				unique = append(unique, place{key, v})
			}
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	look := func(where *query.Expr) (found, scanned int) {
		for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: acme, Where: where}) {
			if err != nil {
				t.Fatal(err)
			}
			found += len(rows.Rows)
			scanned += rows.Scanned
		}
		return found, scanned
	}
	total := 0
	for _, u := range unique {
		found, scanned := look(query.Is(u.key, query.Eq, u.value))
		if found != 1 {
			t.Errorf("%s = %s: %d rows", u.key, u.value, found)
		}
		total += scanned
	}
	if most := 3 * page.MaxRows; total > most*len(unique) {
		t.Errorf("%d rows looked at for %d values", total, len(unique))
	}
	for _, none := range []*query.Expr{
		query.Is("http.status_code", query.Eq, signal.Int(777)), query.Is(query.FieldService, query.Eq, signal.Str("nobody")),
		query.Is(query.FieldDuration, query.Gt, signal.Int(3600e9)), query.Is("faas.trigger", query.Eq, signal.Str("nothing")),
	} {
		if found, scanned := look(none); found > 0 || scanned > page.MaxRows { // one page may look as if
			t.Errorf("%s %s: %d rows found, %d looked at", none.Field, none.Value, found, scanned)
		}
	}
	for _, p := range s.parts {
		for row := range p.keys.sums {
			p.keys.sums[row]++
		}
	}
	if found, _ := look(query.Is(unique[0].key, query.Eq, unique[0].value)); found != 1 || s.Stats().Damaged == 0 {
		t.Errorf("behind damaged filters: %d rows, %d bytes damaged", found, s.Stats().Damaged)
	}
}
