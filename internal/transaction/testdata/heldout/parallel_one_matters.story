# Three calls at once: two fail, one of which the code can live without.
gateway web-gateway
service page
service ads
service articles
service weather

0-400 entry web-gateway "GET /" -> 500
  5-390 call page "GET /" -> 500
    10-80 call ads "GET /banner" -> 503
    10-300 call articles "GET /top" -> 500
      290 throw IndexError "list index out of range"
    10-120 call weather "GET /now" -> 200
    310 throw Error "articles: 500 Internal Server Error"

expect
  failure web-gateway
  cause articles high
  other ads
