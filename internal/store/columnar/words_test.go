package columnar

import (
	"fmt"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// wordLines returns n lines with numbers from first on, each with so many words
// that no other line has.
func wordLines(first, n, words int) *signal.Batch {
	g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("shop")}}}
	for i := first; i < first+n; i++ {
		body := fmt.Sprintf("INFO order-%d Done", i)
		for w := range words {
			body += fmt.Sprintf(" w%dx%d", i, w)
		}
		g.Logs = append(g.Logs, signal.Log{At: someDay + signal.Time(i), Level: 9, Body: signal.Str(body)})
	}
	return &signal.Batch{Tenant: acme, Groups: []signal.Group{g}}
}

// look counts the lines with a phrase, and how many were looked at for it.
func look(t *testing.T, s *Store, field, phrase string) (found, scanned int) {
	t.Helper()
	q := &query.Query{Tenant: acme, Type: signal.Logs, Where: query.Is(field, query.Word, signal.Str(phrase))}
	for rows, err := range s.Scan(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		if rows.Partial != "" {
			t.Fatal(rows.Partial)
		}
		found += len(rows.Rows)
		scanned += rows.Scanned
	}
	return found, scanned
}

// A search for rare words opens the pages that have them and few others; where a
// page has too many words to tell, all of it is looked through.
func TestWordFilters(t *testing.T) {
	const pages = 30
	s := mustOpen(t, Options{Dir: t.TempDir()})
	for n := range pages {
		mustAppend(t, s, wordLines(n*page.MaxRows, page.MaxRows, 1))
	}
	mustDo(t, func() error { return s.Flush(t.Context()) })
	f := func(field, phrase string, found, most int) {
		t.Helper()
		got, scanned := look(t, s, field, phrase)
		if got != found || scanned > most*page.MaxRows {
			t.Errorf("%q in %q: %d lines of %d looked at, want %d of at most %d pages", phrase, field, got, scanned, found, most)
		}
	}
	f("", "w5000x0", 1, 3)
	f("body", "ORDER-5000 done", 1, 3)
	f("body", "order-5000 done w5001x0", 0, 3)
	f("body", "done", pages*page.MaxRows, 2*pages)
	f("body", "nowhere", 0, 2)
	f("", "shop", pages*page.MaxRows, 2*pages)
	f("", "nowhere done", 0, 2)

	many := wordLines(pages*page.MaxRows, page.MaxRows, pageWords/page.MaxRows+1)
	mustAppend(t, s, many)
	mustDo(t, func() error { return s.Flush(t.Context()) })
	f("", fmt.Sprintf("w%dx3", pages*page.MaxRows+7), 1, 3)
	f("", "nowhere", 0, 3)
	mustDo(t, func() error { return s.Merge(t.Context()) })
	f("", fmt.Sprintf("w%dx3", pages*page.MaxRows+7), 1, 3)
	f("body", "order-5000 done", 1, 4)
	if n := s.Stats().Damaged; n != 0 {
		t.Errorf("%d bytes damaged", n)
	}
}

// TestMergeCutsGiantParts wants parts of about a million rows at most.
func TestMergeCutsGiantParts(t *testing.T) {
	f := func(most int, sizes []int, want ...int) {
		t.Helper()
		var ps []*part
		for _, n := range sizes {
			ps = append(ps, &part{partMeta: partMeta{Rows: n}})
		}
		var got []int
		for _, g := range upToRows(ps, most) {
			got = append(got, rowsOf(g))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v in groups of %v rows, want %v", sizes, got, want)
		}
	}
	f(10, nil)
	f(10, []int{3, 3, 3, 3}, 9, 3)
	f(10, []int{11, 1, 9, 1}, 11, 10, 1)
	f(10, []int{20, 20}, 20, 20)
}
