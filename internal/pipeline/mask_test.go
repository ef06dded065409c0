package pipeline

import (
	"encoding/json"
	"strings"
	"testing"

	"clew/internal/signal"
)

func TestSecretKeys(t *testing.T) {
	m := NewMasker(MaskOptions{Allow: []string{"Pin.Token"}, Deny: []string{"customer.iban"}}, nil)
	f := func(want bool, keys string) {
		t.Helper()
		for _, k := range strings.Fields(keys) {
			for range 2 { // decided, then remembered
				if got := m.keys.secret(k); got != want {
					t.Errorf("%s: secret %v, want %v", k, got, want)
				}
			}
		}
	}
	f(true, `password db.password userPassword user_password PASSWORD passwd pwd passphrase secret client_secret
		clientSecret aws.secret_access_key token access_token accessToken refreshToken id_token idToken
		http.request.header.authorization Authorization proxy-authorization cookie set-cookie Set-Cookie http.request.header.cookie
		x-api-key apiKey api_key apikey API-KEY X-Amz-Security-Token X-Amz-Signature X-Amz-Credential private_key privateKey
		signature session_id sessionId JSESSIONID ssn cardNumber card_number cvv x-csrf-token credentials jwt customer.iban CUSTOMER.IBAN
		http.request.header.x-auth-token LightStep-Access-Token connect.sid sessionid my.session_id`)
	f(false, `http.route db.statement tokenizer gen_ai.usage.input_tokens token_count token.type passenger passed compass
		secretary aws.secretsmanager.secret.arn k8s.secret.name key messaging.kafka.message.key partition_key keyboard author
		authority http.response.status_code code.function session.id faas.trigger monkey url.full signature_version cardinality pin.token
		session.id Session.Id session.previous_id`)
}

func TestText(t *testing.T) {
	m := NewMasker(MaskOptions{Deny: []string{"iban"}}, nil)
	const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
	f := func(in, want string) {
		t.Helper()
		if got := m.Text(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
		if json.Valid([]byte(in)) && !json.Valid([]byte(m.Text(in))) {
			t.Errorf("%s: no JSON any more", in)
		}
	}
	f("", "")
	f("plain text about passwords and tokens", "plain text about passwords and tokens")
	// JSON
	f(`{"user":"ann","password":"hunter2","n":1}`, `{"user":"ann","password":"***","n":1}`)
	f(`{ "Password" : 12345 , "ok":[1,2] }`, `{ "Password" : "***" , "ok":[1,2] }`)
	f(`{"token":null,"secret":true}`, `{"token":null,"secret":true}`)
	f(`{"credentials":{"accessKeyId":"a","list":["b"]},"x":1}`, `{"credentials":"***","x":1}`)
	f(`[{"cookies":["a=1","b=2"]}]`, `[{"cookies":"***"}]`)
	f(`{"pass\u0077ord":"x"}`, `{"pass\u0077ord":"***"}`)
	f(`{"body":"{\"password\":\"p\\\"q\",\"a\":1}"}`, `{"body":"{\"password\":\"***\",\"a\":1}"}`)
	f(`{"body":"user=ann&password=x%20y&z=1"}`, `{"body":"user=ann&password=***&z=1"}`)
	f(`{"iban":"DE02","headers":{"Authorization":"Bearer abc"}}`, `{"iban":"***","headers":{"Authorization":"***"}}`)
	f(`"password=abc"`, `"password=***"`)
	f(`{"a":{"b":{"c":[[{"apiKey":"k"}]]}},"password":""}`, `{"a":{"b":{"c":[[{"apiKey":"***"}]]}},"password":"***"}`)
	// the name and the value side by side
	f(`{"name":"password","value":"x"}`, `{"name":"password","value":"***"}`)
	f(`[{"Key":"api_key","Value":{"S":"x"}},{"Key":"id","Value":{"S":"y"}}]`, `[{"Key":"api_key","Value":"***"},{"Key":"id","Value":{"S":"y"}}]`)
	f(`{"value":"password=a\"b","name":"token","more":"password=y"}`, `{"value":"***","name":"token","more":"password=***"}`)
	f(`{"value":7 ,"key":"pwd","value":"z"}`, `{"value":"***" ,"key":"pwd","value":"***"}`)
	f(`{"value":true,"name":"password"}`, `{"value":true,"name":"password"}`)
	f(`{"name":"secret garden","value":"x"}`, `{"name":"secret garden","value":"x"}`)
	f(`{"name":"ann","value":"password"}`, `{"name":"ann","value":"password"}`)
	f(`[["Authorization","opaque"],["Host","h"]]`, `[["Authorization","***"],["Host","h"]]`)
	f(`["Host","h","cookie","a=b; c=d","X-Api-Key","k","Accept","*/*"]`, `["Host","h","cookie","***","X-Api-Key","***","Accept","*/*"]`)
	f(`["id","password","email"]`, `["id","password","email"]`)
	// percent-encoded forms
	f("user%3Dann%26password%3Dx%20y%26z%3D1", "user%3Dann%26password%3D***%26z%3D1")
	f("to=https%3A%2F%2Fh%2F%3Faccess_token%3dabc&x=1", "to=https%3A%2F%2Fh%2F%3Faccess_token%3d***&x=1")
	f("%7B%22password%22%3A%22x%22%2C%22a%22%3A1%7D", "%7B%22password%22%3A%22***%22%2C%22a%22%3A1%7D")
	f("q=a+b&password=c+d&e=f", "q=a+b&password=***&e=f")
	f("session.id=1&connect.sid=s%3Aabc", "session.id=1&connect.sid=***")
	// damaged and embedded JSON
	f(`got {"password":"x","a":1`, `got {"password":"***","a":1`)
	f(`got {\"password\":\"x\",\"a\":1}`, `got {\"password\":\"***\",\"a\":1}`)
	f(`{'password': 'x y', 'a': 1}`, `{'password': '***', 'a': 1}`)
	// forms, queries, headers, prose
	f("user=ann&password=x&token=y", "user=ann&password=***&token=***")
	f("https://h/p?access_token=abc&x=1#f", "https://h/p?access_token=***&x=1#f")
	f("https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F2&X-Amz-Signature=ff00", "https://b.s3.amazonaws.com/k?X-Amz-Credential=***&X-Amz-Signature=***")
	f("postgres://app:s3cr3t@db:5432/blog", "postgres://app:***@db:5432/blog")
	f("http://host/a@b:c", "http://host/a@b:c")
	f("Authorization: Basic YTpi\r\nHost: x", "Authorization: ***\r\nHost: x")
	f("sent Authorization=Bearer abcdef123", "sent Authorization=*** ***")
	f("curl -H 'Authorization: Bearer abc' x", "curl -H 'Authorization: ***")
	f("login failed, password: hunter2, ip 1.2.3.4", "login failed, password: ***, ip 1.2.3.4")
	f("unexpected token: end of file", "unexpected token: end of file")
	f("missing bearer token", "missing bearer token")
	f("using Bearer 0123456789abcdef now", "using Bearer *** now")
	f("jwt is "+jwt+".", "jwt is ***")
	f("id AKIAIOSFODNN7EXAMPLE!", "id ***!")
	f("Basic auth is used, basic YW5uOmh1bnRlcjI=", "Basic auth is used, basic ***")
	f("arn:aws:secretsmanager:eu-west-1:1:secret:prod/db", "arn:aws:secretsmanager:eu-west-1:1:secret:***")
	f("SELECT * FROM t WHERE key = 'a'", "SELECT * FROM t WHERE key = 'a'")
}

func TestMaskBatch(t *testing.T) {
	n := 0
	resource := signal.Attrs{{Key: "service.name", Value: signal.Str("blog")}, {Key: "api_key", Value: signal.Str("k")}}
	told := resource[1].Value
	attrs := func() signal.Attrs {
		return signal.Attrs{
			{Key: "password", Value: signal.Str("x")}, {Key: "pin.token", Value: signal.Int(1234)}, {Key: "has.password", Value: signal.Bool(true)},
			{Key: "map", Value: signal.JSON(`{"secret":"x"}`)}, {Key: "raw", Value: signal.Bytes(`{"secret":"x"}`)}, {Key: "fine", Value: signal.Str("x")},
		}
	}
	want := signal.Attrs{
		{Key: "password", Value: signal.Str(Mask)}, {Key: "pin.token", Value: signal.Str(Mask)}, {Key: "has.password", Value: signal.Bool(true)},
		{Key: "map", Value: signal.JSON(`{"secret":"***"}`)}, {Key: "raw", Value: signal.Bytes(`{"secret":"***"}`)}, {Key: "fine", Value: signal.Str("x")},
	}
	b := &signal.Batch{Groups: []signal.Group{
		{Resource: resource, Scope: signal.Scope{Attrs: attrs()}, Spans: []signal.Span{{
			Name: "GET /?token=a1", Status: signal.Status{Message: "password=x"}, Attrs: attrs(),
			Events: []signal.Event{{Name: "token=x", Attrs: attrs()}}, Links: []signal.Link{{Attrs: attrs()}},
		}}},
		{
			Resource: resource, Logs: []signal.Log{{Body: signal.JSON(`{"password":"x"}`), Attrs: attrs()}},
			Points: []signal.Point{{Attrs: attrs(), Exemplars: []signal.Exemplar{{Attrs: attrs()}}}},
		},
	}}
	NewMasker(MaskOptions{}, func(c int) { n += c }).Stage().Run(b, Arrival{})
	g, h := b.Groups[0], b.Groups[1]
	sp := g.Spans[0]
	for i, got := range []signal.Attrs{g.Scope.Attrs, sp.Attrs, sp.Events[0].Attrs, sp.Links[0].Attrs, h.Logs[0].Attrs, h.Points[0].Attrs, h.Points[0].Exemplars[0].Attrs} {
		for j := range want {
			if got[j] != want[j] {
				t.Errorf("list %d: %s is %v", i, got[j].Key, got[j].Value)
			}
		}
	}
	if resource[1].Value != told || g.Resource.Text("api_key") != Mask || h.Resource.Text("api_key") != Mask {
		t.Error("the shared resource was changed in place, or not masked")
	}
	if sp.Name != "GET /?token=***" || sp.Status.Message != "password=***" || sp.Events[0].Name != "token=***" || h.Logs[0].Body != signal.JSON(`{"password":"***"}`) {
		t.Errorf("%+v %+v", sp, h.Logs[0].Body)
	}
	if want := 7*4 + 1 + 4; n != want {
		t.Errorf("%d counted, want %d", n, want)
	}
}

// TestHarmless: whatever is masked is found at every place of a text.
func TestHarmless(t *testing.T) {
	for _, needle := range []string{"=", ":", "%", "\"", "eyJ", "AKIA", "ASIA", "bearer ", "BASIC "} {
		for before := range 20 {
			for after := range 20 {
				if s := strings.Repeat("x", before) + needle + strings.Repeat("y", after); harmless(s) {
					t.Fatalf("%q was called harmless", s)
				}
			}
		}
	}
	for _, s := range []string{"", "a", "value of ordinary length", "/posts/{id}/comments", "Mozilla/5.0 (X11; Linux) Gecko", "žluťoučký kůň", "failed with code 7"} {
		if strings.ContainsAny(s, ";") == harmless(s) {
			t.Errorf("%q: harmless %v", s, harmless(s))
		}
	}
}

// FuzzText: valid JSON stays valid, and the quick look misses nothing.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		`{"password":"x","a":[1,{"token":{"b":"c"}}]}`, `{"body":"{\"secret\":\"\\\"\"}"}`, "a=b&password=x", "postgres://u:p@h/", `["Basic YTpi","eyJ"]`,
		"Authorization: Bearer x\n", `{\"token\":\"x\"}`, `{"cookie":`, `{"value":1,"name":"pwd"}`, `["Set-Cookie","x"]`, "a%3Db%26token%3Dx%26", "id AKIAIOSFODNN7EXAMPLE",
	} {
		f.Add(s)
	}
	m := NewMasker(MaskOptions{}, nil)
	f.Fuzz(func(t *testing.T, s string) {
		out := m.Text(s)
		if json.Valid([]byte(s)) && !json.Valid([]byte(out)) {
			t.Fatalf("%q became %q", s, out)
		}
		if harmless(s) {
			r := masking{Masker: m}
			if got, ok := r.json(s, 0); ok && got != s || r.plain(s) != s {
				t.Fatalf("%q was called harmless", s)
			}
		}
	})
}

func BenchmarkMask(b *testing.B) {
	m := NewMasker(MaskOptions{}, func(int) {})
	var attrs signal.Attrs
	for _, k := range strings.Fields(`http.request.method url.path url.scheme server.address network.protocol.version user_agent.original
		http.route http.response.status_code faas.invocation_id cloud.resource_id faas.trigger messaging.system db.system.name
		aws.region thread.name code.function.name messaging.destination.name db.operation.name`) {
		attrs = append(attrs, signal.Attr{Key: k, Value: signal.Str("value of ordinary length")})
	}
	batch := &signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{{Attrs: attrs}}}}}
	stage := m.Stage()
	b.ReportAllocs()
	for b.Loop() {
		stage.Run(batch, Arrival{})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(attrs)), "ns/attr")
}

// TestMarks: with a key the same secret is recognisable, another is another, and
// what a sender masked stays as it is.
func TestMarks(t *testing.T) {
	run := func(key, value string, form func(string) signal.Attr) string {
		b := &signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{{Attrs: signal.Attrs{form(value)}}}}}}
		NewMasker(MaskOptions{Key: []byte(key)}, nil).Stage().Run(b, Arrival{})
		text := b.Groups[0].Spans[0].Attrs[0].Value.String()
		return text[strings.Index(text, Mask):]
	}
	attr := func(v string) signal.Attr { return signal.Attr{Key: "user.password", Value: signal.Str(v)} }
	payload := func(v string) signal.Attr {
		return signal.Attr{Key: "clew.payload.event", Value: signal.Str(`{"password":"` + v + `"}`)}
	}
	header := func(v string) signal.Attr {
		return signal.Attr{Key: "clew.payload.event", Value: signal.Str(`[{"value":"` + v + `","name":"password"}]`)}
	}
	one := run("k", "hunter2", attr)
	if len(one) != len(Mask)+8 || one == run("k", "hunter3", attr) || one == run("l", "hunter2", attr) {
		t.Errorf("mark %q", one)
	}
	for _, form := range []func(string) signal.Attr{payload, header} {
		if got := run("k", "hunter2", form); !strings.HasPrefix(got, one+`"`) {
			t.Errorf("in a payload %q, want %q", got, one)
		}
		if got := run("k", "***", form); strings.HasPrefix(got, Mask+"0") || !strings.HasPrefix(got, Mask+`"`) {
			t.Errorf("what was masked before: %q", got)
		}
	}
}
