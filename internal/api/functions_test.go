package api

import (
	"testing"

	"clew/internal/store/mem"
)

func TestFunctionsErrors(t *testing.T) {
	h := serve(t, fixture(t))
	for path, want := range map[string]int{
		"/api/functions?sort=nothing": 400, "/api/functions?from=yesterday": 400, "/api/functions?from=now&to=now-1h": 400,
		"/api/functions/-/-/request-processor?limit=0": 400, "/api/functions/-/-/request-processor?to=then": 400,
		"/api/functions/-/-/request-processor": 200, "/api/functions?sort=trouble": 200,
	} {
		if got := get(t, h, path); got.Code != want {
			t.Errorf("%s: %d, want %d: %s", path, got.Code, want, got.Body)
		}
	}
}

// TestFunctionByItsNameAlone: links may not know where a function runs.
func TestFunctionByItsNameAlone(t *testing.T) {
	f := decode[Function](t, get(t, serve(t, fixture(t)), "/api/functions/-/-/request-processor"))
	if f.Account == "" || f.Invocations != 1 || len(f.Recent) != 1 || len(f.Versions) != 1 || f.Cold != 1 {
		t.Errorf("%+v", f)
	}
	nobody := decode[Function](t, get(t, serve(t, fixture(t)), "/api/functions/-/-/nobody"))
	if nobody.Invocations != 0 || len(nobody.Points) != 60 || nobody.Name != "nobody" || nobody.Recent == nil {
		t.Errorf("%+v", nobody)
	}
}

func TestNoFunctions(t *testing.T) {
	for path, want := range map[string]string{
		"/api/functions": "no-match", "/api/functions?q=none": "no-match", "/api/functions?from=now-3h&to=now-2h": "no-data-in-range",
	} {
		list := decode[FunctionList](t, get(t, serve(t, fixture(t)), path))
		if path == "/api/functions" {
			if len(list.Functions) != 3 || list.Empty != nil {
				t.Errorf("%+v", list)
			}
		} else if list.Empty == nil || list.Empty.Reason != want {
			t.Errorf("%s: %+v, want %s", path, list.Empty, want)
		}
	}
	if list := decode[FunctionList](t, get(t, serve(t, mem.New()), "/api/functions")); list.Empty == nil || list.Empty.Reason != "no-data" {
		t.Errorf("an empty store: %+v", list.Empty)
	}
}
