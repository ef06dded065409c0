package ui

import (
	"strings"
	"testing"
)

func TestIndexFollowsTheBasePath(t *testing.T) {
	f := func(base, want string) {
		t.Helper()
		page, err := Index(base)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`<base href="` + want + `"`, `name="clew-base" content="` + want + `"`} {
			if !strings.Contains(string(page), part) {
				t.Errorf("Index(%q) has no %s", base, part)
			}
		}
	}
	f("", "/")
	f("/", "/")
	f("/clew", "/clew/")
	f("tools/clew/", "/tools/clew/")
	f(`/"><script>`, "/&#34;&gt;&lt;script&gt;/")
}
