# The name of a dependency does not resolve.
function geocode
http maps.partner.example

0-5100 entry geocode "GET /where" -> 500
  10-5010 call maps.partner.example "GET /v1"
    fail "getaddrinfo ENOTFOUND maps.partner.example"
  5050 throw Error "getaddrinfo ENOTFOUND maps.partner.example"

expect
  failure geocode
  cause maps.partner.example high
