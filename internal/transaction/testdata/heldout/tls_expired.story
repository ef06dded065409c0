# A certificate ran out overnight.
service payments-api
service fraud-client
http risk.vendor.example

0-300 entry payments-api "POST /pay" -> 502
  10-280 call fraud-client "POST /score" -> 500
    20-60 call risk.vendor.example "POST /v2/score"
      throw SSLError "certificate verify failed: certificate has expired (_ssl.c:1131)"
    270 throw UpstreamError "scoring unavailable"

expect
  failure payments-api
  cause risk.vendor.example high|medium
