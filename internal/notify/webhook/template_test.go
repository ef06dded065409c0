package webhook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestTemplate(t *testing.T) {
	var got, contentType string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got, contentType = string(body), r.Header.Get("Content-Type")
	}))
	defer s.Close()
	f := func(template, kind, want, wantKind string) {
		t.Helper()
		d, err := Kind.New(notify.Settings{"url": s.URL, "template": template, "content_type": kind}, notify.NewClient("test"))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Send(t.Context(), notifytest.Notices()["firing"]); err != nil {
			t.Fatal(err)
		}
		if got != want || contentType != wantKind {
			t.Errorf("%s as %s, want %s as %s", got, contentType, want, wantKind)
		}
	}
	f(`{"text": {{json .Rule}}, "n": {{len .Items}}}`, "", `{"text": "ten errors twice", "n": 1}`, "application/json")
	f(`{{.Severity}}{{range .Items}}|{{.Resource}} {{.Count}}{{end}}`, "text/plain", "critical|post-analysis 25", "text/plain")
	for _, wrong := range []string{"{{.Nothing}}", "{{.Rule", "{{json}}"} {
		if err := Kind.Check(notify.Settings{"url": s.URL, "template": wrong}); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}
