package sandbox

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestInvokeAPI(t *testing.T) {
	b := newBox(t, "ok", Options{}, Function{})
	srv := httptest.NewServer(b.Handler())
	defer srv.Close()
	f := func(name, body string, head map[string]string, wantStatus int, wantError, wantBody string) {
		t.Helper()
		req, err := http.NewRequest("POST", srv.URL+"/2015-03-31/functions/"+name+"/invocations", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range head {
			req.Header.Set(k, v)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		gotError := resp.Header.Get("X-Amz-Function-Error") + resp.Header.Get("X-Amzn-ErrorType")
		if resp.StatusCode != wantStatus || gotError != wantError || !strings.Contains(string(got), wantBody) {
			t.Errorf("%s %s %v = %d %q %s, want %d %q %s", name, body, head, resp.StatusCode, gotError, got, wantStatus, wantError, wantBody)
		}
	}
	context := base64.StdEncoding.EncodeToString([]byte(`{"custom":{"a":"b"}}`))
	f("f", `{}`, nil, 200, "", `"n":0`)
	f("f:$LATEST", ``, nil, 200, "", `"n":`)
	f("arn:aws:lambda:us-east-1:123456789012:function:f", `{"do":"error"}`, nil, 200, "Unhandled", "KeyError")
	f("f", `{"do":"header","arg":"Lambda-Runtime-Client-Context"}`, map[string]string{"X-Amz-Client-Context": context}, 200, "", `custom`)
	f("f", `{"do":"header","arg":"Lambda-Runtime-Trace-Id"}`, map[string]string{"X-Amzn-Trace-Id": "Root=1-2-3"}, 200, "", `Root=1-2-3`)
	f("f", `{}`, map[string]string{"X-Amz-Invocation-Type": "Event"}, 202, "", "")
	f("f", `{}`, map[string]string{"X-Amz-Invocation-Type": "DryRun"}, 204, "", "")
	f("f", `{}`, map[string]string{"X-Amz-Invocation-Type": "Later"}, 400, "InvalidParameterValueException", "Later")
	f("f", `{}`, map[string]string{"X-Amz-Client-Context": "%%"}, 400, "InvalidRequestContentException", "Client context")
	f("f", `{`, nil, 400, "InvalidRequestContentException", "json")
	f("nobody", `{}`, nil, 404, "ResourceNotFoundException", "function:nobody")
	f("f", strings.Repeat(" ", maxPayload)+"1", nil, 413, "RequestTooLargeException", "smaller")
}
