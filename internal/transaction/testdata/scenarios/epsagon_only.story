# All functions run Epsagon's tracer: no trace ids travel, message ids join.
function request-processor tracer=epsagon
http auth.internal
topic blog-new-posts
function post-analysis tracer=epsagon

0-420 entry request-processor "POST /new_post" -> 200
  event {"body":"{\"title\":\"Hello\"}"}
  20-60 call auth.internal "GET /verify" -> 401
    got {"error":"expired"}
  100-130 send blog-new-posts id=d509 {"title":"Hello"}
    428-900 deliver post-analysis
      880 throw KeyError "'user'"

expect
  traces 2
  failure post-analysis
  cause request-processor high
  headline "swallowed a 401 from auth.internal"
