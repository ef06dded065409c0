# A partner's limit is hit; three attempts do not help.
function pull
http api.partner.example

0-2000 timer pull
  10-100 call api.partner.example "GET /v1" -> 429
  600-700 call api.partner.example "GET /v1" -> 429
  1800-1900 call api.partner.example "GET /v1" -> 429
  1950 throw Error "Request failed with status code 429"

expect
  failure pull
  cause api.partner.example high
  headline "throttled pull 3 times"
