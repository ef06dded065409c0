# The callee is fast, its cold start is not; the caller has half a second.
service bff-api
function recommend
cache ranks

0-510 entry bff-api "GET /r" -> 504
  5-505 invoke recommend timeout served=480-900 cold
    490-510 use ranks GET

expect
  failure bff-api
  cause recommend high|medium
  headline "cold start"
