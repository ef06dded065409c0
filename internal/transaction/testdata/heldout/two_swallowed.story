# Two failures are swallowed; the one about the address is the one that matters.
function onboarding
http geo.example
http avatar.example
topic members
function postcard

0-300 entry onboarding "POST /member" -> 200
  event http {"name":"Ada","avatar":"a.png"}
  10-60 call geo.example "GET /address" -> 500
    got {"error":"address lookup failed"}
  70-120 call avatar.example "GET /image" -> 404
  150-170 send members id=r-1 {"name":"Ada","avatar":null}
    400-500 deliver postcard
      490 throw KeyError "'address'"

expect
  failure postcard
  cause onboarding high
  headline "geo.example"
