package transaction

import (
	"strings"
	"testing"
)

// The founding story as four tracers tell it at once is one story, in which
// everything happened once.
func TestFourTracersTellOneStory(t *testing.T) {
	const rp, pa = "faas.name=rp cloud.platform=aws_lambda", "faas.name=pa cloud.platform=aws_lambda"
	const news, redis = "messaging.system=aws_sns messaging.destination.name=news", "db.system=redis peer.service=cache"
	tx := tell(t, `
	gw server 1<- 0-420 POST
	gw client 2<1 5-410 invoke faas.invoked_name=rp key=req:r1
	rp server 3<2 10-405 rp key=req:r1 `+rp+`
	rp client 4<3 20-60 !GET http.method=GET http.url=http://auth/verify `+rp+`
	rp producer 8<3 100-130 send key=sns:m1 `+news+" "+rp+`
	pa consumer 9<8 428-1100 !pa key=req:r2 key=sns:m1 message=KeyError `+news+" "+pa+`
	pa client a<9 450-454 GET `+redis+" "+pa+`
	rp server 1<7 8-407 lambda.rp trace=2 key=req:r1 `+rp+`
	rp server 2<1 10-405 function.rp trace=2 key=req:r1 `+rp+`
	rp client 3<2 101-129 SNS trace=2 key=sns:m1 `+news+" "+rp+`
	pa server 4<3 426-1101 !lambda.pa trace=2 key=req:r2 `+pa+`
	pa server 5<4 428-1100 !function.pa trace=2 key=req:r2 `+pa+`
	rp server 1<- 11-404 epsagon.rp trace=3 key=req:r1 `+rp+`
	rp client 2<1 21-59 !GET trace=3 http.method=GET http.url=http://auth/verify `+rp+`
	rp client 3<1 100-130 publish trace=3 key=sns:m1 `+news+" "+rp+`
	pa consumer 1<- 429-1099 !epsagon.pa trace=4 key=req:r2 key=sns:m1 `+news+" "+pa+`
	pa client 2<1 450-453 GET trace=4 `+redis+" "+pa+`
	rp server 1<- 10-405 instana.rp trace=5 key=req:r1 `+rp+`
	rp client 2<1 100-131 sns trace=5 key=sns:m1 `+news+" "+rp)
	want := strings.ReplaceAll(strings.TrimPrefix(`
	POST
	 invoke
	  rp
	   lambda.rp twin
	    function.rp twin
	     SNS twin
	      lambda.pa waited 297ms ✕
	       function.pa ✕ twin
	       epsagon.pa ✕ twin
	        GET
	   instana.rp twin
	    sns twin
	   epsagon.rp twin
	    GET ✕ twin
	    publish twin
	   GET ✕
	   send
	    pa ✕ twin
	     GET twin
	service gw calls=1
	function rp calls=1
	http auth calls=1 errors=1 error: error
	topic news calls=1
	function pa calls=1 errors=1 async error: KeyError
	cache cache calls=1
	gw -> rp calls=1 total=405ms
	rp -> auth calls=1 errors=1 total=40ms
	rp -> news calls=1 total=30ms
	news ~> pa calls=1 errors=1 total=675ms wait=297ms
	pa -> cache calls=1 total=3ms
	m1: SNS -> lambda.pa✕ retrying
	`, "\n"), "\t", "")
	if got := family(tx) + draw(tx) + lives(tx); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
