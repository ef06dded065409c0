# The page works without recommendations, but the order fails at the tax service.
gateway em-gateway
service storefront
service recommender
service tax
http vat.example

0-400 entry em-gateway "POST /order" -> 500
  5-390 call storefront "POST /order" -> 500
    10-60 call recommender "GET /r" -> 500
      50 throw ModelMissing "model v9 not found"
    70-380 call tax "POST /tax" -> 503
      80-370 call vat.example "GET /rates"
        fail "read ECONNRESET"
      375 throw Error "rates unavailable"
    385 throw Error "tax answered 503"

expect
  failure em-gateway
  cause vat.example high
  other recommender
